//! Null models.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::{Argument, NativeResult, refused};
use super::parameters::{Length, List, Sequences, parameters};
use super::{Native, native};
use crate::check::Checker;
use crate::check::value::{Position, Value};
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::domain::{LONGEST_KMER, Motif, Null, Population, SequenceSet};

pub(super) const NATIVES: &[Native] = &[
    native!("uniform", Uniform, uniform),
    native!("iid", Iid, iid),
    native!("markov", Markov, markov),
    native!("profile", Profile, profile),
    native!("shuffled", Shuffled, shuffled),
    native!("mixture", Mixture, mixture),
    native!("without", Without, without),
    native!("hairpin", Hairpin, hairpin),
];

pub(super) fn population(null: Null) -> Value {
    Value::Population(Arc::new(Population::Null(null)))
}

parameters! {
    struct Uniform {
        length: Length,
        alphabet: Rc<str>,
    }
}

fn uniform(_: &mut Checker, given: Uniform) -> NativeResult<Value> {
    Ok(population(Null::Uniform {
        alphabet: given.alphabet.alphabet()?,
        length: given.length.required_length()?,
    }))
}

parameters! {
    struct Iid {
        length: Length,
        gc: f64,
        freq: List<f64>,
        alphabet: Rc<str>,
    }
}

fn iid(_: &mut Checker, given: Iid) -> NativeResult<Value> {
    let length = given.length.required_length()?;
    let alphabet = given.alphabet.alphabet()?;
    let null = match (given.gc.get(), given.freq.get()) {
        (Some(gc), None) => {
            let null = Null::gc(alphabet, length, *gc);
            let null = null.map_err(|diagnostic| match given.gc.without_percent_sign() {
                Some(share) => Box::new(diagnostic.suggest_here(format!("write `{share}`"), share)),
                None => diagnostic,
            });
            given.gc.blame(null)?
        }
        (None, Some(items)) => {
            let frequencies: Vec<f64> = items.iter().flatten().collect();
            let Ok(frequencies) = <[f64; 4]>::try_from(frequencies.as_slice()) else {
                let message = format!("`freq` is four numbers, one a base, not {}", items.len());
                return given.freq.refuse(Code::InvalidDistribution, message);
            };
            let null = Null::iid(alphabet, length, frequencies);
            given.freq.blame(null)?
        }
        _ => {
            let message = "`iid` needs either `gc` or `freq`";
            let help = "write `gc: 0.41`, or `freq: [0.3, 0.2, 0.2, 0.3]`";
            return Err(Diagnostic::error(Code::MissingArgument, message)
                .help(help)
                .into());
        }
    };
    Ok(population(null))
}

/// The set that a null model is fitted to.
fn set_of(argument: &Argument<Sequences>) -> NativeResult<Arc<SequenceSet>> {
    match argument.get() {
        Some(Sequences(population)) => match &**population {
            Population::Sequences { set, .. } => Ok(set.clone()),
            Population::Null(_) => {
                argument.refuse(Code::TypeMismatch, "a null model is fitted to sequences")
            }
        },
        None => refused(Code::MissingArgument, "`like` is needed"),
    }
}

/// The population that an argument gives.
pub(super) fn population_of(given: Option<&Arc<Population>>) -> Outcome<Arc<Population>> {
    match given {
        Some(population) => Ok(population.clone()),
        None => refused(
            Code::TypeMismatch,
            format!("{} is no source of backgrounds", Value::None.kind()),
        ),
    }
}

parameters! {
    struct Markov {
        order: f64,
        like: Sequences,
        length: Length,
    }
}

fn markov(_: &mut Checker, given: Markov) -> NativeResult<Value> {
    let order = given.order.whole()?;
    let like = set_of(&given.like)?;
    let length = given.length.length()?.unwrap_or(like.length());
    let null = Null::markov(&like, order, length);
    Ok(population(given.order.blame(null)?))
}

parameters! {
    struct Profile {
        like: Sequences,
    }
}

fn profile(_: &mut Checker, given: Profile) -> NativeResult<Value> {
    let like = set_of(&given.like)?;
    Ok(population(given.like.blame(Null::profile(&like))?))
}

parameters! {
    struct Shuffled {
        of: Arc<Population>,
        preserving: f64,
    }
}

fn shuffled(_: &mut Checker, given: Shuffled) -> NativeResult<Value> {
    let of = population_of(given.of.get())?;
    let preserving = given.preserving.whole()?;
    // An unknown base is the fault of the sequences.
    let culprit = match preserving {
        1..=LONGEST_KMER => given.of.location(),
        _ => given.preserving.location(),
    };
    Ok(population(culprit.blame(Null::shuffled(of, preserving))?))
}

parameters! {
    struct Mixture {
        parts: List<Arc<Population>>,
        weights: List<f64>,
    }
}

fn mixture(_: &mut Checker, given: Mixture) -> NativeResult<Value> {
    let Some(items) = given.parts.get() else {
        return refused(
            Code::TypeMismatch,
            "a mixture is made of a list of populations",
        );
    };
    let parts = items
        .iter()
        .map(|item| population_of(item.as_ref()))
        .collect::<Outcome<Vec<_>>>()?;
    let weights: Vec<f64> = match given.weights.get() {
        Some(weights) => weights.iter().flatten().collect(),
        None => vec![1.0; parts.len()],
    };
    if weights.len() != parts.len() {
        let message = format!(
            "{} for {}",
            counted(weights.len(), "weight"),
            counted(parts.len(), "population")
        );
        return given.weights.refuse(Code::InvalidDistribution, message);
    }
    let culprit = match weights.iter().any(|weight| *weight <= 0.0) {
        true => given.weights.location(),
        false => given.parts.location(),
    };
    let parts = weights.into_iter().zip(parts).collect();
    Ok(population(culprit.blame(Null::mixture(parts))?))
}

parameters! {
    struct Without {
        of: Arc<Population>,
        pattern: Arc<Motif>,
    }
}

fn without(_: &mut Checker, given: Without) -> NativeResult<Value> {
    let of = population_of(given.of.get())?;
    let Some(motif) = given.pattern.get() else {
        return refused(Code::TypeMismatch, "a motif is needed");
    };
    let left = crate::domain::without(of, motif.clone());
    Ok(Value::Population(Arc::new(given.pattern.blame(left)?)))
}

parameters! {
    struct Hairpin {
        of: Arc<Population>,
        stem: Length,
        r#loop: Length,
        place: Position,
    }
}

fn hairpin(_: &mut Checker, given: Hairpin) -> NativeResult<Value> {
    let of = population_of(given.of.get())?;
    let stem = given.stem.length()?.unwrap_or(0);
    let loop_length = match given.r#loop.get() {
        Some(Length(n)) if *n >= 0 => *n as usize,
        _ => {
            return given
                .r#loop
                .refuse(Code::OutOfRange, "`loop` is at least 0 bp");
        }
    };
    let Some(place) = given.place.get() else {
        return refused(Code::MissingArgument, "`place` is needed");
    };
    let start = place.start_of((2 * stem + loop_length) as i64, of.length() as i64);
    let null = Null::hairpin(of, start, stem, loop_length);
    Ok(population(given.place.blame(null)?))
}
