//! Indexing. Invariant: an index out of range is an error of libtorch, and never selects another element.

use tch::{Kind, TchError, Tensor};

/// The slices at these indices of a dimension. The dimensions of `indices` replace it, as in NumPy's `take`.
pub fn take(dim: i64, x: &Tensor, indices: &Tensor) -> Result<Tensor, TchError> {
    let (at, length) = dimension(dim, x)?;
    let all = to_indices(indices, length)?.f_reshape([-1])?;
    let mut shape = x.size();
    shape.splice(at..=at, indices.size());
    x.f_index_select(dim, &all)?.f_reshape(&shape)
}

/// The element at each index along a dimension, at the same position in all other dimensions, as in PyTorch's `gather`.
pub fn take_each(dim: i64, x: &Tensor, indices: &Tensor) -> Result<Tensor, TchError> {
    let (_, length) = dimension(dim, x)?;
    x.f_gather(dim, &to_indices(indices, length)?, false)
}

/// The elements that the indices of several dimensions select together, as in NumPy's advanced indexing.
pub fn index(dims: &[i64], x: &Tensor, indices: &[&Tensor]) -> Result<Tensor, TchError> {
    x.f_index(&places(dims, x, indices)?)
}

/// Writes at the elements that the indices of several dimensions select together, or adds to them.
pub fn index_put(
    dims: &[i64],
    x: &Tensor,
    values: &Tensor,
    indices: &[&Tensor],
    add: bool,
) -> Result<Tensor, TchError> {
    x.f_index_put(&places(dims, x, indices)?, values, add)
}

/// For each dimension of `x`, its indices or none.
fn places(dims: &[i64], x: &Tensor, indices: &[&Tensor]) -> Result<Vec<Option<Tensor>>, TchError> {
    let mut places: Vec<Option<Tensor>> = x.size().iter().map(|_| None).collect();
    for (dim, indices) in dims.iter().zip(indices) {
        let (at, length) = dimension(*dim, x)?;
        places[at] = Some(to_indices(indices, length)?);
    }
    Ok(places)
}

/// The non-negative index of a dimension, and its extent.
pub(super) fn dimension(dim: i64, x: &Tensor) -> Result<(usize, i64), TchError> {
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

/// Converts a tensor to indices; negative ones count from the end.
pub(super) fn to_indices(indices: &Tensor, length: i64) -> Result<Tensor, TchError> {
    let whole = indices.f_to_kind(Kind::Int64)?;
    let from_end = whole.f_add_scalar(length)?;
    whole.f_where_self(&whole.f_ge(0)?, &from_end)
}
