//! Derives how an edit of a few positions propagates through the calls of a network, from their shapes.

use super::{Call, Calls};
use crate::graph::{Dataflow, Operand, Usage, ValueId};
use crate::position_mapping::{PositionMapping, position_mapping};

/// Maximum fraction of a value's positions that is recomputed in a window; beyond it the whole value is recomputed.
const MAX_WINDOW_FRACTION: f64 = 0.7;

/// How the elements of a value depend on the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// Not at all: it is computed from weights only.
    Nothing,
    /// Position by position, in this dimension.
    Along(usize),
    /// All channels and positions of another value, flattened into one dimension.
    Flat(ValueId),
    /// Each element may depend on the whole sequence.
    Whole,
}

/// How a call propagates an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum PropagationRule {
    /// Its result does not depend on the sequence.
    Nothing,
    /// It has one operand along the sequence.
    Local(PositionMapping),
    /// It combines several operands position by position.
    Joined {
        /// The dimension of the result that holds the positions.
        dim: usize,
    },
    /// It is a dense layer over all channels and positions of this value.
    Dense(ValueId),
    /// Its whole result may change.
    Whole,
}

/// The propagation rules of a network.
pub struct Propagation {
    /// The rule of each call, in execution order.
    pub rules: Vec<PropagationRule>,
    /// How each value depends on the sequence, by [`ValueId`].
    pub dependences: Vec<Dependence>,
    /// The shape of each value for a batch of one, by [`ValueId`].
    pub shapes: Vec<Vec<i64>>,
    max_window: f64,
}

impl Propagation {
    /// Derives the rules. `positions` states for each input which dimension runs along the sequence, `shapes` the shape of each value for a batch of
    /// one. With `wherever_possible`, windows may be as wide as a value.
    pub fn new(
        network: &impl Calls,
        positions: &[Option<usize>],
        shapes: Vec<Vec<i64>>,
        wherever_possible: bool,
    ) -> Propagation {
        let mut propagation = Propagation {
            rules: Vec::new(),
            dependences: vec![Dependence::Nothing; shapes.len()],
            shapes,
            max_window: if wherever_possible {
                1.0
            } else {
                MAX_WINDOW_FRACTION
            },
        };
        for (id, position) in network.inputs().iter().zip(positions) {
            if let Some(dim) = position {
                propagation.dependences[id.0] = Dependence::Along(*dim);
            }
        }
        for call in network.calls() {
            let rule = propagation.rule_of(call, network);
            propagation.record(call, &rule);
            propagation.rules.push(rule);
        }
        propagation
    }

    /// Whether a window of `width` of a value's `length` positions is too wide for incremental recomputation.
    pub fn exceeds_max_window(&self, width: i64, length: i64) -> bool {
        width as f64 > self.max_window * length as f64
    }

    /// Whether an edit changes only part of at least one value.
    pub fn affects_values_partially(&self) -> bool {
        let windows = |rule: &PropagationRule| {
            matches!(
                rule,
                PropagationRule::Local(PositionMapping::Windows { .. })
            )
        };
        self.rules.iter().any(windows)
    }

    fn dependence_of(&self, operand: &Operand) -> Dependence {
        match operand {
            Operand::Value(id) => {
                let known = self.dependences.get(id.0).copied();
                known.unwrap_or(Dependence::Nothing)
            }
            Operand::Number(_) | Operand::Absent => Dependence::Nothing,
        }
    }

    fn rule_of(&self, call: Call, network: &impl Calls) -> PropagationRule {
        let dataflow = call.op.kind().dataflow;
        // A constant of the size of the batch does not depend on the sequence that it takes this size from.
        let dependences =
            call.inputs
                .iter()
                .enumerate()
                .map(|(at, operand)| match dataflow.usage(at) {
                    Usage::Size => Dependence::Nothing,
                    Usage::Numbers | Usage::Condition | Usage::Indices => {
                        self.dependence_of(operand)
                    }
                });
        let dependence_of: Vec<Dependence> = dependences.collect();
        // Cached values are selected and combined by their first dimension, the batch. A value with another layout is recomputed for each batch of
        // edited sequences, and so is everything computed from it.
        let by_row =
            |id: ValueId| network.constant_shape(id).is_some() || network.is_batch_first(id);
        let operands_by_row = call.inputs.iter().all(|operand| match operand {
            Operand::Value(id) => by_row(*id),
            Operand::Number(_) | Operand::Absent => true,
        });
        if !operands_by_row || !by_row(call.output) {
            return PropagationRule::Whole;
        }
        if dependence_of
            .iter()
            .all(|dependence_of| *dependence_of == Dependence::Nothing)
        {
            return PropagationRule::Nothing;
        }
        if let (Dataflow::Linear, [Dependence::Flat(source), ..]) =
            (dataflow, dependence_of.as_slice())
        {
            return PropagationRule::Dense(*source);
        }
        let along = |dependence_of: &Dependence| matches!(dependence_of, Dependence::Along(_));
        if !dependence_of
            .iter()
            .all(|dependence_of| along(dependence_of) || *dependence_of == Dependence::Nothing)
        {
            return PropagationRule::Whole;
        }
        let first = dependence_of.iter().position(along).unwrap_or(0);
        let (Some(Dependence::Along(dim)), Some(Operand::Value(id))) =
            (dependence_of.get(first), call.inputs.get(first))
        else {
            return PropagationRule::Whole;
        };
        let (shape, made) = (&self.shapes[id.0], &self.shapes[call.output.0]);
        let many = dataflow.combines_elementwise();
        if !many && dependence_of.iter().skip(1).any(along) {
            return PropagationRule::Whole;
        }
        let weight = call.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => network.constant_shape(*id),
            _ => None,
        });
        let weight = weight.unwrap_or_default();
        let Some(found) = position_mapping(call.op, *dim, shape, made, &weight) else {
            return PropagationRule::Whole;
        };
        if !many {
            return PropagationRule::Local(found);
        }
        // Broadcasting aligns the last dimensions.
        let from_end = shape.len() - dim;
        let agrees = |operand: &Operand| match operand {
            Operand::Value(id) if along(&self.dependence_of(operand)) => {
                let shape = &self.shapes[id.0];
                self.dependence_of(operand) == Dependence::Along(shape.len() - from_end)
                    && shape[shape.len() - from_end] == made[made.len() - from_end]
            }
            _ => true,
        };
        if made.len() < from_end || !call.inputs.iter().all(agrees) {
            return PropagationRule::Whole;
        }
        PropagationRule::Joined {
            dim: made.len() - from_end,
        }
    }

    fn record(&mut self, call: Call, found: &PropagationRule) {
        let values = call.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        });
        let values: Vec<ValueId> = values.collect();
        self.dependences[call.output.0] = match (found, values.first()) {
            (PropagationRule::Nothing, _) => Dependence::Nothing,
            (
                PropagationRule::Joined { dim }
                | PropagationRule::Local(PositionMapping::Same { dim }),
                _,
            ) => Dependence::Along(*dim),
            (PropagationRule::Local(PositionMapping::Flattened), Some(source)) => {
                Dependence::Flat(*source)
            }
            (
                PropagationRule::Local(PositionMapping::Summed { .. })
                | PropagationRule::Dense(_)
                | PropagationRule::Whole,
                _,
            ) => Dependence::Whole,
            (PropagationRule::Local(_), Some(source)) => self.dependences[source.0],
            (PropagationRule::Local(_), None) => Dependence::Whole,
        };
    }
}
