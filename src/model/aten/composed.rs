//! ATen operators that translate to several nodes or have several results.

use super::arguments::free_shape;
use super::attention::{attention, triangle};
use super::build::{GraphBuilder, Translation, extent, input, shape_of};
use super::call::Call;
use super::norm::{group_norm, instance_norm, rms_norm};
use super::recurrent::{recurrent, recurrent_cell};
use super::{
    algebra, constants, differences, elementwise, flips, indexing, joining, losses, reduce,
    resample, spectral,
};
use crate::graph::{Activation, Cell, Comparison, Dim, Op, Operand};
use gia_base::diag::Outcome;

/// A family of operators: translates a call of one of them, and returns false for any other.
type Family = fn(&str, &mut Translation) -> Outcome<bool>;

const FAMILIES: [Family; 11] = [
    elementwise::compose,
    reduce::compose,
    algebra::compose,
    indexing::compose,
    resample::compose,
    spectral::compose,
    constants::compose,
    joining::compose,
    flips::compose,
    differences::compose,
    losses::compose,
];

/// Translates a call of one of these operators; returns false for any other operator. `made` holds the names of its
/// results.
pub fn compose(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<bool> {
    let name = call.name();
    for family in FAMILIES {
        let mut translation = Translation { call, made, graph };
        if family(name, &mut translation)? {
            return Ok(true);
        }
    }
    match name {
        "scaled_dot_product_attention" => attention(call, made, graph)?,
        "triu" | "tril" => triangle(call, made, graph, name == "triu")?,
        "instance_norm" => instance_norm(call, made, graph)?,
        "native_group_norm" => group_norm(call, made, graph)?,
        "rms_norm" => rms_norm(call, made, graph)?,
        "glu" => {
            let x = input(call, "self", graph)?;
            let dim = call.int("dim", Some(-1))?;
            let half = extent(call, x, dim, graph)? / 2;
            let halves: Vec<Operand> = Op::slices(dim, [half, half])
                .map(|piece| Operand::Value(graph.emit(piece, vec![x], None)))
                .collect();
            let gate = Op::Activate(Activation::Sigmoid);
            let gate = Operand::Value(graph.emit(gate, vec![halves[1]], None));
            graph.emit(Op::Multiply, vec![halves[0], gate], made.first().copied());
        }
        "prelu" => {
            let (x, slope) = (input(call, "self", graph)?, input(call, "weight", graph)?);
            let mut slope = slope;
            let rank = shape_of(x, graph).map(<[Dim]>::len);
            let one = matches!(shape_of(slope, graph), Some([Dim::Fixed(1)]));
            // With one slope per channel, the slopes are aligned with dimension 1.
            let after = if one {
                0
            } else {
                rank.unwrap_or(2).saturating_sub(2)
            };
            for _ in 0..after {
                slope = Operand::Value(graph.emit(Op::Unsqueeze { dim: -1 }, vec![slope], None));
            }
            let above = graph.emit(clamp(0.0, f64::INFINITY), vec![x], None);
            let below = graph.emit(clamp(f64::NEG_INFINITY, 0.0), vec![x], None);
            let below = graph.emit(Op::Multiply, vec![Operand::Value(below), slope], None);
            let both = vec![Operand::Value(above), Operand::Value(below)];
            graph.emit(Op::Add { factor: 1.0 }, both, made.first().copied());
        }
        "logical_not" | "bitwise_not" => {
            let operands = vec![input(call, "self", graph)?, Operand::Number(0.0)];
            graph.emit(
                Op::Compare(Comparison::Equal),
                operands,
                made.first().copied(),
            );
        }
        "mish" => {
            let x = input(call, "self", graph)?;
            let softplus = Activation::Softplus {
                beta: 1.0,
                threshold: 20.0,
            };
            let curved = Operand::Value(graph.emit(Op::Activate(softplus), vec![x], None));
            let gate = graph.emit(Op::Activate(Activation::Tanh), vec![curved], None);
            graph.emit(
                Op::Multiply,
                vec![x, Operand::Value(gate)],
                made.first().copied(),
            );
        }
        "hardsigmoid" | "hardswish" => {
            let x = input(call, "self", graph)?;
            let moved = vec![x, Operand::Number(3.0)];
            let moved = Operand::Value(graph.emit(Op::Add { factor: 1.0 }, moved, None));
            let within = Operand::Value(graph.emit(clamp(0.0, 6.0), vec![moved], None));
            let is_gate = name == "hardsigmoid";
            let end = if is_gate { made.first().copied() } else { None };
            let gate = graph.emit(Op::Divide, vec![within, Operand::Number(6.0)], end);
            if !is_gate {
                graph.emit(
                    Op::Multiply,
                    vec![x, Operand::Value(gate)],
                    made.first().copied(),
                );
            }
        }
        "selu" => {
            let x = input(call, "self", graph)?;
            // Klambauer et al., Self-Normalizing Neural Networks, 2017.
            let elu = Activation::Elu {
                alpha: 1.673_263_242_354_377_2,
            };
            let curved = Operand::Value(graph.emit(Op::Activate(elu), vec![x], None));
            let scaled = vec![curved, Operand::Number(1.050_700_987_355_480_5)];
            graph.emit(Op::Multiply, scaled, made.first().copied());
        }
        "lstm_cell" => recurrent_cell(call, made, graph, Cell::Lstm)?,
        "gru_cell" => recurrent_cell(call, made, graph, Cell::Gru)?,
        "rnn_tanh_cell" => recurrent_cell(call, made, graph, Cell::Tanh)?,
        "rnn_relu_cell" => recurrent_cell(call, made, graph, Cell::Relu)?,
        "lstm.input" => recurrent(call, made, graph, Cell::Lstm)?,
        "gru.input" => recurrent(call, made, graph, Cell::Gru)?,
        "rnn_tanh.input" => recurrent(call, made, graph, Cell::Tanh)?,
        "rnn_relu.input" => recurrent(call, made, graph, Cell::Relu)?,
        "unflatten.int" => {
            let x = input(call, "self", graph)?;
            let shape = free_shape(call, "sizes", true)?;
            graph.emit(Op::Reshape { shape }, vec![x], made.first().copied());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn clamp(min: f64, max: f64) -> Op {
    Op::Activate(Activation::Clamp { min, max })
}
