//! Where nodes that take some entries of a dimension leave the batch.

use super::cause::Mixed;
use super::rules::{Rule, stays};
use super::{Axis, BATCH, Layout};
use crate::graph::place;

/// Ends of a slice from which on it may hold all sequences of the batches that are used.
const MAX_BATCH: i64 = 1024;
/// Ends of a slice that stand for the end of the dimension.
const NO_END: i64 = i32::MAX as i64;

impl Rule<'_> {
    pub(super) fn slice(
        &self,
        dim: i64,
        (start, end, step): (i64, i64, i64),
    ) -> Result<Layout, Mixed> {
        let Some((shape, run)) = self.batched(0) else {
            return Ok(Layout::Unknown);
        };
        let Some(dim) = place(dim, shape.len()) else {
            return Ok(Layout::Unknown);
        };
        if stays(shape, run, self.batch, dim) {
            return Ok(self.resized(shape, run));
        }
        let from_first = start == 0 && step == 1;
        if from_first && (end >= NO_END || (self.batch != BATCH && self.made == Some(shape))) {
            return Ok(Layout::Run(run));
        }
        let axis = self.axis(0);
        // Whole batches of those that stand one after another.
        let each = axis.and_then(|axis| axis.inner.checked_mul(self.batch));
        if step == 1 && each.is_some_and(|each| start % each == 0 && end % each == 0 && end > 0) {
            return Ok(Layout::Run(run));
        }
        // Fixed places, counted in elements of one sequence where these are folded into the dimension.
        match axis {
            Some(Axis {
                outer: 1, inner, ..
            }) if step == 1 || inner == 1 => {
                let holds_all =
                    from_first && MAX_BATCH.checked_mul(inner).is_some_and(|all| end >= all);
                match holds_all {
                    true => Ok(Layout::Unknown),
                    false => Err(Mixed::Picked(dim)),
                }
            }
            Some(_) | None => Ok(Layout::Unknown),
        }
    }

    pub(super) fn select(&self, dim: i64) -> Result<Layout, Mixed> {
        let Some((shape, _)) = self.batched(0) else {
            return Ok(Layout::Unknown);
        };
        let (Some(dim), Some(axis)) = (place(dim, shape.len()), self.axis(0)) else {
            return Ok(Layout::Unknown);
        };
        match () {
            () if dim < axis.dim => Ok(self.placed(axis, axis.dim - 1)),
            () if dim > axis.dim => Ok(self.placed(axis, axis.dim)),
            // A fixed place is one sequence's, however many a dimension holds of each.
            () => Err(Mixed::Picked(dim)),
        }
    }

    pub(super) fn take(&self, dim: i64) -> Result<Layout, Mixed> {
        let rank = self.rank(0);
        let Some(dim) = place(dim, rank) else {
            return Ok(Layout::Unknown);
        };
        match (self.axis(0), self.axis(1)) {
            (None, Some(axis)) if self.batched(0).is_none() => {
                Ok(self.placed(axis, dim + axis.dim))
            }
            (Some(axis), None) if self.batched(1).is_none() => match () {
                () if axis.dim < dim => Ok(self.placed(axis, axis.dim)),
                () if axis.dim > dim => Ok(self.placed(axis, axis.dim + self.rank(1) - 1)),
                () if self.batch == BATCH => Err(Mixed::Picked(dim)),
                () => Ok(Layout::Unknown),
            },
            (None | Some(_), _) => Ok(Layout::Unknown),
        }
    }

    pub(super) fn take_each(&self, dim: i64) -> Result<Layout, Mixed> {
        let dim = place(dim, self.rank(0));
        let Some(indices) = self.axis(1).filter(|axis| Some(axis.dim) != dim) else {
            return Ok(Layout::Unknown);
        };
        let agrees = self.batched(0).is_none() || self.axis(0) == Some(indices);
        match agrees {
            true => Ok(self.placed(indices, indices.dim)),
            false => Ok(Layout::Unknown),
        }
    }
}
