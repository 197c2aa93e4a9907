//! Whether an output can be differentiated by the sequence, and what stands in the way.
//!
//! Rounding, comparing and looking up by an index have a gradient of 0 wherever they have one, and a detached value has
//! none: behind them a gradient of 0 says nothing of the sequence.

use super::graph::{Activation, Graph, Node, Op, Operand};

/// How a value depends on the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradient {
    /// It does not.
    Absent,
    /// Along at least one path that can be differentiated.
    Open,
    /// Along paths that all end at nodes which cannot be differentiated: the first of these, by its number.
    Blocked { node: usize },
}

impl Gradient {
    /// Of what depends on both.
    fn with(self, other: Gradient) -> Gradient {
        match (self, other) {
            (Gradient::Absent, one) | (one, Gradient::Absent) => one,
            (Gradient::Open, _) | (_, Gradient::Open) => Gradient::Open,
            (Gradient::Blocked { node: a }, Gradient::Blocked { node: b }) => {
                Gradient::Blocked { node: a.min(b) }
            }
        }
    }
}

/// How each output of a graph depends on the sequence. `varying` tells of each input whether it is made of the sequence;
/// inputs beyond its end are.
pub fn gradients_of_outputs(graph: &Graph, varying: &[bool]) -> Vec<Gradient> {
    let mut known = vec![Gradient::Absent; graph.values.len()];
    for (at, id) in graph.inputs.iter().enumerate() {
        if varying.get(at).copied().unwrap_or(true) {
            known[id.0] = Gradient::Open;
        }
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let of_operand = |(at, operand): (usize, &Operand)| match operand {
            Operand::Value(id) => through(node, at, known[id.0], number),
            Operand::Number(_) | Operand::Absent => Gradient::Absent,
        };
        let operands = node.inputs.iter().enumerate().map(of_operand);
        let made = operands.fold(Gradient::Absent, Gradient::with);
        for output in &node.outputs {
            known[output.0] = made;
        }
    }
    graph.outputs.iter().map(|id| known[id.0]).collect()
}

/// What is left of an operand's gradient in a node's result.
fn through(node: &Node, operand: usize, gradient: Gradient, number: usize) -> Gradient {
    let passes = match &node.op {
        Op::Activate(
            Activation::Floor | Activation::Ceil | Activation::Round | Activation::Sign,
        )
        | Op::Compare(_)
        | Op::Detach => false,
        // A size alone is taken from these.
        Op::Full { .. } => return Gradient::Absent,
        Op::Expand { .. } if operand > 0 => return Gradient::Absent,
        Op::Where => operand > 0,
        Op::Take { .. } | Op::TakeEach { .. } => operand == 0,
        Op::Activate(_)
        | Op::Convolution { .. }
        | Op::TransposedConvolution { .. }
        | Op::Recurrent { .. }
        | Op::Attention { .. }
        | Op::Einsum { .. }
        | Op::GroupNorm { .. }
        | Op::BatchNorm { .. }
        | Op::LayerNorm { .. }
        | Op::Linear
        | Op::MatMul
        | Op::AddMatMul
        | Op::Pool { .. }
        | Op::AdaptivePool { .. }
        | Op::Reduce { .. }
        | Op::Softmax { .. }
        | Op::Add { .. }
        | Op::Subtract { .. }
        | Op::Multiply
        | Op::Divide
        | Op::Power
        | Op::Maximum
        | Op::Minimum
        | Op::Range { .. }
        | Op::Flatten { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Permute { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Expand { .. }
        | Op::Repeat { .. }
        | Op::Slice { .. }
        | Op::Select { .. }
        | Op::Flip { .. }
        | Op::CumulativeSum { .. }
        | Op::Concatenate { .. }
        | Op::Pad { .. }
        | Op::Identity => true,
    };
    match gradient {
        Gradient::Open if !passes => Gradient::Blocked { node: number },
        other => other,
    }
}
