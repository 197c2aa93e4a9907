//! Tracks in expressions: parts of outputs with many numbers, arithmetic between them, and one number of them.

use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::budget::{Limit, within_formula_limits};
use super::heads::chosen_parts;
use super::operators::formula_op;
use super::value::{ChosenEntries, ModelOutput, Places, Query, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_design::{Fold, FoldKind, Formula, MeasuredTrack, OutputRef, Reduction, Track};
use gia_syntax::tree::BinaryOp;

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
            None => {
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
    pub fn measured(&self) -> MeasuredTrack {
        let (first, step, in_bp) = match self.places {
            Some(Places::Sequence { start, bin }) => (start + bin as i64 / 2, bin as i64, true),
            Some(Places::Numbered { first, step }) => (first, step, false),
            None => (0, 1, false),
        };
        MeasuredTrack {
            track: self.track.clone(),
            first,
            step,
            in_bp,
        }
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

/// The mean of a track, weighted by another of the same length.
pub fn weighted_mean(of: &TrackValue, weights: &TrackValue) -> Outcome<Value> {
    same_length("a weighted mean is", of.len(), weights.len())?;
    if let Track::Constants(weights) = &*weights.track
        && (weights.iter().any(|w| *w < 0.0) || weights.iter().sum::<f64>() <= 0.0)
    {
        return Err(Box::new(Diagnostic::error(
            Code::InvalidDistribution,
            "weights are not negative, and one at least is positive",
        )));
    }
    let fold = Fold {
        kind: FoldKind::WeightedMean,
        tracks: Box::new([of.track.clone(), weights.track.clone()]),
    };
    let formula = within_formula_limits(Formula::Fold(Arc::new(fold)))?;
    Ok(query(formula, of.unit.clone()))
}

/// The Jensen-Shannon distance of two tracks; of one to itself under the control if there is no other.
pub fn jensen_shannon(of: &TrackValue, other: Option<&TrackValue>) -> Outcome<Value> {
    let (track, other_logits) = match other {
        Some(other) => {
            same_length("`jsd` is", of.len(), other.len())?;
            (other.track.clone(), other.is_logits())
        }
        None => (under_control(of)?, of.is_logits()),
    };
    let fold = Fold {
        kind: FoldKind::JensenShannon {
            logits: [of.is_logits(), other_logits],
        },
        tracks: Box::new([of.track.clone(), track]),
    };
    Ok(query(
        within_formula_limits(Formula::Fold(Arc::new(fold)))?,
        None,
    ))
}

/// Refuses two tracks of different lengths.
fn same_length(what: &str, left: usize, right: usize) -> Outcome<()> {
    if left == right {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error(
            Code::TrackLengths,
            format!(
                "{what} of tracks of one length: the first has {}, the second {}",
                pluralize(left, "number"),
                pluralize(right, "number")
            ),
        )
        .help("take parts of one length: `[A..B]` of either"),
    ))
}

/// The same track of the same background under the control.
///
/// # Errors
/// One that is compared with the control already.
fn under_control(of: &TrackValue) -> Outcome<Arc<Track<OutputRef>>> {
    match of.track.reads_control() {
        false => Ok(Arc::new(Track::UnderControl(of.track.clone()))),
        true => Err(Box::new(Diagnostic::error(
            Code::Repeated,
            "this is compared with the control already",
        ))),
    }
}

impl Checker<'_> {
    /// `control` beside a track in `measure` stands for the same track under the control: `max(net["acceptor"] - control)`. Any other value
    /// is as it is.
    pub(super) fn same_track_under_control(
        &mut self,
        left: &Value,
        right: Value,
    ) -> Outcome<Value> {
        match &right {
            Value::Contrast(arm) if arm.formula == Formula::Leaf(0) => {
                let Some(of) = self.as_track(left)? else {
                    return Ok(right);
                };
                let track = TrackValue {
                    track: under_control(&of)?,
                    ..(*of).clone()
                };
                Ok(Value::Track(Rc::new(track)))
            }
            _ => Ok(right),
        }
    }

    /// The track that a value is, or that an output with several numbers stands for; none for any other value.
    pub(super) fn as_track(&mut self, value: &Value) -> Outcome<Option<Rc<TrackValue>>> {
        match value {
            Value::Track(track) => Ok(Some(track.clone())),
            Value::Head(head) if self.has_several_numbers(*head) => {
                self.head_track(*head).map(|track| Some(Rc::new(track)))
            }
            _ => Ok(None),
        }
    }

    /// The track that a list of numbers and queries is; none if it holds anything else.
    pub(super) fn list_as_track(&mut self, items: &[Value]) -> Outcome<Option<Rc<TrackValue>>> {
        let mut numbers = Vec::with_capacity(items.len());
        let mut units = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Number(number) | Value::Share(number) => {
                    numbers.push(Formula::Constant(*number));
                }
                Value::Query(query) => {
                    numbers.push((*query.formula).clone());
                    units.push(query.unit.clone());
                }
                _ => return Ok(None),
            }
        }
        let constants = numbers.iter().map(|number| match number {
            Formula::Constant(number) => Some(*number),
            _ => None,
        });
        let track = match constants.collect::<Option<Vec<f64>>>() {
            Some(constants) => Track::Constants(constants.into()),
            None => Track::Numbers(numbers),
        };
        let first = units.first().cloned().flatten();
        let unit = first.filter(|unit| units.iter().all(|other| other.as_ref() == Some(unit)));
        let places = Some(Places::Numbered { first: 0, step: 1 });
        match track_value(track, unit, places)? {
            Value::Track(track) => Ok(Some(track)),
            _ => Ok(None),
        }
    }

    /// The output of a model that has a single one.
    pub(super) fn only_output(&self, model: usize) -> Outcome<ModelOutput> {
        let of = &self.models[model];
        match of.declaration.outputs.len() {
            1 => Ok(ModelOutput {
                model,
                output: 0,
                task: None,
                chosen: ChosenEntries::default(),
            }),
            count => Err(Box::new(Diagnostic::error(
                Code::UnknownTask,
                format!("`{}` has {count} outputs; say which is meant", of.name),
            ))),
        }
    }

    /// Whether an output is declared to lie along the sequence.
    pub(super) fn lies_along(&self, head: ModelOutput) -> bool {
        self.models[head.model].declaration.outputs[head.output]
            .track
            .is_some()
    }

    /// Whether an output, or the task of one, has more than one number.
    fn has_several_numbers(&self, head: ModelOutput) -> bool {
        let output = &self.models[head.model].declaration.outputs[head.output];
        match output.track {
            Some(track) => track.bins > 1 || (head.task.is_none() && output.entries() > 1),
            None => output.size() > chosen_parts(head, output),
        }
    }

    /// Arithmetic with a track on one side at least; none if there is none.
    pub(super) fn track_arithmetic(
        &mut self,
        op: BinaryOp,
        left: &Value,
        right: &Value,
    ) -> Outcome<Option<Value>> {
        let is_number = |value: &Value| {
            matches!(
                value,
                Value::Number(_) | Value::Query(_) | Value::Model(_) | Value::Head(_)
            )
        };
        let is_track = |value: &Value| matches!(value, Value::Track(_));
        let Some(arithmetic) = formula_op(op) else {
            return Ok(None);
        };
        if !(is_track(left) || is_number(left)) || !(is_track(right) || is_number(right)) {
            return Ok(None);
        }
        let tracks = (self.as_track(left)?, self.as_track(right)?);
        let unit_of = |value: &Value| match value {
            Value::Track(track) => Some(track.unit.clone()),
            Value::Query(query) => Some(query.unit.clone()),
            _ => None,
        };
        let count = match &tracks {
            (Some(left), Some(right)) => {
                same_length(&format!("`{}` is", op.symbol()), left.len(), right.len())?;
                left.len()
            }
            (Some(one), None) | (None, Some(one)) => one.len(),
            (None, None) => return Ok(None),
        };
        let mut operand = |track: &Option<Rc<TrackValue>>, value: &Value| match track {
            Some(track) => Ok((
                (*track.track).clone(),
                Some(track.unit.clone()),
                track.places,
            )),
            None => {
                let number = self.coerce(value.clone(), &super::types::Type::Quantity)?;
                let unit = unit_of(&number);
                let formula = match &number {
                    Value::Query(query) => (*query.formula).clone(),
                    Value::Number(number) => Formula::Constant(*number),
                    other => {
                        return Err(Box::new(Diagnostic::error(
                            Code::TypeMismatch,
                            format!("{} and a Track are not computed with", other.kind()),
                        )));
                    }
                };
                Ok((Track::Repeated(Box::new(formula), count), unit, None))
            }
        };
        let (a, a_unit, a_places) = operand(&tracks.0, left)?;
        let (b, b_unit, b_places) = operand(&tracks.1, right)?;
        let is_sum = matches!(op, BinaryOp::Add | BinaryOp::Subtract);
        let unit = match (a_unit, b_unit) {
            (Some(a), Some(b)) if is_sum && a == b => a,
            (Some(one), None) | (None, Some(one)) if is_sum => one,
            _ => None,
        };
        let places = match (&tracks, a_places, b_places) {
            ((Some(_), Some(_)), a, b) => a.filter(|_| a == b),
            (_, a, b) => a.or(b),
        };
        let track = Track::Binary(arithmetic, Box::new(a), Box::new(b));
        track_value(track, unit, places).map(Some)
    }

    /// One place or neighbouring places of a track, by number or by position.
    pub(super) fn index_track(&mut self, track: &TrackValue, at: &Value) -> Outcome<Value> {
        let count = track.len();
        if let Value::Number(n) = at {
            let index = (*n >= 0.0 && n.fract() == 0.0).then_some(*n as usize);
            return index.and_then(|index| track.at(index)).ok_or_else(|| {
                Box::new(Diagnostic::error(
                    Code::NoSuchItem,
                    format!(
                        "the track has {}, counted from 0; there is no number {n}",
                        pluralize(count, "number")
                    ),
                ))
            });
        }
        let is_place = matches!(
            at,
            Value::Region { .. } | Value::Position(_) | Value::Length(_)
        );
        let Some(Places::Sequence { start, bin }) = track.places.filter(|_| is_place) else {
            return Err(Box::new(Diagnostic::error(
                Code::TypeMismatch,
                match is_place {
                    true => "the numbers of this track are not at known positions of the sequence"
                        .to_string(),
                    false => format!(
                        "a Track is indexed with a number, a position or a region, not with {}",
                        at.kind()
                    ),
                },
            )));
        };
        let length = self.track_sequence_length(track);
        let end = start + (count * bin) as i64;
        let outside = |written: String| {
            Box::new(Diagnostic::error(
                Code::DoesNotFit,
                format!(
                    "{written} is not inside the track, which covers {start}bp..{end}bp of the sequence"
                ),
            ))
        };
        let along = gia_model::Track {
            bins: count,
            bin,
            start,
            layout: gia_model::Layout::ChannelsFirst,
        };
        match at {
            Value::Region {
                start: from,
                end: to,
            } => {
                let (from, to) = (from.start_of(0, length), to.start_of(0, length));
                let bins = along.bins_in(from, to);
                if bins.is_empty() || from < start || to > end {
                    return Err(outside(format!("{from}bp..{to}bp")));
                }
                track.part(bins.start, bins.len())
            }
            other => {
                let at = match other {
                    Value::Position(position) => position.start_of(0, length),
                    Value::Length(offset) => *offset,
                    _ => 0,
                };
                let inside = at >= start && at < end;
                let number = inside
                    .then(|| track.at((at - start) as usize / bin))
                    .flatten();
                number.ok_or_else(|| outside(format!("{at}bp")))
            }
        }
    }

    /// The length of the sequences that a track is of.
    fn track_sequence_length(&self, track: &TrackValue) -> i64 {
        let mut model = None;
        track.track.leaves(&mut |read: OutputRef| {
            model.get_or_insert(read.model);
        });
        let model = model.and_then(|model| self.models.get(model));
        model.map_or(0, |model| model.declaration.length as i64)
    }
}
