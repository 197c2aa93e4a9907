//! Estimates the cost of incremental recomputation of an edited sequence, relative to a full pass.
//!
//! The cost is counted in multiplications; moving an element takes as long as several of them.

use super::{Call, Calls, Dependence, Propagation, PropagationRule};
use crate::graph::{Dataflow, Kernel, Operand, ValueId};
use crate::position_mapping::PositionMapping;

/// Multiplications that take as long as moving one element.
const MULTIPLICATIONS_PER_MOVED_ELEMENT: f64 = 8.0;

/// Multiplications that take as long as the fixed overhead of one edited sequence: comparing it with its background and
/// placing its window.
const OVERHEAD_MULTIPLICATIONS: f64 = 2e5;

/// Estimated cost of an edited sequence.
#[derive(Debug, Clone, Copy)]
pub struct CostEstimate {
    /// Cost relative to a full pass.
    pub relative_cost: f64,
    /// Elements of the largest value that is computed for one edited sequence.
    pub max_elements: i64,
}

/// Extent of the change that an edit makes in a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum ChangeExtent {
    Unchanged,
    Positions(i64),
    Whole,
}

impl CostEstimate {
    /// Estimates the cost of an edit of `width` positions of the input.
    pub fn new(network: &impl Calls, propagation: &Propagation, width: i64) -> CostEstimate {
        let mut reach = vec![ChangeExtent::Unchanged; propagation.shapes.len()];
        for id in network.inputs() {
            if let Dependence::Along(_) = propagation.dependences[id.0] {
                reach[id.0] = ChangeExtent::Positions(width);
            }
        }
        let (mut whole, mut part, mut largest) = (0.0, OVERHEAD_MULTIPLICATIONS, 1i64);
        for (call, rule) in network.calls().zip(&propagation.rules) {
            if *rule == PropagationRule::Nothing {
                continue;
            }
            let numbers: i64 = propagation.shapes[call.output.0].iter().product();
            let all = multiplications(call, network, numbers)
                + MULTIPLICATIONS_PER_MOVED_ELEMENT * numbers as f64;
            whole += all;
            let (reached, share, moved) = reached(call, rule, propagation, &reach);
            reach[call.output.0] = reached;
            part += all * share + MULTIPLICATIONS_PER_MOVED_ELEMENT * moved as f64;
            largest = largest.max((numbers as f64 * share) as i64).max(moved);
        }
        CostEstimate {
            relative_cost: if whole > 0.0 { part / whole } else { 1.0 },
            max_elements: largest,
        }
    }
}

/// What a call changes: the extent of the change in its result, the fraction of its work that is repeated, and the
/// number of elements that are gathered for it.
fn reached(
    call: Call,
    found: &PropagationRule,
    propagation: &Propagation,
    reach: &[ChangeExtent],
) -> (ChangeExtent, f64, i64) {
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
            .filter(|id| matches!(reach[id.0], ChangeExtent::Positions(_)));
        (ChangeExtent::Whole, 1.0, gathered.map(numbers).sum())
    };
    let widths = operands.iter().filter_map(|id| match reach[id.0] {
        ChangeExtent::Positions(width) => Some(width),
        _ => None,
    });
    let Some(width) = widths
        .max()
        .filter(|_| operands.iter().all(|id| reach[id.0] != ChangeExtent::Whole))
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
        PropagationRule::Local(PositionMapping::Windows { stride, span, .. }) => {
            let length = positions(call.output);
            let reached = ((width + span - 2) / stride + 1).min(length);
            if propagation.exceeds_max_window(reached, length) {
                return in_full();
            }
            let gathered = (reached - 1) * stride + span;
            let beside = numbers(&first) / positions(first).max(1);
            (
                ChangeExtent::Positions(reached),
                part(reached, length),
                gathered * beside,
            )
        }
        PropagationRule::Local(PositionMapping::Summed { .. }) => {
            let share = part(width, positions(first));
            (
                ChangeExtent::Whole,
                share,
                (numbers(&first) as f64 * share) as i64,
            )
        }
        PropagationRule::Local(PositionMapping::Flattened) => {
            (ChangeExtent::Positions(width), 0.0, 0)
        }
        PropagationRule::Dense(source)
            if !propagation.exceeds_max_window(width, positions(*source)) =>
        {
            let share = part(width, positions(*source));
            let gathered = numbers(source) as f64 * share;
            (
                ChangeExtent::Whole,
                share,
                gathered as i64 + made.iter().product::<i64>(),
            )
        }
        PropagationRule::Joined { .. } => {
            let length = positions(call.output);
            if propagation.exceeds_max_window(width, length) {
                return in_full();
            }
            let share = part(width, length);
            let gathered = operands.iter().map(numbers).sum::<i64>() as f64 * share;
            (ChangeExtent::Positions(width), share, gathered as i64)
        }
        PropagationRule::Local(_) => {
            let share = part(width, positions(call.output));
            (ChangeExtent::Positions(width), share.min(1.0), 0)
        }
        PropagationRule::Nothing | PropagationRule::Dense(_) | PropagationRule::Whole => in_full(),
    }
}

/// Number of multiplications of a complete call for one sequence.
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
        | Dataflow::AlongDimensions { .. }
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
        | Dataflow::Indexing { .. }
        | Dataflow::Slicewise(_)
        | Dataflow::Concatenation { .. }
        | Dataflow::Padding { .. } => 1,
    };
    numbers as f64 * each as f64
}
