//! The layout rule of each node kind.

use super::cause::MixingCause;
use super::{Axis, BatchLayout, ValueState, locate, product};
use crate::graph::{Dataflow, Kernel, resolve_dim};

/// A node with the layouts of its operands.
pub(super) struct LayoutRule<'r> {
    pub batch: i64,
    pub dataflow: Dataflow<'r>,
    pub operands: &'r [Option<&'r ValueState>],
    /// Shape of the result.
    pub made: Option<&'r [i64]>,
}

impl LayoutRule<'_> {
    /// Derives the layout of the result.
    ///
    /// # Errors
    /// If the node mixes the sequences of a batch.
    pub fn layout(&self) -> Result<BatchLayout, MixingCause> {
        let batched = self.operands.iter().flatten();
        if batched
            .clone()
            .any(|state| state.layout == BatchLayout::Unknown)
        {
            return Ok(BatchLayout::Unknown);
        }
        let is_source = matches!(
            self.dataflow,
            Dataflow::Constant { .. } | Dataflow::Expansion { .. }
        );
        if batched
            .clone()
            .all(|state| state.layout == BatchLayout::Absent)
            && !is_source
        {
            return Ok(BatchLayout::Absent);
        }
        match self.dataflow {
            // A reshape keeps the row-major order of the elements.
            Dataflow::Elementwise | Dataflow::Copy | Dataflow::Reshape(_) => self.unchanged(),
            Dataflow::PerChannel | Dataflow::Padding { .. } => self.mixing_along(&[], false),
            Dataflow::Broadcast { .. } => self.broadcast(),
            Dataflow::AlongDimensions { over, .. } => {
                self.mixing_along(&over.dims(self.rank(0)), true)
            }
            Dataflow::Reversal { dims } => self.mixing_along(&self.dims(dims), true),
            Dataflow::Reduction { dims, .. } => {
                let dims = match dims.is_empty() {
                    true => (0..self.rank(0)).collect(),
                    false => self.dims(dims),
                };
                self.mixing_along(&dims, true)
            }
            Dataflow::Linear => {
                let last = self.rank(0).saturating_sub(1);
                self.mixing_along(&[last], true)
            }
            Dataflow::Window(window) => match window.kernel {
                Kernel::Weight { groups, .. } => self.convolution(groups),
                Kernel::Pool { sizes, .. } => {
                    let skipped = self.rank(0).saturating_sub(sizes.len());
                    let wide = sizes.iter().enumerate().filter(|(_, k)| **k > 1);
                    let dims: Vec<usize> = wide.map(|(i, _)| skipped + i).collect();
                    self.mixing_along(&dims, true)
                }
            },
            Dataflow::TransposedWindow(window) => self.convolution(window.groups),
            Dataflow::Resampling { output, .. } => {
                let rank = self.rank(0);
                let dims: Vec<usize> = (rank.saturating_sub(output.len())..rank).collect();
                self.mixing_along(&dims, true)
            }
            Dataflow::Recurrence {
                batch_first,
                result,
                ..
            } => self.recurrent(batch_first, result),
            Dataflow::Attention { causal } => self.attention(causal),
            Dataflow::MatrixProduct { bias: false } => self.product(0, 1),
            Dataflow::MatrixProduct { bias: true } => self.product(1, 2),
            Dataflow::Contraction { equation } => self.einsum(equation),
            Dataflow::Constant { shape } => Ok(self.filled(shape)),
            Dataflow::Range { .. } => Ok(BatchLayout::Absent),
            Dataflow::Reorder(order) => {
                self.with_batch_moved_to(|dim| order.index_of(dim, self.rank(0)))
            }
            Dataflow::Expansion { shape } => self.expanded(shape),
            Dataflow::Repetition { times } => {
                let grown = times.len().saturating_sub(self.rank(0));
                self.with_batch_moved_to(|dim| Some(dim + grown))
            }
            Dataflow::Slice {
                dim,
                start,
                end,
                step,
            } => self.slice(dim, (start, end, step)),
            Dataflow::Selection { dim, .. } => self.select(dim),
            Dataflow::Gather { dim } => self.take(dim),
            Dataflow::GatherEach { dim } => self.take_each(dim),
            Dataflow::Indexing { dims } => self.index(dims),
            Dataflow::Slicewise(function) => self.slicewise(function),
            Dataflow::Concatenation { dim } => self.concatenated(dim),
        }
    }

    pub(super) fn state(&self, index: usize) -> Option<&ValueState> {
        self.operands.get(index).copied().flatten()
    }

    pub(super) fn rank(&self, index: usize) -> usize {
        let shape = self.state(index).and_then(|state| state.shape.as_ref());
        shape.map_or(0, Vec::len)
    }

    /// Dimensions of the first operand, counted from the first.
    pub(super) fn dims(&self, dims: &[i64]) -> Vec<usize> {
        let rank = self.rank(0);
        dims.iter()
            .filter_map(|dim| resolve_dim(*dim, rank))
            .collect()
    }

    /// Shape and run of an operand that holds the batch.
    pub(super) fn batched(&self, index: usize) -> Option<(&[i64], i64)> {
        let state = self.state(index)?;
        match state.layout {
            BatchLayout::Run(run) => Some((state.shape.as_deref()?, run)),
            BatchLayout::Absent | BatchLayout::Unknown => None,
        }
    }

    pub(super) fn axis(&self, index: usize) -> Option<Axis> {
        let (shape, run) = self.batched(index)?;
        locate(shape, run, self.batch)
    }

    pub(super) fn depends(&self, index: usize) -> bool {
        self.state(index).is_some_and(|state| state.depends)
    }

    /// Layout of the result if dimension `axis` of an operand becomes dimension `dim`.
    pub(super) fn with_batch_at(&self, axis: Axis, dim: usize) -> BatchLayout {
        let run = self.made.and_then(|made| {
            let own = made.get(dim)?;
            if own % (axis.inner.checked_mul(self.batch)?) != 0 {
                return None;
            }
            product(made.get(dim + 1..)?)?.checked_mul(axis.inner)
        });
        run.map_or(BatchLayout::Unknown, BatchLayout::Run)
    }

    /// The layout of the first operand.
    pub(super) fn unchanged(&self) -> Result<BatchLayout, MixingCause> {
        Ok(self
            .state(0)
            .map_or(BatchLayout::Unknown, |state| state.layout))
    }

    /// The layout of the first operand, its batch dimension moved to `to`.
    pub(super) fn with_batch_moved_to(
        &self,
        to: impl Fn(usize) -> Option<usize>,
    ) -> Result<BatchLayout, MixingCause> {
        let made = self.axis(0).and_then(|axis| Some((axis, to(axis.dim)?)));
        Ok(made.map_or(BatchLayout::Unknown, |(axis, dim)| {
            self.with_batch_at(axis, dim)
        }))
    }

    /// Layout of a node that mixes its first operand along `dims` and has no other operand with a batch. It may change
    /// the size of any dimension.
    ///
    /// If `dims` hold several sequences, this is an error if `strict`, and otherwise unknown.
    pub(super) fn mixing_along(
        &self,
        dims: &[usize],
        strict: bool,
    ) -> Result<BatchLayout, MixingCause> {
        if (1..self.operands.len()).any(|i| self.batched(i).is_some()) {
            return Ok(BatchLayout::Unknown);
        }
        let Some((shape, run)) = self.batched(0) else {
            return Ok(BatchLayout::Unknown);
        };
        if let Some(dim) = dims
            .iter()
            .find(|dim| !is_within_one_sequence(shape, run, self.batch, **dim))
        {
            return match strict {
                true => Err(MixingCause::Along(
                    self.axis(0).map_or(*dim, |axis| axis.dim),
                )),
                false => Ok(BatchLayout::Unknown),
            };
        }
        Ok(self.resized(shape, run))
    }

    /// Layout of the result if the node changes sizes within sequences. A dimension that it removes has been reduced to
    /// one element.
    pub(super) fn resized(&self, shape: &[i64], run: i64) -> BatchLayout {
        let Some(made) = self.made else {
            return BatchLayout::Unknown;
        };
        if made.len() == shape.len() {
            let changed = (0..shape.len()).filter(|dim| made[*dim] != shape[*dim]);
            let changed: Vec<usize> = changed.collect();
            if changed
                .iter()
                .any(|dim| !is_within_one_sequence(shape, run, self.batch, *dim))
            {
                return BatchLayout::Unknown;
            }
            // Only changed dimensions inside a run affect it; the others contain whole batches.
            let inside = |dim: &&usize| {
                let block = product(&shape[**dim..]);
                block.is_some_and(|block| block > 0 && run % block == 0)
            };
            let Some(&first) = changed.iter().find(inside) else {
                return BatchLayout::Run(run);
            };
            return match (product(&shape[first..]), product(&made[first..])) {
                (Some(before), Some(after)) if before > 0 => (run / before)
                    .checked_mul(after)
                    .map_or(BatchLayout::Unknown, BatchLayout::Run),
                _ => BatchLayout::Unknown,
            };
        }
        // A reduction without `keepdim` removes its dimensions.
        let (Dataflow::Reduction { dims, .. }, Some(axis)) = (self.dataflow, self.axis(0)) else {
            return BatchLayout::Unknown;
        };
        let gone = self.dims(dims);
        let before = gone.iter().filter(|dim| **dim < axis.dim).count();
        self.with_batch_at(axis, axis.dim - before)
    }

    /// Layout of broadcast operands, aligned at their last dimensions.
    pub(super) fn broadcast(&self) -> Result<BatchLayout, MixingCause> {
        let Some(made) = self.made else {
            return Ok(BatchLayout::Unknown);
        };
        let batched = (0..self.operands.len()).filter(|i| self.batched(*i).is_some());
        let aligned = batched.map(|i| {
            let (shape, run) = self.batched(i)?;
            match self.axis(i) {
                Some(axis) => {
                    let dim = axis.dim + made.len().checked_sub(shape.len())?;
                    Some((self.with_batch_at(axis, dim), Some(dim), self.depends(i)))
                }
                None if shape == made => Some((BatchLayout::Run(run), None, self.depends(i))),
                None => None,
            }
        });
        let Some(aligned) = aligned.collect::<Option<Vec<_>>>() else {
            return Ok(BatchLayout::Unknown);
        };
        combine_layouts(&aligned)
    }

    /// Layout of a constant whose only free size is the batch size.
    pub(super) fn filled(&self, shape: &[Option<i64>]) -> BatchLayout {
        let mut open = shape.iter().enumerate().filter(|(_, n)| n.is_none());
        let axis = |dim| Axis {
            dim,
            outer: 1,
            inner: 1,
        };
        match (open.next(), open.next()) {
            (None, _) => BatchLayout::Absent,
            (Some((dim, _)), None) => self.with_batch_at(axis(dim), dim),
            (Some(_), Some(_)) => BatchLayout::Unknown,
        }
    }

    pub(super) fn expanded(&self, shape: &[Option<i64>]) -> Result<BatchLayout, MixingCause> {
        if self.state(0).map(|state| state.layout) == Some(BatchLayout::Absent) {
            return Ok(self.filled(shape));
        }
        let grown = shape.len().saturating_sub(self.rank(0));
        let own = self.axis(0).map(|axis| axis.dim + grown);
        let others = shape.iter().enumerate();
        let others = others.filter(|(dim, n)| n.is_none() && Some(*dim) != own);
        match others.count() {
            0 => self.with_batch_moved_to(|dim| Some(dim + grown)),
            _ => Ok(BatchLayout::Unknown),
        }
    }

    pub(super) fn concatenated(&self, dim: i64) -> Result<BatchLayout, MixingCause> {
        let Some(made) = self.made else {
            return Ok(BatchLayout::Unknown);
        };
        let Some(dim) = resolve_dim(dim, made.len()) else {
            return Ok(BatchLayout::Unknown);
        };
        let axes: Option<Vec<Axis>> = (0..self.operands.len()).map(|i| self.axis(i)).collect();
        let Some([first, others @ ..]) = axes.as_deref() else {
            return Ok(BatchLayout::Unknown);
        };
        let alike = |axis: &Axis| axis.dim == first.dim && axis.inner == first.inner;
        let one_outer = first.dim == dim || others.iter().all(|axis| axis.outer == first.outer);
        match others.iter().all(alike) && one_outer {
            true => Ok(self.with_batch_at(*first, first.dim)),
            false => Ok(BatchLayout::Unknown),
        }
    }
}

