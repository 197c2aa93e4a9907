//! What becomes of a change at a few positions of the sequence at each step of a network, found once from its shapes.

use gia::model::{Local, Op, Operand, ValueId, local};
use gia::wire::Passes;

use crate::program::{Program, Step};

/// Of a value's positions, the part from which on the whole value is made.
const MOST: f64 = 0.7;

/// Where a value's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Weights alone, or nothing at all.
    Nothing,
    /// The sequence, whose positions are this dimension.
    Along(usize),
    /// All channels and positions of this value in one dimension.
    Flat(ValueId),
    /// The whole sequence.
    Whole,
}

/// What a step does with a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// It does not depend on the sequence.
    Nothing,
    /// One operand along the sequence.
    Local(Local),
    /// Several operands, position by position; the positions of the result are this dimension.
    Joined { dim: usize },
    /// A dense layer over all channels and positions of this value.
    Dense(ValueId),
    /// All of it may change.
    Whole,
}

/// The moves of a network, parallel to its steps.
pub struct Follow {
    pub moves: Vec<Move>,
    /// By value.
    pub seen: Vec<Seen>,
    /// By value, the shape for a batch of one.
    pub shapes: Vec<Vec<i64>>,
    most: f64,
}

impl Follow {
    /// `positions` tells for each input which dimension runs along the sequence, `shapes` for each value its shape.
    pub fn new(
        program: &Program,
        positions: &[Option<usize>],
        shapes: Vec<Vec<i64>>,
        passes: Passes,
    ) -> Follow {
        let mut follow = Follow {
            moves: Vec::new(),
            seen: vec![Seen::Nothing; shapes.len()],
            shapes,
            most: match passes {
                Passes::WhereverPossible => 1.0,
                _ => MOST,
            },
        };
        for (id, position) in program.inputs().iter().zip(positions) {
            if let Some(dim) = position {
                follow.seen[id.0] = Seen::Along(*dim);
            }
        }
        for step in program.steps() {
            let found = follow.of(step, program);
            follow.note(step, &found);
            follow.moves.push(found);
        }
        follow
    }

    /// Whether so many of a value's positions are too many to be told apart from the whole.
    pub fn is_most(&self, width: i64, length: i64) -> bool {
        width as f64 > self.most * length as f64
    }

    /// Whether there is anything that a change reaches in part alone.
    pub fn is_of_use(&self) -> bool {
        let windows = |found: &Move| matches!(found, Move::Local(Local::Windows { .. }));
        self.moves.iter().any(windows)
    }

    fn seen(&self, operand: &Operand) -> Seen {
        match operand {
            Operand::Value(id) => self.seen.get(id.0).copied().unwrap_or(Seen::Nothing),
            Operand::Number(_) | Operand::Absent => Seen::Nothing,
        }
    }

    fn of(&self, step: &Step, program: &Program) -> Move {
        let seen: Vec<Seen> = step
            .inputs
            .iter()
            .map(|operand| self.seen(operand))
            .collect();
        // Values are taken from backgrounds, and put together, by their first dimension. What holds the batch elsewhere is made
        // anew for each batch of changes, and so is what is made of it.
        let by_row = |id: ValueId| program.constant(id).is_some() || program.is_batch_first(id);
        let operands_by_row = step.inputs.iter().all(|operand| match operand {
            Operand::Value(id) => by_row(*id),
            Operand::Number(_) | Operand::Absent => true,
        });
        if !operands_by_row || !by_row(step.output) {
            return Move::Whole;
        }
        if seen.iter().all(|seen| *seen == Seen::Nothing) {
            return Move::Nothing;
        }
        if let (Op::Linear, [Seen::Flat(source), ..]) = (&step.op, seen.as_slice()) {
            return Move::Dense(*source);
        }
        let along = |seen: &Seen| matches!(seen, Seen::Along(_));
        if !seen
            .iter()
            .all(|seen| along(seen) || *seen == Seen::Nothing)
        {
            return Move::Whole;
        }
        let first = seen.iter().position(along).unwrap_or(0);
        let (Some(Seen::Along(dim)), Some(Operand::Value(id))) =
            (seen.get(first), step.inputs.get(first))
        else {
            return Move::Whole;
        };
        let (shape, made) = (&self.shapes[id.0], &self.shapes[step.output.0]);
        let many = takes_many(&step.op);
        if !many && seen.iter().skip(1).any(along) {
            return Move::Whole;
        }
        let weight = step.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => program.constant(*id),
            _ => None,
        });
        let weight = weight.map_or(Vec::new(), |weight| weight.size());
        let Some(found) = local(&step.op, *dim, shape, made, &weight) else {
            return Move::Whole;
        };
        if !many {
            return Move::Local(found);
        }
        // Broadcasting counts dimensions from the last one on.
        let from_end = shape.len() - dim;
        let agrees = |operand: &Operand| match operand {
            Operand::Value(id) if along(&self.seen(operand)) => {
                let shape = &self.shapes[id.0];
                self.seen(operand) == Seen::Along(shape.len() - from_end)
                    && shape[shape.len() - from_end] == made[made.len() - from_end]
            }
            _ => true,
        };
        if made.len() < from_end || !step.inputs.iter().all(agrees) {
            return Move::Whole;
        }
        Move::Joined {
            dim: made.len() - from_end,
        }
    }

    fn note(&mut self, step: &Step, found: &Move) {
        let values = step.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        });
        let values: Vec<ValueId> = values.collect();
        self.seen[step.output.0] = match (found, values.first()) {
            (Move::Nothing, _) => Seen::Nothing,
            (Move::Joined { dim } | Move::Local(Local::Same { dim }), _) => Seen::Along(*dim),
            (Move::Local(Local::Flattened), Some(source)) => Seen::Flat(*source),
            (Move::Local(Local::Summed { .. }) | Move::Dense(_) | Move::Whole, _) => Seen::Whole,
            (Move::Local(_), Some(source)) => self.seen[source.0],
            (Move::Local(_), None) => Seen::Whole,
        };
    }
}

/// Whether a node takes several operands position by position.
fn takes_many(op: &Op) -> bool {
    matches!(
        op,
        Op::Add { .. }
            | Op::Subtract { .. }
            | Op::Multiply
            | Op::Divide
            | Op::Power
            | Op::Compare(_)
            | Op::Where
            | Op::Maximum
            | Op::Minimum
            | Op::Concatenate { .. }
    )
}
