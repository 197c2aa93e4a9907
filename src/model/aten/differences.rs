//! Differences between neighbours along a dimension, and sums over trapezoids.

use super::arguments::ElementType;
use super::build::Translation;
use crate::graph::{Op, Operand, Reduction};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "diff" => diff(t),
        "trapezoid.dx" | "trapezoid.x" => {
            let (areas, dim) = trapezoids(t, name.ends_with(".x"))?;
            let (kind, dims, keep) = (Reduction::Sum, vec![dim], false);
            t.finish(Op::Reduce { kind, dims, keep }, vec![areas])
        }
        "cumulative_trapezoid.dx" | "cumulative_trapezoid.x" => {
            let (areas, dim) = trapezoids(t, name.ends_with(".x"))?;
            t.finish(Op::CumulativeSum { dim }, vec![areas])
        }
        _ => Ok(false),
    }
}

fn diff(t: &mut Translation) -> Outcome<bool> {
    if t.element_type("self") == Some(ElementType::Boolean) {
        return Err(t
            .call
            .wrong("takes the differences of booleans, which is not supported"));
    }
    let dim = t.call.int("dim", Some(-1))?;
    let mut parts = Vec::new();
    for argument in ["prepend", "self", "append"] {
        if t.call.get(argument).is_some() {
            parts.push(t.input(argument)?);
        }
    }
    let mut x = match parts.as_slice() {
        &[only] => only,
        _ => t.step(Op::Concatenate { dim }, parts),
    };
    for _ in 0..t.call.int("n", Some(1))? {
        let (left, right) = neighbours(t, x, dim);
        x = t.step(Op::Subtract { factor: 1.0 }, vec![right, left]);
    }
    t.finish(Op::Identity, vec![x])
}

/// All elements along a dimension but the last, and all but the first.
fn neighbours(t: &mut Translation, x: Operand, dim: i64) -> (Operand, Operand) {
    let part = |start, end| Op::Slice {
        dim,
        start,
        end,
        step: 1,
    };
    (
        t.step(part(0, -1), vec![x]),
        t.step(part(1, i64::MAX), vec![x]),
    )
}

/// The area of each trapezoid between two neighbours, and the dimension along which they lie. The distances between them are those
/// of the argument `x`, or all equal.
fn trapezoids(t: &mut Translation, has_places: bool) -> Outcome<(Operand, i64)> {
    let dim = t.call.int("dim", Some(-1))?;
    let y = t.input("y")?;
    let (left, right) = neighbours(t, y, dim);
    let sum = t.step(Op::Add { factor: 1.0 }, vec![left, right]);
    let width = match has_places {
        false => Operand::Number(t.call.number("dx", 1.0)?),
        true => {
            let places = t.input("x")?;
            // Places in a single dimension are those of every row.
            let is_shared = t.rank(places)? == 1;
            let (low, high) = neighbours(t, places, if is_shared { 0 } else { dim });
            let mut width = t.step(Op::Subtract { factor: 1.0 }, vec![high, low]);
            let rank = t.rank(y)? as i64;
            let after = if dim < 0 { -1 - dim } else { rank - 1 - dim };
            for _ in 0..if is_shared { after } else { 0 } {
                width = t.step(Op::Unsqueeze { dim: -1 }, vec![width]);
            }
            width
        }
    };
    let areas = t.step(Op::Multiply, vec![sum, width]);
    let areas = t.step(Op::Multiply, vec![areas, Operand::Number(0.5)]);
    Ok((areas, dim))
}
