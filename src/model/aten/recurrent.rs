//! Recurrent layers: one node for each layer of a stack.
//!
//! Invariant: gates keep PyTorch's order.

use super::arguments::dropout;
use super::build::{GraphBuilder, extent, input};
use super::call::Call;
use crate::graph::{Cell, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a stack of recurrent layers. The final state of a layer is the last step of its output.
pub fn recurrent(
    call: &Call,
    made: &[&str],
    graph: &mut dyn GraphBuilder,
    cell: Cell,
) -> Outcome<()> {
    if call.flag("train", false)? && call.number("dropout", 0.0)? != 0.0 {
        return Err(dropout(call));
    }
    let layers = call.int("num_layers", None)?;
    let bidirectional = call.flag("bidirectional", false)?;
    let batch_first = call.flag("batch_first", false)?;
    let biases = call.flag("has_biases", true)?;
    let mut x = input(call, "input", graph)?;
    let states: Vec<Operand> = match cell {
        Cell::Lstm => {
            let states = call.tensors("hx")?;
            let states = states
                .into_iter()
                .map(|name| Ok(Operand::Value(graph.lookup(name)?)));
            states.collect::<Outcome<_>>()?
        }
        _ => vec![input(call, "hx", graph)?],
    };
    let params: Vec<Operand> = call
        .tensors("params")?
        .into_iter()
        .map(|name| Ok(Operand::Value(graph.lookup(name)?)))
        .collect::<Outcome<_>>()?;
    let directions = 1 + i64::from(bidirectional);
    let per_layer = (directions as usize) * if biases { 4 } else { 2 };
    if layers < 1 || Some(params.len()) != per_layer.checked_mul(layers as usize) {
        // An LSTM with projections has one more weight.
        return Err(
            call.wrong("has an unexpected number of weights; projected states are not supported: use `proj_size=0`, and a linear layer after it")
        );
    }
    let steps = if batch_first { 1 } else { 0 };
    let mut last_states = Vec::new();
    for (layer, weights) in params.chunks(per_layer).enumerate() {
        let from = layer as i64 * directions;
        let mut operands = vec![x];
        for state in &states {
            let op = Op::Slice {
                dim: 0,
                start: from,
                end: from + directions,
                step: 1,
            };
            operands.push(Operand::Value(graph.emit(op, vec![*state], None)));
        }
        while operands.len() < 3 {
            operands.push(Operand::Absent);
        }
        operands.extend_from_slice(weights);
        let op = Op::Recurrent {
            cell,
            bidirectional,
            batch_first,
        };
        let is_last = layer as i64 == layers - 1;
        let name = made.first().filter(|_| is_last).copied();
        x = Operand::Value(graph.emit(op, operands, name));
        let hidden = extent(call, weights[1], 1, graph)?;
        // In the backward direction, the final state is at the first step.
        for direction in 0..directions {
            let index = if direction == 0 { -1 } else { 0 };
            let end = Op::Select { dim: steps, index };
            let end = Operand::Value(graph.emit(end, vec![x], None));
            let half = Op::Slice {
                dim: -1,
                start: direction.saturating_mul(hidden),
                end: (direction + 1).saturating_mul(hidden),
                step: 1,
            };
            let half = Operand::Value(graph.emit(half, vec![end], None));
            let half = graph.emit(Op::Unsqueeze { dim: 0 }, vec![half], None);
            last_states.push(Operand::Value(half));
        }
    }
    if let Some(name) = made.get(1) {
        graph.emit(Op::Concatenate { dim: 0 }, last_states, Some(name));
    }
    Ok(())
}
