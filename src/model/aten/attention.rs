//! Scaled dot-product attention with its masks, and indexing by a tensor.
//!
//! Invariant: the mask of an attention node is additive; boolean masks are converted here.

use super::arguments::dropout;
use super::build::{GraphBuilder, extent, input};
use super::call::Call;
use crate::graph::{Comparison, Op, Operand};
use gia_base::diag::Outcome;

/// Scaled dot-product attention. A mask is boolean (true where a position is visible) or added to the scores.
pub fn attention(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    if call.flag("enable_gqa", false)? {
        return Err(call.wrong("uses grouped-query attention, which is not supported"));
    }
    if call.number("dropout_p", 0.0)? != 0.0 {
        return Err(dropout(call));
    }
    let scale = match call.get("scale") {
        None => None,
        Some(_) => Some(call.number("scale", 1.0)?),
    };
    let causal = call.flag("is_causal", false)?;
    let mut operands = Vec::new();
    for argument in ["query", "key", "value"] {
        operands.push(input(call, argument, graph)?);
    }
    if let Some(name) = call.tensor("attn_mask") {
        let mut mask = Operand::Value(graph.lookup(name)?);
        if graph.is_boolean(name) {
            let unseen = Operand::Number(f64::NEG_INFINITY);
            let added = vec![mask, Operand::Number(0.0), unseen];
            mask = Operand::Value(graph.emit(Op::Where, added, None));
        }
        operands.push(mask);
    }
    let op = Op::Attention { causal, scale };
    graph.emit(op, operands, made.first().copied());
    Ok(())
}

/// Indexing one dimension by a tensor of indices: `x[:, indices]`.
pub fn index(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    let given = call.optional_tensors("indices")?;
    let mut tables = given
        .iter()
        .enumerate()
        .filter_map(|(i, name)| Some((i, (*name)?)));
    let (Some((dim, table)), None) = (tables.next(), tables.next()) else {
        return Err(call.wrong("indexes by several tensors at once, which is not supported"));
    };
    if graph.is_boolean(table) {
        return Err(call.wrong(
            "indexes by a boolean mask, so the size of its result is known only at run time",
        ));
    }
    let operands = vec![
        input(call, "self", graph)?,
        Operand::Value(graph.lookup(table)?),
    ];
    let dim = dim as i64;
    graph.emit(Op::Take { dim }, operands, made.first().copied());
    Ok(())
}

/// The upper or lower triangle of the last two dimensions, with 0 elsewhere.
pub fn triangle(
    call: &Call,
    made: &[&str],
    graph: &mut dyn GraphBuilder,
    upper: bool,
) -> Outcome<()> {
    let x = input(call, "self", graph)?;
    let (rows, columns) = (extent(call, x, -2, graph)?, extent(call, x, -1, graph)?);
    let diagonal = call.int("diagonal", Some(0))? as f64;
    if rows.max(columns) > Op::MAX_RANGE_COUNT {
        return Err(call.wrong("is larger than supported"));
    }
    let mut count = |start, count| {
        let step = 1.0;
        Operand::Value(graph.emit(Op::Range { start, step, count }, Vec::new(), None))
    };
    // The mask compares column - row with the diagonal, which the start of the row numbers accounts for.
    let (row, column) = (count(diagonal, rows), count(0.0, columns));
    let row = Operand::Value(graph.emit(Op::Unsqueeze { dim: 1 }, vec![row], None));
    let side = match upper {
        true => Comparison::GreaterOrEqual,
        false => Comparison::LessOrEqual,
    };
    let kept = Operand::Value(graph.emit(Op::Compare(side), vec![column, row], None));
    let chosen = vec![kept, x, Operand::Number(0.0)];
    graph.emit(Op::Where, chosen, made.first().copied());
    Ok(())
}
