//! Attention, its masks, and what is taken by an index.
//!
//! Invariant: a mask that reaches a node is added to products; truth is made into that here.

use super::arguments::dropout;
use super::build::{Build, extent, input};
use super::call::Call;
use crate::graph::{Comparison, Op, Operand};
use gia_base::diag::Outcome;

/// Attention, whose mask may say with truth what is seen, or be added as it is.
pub fn attention(call: &Call, made: &[&str], graph: &mut dyn Build) -> Outcome<()> {
    if call.flag("enable_gqa", false)? {
        return Err(call.wrong("shares keys between heads, which is not known here"));
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
        let mut mask = Operand::Value(graph.known(name)?);
        if graph.is_truth(name) {
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

/// `x[:, indices]`: one dimension by a table of indices.
pub fn index(call: &Call, made: &[&str], graph: &mut dyn Build) -> Outcome<()> {
    let given = call.optional_tensors("indices")?;
    let mut tables = given
        .iter()
        .enumerate()
        .filter_map(|(i, name)| Some((i, (*name)?)));
    let (Some((dim, table)), None) = (tables.next(), tables.next()) else {
        return Err(
            call.wrong("takes by several tables of indices at once, which is not known here")
        );
    };
    if graph.is_truth(table) {
        return Err(
            call.wrong("takes what a mask shows, of which the number is known only in the run")
        );
    }
    let operands = vec![
        input(call, "self", graph)?,
        Operand::Value(graph.known(table)?),
    ];
    let dim = dim as i64;
    graph.emit(Op::Take { dim }, operands, made.first().copied());
    Ok(())
}

/// What lies on one side of a diagonal of the last two dimensions, and 0 elsewhere.
pub fn triangle(call: &Call, made: &[&str], graph: &mut dyn Build, upper: bool) -> Outcome<()> {
    let x = input(call, "self", graph)?;
    let (rows, columns) = (extent(call, x, -2, graph)?, extent(call, x, -1, graph)?);
    let diagonal = call.int("diagonal", Some(0))? as f64;
    if rows.max(columns) > Op::MOST_PLACES {
        return Err(call.wrong("is larger than any network's"));
    }
    let mut count = |start, count| {
        let step = 1.0;
        Operand::Value(graph.emit(Op::Range { start, step, count }, Vec::new(), None))
    };
    // Column less row, from which the diagonal is taken off at the start.
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
