//! Elements in another order or several times: shuffled pixels and channels, repeats, moved, dropped and divided dimensions.

use super::arguments::free_shape;
use super::build::Translation;
use crate::graph::{Activation, Op};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "pixel_shuffle" | "pixel_unshuffle" => pixels(t, name == "pixel_shuffle"),
        "channel_shuffle" | "native_channel_shuffle" => {
            let x = t.input("self")?;
            let groups = t.call.int("groups", None)?;
            let channels = t.extent(x, 1)?;
            if groups < 1 || channels % groups != 0 {
                return Err(t.call.wrong("has groups that do not divide the channels"));
            }
            // Channel g * n + i moves to i * groups + g.
            let each = channels / groups;
            let place = |at: i64| ((at % groups) * each + at / groups) as f64;
            let order = t.literal(&[channels], channels, place)?;
            t.finish(Op::Take { dim: 1 }, vec![x, order])
        }
        "repeat_interleave.self_int" => {
            let times = t.call.int("repeats", None)?;
            let mut x = t.input("self")?;
            let dim = match t.call.get("dim") {
                Some(_) => t.call.int("dim", None)?,
                None => {
                    x = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
                    0
                }
            };
            let rank = t.rank(x)?;
            let Some(at) = crate::graph::resolve_dim(dim, rank) else {
                return Err(t
                    .call
                    .wrong("repeats a dimension that its input does not have"));
            };
            let apart = t.step(Op::Unsqueeze { dim: at as i64 + 1 }, vec![x]);
            let mut all = vec![1; rank + 1];
            all[at + 1] = times;
            let repeated = t.step(Op::Repeat { times: all }, vec![apart]);
            let (start, end) = (at as i64, at as i64 + 1);
            t.finish(Op::Flatten { start, end }, vec![repeated])
        }
        "repeat" | "tile" => repeat(t),
        "movedim.int" | "movedim.intlist" | "moveaxis.int" | "moveaxis.intlist" => {
            let x = t.input("self")?;
            let rank = t.rank(x)?;
            let resolved = |dims: Vec<i64>| -> Option<Vec<usize>> {
                let dims = dims.into_iter();
                dims.map(|dim| crate::graph::resolve_dim(dim, rank))
                    .collect()
            };
            let (from, to) = (
                resolved(t.dims("source")?),
                resolved(t.dims("destination")?),
            );
            let (Some(from), Some(to)) = (from, to) else {
                return Err(t
                    .call
                    .wrong("moves a dimension that its input does not have"));
            };
            let mut rest = (0..rank).filter(|dim| !from.contains(dim));
            let order: Option<Vec<i64>> = (0..rank)
                .map(|at| match to.iter().position(|dim| *dim == at) {
                    Some(moved) => from.get(moved).map(|dim| *dim as i64),
                    None => rest.next().map(|dim| dim as i64),
                })
                .collect();
            match order {
                Some(dims) => t.finish(Op::Permute { dims }, vec![x]),
                None => Err(t.call.wrong("moves several dimensions to one place")),
            }
        }
        "mT" | "mH" | "adjoint" | "T" | "numpy_T" | "H" => {
            let x = t.input("self")?;
            let rank = t.rank(x)? as i64;
            if rank < 2 {
                return t.finish(Op::Identity, vec![x]);
            }
            let dims = match name {
                "T" | "numpy_T" => (0..rank).rev().collect(),
                _ => (0..rank - 2).chain([rank - 1, rank - 2]).collect(),
            };
            let x = match matches!(name, "mH" | "adjoint" | "H")
                && super::spectral::is_complex(t, "self")
            {
                true => t.activate(Activation::Conjugate, x),
                false => x,
            };
            t.finish(Op::Permute { dims }, vec![x])
        }
        "squeeze" => {
            let x = t.input("self")?;
            let shape = t.shape(x)?;
            let ones = shape
                .iter()
                .enumerate()
                .filter(|(_, size)| **size == Some(1));
            let dims = ones.map(|(dim, _)| dim as i64).collect();
            t.finish(Op::Squeeze { dims }, vec![x])
        }
        "unflatten.int" => {
            let x = t.input("self")?;
            let shape = free_shape(t.call, "sizes", true)?;
            t.finish(Op::Reshape { shape }, vec![x])
        }
        _ => Ok(false),
    }
}

/// Moves channels into pixels, or back.
fn pixels(t: &mut Translation, shuffle: bool) -> Outcome<bool> {
    let factor = match shuffle {
        true => t.call.int("upscale_factor", None)?,
        false => t.call.int("downscale_factor", None)?,
    };
    let x = t.input("self")?;
    if t.rank(x)? != 4 || factor < 1 {
        return Err(t.call.wrong("has an input or factor that is not supported"));
    }
    let (c, h, w) = (t.extent(x, 1)?, t.extent(x, 2)?, t.extent(x, 3)?);
    let (apart, dims, joined) = match shuffle {
        true => {
            let c = c / factor.saturating_mul(factor).max(1);
            let apart = vec![-1, c, factor, factor, h, w];
            let joined = vec![-1, c, h.saturating_mul(factor), w.saturating_mul(factor)];
            (apart, vec![0, 1, 4, 2, 5, 3], joined)
        }
        false => {
            let apart = vec![-1, c, h / factor, factor, w / factor, factor];
            let all = factor.saturating_mul(factor).saturating_mul(c);
            (
                apart,
                vec![0, 1, 3, 5, 2, 4],
                vec![-1, all, h / factor, w / factor],
            )
        }
    };
    let split = t.step(Op::Reshape { shape: apart }, vec![x]);
    let turned = t.step(Op::Permute { dims }, vec![split]);
    t.finish(Op::Reshape { shape: joined }, vec![turned])
}

/// Repeats whole dimensions. A free number of repetitions is the batch size.
fn repeat(t: &mut Translation) -> Outcome<bool> {
    let argument = t.call.either("repeats", "dims");
    let given = t.call.sizes(argument)?.unwrap_or_default();
    let mut x = t.input("self")?;
    let rank = t.rank(x)?;
    let mut times: Vec<Option<i64>> = given.into_iter().map(|size| size.fixed()).collect();
    while times.len() < rank {
        times.insert(0, Some(1));
    }
    for _ in rank..times.len() {
        x = t.step(Op::Unsqueeze { dim: 0 }, vec![x]);
    }
    let free: Vec<usize> = (0..times.len())
        .filter(|dim| times[*dim].is_none())
        .collect();
    for dim in free {
        // One repetition for each sequence, before the dimension's own elements.
        let (start, end) = (dim as i64, dim as i64 + 1);
        x = t.step(Op::Unsqueeze { dim: start }, vec![x]);
        let mut shape = vec![Some(-1); times.len() + 1];
        shape[dim] = None;
        x = t.step(Op::Expand { shape }, vec![x]);
        x = t.step(Op::Flatten { start, end }, vec![x]);
    }
    let times = times.into_iter().map(|n| n.unwrap_or(1)).collect();
    t.finish(Op::Repeat { times }, vec![x])
}
