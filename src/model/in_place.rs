//! Calls that write over their operand, as values that are each made once.
//!
//! From such a call on, the operand's name means what the call made. Views of the operand would have to change with it,
//! which values made once cannot say, so a graph that goes on to use one is refused.

use std::collections::HashSet;

use super::graph::{Aliasing, Graph, Node, Operand, ValueId};

/// A call that writes over a value: the node's place, and the value.
pub type Overwrite = (usize, ValueId);

/// Whether an operator, named as `relu_.default`, writes over its first operand.
pub fn writes_over(operator: &str) -> bool {
    let name = operator.split('.').next().unwrap_or_default();
    name.ends_with('_') && !name.ends_with("__")
}

/// The first overwrite that a later call would see through a view.
pub fn seen_through_view(graph: &Graph, overwrites: &[Overwrite]) -> Option<Overwrite> {
    overwrites.iter().copied().find(|&(at, over)| {
        let views = sharing(&graph.nodes[..at], over);
        let later = graph.nodes[at + 1..]
            .iter()
            .flat_map(operands)
            .chain(graph.outputs.iter().copied());
        later.into_iter().any(|id| views.contains(&id))
    })
}

/// The other values that share memory with one, as far as the nodes tell.
fn sharing(nodes: &[Node], value: ValueId) -> HashSet<ValueId> {
    let mut found = HashSet::from([value]);
    // Up to what the value is a view of, then down to all views of that.
    for node in nodes.iter().rev().chain(nodes) {
        if node.op.kind().dataflow.aliasing() == Aliasing::View {
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
