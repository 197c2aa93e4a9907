//! ATen operators that translate to several nodes or have several results.

use super::attention::{attention, triangle};
use super::build::{GraphBuilder, Translation};
use super::call::Call;
use super::norm::{group_norm, instance_norm, rms_norm};
use super::recurrent::{recurrent, recurrent_cell};
use super::{
    activations, algebra, arrange, bags, constants, diagonals, differences, elementwise, flips,
    indexing, joining, losses, matrices, reduce, resample, scatter, short_time, spectral, strided,
    windows,
};
use crate::graph::Cell;
use gia_base::diag::Outcome;

/// A family of operators: translates a call of one of them, and returns false for any other.
type Family = fn(&str, &mut Translation) -> Outcome<bool>;

const FAMILIES: [Family; 20] = [
    elementwise::compose,
    activations::compose,
    reduce::compose,
    algebra::compose,
    matrices::compose,
    indexing::compose,
    scatter::compose,
    resample::compose,
    windows::compose,
    strided::compose,
    arrange::compose,
    diagonals::compose,
    spectral::compose,
    short_time::compose,
    bags::compose,
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
        "lstm_cell" => recurrent_cell(call, made, graph, Cell::Lstm)?,
        "gru_cell" => recurrent_cell(call, made, graph, Cell::Gru)?,
        "rnn_tanh_cell" => recurrent_cell(call, made, graph, Cell::Tanh)?,
        "rnn_relu_cell" => recurrent_cell(call, made, graph, Cell::Relu)?,
        "lstm.input" => recurrent(call, made, graph, Cell::Lstm)?,
        "gru.input" => recurrent(call, made, graph, Cell::Gru)?,
        "rnn_tanh.input" => recurrent(call, made, graph, Cell::Tanh)?,
        "rnn_relu.input" => recurrent(call, made, graph, Cell::Relu)?,
        _ => return Ok(false),
    }
    Ok(true)
}
