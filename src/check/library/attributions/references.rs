//! The sequences that contributions compare with.

use std::rc::Rc;
use std::sync::Arc;

use gia_base::diag::{Code, pluralize};
use gia_design::{OutputRef, ReferenceSource, References};
use gia_domain::{Alphabet, MAX_SHUFFLE_K, Population, UNKNOWN, with_own_stream};

use crate::Checker;
use crate::library::arguments::Argument;
use crate::library::evaluations::query;
use crate::native_function::NativeResult;
use crate::value::Query;

/// Maximum number of references of a sequence.
const MAX_REFERENCES: usize = 100_000;

/// Addresses the draws of references from a null model.
const REFERENCE_STREAM: &str = "references";

pub(super) fn number_of_references(n: &Argument<f64>) -> NativeResult<usize> {
    let count = n.whole_number()?;
    if !(1..=MAX_REFERENCES).contains(&count) {
        let message = format!("a sequence has 1 to {MAX_REFERENCES} references, not {count}");
        return n.refuse(Code::OutOfRange, message);
    }
    Ok(count)
}

/// The references that a call asks for, to a query.
pub(in crate::library) fn references(
    checker: &Checker,
    of: &Argument<Rc<Query>>,
    (population, preserving, n): (&Argument<Arc<Population>>, &Argument<f64>, &Argument<f64>),
) -> NativeResult<References> {
    let count = number_of_references(n)?;
    let preserved = preserving.whole_number()?;
    if !(1..=MAX_SHUFFLE_K).contains(&preserved) {
        let message = format!(
            "a shuffle can preserve k-mers of 1 to {MAX_SHUFFLE_K} bases, not of {preserved}"
        );
        return preserving.refuse(Code::OutOfRange, message);
    }
    let source = match population.get() {
        None => ReferenceSource::Shuffles {
            preserving: preserved,
        },
        Some(_) if preserving.location().argument.is_some() => {
            let message = "`preserving` is of shuffles, and `references` names other sequences";
            return preserving.refuse(Code::Repeated, message);
        }
        Some(given) => {
            fits_as_references(checker, of, population, (given, count))?;
            ReferenceSource::Backgrounds(with_own_draws(given))
        }
    };
    Ok(References { source, count })
}

/// Length and alphabet of the sequences that the models of a query take.
pub(super) fn read_sequences(
    checker: &Checker,
    of: &Argument<Rc<Query>>,
) -> NativeResult<(usize, Alphabet)> {
    let (mut length, mut alphabet) = (0, Alphabet::Dna);
    query(of)?.formula.leaves(&mut |read: OutputRef| {
        let declaration = &checker.models[read.model].declaration;
        length = length.max(declaration.length);
        alphabet = declaration.alphabet_kind();
    });
    Ok((length, alphabet))
}

/// A null model draws others than for the backgrounds of an experiment, so that none of these is compared with itself.
pub(super) fn with_own_draws(population: &Arc<Population>) -> Arc<Population> {
    let own = match &**population {
        Population::Null(null) => with_own_stream(null, REFERENCE_STREAM),
        Population::Sequences { .. } => None,
    };
    own.map_or_else(
        || population.clone(),
        |null| Arc::new(Population::Null(null)),
    )
}

/// Refuses a population that cannot be the references of every sequence.
fn fits_as_references(
    checker: &Checker,
    of: &Argument<Rc<Query>>,
    argument: &Argument<Arc<Population>>,
    (population, count): (&Arc<Population>, usize),
) -> NativeResult<()> {
    if population.depends_on_model() {
        let message = "references are drawn before any model runs, and these depend on predictions";
        return argument.refuse(Code::TypeMismatch, message);
    }
    if let Some(size) = population.size()
        && size < count
    {
        let message = format!(
            "{} are asked for, and these are {}",
            pluralize(count, "reference"),
            pluralize(size, "sequence")
        );
        return argument.refuse(Code::TooFewBackgrounds, message);
    }
    let (length, alphabet) = read_sequences(checker, of)?;
    if alphabet != population.alphabet() {
        let message = format!(
            "the model takes {}, and these references are {}",
            alphabet.name(),
            population.alphabet().name()
        );
        return argument.refuse(Code::AlphabetMismatch, message);
    }
    if let Population::Sequences { set, .. } = &**population
        && let Some(one) = set
            .sequences
            .iter()
            .take(count)
            .find(|one| one.bases.contains(&UNKNOWN))
    {
        let message = format!(
            "`{}` has an unknown base (N), and references have none",
            one.name
        );
        return argument.refuse(Code::UnknownBase, message);
    }
    if length != 0 && length != population.length() {
        let message = format!(
            "the model takes {length} bp, and these references have {} bp",
            population.length()
        );
        return argument.refuse(Code::LengthMismatch, message);
    }
    Ok(())
}
