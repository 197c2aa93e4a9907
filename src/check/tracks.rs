//! Tracks in expressions: parts of outputs with many numbers, arithmetic between them, and one number of them.

mod arithmetic;
mod comparison;
mod conversion;
mod selection;

use std::rc::Rc;
use std::sync::Arc;

use super::budget::{Limit, within_formula_limits};
use super::value::{Places, Query, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_design::{Fold, FoldKind, Formula, MeasuredTrack, OutputRef, Reduction, Track};

pub use comparison::{jensen_shannon, weighted_mean};

/// Units of numbers whose softmax is a distribution.
const LOGIT_UNITS: [&str; 2] = ["logit", "logits"];

impl TrackValue {
    /// Number of places.
    pub fn len(&self) -> usize {
        self.track.len()
    }

    /// The number at an index, as a query.
    pub fn at(&self, index: usize) -> Option<Value> {
        let formula = match &*self.track {
            Track::Leaves(leaves) => Formula::Leaf(*leaves.get(index)?),
            track if index < track.len() => self.fold(FoldKind::At(index)),
            _ => return None,
        };
        Some(query(formula, self.unit.clone()))
    }

    /// All numbers in their order, each as a query.
    pub fn queries(&self) -> Vec<Value> {
        (0..self.len()).filter_map(|index| self.at(index)).collect()
    }

    /// Whether its numbers are logits, as the declaration of the output states.
    pub fn is_logits(&self) -> bool {
        let unit = self.unit.as_deref();
        unit.is_some_and(|unit| LOGIT_UNITS.contains(&unit))
    }

    /// A fold of this track alone.
    fn fold(&self, kind: FoldKind) -> Formula<OutputRef> {
        Formula::Fold(Arc::new(Fold::of(kind, self.track.clone())))
    }

    /// Its sum, mean, greatest or smallest number.
    pub fn reduced(&self, reduction: Reduction) -> Outcome<Value> {
        let formula = match &*self.track {
            // The text that identifies a condition on a network's output holds the formula, so this form stays.
            Track::Leaves(leaves) if (leaves.len() as u64) < Limit::Formula.maximum() => {
                match **leaves {
                    [only] => Formula::Leaf(only),
                    _ => {
                        let leaves = leaves.iter().copied().map(Formula::Leaf);
                        Formula::Reduce(reduction, leaves.collect())
                    }
                }
            }
            _ => self.fold(FoldKind::Reduce(reduction)),
        };
        Ok(query(within_formula_limits(formula)?, self.unit.clone()))
    }

    /// Where its greatest number is: a position in bp along a sequence, else the number of a bin, counted from 0.
    pub fn summit(&self) -> Outcome<Value> {
        let index = self.fold(FoldKind::Argmax);
        let (first, step, unit) = match self.places {
            Some(Places::Sequence { start, bin }) => {
                let middle = start + bin as i64 / 2;
                (middle as f64, bin as f64, Some("bp".to_string()))
            }
            Some(Places::Numbered { first, step }) => (first as f64, step as f64, None),
            Some(Places::Uneven) | None => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "the numbers of this track lie at no places that could be told apart",
                    )
                    .help("`argmax` is of a part of one output, or of tracks with the same places"),
                ));
            }
        };
        let scaled = match step {
            1.0 => index,
            step => binary(gia_design::Arithmetic::Multiply, index, step),
        };
        let formula = match first {
            0.0 => scaled,
            first => binary(gia_design::Arithmetic::Add, scaled, first),
        };
        Ok(query(within_formula_limits(formula)?, unit))
    }

    /// The track as an experiment measures it.
    ///
    /// # Errors
    /// Bins at uneven distances, which no curve shows at their places.
    pub fn measured(&self) -> Outcome<MeasuredTrack> {
        let (first, step, in_bp) = match self.places {
            Some(Places::Uneven) => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "these bins lie at uneven distances, and a curve has even ones",
                    )
                    .help("take one number of them, such as their `sum`, or a list in steps: `bins(of, 3 to 9 step 2)`"),
                ));
            }
            Some(Places::Sequence { start, bin }) => (start + bin as i64 / 2, bin as i64, true),
            Some(Places::Numbered { first, step }) => (first, step, false),
            None => (0, 1, false),
        };
        Ok(MeasuredTrack {
            track: self.track.clone(),
            first,
            step,
            in_bp,
        })
    }

    /// A track of other numbers at the same places.
    pub fn with(&self, track: Track<OutputRef>, unit: Option<String>) -> Outcome<Value> {
        track_value(track, unit, self.places)
    }

    /// The numbers at these places, counted from 0 and in this order.
    pub fn selected(&self, numbers: &[f64]) -> Outcome<Value> {
        let mut indices = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let index = (number >= 0.0 && number.fract() == 0.0).then_some(number as usize);
            match index.filter(|index| *index < self.len()) {
                Some(index) => indices.push(index),
                None => {
                    return Err(Box::new(Diagnostic::error(
                        Code::NoSuchItem,
                        format!(
                            "there are {}, counted from 0; there is no bin {number}",
                            pluralize(self.len(), "bin")
                        ),
                    )));
                }
            }
        }
        let Some(&first) = indices.first() else {
            return Err(Box::new(Diagnostic::error(
                Code::Empty,
                "no bin is named, and a track has one at least",
            )));
        };
        let step = indices
            .get(1)
            .map_or(1, |&second| second as i64 - first as i64);
        let is_even = indices
            .windows(2)
            .all(|pair| pair[1] as i64 - pair[0] as i64 == step);
        if is_even && step == 1 {
            return self.part(first, indices.len());
        }
        let track = match &*self.track {
            Track::Leaves(leaves) => Track::Leaves(
                indices
                    .iter()
                    .filter_map(|&i| leaves.get(i))
                    .copied()
                    .collect(),
            ),
            _ => {
                let at = |&index: &usize| self.fold(FoldKind::At(index));
                Track::Numbers(indices.iter().map(at).collect())
            }
        };
        let places = match self.places {
            Some(Places::Numbered {
                first: from,
                step: every,
            }) if is_even => Some(Places::Numbered {
                first: from + first as i64 * every,
                step: every * step,
            }),
            Some(Places::Sequence { .. }) if is_even => Some(Places::Numbered {
                first: first as i64,
                step,
            }),
            Some(_) if !is_even => Some(Places::Uneven),
            _ => None,
        };
        track_value(track, self.unit.clone(), places)
    }

    /// Neighbouring places of the track.
    fn part(&self, start: usize, count: usize) -> Outcome<Value> {
        let track = match &*self.track {
            Track::Leaves(leaves) => Track::Leaves(leaves[start..start + count].into()),
            _ => Track::Part(self.track.clone(), start, count),
        };
        let places = self.places.map(|places| match places {
            Places::Sequence { start: from, bin } => Places::Sequence {
                start: from + (start * bin) as i64,
                bin,
            },
            Places::Numbered { first, step } => Places::Numbered {
                first: first + start as i64 * step,
                step,
            },
            Places::Uneven => Places::Uneven,
        });
        track_value(track, self.unit.clone(), places)
    }
}

/// A track as a value, unless it is too large.
fn track_value(
    track: Track<OutputRef>,
    unit: Option<String>,
    places: Option<Places>,
) -> Outcome<Value> {
    Limit::Formula.check_within(track.size() as f64)?;
    Limit::FormulaDepth.check_within(track.depth() as f64)?;
    Ok(Value::Track(Rc::new(TrackValue {
        track: Arc::new(track),
        unit,
        places,
    })))
}

fn query(formula: Formula<OutputRef>, unit: Option<String>) -> Value {
    Value::Query(Rc::new(Query {
        formula: Arc::new(formula),
        unit,
        written: None,
    }))
}

fn binary(op: gia_design::Arithmetic, left: Formula<OutputRef>, right: f64) -> Formula<OutputRef> {
    Formula::Binary(op, Box::new(left), Box::new(Formula::Constant(right)))
}
