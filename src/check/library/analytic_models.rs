//! Built-in models with a known ground truth.

use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::parameter_types::{Length, Map};
use super::parameters::parameters;
use crate::Checker;
use crate::budget::Limit;
use crate::native_function::NativeResult;
use crate::value::Value;
use gia_base::diag::Code;
use gia_domain::Motif;
use gia_model::{AnalyticModel, ThermodynamicParameters};

pub(super) const NATIVES: &[Native] = &[
    native!("additive", Additive, additive),
    native!("thermodynamic", Thermodynamic, thermodynamic),
];

parameters! {
    struct Additive {
        weights: Map<Arc<Motif>, f64>,
        base: f64,
    }
}

parameters! {
    struct Thermodynamic {
        energies: Map<Arc<Motif>, f64>,
        attraction: f64,
        reach: Length,
        activation: f64,
        base: f64,
    }
}

/// Motifs of one alphabet, each once, with a finite number.
fn motifs(argument: &Argument<Map<Arc<Motif>, f64>>) -> NativeResult<Vec<(Arc<Motif>, f64)>> {
    let Some(entries) = argument.get() else {
        return argument.refuse(
            Code::TypeMismatch,
            "motifs and their numbers are written `{A: 2.0, B: 1.0}`",
        );
    };
    let mut found: Vec<(Arc<Motif>, f64)> = Vec::new();
    for entry in entries {
        let (Some(motif), Some(value)) = entry else {
            return argument.refuse(Code::TypeMismatch, "each entry is a motif and a number");
        };
        if let Some((known, _)) = found.iter().find(|(known, _)| known.name == motif.name) {
            return argument.refuse(
                Code::Repeated,
                match known.is_same_as(motif) {
                    true => format!("the motif `{}` is named twice", motif.name),
                    false => format!("two different motifs are called `{}`", motif.name),
                },
            );
        }
        if let Some((first, _)) = found.first()
            && first.alphabet != motif.alphabet
        {
            return argument.refuse(
                Code::AlphabetMismatch,
                format!(
                    "the motif `{}` is {}, `{}` is {}",
                    first.name,
                    first.alphabet.name(),
                    motif.name,
                    motif.alphabet.name()
                ),
            );
        }
        found.push((motif.clone(), *value));
    }
    if found.is_empty() {
        return argument.refuse(Code::Empty, "a model needs at least one motif");
    }
    Ok(found)
}

fn additive(checker: &mut Checker, given: Additive) -> NativeResult<Value> {
    let motifs = motifs(&given.weights)?;
    let base = given.base.get().copied().unwrap_or(0.0);
    let truth = given
        .weights
        .label_error(AnalyticModel::additive(motifs, base))?;
    Ok(Value::Model(checker.analytic_model(truth, "additive")))
}

fn thermodynamic(checker: &mut Checker, given: Thermodynamic) -> NativeResult<Value> {
    let motifs = motifs(&given.energies)?;
    let reach = match given.reach.get() {
        Some(Length(n)) if *n >= 1 => *n as f64,
        _ => {
            return given
                .reach
                .refuse(Code::OutOfRange, "`reach` is at least 1 bp");
        }
    };
    let parameters = ThermodynamicParameters {
        attraction: given.attraction.get().copied().unwrap_or(0.0),
        reach,
        activation: given.activation.get().copied().unwrap_or(1.0),
        base: given.base.get().copied().unwrap_or(0.0),
    };
    let limited = [
        (&given.attraction, parameters.attraction),
        (&given.activation, parameters.activation),
    ];
    for (argument, energy) in limited {
        if energy.abs() > MAX_ENERGY {
            let message = format!("an energy of {energy} kT is more than {MAX_ENERGY} kT");
            return argument.refuse(Code::OutOfRange, message);
        }
    }
    if let Some((motif, energy)) = motifs.iter().find(|(_, energy)| energy.abs() > MAX_ENERGY) {
        let message = format!(
            "an energy of {energy} kT for `{}` is more than {MAX_ENERGY} kT",
            motif.name
        );
        return given.energies.refuse(Code::OutOfRange, message);
    }
    let table = Limit::Table.check_within(parameters.max_attraction_gap().floor());
    given.reach.label_error(table)?;
    Ok(Value::Model(checker.analytic_model(
        AnalyticModel::thermodynamic(motifs, parameters),
        "thermodynamic",
    )))
}

/// Largest energy in kT. It is far beyond what binds a protein to DNA; larger ones overflow.
const MAX_ENERGY: f64 = 100.0;
