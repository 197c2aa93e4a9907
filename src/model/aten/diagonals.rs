//! Diagonals: taken out of matrices, and made into them.

use super::build::Translation;
use crate::graph::Op;
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "diagonal" | "linalg_diagonal" => diagonal(t),
        "diag_embed" => diag_embed(t),
        _ => Ok(false),
    }
}

/// The diagonal of two dimensions, as a new last dimension.
fn diagonal(t: &mut Translation) -> Outcome<bool> {
    let x = t.input(t.call.either("A", "self"))?;
    let rank = t.rank(x)?;
    let default: [i64; 2] = if t.call.operator.starts_with("linalg") {
        [-2, -1]
    } else {
        [0, 1]
    };
    let resolve = |dim: i64| crate::graph::resolve_dim(dim, rank);
    let dims = (
        resolve(t.call.int("dim1", Some(default[0]))?),
        resolve(t.call.int("dim2", Some(default[1]))?),
    );
    let (Some(one), Some(two)) = dims else {
        return Err(t.call.wrong("has no two dimensions"));
    };
    if one == two {
        return Err(t.call.wrong("has no two dimensions"));
    }
    let offset = t.call.int("offset", Some(0))?;
    let (rows, columns) = (t.extent(x, one as i64)?, t.extent(x, two as i64)?);
    let (down, right) = (offset.saturating_neg().max(0), offset.max(0));
    let count = (rows.saturating_sub(down))
        .min(columns.saturating_sub(right))
        .max(0);
    let mut dims: Vec<i64> = (0..rank as i64)
        .filter(|dim| *dim != one as i64 && *dim != two as i64)
        .collect();
    dims.extend([one as i64, two as i64]);
    let turned = t.step(Op::Permute { dims }, vec![x]);
    let flat = t.step(Op::Flatten { start: -2, end: -1 }, vec![turned]);
    let row = |i: i64| i.saturating_add(down).saturating_mul(columns);
    let place = |i: i64| row(i).saturating_add(i).saturating_add(right) as f64;
    let places = t.literal(&[count], count, place)?;
    t.finish(Op::Take { dim: -1 }, vec![flat, places])
}

/// Matrices whose diagonals are the rows of a value.
fn diag_embed(t: &mut Translation) -> Outcome<bool> {
    let last = t.call.int("dim1", Some(-2))? == -2 && t.call.int("dim2", Some(-1))? == -1;
    if t.call.int("offset", Some(0))? != 0 || !last {
        return Err(t
            .call
            .wrong("fills another diagonal than the main one, which is not supported"));
    }
    let x = t.input("self")?;
    let size = t.extent(x, -1)?;
    let identity = super::constants::identity(t, size, size)?;
    let column = t.step(Op::Unsqueeze { dim: -1 }, vec![x]);
    t.finish(Op::Multiply, vec![column, identity])
}
