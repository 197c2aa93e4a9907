//! Finds nodes whose operands have incompatible shapes, before the network runs.
//!
//! Shapes are inferred for one sequence, or for the batch size that the graph was exported with. Invariant: reports
//! only what libtorch is sure to reject; a shape that is unknown is never an error.

mod layers;
mod operands;

use super::graph::{Dataflow, Dim, Graph, Kernel, Node, Operand, Window};
use super::shapes;
use operands::conflict;

/// A node whose operands have incompatible shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// Name of the node in the file.
    pub node: String,
    /// Its kind in words.
    pub kind: String,
    /// The mismatch, as the rest of a sentence about the node.
    pub what: String,
}

/// Inferred shapes of all values of a graph.
pub struct Shapes {
    known: Vec<Option<Vec<i64>>>,
    conflict: Option<ShapeMismatch>,
}

impl Shapes {
    /// Infers the shapes for sequences of `length` positions: one sequence, or the batch size that the graph was
    /// exported with.
    pub fn of(graph: &Graph, length: usize) -> Shapes {
        let batch = graph.fixed_batch().and_then(|n| i64::try_from(n).ok());
        let batch = batch.unwrap_or(1);
        let mut found = Shapes {
            known: vec![None; graph.values.len()],
            conflict: None,
        };
        for weight in &graph.weights {
            found.known[weight.value.0] = Some(weight.shape.clone());
        }
        for id in &graph.inputs {
            let stated = graph.values[id.0].shape.as_ref();
            found.known[id.0] = stated.map(|shape| {
                let extent = |dim: &Dim| dim.fixed().unwrap_or(length as i64);
                let after = shape.iter().skip(1).map(extent);
                std::iter::once(batch).chain(after).collect()
            });
        }
        let used = graph.used_nodes();
        for (_, node) in graph.nodes.iter().enumerate().filter(|(at, _)| used[*at]) {
            let operands: Vec<Option<&[i64]>> = node
                .inputs
                .iter()
                .map(|operand| match operand {
                    Operand::Value(id) => found.known[id.0].as_deref(),
                    Operand::Number(_) | Operand::Absent => None,
                })
                .collect();
            if let Some(what) = conflict(node.op.kind().dataflow, &operands) {
                found.conflict = Some(ShapeMismatch {
                    node: node.name.clone(),
                    kind: node.op.describe(),
                    what,
                });
                return found;
            }
            let made = made(node, &operands, batch);
            for output in &node.outputs {
                found.known[output.0] = made.clone();
            }
        }
        found
    }

    /// The first node whose operands have incompatible shapes.
    pub fn conflict(&self) -> Option<&ShapeMismatch> {
        self.conflict.as_ref()
    }

    /// Shapes of the outputs, batch first; none where unknown.
    pub fn outputs(&self, graph: &Graph) -> Vec<Option<&[i64]>> {
        let outputs = graph.outputs.iter();
        outputs.map(|id| self.known[id.0].as_deref()).collect()
    }
}

/// Shape of a node's result; a free size is the batch size.
fn made(node: &Node, operands: &[Option<&[i64]>], batch: i64) -> Option<Vec<i64>> {
    // A convolution whose weight has an unsupported rank has no defined result shape.
    let is_layer = matches!(
        node.op.kind().dataflow,
        Dataflow::Window(Window {
            kernel: Kernel::Weight { .. },
            ..
        }) | Dataflow::TransposedWindow(_)
    );
    if is_layer {
        let weight = operands.get(1).copied().flatten()?;
        if !matches!(weight.len(), 3..=5) || weight.contains(&0) {
            return None;
        }
    }
    let dims: Vec<Option<Vec<Dim>>> = operands
        .iter()
        .map(|shape| shape.map(|shape| shape.iter().map(|n| Dim::Fixed(*n)).collect()))
        .collect();
    let dims: Vec<Option<&[Dim]>> = dims.iter().map(Option::as_deref).collect();
    let made = shapes::infer_result_shape(&node.op, &dims)?;
    Some(
        made.iter()
            .map(|dim| dim.fixed().unwrap_or(batch))
            .collect(),
    )
}
