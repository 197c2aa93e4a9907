//! How a change at a few positions of the sequence propagates through the calls of a network, found once from their shapes.

use super::{Call, Calls};
use crate::graph::{Dataflow, Operand, ValueId};
use crate::local::{Local, local};

/// Maximum part of a value's positions that is recomputed in a window; the whole value is computed beyond it.
const MAX_WINDOW: f64 = 0.7;

/// Where a value's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// Weights alone, or nothing at all.
    Nothing,
    /// The sequence, whose positions are this dimension.
    Along(usize),
    /// All channels and positions of this value in one dimension.
    Flat(ValueId),
    /// The whole sequence.
    Whole,
}

/// How a call propagates a change.
#[derive(Debug, Clone, PartialEq)]
pub enum PropagationRule {
    /// It does not depend on the sequence.
    Nothing,
    /// One operand along the sequence.
    Local(Local),
    /// Several operands, combined position by position.
    Joined {
        /// The dimension of the result that holds the positions.
        dim: usize,
    },
    /// A dense layer over all channels and positions of this value.
    Dense(ValueId),
    /// All of it may change.
    Whole,
}

/// The propagation rules of a network.
pub struct Propagation {
    /// The rule of each call, in the order of the network's calls.
    pub rules: Vec<PropagationRule>,
    /// Where the numbers of each value come from, by [`ValueId`].
    pub dependences: Vec<Dependence>,
    /// The shape of each value for a batch of one, by [`ValueId`].
    pub shapes: Vec<Vec<i64>>,
    max_window: f64,
}

impl Propagation {
    /// `positions` tells for each input which dimension runs along the sequence, `shapes` the shape of each value. With
    /// `wherever_possible`, windows may be as wide as a value.
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
            max_window: if wherever_possible { 1.0 } else { MAX_WINDOW },
        };
        for (id, position) in network.inputs().iter().zip(positions) {
            if let Some(dim) = position {
                propagation.dependences[id.0] = Dependence::Along(*dim);
            }
        }
        for call in network.calls() {
            let rule = propagation.rule_of(call, network);
            propagation.note(call, &rule);
            propagation.rules.push(rule);
        }
        propagation
    }

    /// Whether a window of `width` of a value's `length` positions is too wide to be recomputed apart from the whole.
    pub fn is_most(&self, width: i64, length: i64) -> bool {
        width as f64 > self.max_window * length as f64
    }

    /// Whether a change affects any value only in part.
    pub fn is_of_use(&self) -> bool {
        let windows =
            |rule: &PropagationRule| matches!(rule, PropagationRule::Local(Local::Windows { .. }));
        self.rules.iter().any(windows)
    }

    fn seen(&self, operand: &Operand) -> Dependence {
        match operand {
            Operand::Value(id) => {
                let known = self.dependences.get(id.0).copied();
                known.unwrap_or(Dependence::Nothing)
            }
            Operand::Number(_) | Operand::Absent => Dependence::Nothing,
        }
    }

    fn rule_of(&self, call: Call, network: &impl Calls) -> PropagationRule {
        let seen: Vec<Dependence> = call
            .inputs
            .iter()
            .map(|operand| self.seen(operand))
            .collect();
        // Values are taken from backgrounds, and put together, by their first dimension. What holds the batch elsewhere is made
        // anew for each batch of changes, and so is what is made of it.
        let by_row =
            |id: ValueId| network.constant_shape(id).is_some() || network.is_batch_first(id);
        let operands_by_row = call.inputs.iter().all(|operand| match operand {
            Operand::Value(id) => by_row(*id),
            Operand::Number(_) | Operand::Absent => true,
        });
        if !operands_by_row || !by_row(call.output) {
            return PropagationRule::Whole;
        }
        if seen.iter().all(|seen| *seen == Dependence::Nothing) {
            return PropagationRule::Nothing;
        }
        let dataflow = call.op.kind().dataflow;
        if let (Dataflow::Linear, [Dependence::Flat(source), ..]) = (dataflow, seen.as_slice()) {
            return PropagationRule::Dense(*source);
        }
        let along = |seen: &Dependence| matches!(seen, Dependence::Along(_));
        if !seen
            .iter()
            .all(|seen| along(seen) || *seen == Dependence::Nothing)
        {
            return PropagationRule::Whole;
        }
        let first = seen.iter().position(along).unwrap_or(0);
        let (Some(Dependence::Along(dim)), Some(Operand::Value(id))) =
            (seen.get(first), call.inputs.get(first))
        else {
            return PropagationRule::Whole;
        };
        let (shape, made) = (&self.shapes[id.0], &self.shapes[call.output.0]);
        let many = dataflow.joins();
        if !many && seen.iter().skip(1).any(along) {
            return PropagationRule::Whole;
        }
        let weight = call.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => network.constant_shape(*id),
            _ => None,
        });
        let weight = weight.unwrap_or_default();
        let Some(found) = local(call.op, *dim, shape, made, &weight) else {
            return PropagationRule::Whole;
        };
        if !many {
            return PropagationRule::Local(found);
        }
        // Broadcasting counts dimensions from the last one on.
        let from_end = shape.len() - dim;
        let agrees = |operand: &Operand| match operand {
            Operand::Value(id) if along(&self.seen(operand)) => {
                let shape = &self.shapes[id.0];
                self.seen(operand) == Dependence::Along(shape.len() - from_end)
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

    fn note(&mut self, call: Call, found: &PropagationRule) {
        let values = call.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        });
        let values: Vec<ValueId> = values.collect();
        self.dependences[call.output.0] = match (found, values.first()) {
            (PropagationRule::Nothing, _) => Dependence::Nothing,
            (PropagationRule::Joined { dim } | PropagationRule::Local(Local::Same { dim }), _) => {
                Dependence::Along(*dim)
            }
            (PropagationRule::Local(Local::Flattened), Some(source)) => Dependence::Flat(*source),
            (
                PropagationRule::Local(Local::Summed { .. })
                | PropagationRule::Dense(_)
                | PropagationRule::Whole,
                _,
            ) => Dependence::Whole,
            (PropagationRule::Local(_), Some(source)) => self.dependences[source.0],
            (PropagationRule::Local(_), None) => Dependence::Whole,
        };
    }
}
