//! How much of a whole pass a change of some positions takes, by counting.
//!
//! Counted are multiplications, and numbers that are moved, which take as long as several of them.

use gia::model::{Local, Op, Operand, ValueId};

use super::follow::{Follow, Move, Seen};
use crate::program::{Program, Step};

/// Multiplications in the time in which one number is moved.
const MOVED: f64 = 8.0;

/// Multiplications in the time that finding out what a row changes, and bringing its window, takes beside its numbers.
const ROW: f64 = 2e5;

/// What a change of so many positions takes.
#[derive(Debug, Clone, Copy)]
pub struct Worth {
    /// Of a whole pass.
    pub share: f64,
    /// Numbers in the largest value of one sequence.
    pub largest: i64,
}

/// The reach of a change in a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    Nothing,
    Width(i64),
    Whole,
}

/// What a change of `width` positions of the input takes.
pub fn worth(program: &Program, follow: &Follow, width: i64) -> Worth {
    let mut reach = vec![Reach::Nothing; follow.shapes.len()];
    for id in program.inputs() {
        if let Seen::Along(_) = follow.seen[id.0] {
            reach[id.0] = Reach::Width(width);
        }
    }
    let (mut whole, mut part, mut largest) = (0.0, ROW, 1i64);
    for (step, found) in program.steps().iter().zip(&follow.moves) {
        if *found == Move::Nothing {
            continue;
        }
        let numbers: i64 = follow.shapes[step.output.0].iter().product();
        let all = multiplications(step, program, numbers) + MOVED * numbers as f64;
        whole += all;
        let (reached, share, moved) = reached(step, found, follow, &reach);
        reach[step.output.0] = reached;
        part += all * share + MOVED * moved as f64;
        largest = largest.max((numbers as f64 * share) as i64).max(moved);
    }
    Worth {
        share: if whole > 0.0 { part / whole } else { 1.0 },
        largest,
    }
}

/// How far a change goes through a step, what part of its work that is, and how many numbers are gathered for it.
fn reached(step: &Step, found: &Move, follow: &Follow, reach: &[Reach]) -> (Reach, f64, i64) {
    let operands = step.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        _ => None,
    });
    let operands: Vec<ValueId> = operands.collect();
    let made = &follow.shapes[step.output.0];
    let numbers = |id: &ValueId| follow.shapes[id.0].iter().product::<i64>();
    let in_full = || {
        let gathered = operands
            .iter()
            .filter(|id| matches!(reach[id.0], Reach::Width(_)));
        (Reach::Whole, 1.0, gathered.map(numbers).sum())
    };
    let widths = operands.iter().filter_map(|id| match reach[id.0] {
        Reach::Width(width) => Some(width),
        _ => None,
    });
    let Some(width) = widths
        .max()
        .filter(|_| operands.iter().all(|id| reach[id.0] != Reach::Whole))
    else {
        return in_full();
    };
    let first = operands[0];
    let positions = |id: ValueId| match follow.seen[id.0] {
        Seen::Along(dim) => follow.shapes[id.0][dim],
        _ => 1,
    };
    let part = |width: i64, length: i64| width as f64 / length.max(1) as f64;
    match found {
        Move::Local(Local::Windows { stride, span, .. }) => {
            let length = positions(step.output);
            let reached = ((width + span - 2) / stride + 1).min(length);
            if follow.is_most(reached, length) {
                return in_full();
            }
            let gathered = (reached - 1) * stride + span;
            let beside = numbers(&first) / positions(first).max(1);
            (
                Reach::Width(reached),
                part(reached, length),
                gathered * beside,
            )
        }
        Move::Local(Local::Summed { .. }) => {
            let share = part(width, positions(first));
            (Reach::Whole, share, (numbers(&first) as f64 * share) as i64)
        }
        Move::Local(Local::Flattened) => (Reach::Width(width), 0.0, 0),
        Move::Dense(source) if !follow.is_most(width, positions(*source)) => {
            let share = part(width, positions(*source));
            let gathered = numbers(source) as f64 * share;
            (
                Reach::Whole,
                share,
                gathered as i64 + made.iter().product::<i64>(),
            )
        }
        Move::Joined { .. } => {
            let length = positions(step.output);
            if follow.is_most(width, length) {
                return in_full();
            }
            let share = part(width, length);
            let gathered = operands.iter().map(numbers).sum::<i64>() as f64 * share;
            (Reach::Width(width), share, gathered as i64)
        }
        Move::Local(_) => {
            let share = part(width, positions(step.output));
            (Reach::Width(width), share.min(1.0), 0)
        }
        Move::Nothing | Move::Dense(_) | Move::Whole => in_full(),
    }
}

/// Those of a whole step for one sequence.
fn multiplications(step: &Step, program: &Program, numbers: i64) -> f64 {
    let weight = step.inputs.get(1).and_then(|operand| match operand {
        Operand::Value(id) => program.constant(*id),
        _ => None,
    });
    let each: i64 = match (&step.op, weight) {
        (Op::Convolution { .. } | Op::TransposedConvolution { .. }, Some(weight)) => {
            weight.size().iter().skip(1).product()
        }
        (Op::Linear | Op::MatMul | Op::AddMatMul, Some(weight)) => {
            weight.size().last().copied().unwrap_or(1)
        }
        (Op::Pool { kernel, .. }, _) => kernel.iter().product(),
        (Op::Recurrent { .. } | Op::Attention { .. } | Op::Einsum { .. } | Op::MatMul, _) => 64,
        _ => 1,
    };
    numbers as f64 * each as f64
}