/// Combines the layouts of several operands: for each, its layout in the result, its batch dimension, and whether it
/// depends on the sequences.
pub(super) fn combine_layouts(
    aligned: &[(BatchLayout, Option<usize>, bool)],
) -> Result<BatchLayout, MixingCause> {
    let Some((first, _, _)) = aligned.first() else {
        return Ok(BatchLayout::Absent);
    };
    if aligned.iter().all(|(layout, _, _)| layout == first) {
        return Ok(*first);
    }
    let mut depending = aligned.iter().filter(|(_, _, depends)| *depends);
    let dims = (
        depending.next().and_then(|(_, dim, _)| *dim),
        depending.find_map(|(layout, dim, _)| (layout != first).then_some(*dim).flatten()),
    );
    match dims {
        (Some(one), Some(other)) if one != other => Err(MixingCause::Paired(one, other)),
        (_, _) => Ok(BatchLayout::Unknown),
    }
}

/// Whether all elements that differ only in this dimension belong to one sequence.
pub(super) fn is_within_one_sequence(shape: &[i64], run: i64, batch: i64, dim: usize) -> bool {
    let (Some(extent), Some(after)) = (shape.get(dim), shape.get(dim + 1..).and_then(product))
    else {
        return true;
    };
    let (Some(block), Some(period)) = (after.checked_mul(*extent), run.checked_mul(batch)) else {
        return true;
    };
    *extent <= 1 || block == 0 || run % block == 0 || (period > 0 && after % period == 0)
}
