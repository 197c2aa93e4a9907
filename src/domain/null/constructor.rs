//! Construction of null models from the arguments of a function call in the language.

use std::sync::Arc;

use crate::{Alphabet, Motif, Population, SequenceSet};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A function of the language that makes a null model.
#[derive(Debug)]
pub struct NullConstructor {
    /// As `stdlib/prelude.gia` declares it.
    pub name: &'static str,
    /// Name and type of each parameter, in the order of the prelude.
    pub parameters: &'static [(&'static str, ParameterType)],
    /// Validates the arguments and makes the model; some functions return a set of sequences for a set.
    pub make: fn(&dyn NullArguments) -> Result<Population, NullRefusal>,
}

/// The type of a parameter in the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// A text, such as `"rna"`.
    Text,
    /// A number without a unit.
    Number,
    /// A list of numbers without a unit.
    Numbers,
    /// A length in base pairs, such as `20bp`.
    Length,
    /// A position in a sequence, such as `480bp` or `center`.
    Position,
    /// A motif.
    Motif,
    /// A finite set of sequences.
    Sequences,
    /// A source of backgrounds: a null model or a set of sequences.
    Null,
    /// A list of sources of backgrounds.
    Nulls,
}

/// The arguments of a call, each by the name of its parameter.
///
/// Methods that return a [`NullRefusal`] refuse an argument that is out of range, and a missing one unless they return an option.
pub trait NullArguments {
    /// A number without a unit; None if it is missing.
    fn number(&self, parameter: &'static str) -> Option<f64>;

    /// The argument with a percent sign, `41%` for `41`, if it lies above 1 and up to 100 and so probably lacks one.
    fn with_percent_sign(&self, parameter: &'static str) -> Option<String>;

    /// A list of numbers without a unit; None if it is missing.
    fn numbers(&self, parameter: &'static str) -> Option<Vec<f64>>;

    /// A non-negative whole number.
    fn whole_number(&self, parameter: &'static str) -> Result<usize, NullRefusal>;

    /// A number of base pairs, which may be negative; None if it is missing.
    fn base_pairs(&self, parameter: &'static str) -> Option<i64>;

    /// A length of at least one base pair; None if it is missing.
    fn length(&self, parameter: &'static str) -> Result<Option<usize>, NullRefusal>;

    /// Like [`NullArguments::length`], but required.
    fn required_length(&self, parameter: &'static str) -> Result<usize, NullRefusal>;

    /// An alphabet; DNA if it is missing.
    fn alphabet(&self, parameter: &'static str) -> Result<Alphabet, NullRefusal>;

    /// Start, from 0, of an element of `width` bp at a position in a sequence of `length` bp.
    fn start(
        &self,
        parameter: &'static str,
        width: usize,
        length: usize,
    ) -> Result<i64, NullRefusal>;

    /// A motif; required.
    fn motif(&self, parameter: &'static str) -> Result<Arc<Motif>, NullRefusal>;

    /// A source of backgrounds; required.
    fn population(&self, parameter: &'static str) -> Result<Arc<Population>, NullRefusal>;

    /// A list of sources of backgrounds; required.
    fn populations(&self, parameter: &'static str) -> Result<Vec<Arc<Population>>, NullRefusal>;

    /// A finite set of sequences to fit a model to; required.
    fn sequences(&self, parameter: &'static str) -> Result<Arc<SequenceSet>, NullRefusal>;
}

/// Why a null model cannot be made.
#[derive(Debug)]
pub struct NullRefusal {
    /// The parameter whose argument is invalid; None if it is not a single one.
    pub parameter: Option<&'static str>,
    /// The error, without a place in a script.
    pub diagnostic: Box<Diagnostic>,
}

impl NullRefusal {
    /// Attributes an error to one argument.
    pub fn blame<T>(parameter: &'static str, outcome: Outcome<T>) -> Result<T, NullRefusal> {
        outcome.map_err(|diagnostic| NullRefusal {
            parameter: Some(parameter),
            diagnostic,
        })
    }
}

impl From<Box<Diagnostic>> for NullRefusal {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        NullRefusal {
            parameter: None,
            diagnostic,
        }
    }
}

pub(super) fn refusal(code: Code, message: impl Into<String>) -> Box<Diagnostic> {
    Diagnostic::error(code, message).into()
}

/// Refuses a length of 0.
pub(super) fn check_length(length: usize) -> Outcome<()> {
    match length {
        0 => Err(refusal(
            Code::OutOfRange,
            "backgrounds must be at least 1 bp long",
        )),
        _ => Ok(()),
    }
}
