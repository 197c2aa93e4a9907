//! In-place operators, which overwrite their operand, in static single assignment form.
//!
//! After an in-place call, the operand's name refers to the call's result, and the reader takes its views again. What may or may not be a view,
//! such as the result of `reshape`, cannot be followed, so a graph that uses one later is rejected.

use std::collections::HashSet;

use super::graph::{Aliasing, Graph, Node, Operand, ValueId};

/// An in-place call: the index of its node, and the value that it overwrites.
pub type Overwrite = (usize, ValueId);

/// Whether an operator, named as in `relu_.default`, overwrites its first operand.
pub fn is_in_place(operator: &str) -> bool {
    let name = operator.split('.').next().unwrap_or_default();
    name.ends_with('_') && !name.ends_with("__")
}

/// The first in-place call whose effect a later call would see through a view.
pub fn overwrite_visible_through_view(
    graph: &Graph,
    overwrites: &[Overwrite],
    copies: &HashSet<ValueId>,
) -> Option<Overwrite> {
    overwrites.iter().copied().find(|&(at, over)| {
        let views = possible_aliases(&graph.nodes[..at], over, copies);
        let later = graph.nodes[at + 1..]
            .iter()
            .flat_map(operands)
            .chain(graph.outputs.iter().copied());
        later.into_iter().any(|id| views.contains(&id))
    })
}

/// The other values that may share memory with a value. `copies` have memory of their own.
fn possible_aliases(nodes: &[Node], value: ValueId, copies: &HashSet<ValueId>) -> HashSet<ValueId> {
    let mut found = HashSet::from([value]);
    // Backwards to the value that this one is a view of, then forwards to all views of that value.
    for node in nodes.iter().rev().chain(nodes) {
        let is_copy = node.outputs.iter().any(|id| copies.contains(id));
        if node.op.kind().dataflow.aliasing() == Aliasing::View && !is_copy {
            let ends: Vec<ValueId> = operands(node).chain(node.outputs.iter().copied()).collect();
            if ends.iter().any(|id| found.contains(id)) {
                found.extend(ends);
            }
        }
    }
    found.remove(&value);
    found
}

fn operands(node: &Node) -> impl Iterator<Item = ValueId> {
    node.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    })
}
