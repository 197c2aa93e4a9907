//! Models whose truth is known.

use std::sync::Arc;

use super::Native;
use super::arguments::{blame, number, refused};
use crate::check::Checker;
use crate::check::budget::Limit;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::Motif;
use crate::model::{Parameters, Truth};

pub(super) const NATIVES: &[(&str, Native)] =
    &[("additive", additive), ("thermodynamic", thermodynamic)];

/// Motifs of one alphabet, each once, with a finite number.
fn motifs(value: &Value) -> Outcome<Vec<(Arc<Motif>, f64)>> {
    let Value::Map(entries) = value else {
        return refused(
            Code::TypeMismatch,
            "motifs and their numbers are written `{A: 2.0, B: 1.0}`",
        );
    };
    let mut found: Vec<(Arc<Motif>, f64)> = Vec::new();
    for entry in entries.iter() {
        let (Value::Motif(motif), Some(value)) = (&entry.0, number(&entry.1)) else {
            return refused(Code::TypeMismatch, "each entry is a motif and a number");
        };
        if found.iter().any(|(known, _)| known.name == motif.name) {
            return refused(
                Code::Repeated,
                format!("the motif `{}` is named twice", motif.name),
            );
        }
        if let Some((first, _)) = found.first()
            && first.alphabet != motif.alphabet
        {
            return Err(Box::new(Diagnostic::error(
                Code::AlphabetMismatch,
                format!(
                    "the motif `{}` is {}, `{}` is {}",
                    first.name,
                    first.alphabet.name(),
                    motif.name,
                    motif.alphabet.name()
                ),
            )));
        }
        found.push((motif.clone(), value));
    }
    if found.is_empty() {
        return refused(Code::Empty, "a model needs at least one motif");
    }
    Ok(found)
}

fn additive(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let motifs = blame(checker, 0, motifs(&values[0]))?;
    let base = number(&values[1]).unwrap_or(0.0);
    let truth = blame(checker, 0, Truth::additive(motifs, base))?;
    Ok(checker.known_model(truth, "additive"))
}

fn thermodynamic(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let motifs = blame(checker, 0, motifs(&values[0]))?;
    let reach = match &values[2] {
        Value::Length(n) if *n >= 1 => *n as f64,
        _ => {
            return blame(
                checker,
                2,
                refused(Code::OutOfRange, "`reach` is at least 1 bp"),
            );
        }
    };
    let parameters = Parameters {
        attraction: number(&values[1]).unwrap_or(0.0),
        reach,
        activation: number(&values[3]).unwrap_or(1.0),
        base: number(&values[4]).unwrap_or(0.0),
    };
    let limited = [(1, parameters.attraction), (3, parameters.activation)];
    for (argument, energy) in limited {
        if energy.abs() > MOST_ENERGY {
            let message = format!("an energy of {energy} kT is more than {MOST_ENERGY} kT");
            return blame(checker, argument, refused(Code::OutOfRange, message));
        }
    }
    if let Some((motif, energy)) = motifs.iter().find(|(_, energy)| energy.abs() > MOST_ENERGY) {
        let message = format!(
            "an energy of {energy} kT for `{}` is more than {MOST_ENERGY} kT",
            motif.name
        );
        return blame(checker, 0, refused(Code::OutOfRange, message));
    }
    blame(checker, 2, Limit::Table.hold(parameters.reached().floor()))?;
    Ok(checker.known_model(Truth::thermodynamic(motifs, parameters), "thermodynamic"))
}

/// Far beyond what holds a protein to DNA; larger ones overflow.
const MOST_ENERGY: f64 = 100.0;
