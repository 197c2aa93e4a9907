//! Scaled dot-product attention with its masks, and triangles of matrices.
//!
//! Invariant: the mask of an attention node is additive; boolean masks are converted here.

use super::arguments::{ElementType, dropout};
use super::build::{GraphBuilder, extent, input, shape_of};
use super::call::Call;
use crate::graph::{Comparison, Dim, Op, Operand};
use gia_base::diag::Outcome;

/// Scaled dot-product attention. A mask is boolean (true where a position is visible) or added to the scores.
pub fn attention(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
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
    if call.flag("enable_gqa", false)? {
        share_heads(call, &mut operands, graph)?;
    }
    if let Some(name) = call.tensor("attn_mask") {
        let mut mask = Operand::Value(graph.lookup(name)?);
        if graph.element_type(name) == Some(ElementType::Boolean) {
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

/// Grouped-query attention: repeats the heads of keys and values, which several heads of queries share.
fn share_heads(call: &Call, operands: &mut [Operand], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    let heads = extent(call, operands[0], -3, graph)?;
    for operand in &mut operands[1..3] {
        let own = extent(call, *operand, -3, graph)?;
        if own < 1 || heads % own != 0 {
            return Err(call.wrong("has heads of queries that do not divide among those of keys"));
        }
        let Some(rank) = shape_of(*operand, graph).map(<[Dim]>::len) else {
            return Err(call.wrong("needs a shape that is known only at run time"));
        };
        let apart = graph.emit(Op::Unsqueeze { dim: -3 }, vec![*operand], None);
        let mut times = vec![1; rank + 1];
        times[rank - 2] = heads / own;
        let repeated = graph.emit(Op::Repeat { times }, vec![Operand::Value(apart)], None);
        let joined = Op::Flatten { start: -4, end: -3 };
        *operand = Operand::Value(graph.emit(joined, vec![Operand::Value(repeated)], None));
    }
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
