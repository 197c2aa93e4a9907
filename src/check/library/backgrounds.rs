//! Null models.

use std::sync::Arc;

use super::Native;
use super::arguments::{alphabet, blame, length, needed_length, number, refused, whole};
use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::domain::{Alphabet, LONGEST_KMER, Null, Population, SequenceSet};

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("uniform", uniform),
    ("iid", iid),
    ("markov", markov),
    ("profile", profile),
    ("shuffled", shuffled),
    ("mixture", mixture),
    ("without", without),
    ("hairpin", hairpin),
];

pub(super) fn population(null: Null) -> Value {
    Value::Population(Arc::new(Population::Null(null)))
}

fn uniform(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    Ok(population(Null::Uniform {
        alphabet: blame(checker, 1, alphabet(&values[1]))?,
        length: blame(checker, 0, needed_length(&values[0]))?,
    }))
}

fn iid(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let length = blame(checker, 0, needed_length(&values[0]))?;
    let alphabet = blame(checker, 3, alphabet(&values[3]))?;
    let null = match (&values[1], &values[2]) {
        (Value::Number(gc), Value::None) => blame(checker, 1, gc_null(alphabet, length, *gc))?,
        (Value::None, Value::List(items)) => {
            let frequencies: Vec<f64> = items.iter().filter_map(number).collect();
            let Ok(frequencies) = <[f64; 4]>::try_from(frequencies.as_slice()) else {
                let message = format!("`freq` is four numbers, one a base, not {}", items.len());
                return blame(checker, 2, refused(Code::InvalidDistribution, message));
            };
            blame(checker, 2, Null::iid(alphabet, length, frequencies))?
        }
        _ => {
            return Err(Box::new(
                Diagnostic::error(Code::MissingArgument, "`iid` needs either `gc` or `freq`")
                    .help("write `gc: 0.41`, or `freq: [0.3, 0.2, 0.2, 0.3]`"),
            ));
        }
    };
    Ok(population(null))
}

fn gc_null(alphabet: Alphabet, length: usize, gc: f64) -> Outcome<Null> {
    Null::gc(alphabet, length, gc).map_err(|diagnostic| {
        if gc > 1.0 && gc <= 100.0 {
            Box::new(diagnostic.suggest_here(format!("write `{gc}%`"), format!("{gc}%")))
        } else {
            diagnostic
        }
    })
}

/// The set that a null model is fitted to, which is argument `argument`.
fn set_of(checker: &mut Checker, values: &[Value], argument: usize) -> Outcome<Arc<SequenceSet>> {
    match &values[argument] {
        Value::Population(population) => match &**population {
            Population::Sequences { set, .. } => Ok(set.clone()),
            Population::Null(_) => blame(
                checker,
                argument,
                refused(Code::TypeMismatch, "a null model is fitted to sequences"),
            ),
        },
        _ => refused(Code::MissingArgument, "`like` is needed"),
    }
}

pub(super) fn population_of(value: &Value) -> Outcome<Arc<Population>> {
    match value {
        Value::Population(population) => Ok(population.clone()),
        other => refused(
            Code::TypeMismatch,
            format!("{} is no source of backgrounds", other.kind()),
        ),
    }
}

fn markov(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let order = blame(checker, 0, whole(&values[0], "order"))?;
    let like = set_of(checker, values, 1)?;
    let length = blame(checker, 2, length(&values[2], "length"))?.unwrap_or(like.length());
    Ok(population(blame(
        checker,
        0,
        Null::markov(&like, order, length),
    )?))
}

fn profile(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let like = set_of(checker, values, 0)?;
    Ok(population(blame(checker, 0, Null::profile(&like))?))
}

fn shuffled(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let preserving = blame(checker, 1, whole(&values[1], "preserving"))?;
    // A wrong k is the second argument's fault, an unknown base the first's.
    let culprit = usize::from(preserving == 0 || preserving > LONGEST_KMER);
    Ok(population(blame(
        checker,
        culprit,
        Null::shuffled(of, preserving),
    )?))
}

fn mixture(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::List(items) = &values[0] else {
        return refused(
            Code::TypeMismatch,
            "a mixture is made of a list of populations",
        );
    };
    let parts = items
        .iter()
        .map(population_of)
        .collect::<Outcome<Vec<_>>>()?;
    let weights: Vec<f64> = match &values[1] {
        Value::List(weights) => weights.iter().filter_map(number).collect(),
        _ => vec![1.0; parts.len()],
    };
    if weights.len() != parts.len() {
        let message = format!(
            "{} for {}",
            counted(weights.len(), "weight"),
            counted(parts.len(), "population")
        );
        return blame(checker, 1, refused(Code::InvalidDistribution, message));
    }
    let culprit = usize::from(weights.iter().any(|weight| *weight <= 0.0));
    let parts = weights.into_iter().zip(parts).collect();
    Ok(population(blame(checker, culprit, Null::mixture(parts))?))
}

fn without(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let Value::Motif(motif) = &values[1] else {
        return refused(Code::TypeMismatch, "a motif is needed");
    };
    let left = blame(checker, 1, crate::domain::without(of, motif.clone()))?;
    Ok(Value::Population(Arc::new(left)))
}

fn hairpin(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let stem = blame(checker, 1, length(&values[1], "stem"))?.unwrap_or(0);
    let loop_ = match &values[2] {
        Value::Length(n) if *n >= 0 => *n as usize,
        _ => {
            return blame(
                checker,
                2,
                refused(Code::OutOfRange, "`loop` is at least 0 bp"),
            );
        }
    };
    let Value::Position(place) = &values[3] else {
        return refused(Code::MissingArgument, "`place` is needed");
    };
    let start = place.start_of((2 * stem + loop_) as i64, of.length() as i64);
    let made = Null::hairpin(of, start, stem, loop_);
    Ok(population(blame(checker, 3, made)?))
}
