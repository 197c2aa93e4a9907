//! Slices of whole batches, of a dimension that holds several, such as both strands joined by `cat`.

use crate::graph::{Dim, Op};

/// The nodes, each of the result of the one before, that take the batches from `start` to `end` of dimension `dim`, which holds `held` of
/// them: the batches become a dimension of their own, are sliced, and joined again. A bound that is none is that of the dimension, a
/// negative one counts from the end. No node if all are taken; none if the slice is empty, or if another size is free.
pub fn nodes(
    shape: &[Dim],
    dim: usize,
    held: i64,
    start: Option<i64>,
    end: Option<i64>,
) -> Option<Vec<Op>> {
    let place = |at: i64| {
        let from_start = if at < 0 { at.saturating_add(held) } else { at };
        from_start.clamp(0, held)
    };
    let (start, end) = (place(start.unwrap_or(0)), end.map_or(held, place));
    let mut others = shape.iter().enumerate().filter(|(other, _)| *other != dim);
    if start >= end || others.any(|(_, size)| *size == Dim::Free) {
        return None;
    }
    if (start, end) == (0, held) {
        return Some(Vec::new());
    }
    let joined: Vec<i64> = shape
        .iter()
        .map(|size| size.fixed().unwrap_or(-1))
        .collect();
    let mut apart = joined.clone();
    apart.insert(dim, held);
    let slice = Op::Slice {
        dim: dim as i64,
        start,
        end,
        step: 1,
    };
    Some(vec![
        Op::Reshape { shape: apart },
        slice,
        Op::Reshape { shape: joined },
    ])
}
