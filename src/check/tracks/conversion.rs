//! Values that are tracks, or stand for one: outputs with several numbers, and lists.

use std::rc::Rc;

use super::track_value;
use crate::Checker;
use crate::heads::chosen_parts;
use crate::value::{ChosenEntries, ModelOutput, Places, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Formula, Track};

impl Checker<'_> {
    /// The track that a value is, or that an output with several numbers stands for; none for any other value.
    pub(crate) fn as_track(&mut self, value: &Value) -> Outcome<Option<Rc<TrackValue>>> {
        match value {
            Value::Track(track) => Ok(Some(track.clone())),
            Value::Head(head) if self.has_several_numbers(*head) => {
                self.head_track(*head).map(|track| Some(Rc::new(track)))
            }
            _ => Ok(None),
        }
    }

    /// The track that a list of numbers and queries is; none if it holds anything else.
    pub(crate) fn list_as_track(&mut self, items: &[Value]) -> Outcome<Option<Rc<TrackValue>>> {
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
    pub(crate) fn only_output(&self, model: usize) -> Outcome<ModelOutput> {
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
    pub(crate) fn lies_along(&self, head: ModelOutput) -> bool {
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
}
