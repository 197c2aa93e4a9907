//! Layout rules of nodes that select entries of a dimension.

use super::cause::MixingCause;
use super::rules::{LayoutRule, is_within_one_sequence};
use super::{Axis, BatchLayout, PLACEHOLDER_BATCH};
use crate::graph::resolve_dim;

/// Minimum end of a slice that is assumed to include the whole batch, as larger batches are not run.
const MAX_USED_BATCH_SIZE: i64 = 1024;
/// Minimum end of a slice that exporters write for the end of the dimension.
const MIN_OPEN_END: i64 = i32::MAX as i64;

impl LayoutRule<'_> {
    pub(super) fn slice(
        &self,
        dim: i64,
        (start, end, step): (i64, i64, i64),
    ) -> Result<BatchLayout, MixingCause> {
        let Some((shape, run)) = self.batched(0) else {
            return Ok(BatchLayout::Unknown);
        };
        let Some(dim) = resolve_dim(dim, shape.len()) else {
            return Ok(BatchLayout::Unknown);
        };
        if is_within_one_sequence(shape, run, self.batch, dim) {
            return Ok(self.resized(shape, run));
        }
        let from_first = start == 0 && step == 1;
        if from_first
            && (end >= MIN_OPEN_END
                || (self.batch != PLACEHOLDER_BATCH && self.made == Some(shape)))
        {
            return Ok(BatchLayout::Run(run));
        }
        let axis = self.axis(0);
        // The slice takes whole batches of a dimension that repeats the batch.
        let each = axis.and_then(|axis| axis.inner.checked_mul(self.batch));
        if step == 1 && each.is_some_and(|each| start % each == 0 && end % each == 0 && end > 0) {
            return Ok(BatchLayout::Run(run));
        }
        // The slice has fixed bounds, relative to the elements of one sequence if these are folded into the dimension.
        match axis {
            Some(Axis {
                outer: 1, inner, ..
            }) if step == 1 || inner == 1 => {
                let holds_all = from_first
                    && MAX_USED_BATCH_SIZE
                        .checked_mul(inner)
                        .is_some_and(|all| end >= all);
                match holds_all {
                    true => Ok(BatchLayout::Unknown),
                    false => Err(MixingCause::Picked(dim)),
                }
            }
            Some(_) | None => Ok(BatchLayout::Unknown),
        }
    }

    pub(super) fn select(&self, dim: i64) -> Result<BatchLayout, MixingCause> {
        let Some((shape, _)) = self.batched(0) else {
            return Ok(BatchLayout::Unknown);
        };
        let (Some(dim), Some(axis)) = (resolve_dim(dim, shape.len()), self.axis(0)) else {
            return Ok(BatchLayout::Unknown);
        };
        match () {
            () if dim < axis.dim => Ok(self.with_batch_at(axis, axis.dim - 1)),
            () if dim > axis.dim => Ok(self.with_batch_at(axis, axis.dim)),
            // A fixed index selects one sequence, however many elements of each the dimension holds.
            () => Err(MixingCause::Picked(dim)),
        }
    }

    pub(super) fn take(&self, dim: i64) -> Result<BatchLayout, MixingCause> {
        let rank = self.rank(0);
        let Some(dim) = resolve_dim(dim, rank) else {
            return Ok(BatchLayout::Unknown);
        };
        match (self.axis(0), self.axis(1)) {
            (None, Some(axis)) if self.batched(0).is_none() => {
                Ok(self.with_batch_at(axis, dim + axis.dim))
            }
            (Some(axis), None) if self.batched(1).is_none() => match () {
                () if axis.dim < dim => Ok(self.with_batch_at(axis, axis.dim)),
                () if axis.dim > dim => Ok(self.with_batch_at(axis, axis.dim + self.rank(1) - 1)),
                () if self.batch == PLACEHOLDER_BATCH => Err(MixingCause::Picked(dim)),
                () => Ok(BatchLayout::Unknown),
            },
            (None | Some(_), _) => Ok(BatchLayout::Unknown),
        }
    }

    pub(super) fn take_each(&self, dim: i64) -> Result<BatchLayout, MixingCause> {
        let dim = resolve_dim(dim, self.rank(0));
        let Some(indices) = self.axis(1).filter(|axis| Some(axis.dim) != dim) else {
            return Ok(BatchLayout::Unknown);
        };
        let agrees = self.batched(0).is_none() || self.axis(0) == Some(indices);
        match agrees {
            true => Ok(self.with_batch_at(indices, indices.dim)),
            false => Ok(BatchLayout::Unknown),
        }
    }

    /// The elements that indices of several dimensions select together.
    pub(super) fn index(&self, dims: &[i64]) -> Result<BatchLayout, MixingCause> {
        let indices_are_constant = (1..self.operands.len()).all(|i| self.batched(i).is_none());
        let (Some(axis), Some(made)) = (self.axis(0), self.made) else {
            return Ok(BatchLayout::Unknown);
        };
        let places = self.dims(dims);
        if !indices_are_constant || places.len() != dims.len() {
            return Ok(BatchLayout::Unknown);
        }
        if places.contains(&axis.dim) {
            return match self.batch == PLACEHOLDER_BATCH && self.depends(0) {
                true => Err(MixingCause::Picked(axis.dim)),
                false => Ok(BatchLayout::Unknown),
            };
        }
        let kept = self.rank(0) - places.len();
        let taken = made.len().saturating_sub(kept);
        let neighbours = places.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let at = places.first().copied().filter(|_| neighbours).unwrap_or(0);
        let before = places.iter().filter(|dim| **dim < axis.dim).count();
        let dim = axis.dim - before;
        let dim = if dim >= at { dim + taken } else { dim };
        Ok(self.with_batch_at(axis, dim))
    }
}
