//! Memory reuse: whose memory a call may overwrite, and when a value is freed.
//!
//! Invariant: a value is overwritten only by the call that uses it last, while nothing else shares its memory.

use std::collections::HashMap;

use gia_model::{Aliasing, Graph, Operand, ValueId};

use super::kernels;
use super::optimise::Call;

/// Memory reuse of one call.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The operand whose memory holds the result.
    pub reuse: Option<usize>,
    /// Values that are freed after the call.
    pub release: Vec<ValueId>,
}

/// Plans the memory of each call.
pub fn settle(graph: &Graph, calls: &[Call], outputs: &[ValueId]) -> Vec<Memory> {
    let computed: Vec<ValueId> = calls.iter().map(|call| call.output).collect();
    let used = |call: &Call| -> Vec<ValueId> {
        values(&call.inputs)
            .filter(|id| computed.contains(id) || graph.inputs.contains(id))
            .collect()
    };
    let mut last: HashMap<ValueId, usize> = HashMap::new();
    // Values whose memory may be seen through another, or is not theirs alone.
    let mut shared: Vec<ValueId> = graph.inputs.clone();
    for (at, call) in calls.iter().enumerate() {
        let used = used(call);
        if call.op.kind().dataflow.aliasing() != Aliasing::Fresh {
            shared.extend(&used);
            shared.push(call.output);
        }
        last.extend(used.into_iter().map(|id| (id, at)));
    }
    for id in outputs {
        last.insert(*id, usize::MAX);
    }
    let settle_one = |(at, call): (usize, &Call)| {
        let dies = |id: ValueId| last.get(&id) == Some(&at);
        let may_hold_result = |index: usize| match call.inputs[index] {
            Operand::Value(id) => {
                let once = values(&call.inputs).filter(|other| *other == id).count() == 1;
                once && dies(id) && !shared.contains(&id) && keeps_shape(graph, call, id)
            }
            _ => false,
        };
        let reuse = kernels::works_in_place(&call.op)
            .then(|| (0..call.inputs.len()).find(|&index| may_hold_result(index)))
            .flatten();
        let mut release: Vec<ValueId> = used(call).into_iter().filter(|&id| dies(id)).collect();
        release.sort_unstable();
        release.dedup();
        Memory { reuse, release }
    };
    calls.iter().enumerate().map(settle_one).collect()
}

fn values(operands: &[Operand]) -> impl Iterator<Item = ValueId> {
    operands.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    })
}

/// Whether the result is as large as this operand, so that broadcasting does not make it larger.
fn keeps_shape(graph: &Graph, call: &Call, operand: ValueId) -> bool {
    let shape = |id: ValueId| graph.values[id.0].shape.as_ref();
    call.inputs.len() == 1 || (shape(operand).is_some() && shape(operand) == shape(call.output))
}
