//! What incremental recomputation of an edited sequence costs, relative to a full pass.
//!
//! The estimate counts multiplications, and numbers that are moved, which take as long as several of them.

use super::{Call, Calls, Dependence, Propagation, PropagationRule};
use crate::graph::{Dataflow, Kernel, Operand, ValueId};
use crate::local::Local;

/// Multiplications in the time in which one number is moved.
const PER_MOVED_NUMBER: f64 = 8.0;

/// Multiplications in the time that it takes to find what a sequence changes and to bring its window, beside its numbers.
const PER_SEQUENCE: f64 = 2e5;

/// The estimated cost of an edited sequence.
#[derive(Debug, Clone, Copy)]
pub struct CostEstimate {
    /// Cost relative to a full pass.
    pub share: f64,
    /// Elements of the largest value that is computed for one edited sequence.
    pub largest: i64,
}

/// The reach of a change in a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    Nothing,
    Width(i64),
    Whole,
}

impl CostEstimate {
    /// Estimates the cost of an edit of `width` positions of the input.
    pub fn new(network: &impl Calls, propagation: &Propagation, width: i64) -> CostEstimate {
        let mut reach = vec![Reach::Nothing; propagation.shapes.len()];
        for id in network.inputs() {
            if let Dependence::Along(_) = propagation.dependences[id.0] {
                reach[id.0] = Reach::Width(width);
            }
        }
        let (mut whole, mut part, mut largest) = (0.0, PER_SEQUENCE, 1i64);
        for (call, rule) in network.calls().zip(&propagation.rules) {
            if *rule == PropagationRule::Nothing {
                continue;
            }
            let numbers: i64 = propagation.shapes[call.output.0].iter().product();
            let all = multiplications(call, network, numbers) + PER_MOVED_NUMBER * numbers as f64;
            whole += all;
            let (reached, share, moved) = reached(call, rule, propagation, &reach);
            reach[call.output.0] = reached;
            part += all * share + PER_MOVED_NUMBER * moved as f64;
            largest = largest.max((numbers as f64 * share) as i64).max(moved);
        }
        CostEstimate {
            share: if whole > 0.0 { part / whole } else { 1.0 },
            largest,
        }
    }
}

/// How far a change goes through a step, what part of its work that is, and how many numbers are gathered for it.
fn reached(
    call: Call,
    found: &PropagationRule,
    propagation: &Propagation,
    reach: &[Reach],
) -> (Reach, f64, i64) {
    let operands = call.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        _ => None,
    });
    let operands: Vec<ValueId> = operands.collect();
    let made = &propagation.shapes[call.output.0];
    let numbers = |id: &ValueId| propagation.shapes[id.0].iter().product::<i64>();
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
    let positions = |id: ValueId| match propagation.dependences[id.0] {
        Dependence::Along(dim) => propagation.shapes[id.0][dim],
        _ => 1,
    };
    let part = |width: i64, length: i64| width as f64 / length.max(1) as f64;
    match found {
        PropagationRule::Local(Local::Windows { stride, span, .. }) => {
            let length = positions(call.output);
            let reached = ((width + span - 2) / stride + 1).min(length);
            if propagation.is_most(reached, length) {
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
        PropagationRule::Local(Local::Summed { .. }) => {
            let share = part(width, positions(first));
            (Reach::Whole, share, (numbers(&first) as f64 * share) as i64)
        }
        PropagationRule::Local(Local::Flattened) => (Reach::Width(width), 0.0, 0),
        PropagationRule::Dense(source) if !propagation.is_most(width, positions(*source)) => {
            let share = part(width, positions(*source));
            let gathered = numbers(source) as f64 * share;
            (
                Reach::Whole,
                share,
                gathered as i64 + made.iter().product::<i64>(),
            )
        }
        PropagationRule::Joined { .. } => {
            let length = positions(call.output);
            if propagation.is_most(width, length) {
                return in_full();
            }
            let share = part(width, length);
            let gathered = operands.iter().map(numbers).sum::<i64>() as f64 * share;
            (Reach::Width(width), share, gathered as i64)
        }
        PropagationRule::Local(_) => {
            let share = part(width, positions(call.output));
            (Reach::Width(width), share.min(1.0), 0)
        }
        PropagationRule::Nothing | PropagationRule::Dense(_) | PropagationRule::Whole => in_full(),
    }
}

/// Those of a whole step for one sequence.
fn multiplications(call: Call, network: &impl Calls, numbers: i64) -> f64 {
    let weight = call.inputs.get(1).and_then(|operand| match operand {
        Operand::Value(id) => network.constant_shape(*id),
        _ => None,
    });
    let filter = || weight.as_ref().map(|shape| shape.iter().skip(1).product());
    let row = || weight.as_ref().and_then(|shape| shape.last().copied());
    let each: i64 = match call.op.kind().dataflow {
        Dataflow::Window(window) => match window.kernel {
            Kernel::Weight { .. } => filter().unwrap_or(1),
            Kernel::Pool { sizes, .. } => sizes.iter().product(),
        },
        Dataflow::TransposedWindow(_) => filter().unwrap_or(1),
        Dataflow::Linear | Dataflow::MatrixProduct { bias: true } => row().unwrap_or(1),
        Dataflow::MatrixProduct { bias: false } if weight.is_some() => row().unwrap_or(1),
        Dataflow::MatrixProduct { bias: false }
        | Dataflow::Recurrence { .. }
        | Dataflow::Attention { .. }
        | Dataflow::Contraction { .. } => 64,
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::Broadcast { .. }
        | Dataflow::PerChannel
        | Dataflow::Along { .. }
        | Dataflow::Resampling { .. }
        | Dataflow::Reduction { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Reshape(_)
        | Dataflow::Reorder(_)
        | Dataflow::Reversal { .. }
        | Dataflow::Expansion { .. }
        | Dataflow::Repetition { .. }
        | Dataflow::Slice { .. }
        | Dataflow::Selection { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. }
        | Dataflow::Concatenation { .. }
        | Dataflow::Padding { .. } => 1,
    };
    numbers as f64 * each as f64
}
