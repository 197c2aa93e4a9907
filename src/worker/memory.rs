//! Memory planning: which operand a call may overwrite in place, and when a value is freed.
//!
//! Invariant: a value is overwritten only by the last call that uses it, and only if no other value shares its memory.

use std::collections::HashMap;

use gia_model::{Aliasing, Graph, Operand, ValueId};

use super::kernels;
use super::optimise::Call;

/// The memory plan of one call.
#[derive(Debug, Clone, Default)]
pub struct MemoryPlan {
    /// Index of the operand that the result overwrites.
    pub reuse: Option<usize>,
    /// Values that are freed after the call.
    pub release: Vec<ValueId>,
}

/// Plans the memory of each call.
pub fn plan_memory(graph: &Graph, calls: &[Call], outputs: &[ValueId]) -> Vec<MemoryPlan> {
    let computed: Vec<ValueId> = calls.iter().map(|call| call.output).collect();
    let used = |call: &Call| -> Vec<ValueId> {
        values(&call.inputs)
            .filter(|id| computed.contains(id) || graph.inputs.contains(id))
            .collect()
    };
    let mut last: HashMap<ValueId, usize> = HashMap::new();
    // Values whose memory is or may be shared with another value.
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
    let plan_one = |(at, call): (usize, &Call)| {
        let is_last_use = |id: ValueId| last.get(&id) == Some(&at);
        let can_be_overwritten = |index: usize| match call.inputs[index] {
            Operand::Value(id) => {
                let once = values(&call.inputs).filter(|other| *other == id).count() == 1;
                once && is_last_use(id) && !shared.contains(&id) && keeps_shape(graph, call, id)
            }
            _ => false,
        };
        let reuse = kernels::works_in_place(&call.op)
            .then(|| (0..call.inputs.len()).find(|&index| can_be_overwritten(index)))
            .flatten();
        let mut release: Vec<ValueId> = used(call)
            .into_iter()
            .filter(|&id| is_last_use(id))
            .collect();
        release.sort_unstable();
        release.dedup();
        MemoryPlan { reuse, release }
    };
    calls.iter().enumerate().map(plan_one).collect()
}

fn values(operands: &[Operand]) -> impl Iterator<Item = ValueId> {
    operands.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    })
}

/// Whether the result has the shape of this operand. With several operands, broadcasting may change it.
fn keeps_shape(graph: &Graph, call: &Call, operand: ValueId) -> bool {
    let shape = |id: ValueId| graph.values[id.0].shape.as_ref();
    call.inputs.len() == 1 || (shape(operand).is_some() && shape(operand) == shape(call.output))
}
