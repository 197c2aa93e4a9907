//! Writing values at indices of a dimension, and reducing those that meet.

use super::build::Translation;
use crate::graph::{Comparison, Function, Op, Operand, Scattering, resolve_dim};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "scatter.src" | "scatter.value" => scatter(t, Scattering::Replace, true),
        "scatter_add" => scatter(t, Scattering::Add, true),
        "scatter.reduce" | "scatter.value_reduce" => {
            let how = reduction(t)?;
            scatter(t, how, true)
        }
        "scatter_reduce.two" => {
            let how = reduction(t)?;
            let with_self = t.call.flag("include_self", true)?;
            scatter(t, how, with_self)
        }
        "index_reduce" => index_reduce(t),
        _ => Ok(false),
    }
}

/// How the argument `reduce` combines numbers.
fn reduction(t: &Translation) -> Outcome<Scattering> {
    Ok(match t.call.text("reduce", "") {
        "add" | "sum" => Scattering::Add,
        "multiply" | "prod" => Scattering::Multiply,
        "amax" => Scattering::Max,
        "amin" => Scattering::Min,
        "mean" => Scattering::Mean,
        other => {
            return Err(t
                .call
                .wrong(format!("scatters by \"{other}\", which is not supported")));
        }
    })
}

fn scatter(t: &mut Translation, how: Scattering, with_self: bool) -> Outcome<bool> {
    let dim = t.call.int("dim", None)?;
    let values = match t.call.get("value") {
        Some(_) => Operand::Number(t.call.number("value", 0.0)?),
        None => t.input("src")?,
    };
    let operands = vec![t.input("self")?, t.input("index")?, values];
    let function = Function::Scatter {
        dim,
        how,
        with_self,
    };
    t.finish(Op::Function(function), operands)
}

/// Reduces whole slices at one-dimensional indices, which every other place shares.
fn index_reduce(t: &mut Translation) -> Outcome<bool> {
    let how = reduction(t)?;
    let with_self = t.call.flag("include_self", true)?;
    let (x, indices, source) = (t.input("self")?, t.input("index")?, t.input("source")?);
    let rank = t.rank(source)?;
    let stated = t.call.int("dim", None)?;
    let Some(dim) = resolve_dim(stated, rank) else {
        return Err(t
            .call
            .wrong("reduces along a dimension that does not exist"));
    };
    let mut shape = vec![1; rank];
    shape[dim] = -1;
    let indices = t.step(Op::Reshape { shape }, vec![indices]);
    // As many indices as numbers: those of the dimension, added to zeros of the shape of the source.
    let zeros = t.step(Op::Compare(Comparison::NotEqual), vec![source, source]);
    let zeros = t.step(Op::Multiply, vec![zeros, Operand::Number(0.0)]);
    let indices = t.step(Op::Add { factor: 1.0 }, vec![zeros, indices]);
    let function = Function::Scatter {
        dim: stated,
        how,
        with_self,
    };
    t.finish(Op::Function(function), vec![x, indices, source])
}
