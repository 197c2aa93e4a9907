//! Entries by their index. Invariant: an index that is not there is an error of libtorch's, never another entry.

use tch::{Kind, TchError, Tensor};

/// The entries at these places of a dimension; the indices' own dimensions stand where it stood.
pub fn take(dim: i64, x: &Tensor, indices: &Tensor) -> Result<Tensor, TchError> {
    let (at, length) = dimension(dim, x)?;
    let all = places(indices, length)?.f_reshape([-1])?;
    let mut shape = x.size();
    shape.splice(at..=at, indices.size());
    x.f_index_select(dim, &all)?.f_reshape(&shape)
}

/// For each index the entry at that place of a dimension, and at its own place in all others.
pub fn take_each(dim: i64, x: &Tensor, indices: &Tensor) -> Result<Tensor, TchError> {
    let (_, length) = dimension(dim, x)?;
    x.f_gather(dim, &places(indices, length)?, false)
}

/// The place of a dimension from the first, and its extent.
fn dimension(dim: i64, x: &Tensor) -> Result<(usize, i64), TchError> {
    let size = x.size();
    let at = if dim < 0 {
        dim + size.len() as i64
    } else {
        dim
    };
    let at = usize::try_from(at).ok().filter(|at| *at < size.len());
    let at = at.ok_or_else(|| TchError::Shape(format!("no dimension {dim} in {size:?}")))?;
    Ok((at, size[at]))
}

/// Numbers as indices; those below zero count from the end.
fn places(indices: &Tensor, length: i64) -> Result<Tensor, TchError> {
    let whole = indices.f_to_kind(Kind::Int64)?;
    let from_end = whole.f_add_scalar(length)?;
    whole.f_where_self(&whole.f_ge(0)?, &from_end)
}
