//! How the language makes a null model from the arguments of a call.

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
    /// Validates the arguments and makes the model, or a set where the model of a set is one.
    pub make: fn(&dyn NullArguments) -> Result<Population, NullRefusal>,
}

/// The type of a parameter in the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    Text,
    Number,
    Numbers,
    Length,
    Position,
    Motif,
    Sequences,
    Null,
    Nulls,
}

/// The arguments of a call, each by the name of its parameter.
///
/// Methods that return a [`NullRefusal`] refuse an argument that is out of range, and one that is missing where the result
/// has no room for that.
pub trait NullArguments {
    fn number(&self, parameter: &'static str) -> Option<f64>;

    /// A share above 1 up to 100 as it reads with a percent sign, such as `41%` of `41`.
    fn with_percent_sign(&self, parameter: &'static str) -> Option<String>;

    fn numbers(&self, parameter: &'static str) -> Option<Vec<f64>>;

    /// A whole number that is not negative.
    fn whole_number(&self, parameter: &'static str) -> Result<usize, NullRefusal>;

    /// Base pairs, of whatever sign.
    fn base_pairs(&self, parameter: &'static str) -> Option<i64>;

    /// A length of at least one base pair.
    fn length(&self, parameter: &'static str) -> Result<Option<usize>, NullRefusal>;

    fn required_length(&self, parameter: &'static str) -> Result<usize, NullRefusal>;

    /// DNA where none is given.
    fn alphabet(&self, parameter: &'static str) -> Result<Alphabet, NullRefusal>;

    /// Where something `width` bp wide starts that a position places in a sequence of `length` bp.
    fn start(
        &self,
        parameter: &'static str,
        width: usize,
        length: usize,
    ) -> Result<i64, NullRefusal>;

    fn motif(&self, parameter: &'static str) -> Result<Arc<Motif>, NullRefusal>;

    fn population(&self, parameter: &'static str) -> Result<Arc<Population>, NullRefusal>;

    fn populations(&self, parameter: &'static str) -> Result<Vec<Arc<Population>>, NullRefusal>;

    /// A finite set, to fit a model to.
    fn sequences(&self, parameter: &'static str) -> Result<Arc<SequenceSet>, NullRefusal>;
}

/// Why a null model cannot be made.
#[derive(Debug)]
pub struct NullRefusal {
    /// The parameter whose argument is at fault; none where no single one is.
    pub parameter: Option<&'static str>,
    /// Without a place in a script.
    pub diagnostic: Box<Diagnostic>,
}

impl NullRefusal {
    /// Lays an error at one argument.
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

/// Refuses backgrounds without a base.
pub(super) fn check_length(length: usize) -> Outcome<()> {
    match length {
        0 => Err(refusal(
            Code::OutOfRange,
            "a background needs a length of at least 1 bp",
        )),
        _ => Ok(()),
    }
}
