//! Recurrent layers: one node for each layer of a stack.
//!
//! Invariant: gates keep PyTorch's order.

use super::arguments::dropout;
use super::build::{GraphBuilder, Translation, extent, input};
use super::call::Call;
use crate::graph::{Activation, Cell, Op, Operand, RecurrentResult};
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
    let per_direction =
        params.len() / usize::try_from(directions.saturating_mul(layers.max(1))).unwrap_or(1);
    let weights = if biases { 4 } else { 2 };
    // An LSTM with projections has one more weight.
    let is_projected = cell == Cell::Lstm && per_direction == weights + 1;
    let per_layer = directions as usize * (weights + usize::from(is_projected));
    if layers < 1 || Some(params.len()) != per_layer.checked_mul(layers as usize) {
        return Err(call.wrong("has an unexpected number of weights"));
    }
    let steps = if batch_first { 1 } else { 0 };
    let (mut last_states, mut last_cells) = (Vec::new(), Vec::new());
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
        let op = |result| Op::Recurrent {
            cell,
            bidirectional,
            batch_first,
            result,
        };
        if made.len() > 2 {
            let cells = graph.emit(op(RecurrentResult::LastCell), operands.clone(), None);
            last_cells.push(Operand::Value(cells));
        }
        let op = op(RecurrentResult::States);
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
    if let Some(name) = made.get(2) {
        graph.emit(Op::Concatenate { dim: 0 }, last_cells, Some(name));
    }
    Ok(())
}

/// One step of a recurrent layer.
pub fn recurrent_cell(
    call: &Call,
    made: &[&str],
    graph: &mut dyn GraphBuilder,
    cell: Cell,
) -> Outcome<()> {
    let mut t = Translation { call, made, graph };
    let x = t.input("input")?;
    let states = match cell {
        Cell::Lstm => t.inputs("hx")?,
        _ => vec![t.input("hx")?],
    };
    let Some(&state) = states.first() else {
        return Err(call.wrong("has no state"));
    };
    let projected = |t: &mut Translation, x, weight: &str, bias: &str| -> Outcome<Operand> {
        let mut operands = vec![x, t.input(weight)?];
        if call.get(bias).is_some() {
            operands.push(t.input(bias)?);
        }
        Ok(t.step(Op::Linear, operands))
    };
    let of_input = projected(&mut t, x, "w_ih", "b_ih")?;
    let of_state = projected(&mut t, state, "w_hh", "b_hh")?;
    let hidden = t.extent(state, -1)?;
    let add = Op::Add { factor: 1.0 };
    let part = |t: &mut Translation, x, gate: i64| {
        let op = Op::Slice {
            dim: -1,
            start: gate.saturating_mul(hidden),
            end: (gate + 1).saturating_mul(hidden),
            step: 1,
        };
        t.step(op, vec![x])
    };
    let activation = match cell {
        Cell::Relu => Activation::Relu,
        Cell::Lstm | Cell::Gru | Cell::GruResetFirst | Cell::Tanh => Activation::Tanh,
    };
    match cell {
        Cell::Tanh | Cell::Relu => {
            let sum = t.step(add, vec![of_input, of_state]);
            t.finish(Op::Activate(activation), vec![sum])?;
        }
        Cell::Lstm => {
            let Some(&memory) = states.get(1) else {
                return Err(call.wrong("has no cell state"));
            };
            let sum = t.step(add.clone(), vec![of_input, of_state]);
            let gate = |t: &mut Translation, number, activation| {
                let own = part(t, sum, number);
                t.activate(activation, own)
            };
            let (enter, forget) = (
                gate(&mut t, 0, Activation::Sigmoid),
                gate(&mut t, 1, Activation::Sigmoid),
            );
            let (new, leave) = (
                gate(&mut t, 2, Activation::Tanh),
                gate(&mut t, 3, Activation::Sigmoid),
            );
            let kept = t.step(Op::Multiply, vec![forget, memory]);
            let entered = t.step(Op::Multiply, vec![enter, new]);
            let memory = t.step(add, vec![kept, entered]);
            let seen = t.activate(Activation::Tanh, memory);
            t.finish_part(0, Op::Multiply, vec![leave, seen]);
            t.finish_part(1, Op::Identity, vec![memory]);
        }
        Cell::Gru | Cell::GruResetFirst => {
            let mut gates = Vec::new();
            for number in 0..2 {
                let both = vec![
                    part(&mut t, of_input, number),
                    part(&mut t, of_state, number),
                ];
                let sum = t.step(add.clone(), both);
                gates.push(t.activate(Activation::Sigmoid, sum));
            }
            let old = part(&mut t, of_state, 2);
            let old = t.step(Op::Multiply, vec![gates[0], old]);
            let own = part(&mut t, of_input, 2);
            let sum = t.step(add.clone(), vec![own, old]);
            let new = t.activate(Activation::Tanh, sum);
            let way = t.step(Op::Subtract { factor: 1.0 }, vec![state, new]);
            let part = t.step(Op::Multiply, vec![gates[1], way]);
            t.finish(add, vec![new, part])?;
        }
    }
    Ok(())
}
