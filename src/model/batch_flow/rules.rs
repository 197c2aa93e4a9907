//! Where each node kind leaves the batch.

use super::cause::Mixed;
use super::{Axis, BATCH, Layout, State, locate, product};
use crate::model::graph::Op;
use crate::model::graph::place;

/// Ends of a slice from which on it may hold all sequences of the batches that are used.
const MAX_BATCH: i64 = 1024;
/// Ends of a slice that stand for the end of the dimension.
const NO_END: i64 = i32::MAX as i64;

/// A node, with what is known of its operands.
pub(super) struct Rule<'r> {
    pub batch: i64,
    pub op: &'r Op,
    pub operands: &'r [Option<&'r State>],
    /// Shape of the result.
    pub made: Option<&'r [i64]>,
}

impl Rule<'_> {
    /// Where the batch is in the result.
    ///
    /// # Errors
    /// How the node mixes the sequences of a batch.
    pub fn layout(&self) -> Result<Layout, Mixed> {
        let batched = self.operands.iter().flatten();
        if batched.clone().any(|state| state.layout == Layout::Unknown) {
            return Ok(Layout::Unknown);
        }
        let is_source = matches!(self.op, Op::Full { .. } | Op::Expand { .. });
        if batched.clone().all(|state| state.layout == Layout::Absent) && !is_source {
            return Ok(Layout::Absent);
        }
        match self.op {
            Op::Activate(_) | Op::Identity | Op::Detach => self.unchanged(),
            Op::BatchNorm { .. } => self.along_first(&[], false),
            Op::Add { .. }
            | Op::Subtract { .. }
            | Op::Multiply
            | Op::Divide
            | Op::Power
            | Op::Compare(_)
            | Op::Where
            | Op::Maximum
            | Op::Minimum => self.broadcast(),
            // A reshape changes no element's place in row-major order.
            Op::Flatten { .. } | Op::Reshape { .. } | Op::Squeeze { .. } | Op::Unsqueeze { .. } => {
                self.unchanged()
            }
            Op::Softmax { dim, .. } | Op::CumulativeSum { dim } => {
                self.along_first(&self.places(&[*dim]), true)
            }
            Op::Flip { dims } => self.along_first(&self.places(dims), true),
            Op::LayerNorm { shape, .. } => {
                let rank = self.rank(0);
                let dims: Vec<usize> = (rank.saturating_sub(shape.len())..rank).collect();
                self.along_first(&dims, true)
            }
            Op::GroupNorm { .. } => {
                let dims: Vec<usize> = (1..self.rank(0)).collect();
                self.along_first(&dims, true)
            }
            Op::Reduce { dims, .. } => {
                let dims = match dims.is_empty() {
                    true => (0..self.rank(0)).collect(),
                    false => self.places(dims),
                };
                self.along_first(&dims, true)
            }
            Op::Linear => {
                let last = self.rank(0).saturating_sub(1);
                self.along_first(&[last], true)
            }
            Op::Convolution { groups, .. } | Op::TransposedConvolution { groups, .. } => {
                self.convolution(*groups)
            }
            Op::Pool { kernel, .. } => {
                let skipped = self.rank(0).saturating_sub(kernel.len());
                let wide = kernel.iter().enumerate().filter(|(_, k)| **k > 1);
                let dims: Vec<usize> = wide.map(|(i, _)| skipped + i).collect();
                self.along_first(&dims, true)
            }
            Op::AdaptivePool { output, .. } => {
                let rank = self.rank(0);
                let dims: Vec<usize> = (rank.saturating_sub(output.len())..rank).collect();
                self.along_first(&dims, true)
            }
            Op::Recurrent { batch_first, .. } => self.recurrent(*batch_first),
            Op::Attention { causal, .. } => self.attention(*causal),
            Op::MatMul => self.product(0, 1),
            Op::AddMatMul => self.product(1, 2),
            Op::Einsum { equation } => self.einsum(equation),
            Op::Full { shape, .. } => Ok(self.filled(shape)),
            Op::Range { .. } => Ok(Layout::Absent),
            Op::Transpose { a, b } => {
                let rank = self.rank(0);
                let (Some(a), Some(b)) = (place(*a, rank), place(*b, rank)) else {
                    return Ok(Layout::Unknown);
                };
                self.moved(|dim| match dim {
                    _ if dim == a => Some(b),
                    _ if dim == b => Some(a),
                    _ => Some(dim),
                })
            }
            Op::Permute { dims } => {
                let rank = self.rank(0);
                self.moved(|dim| dims.iter().position(|d| place(*d, rank) == Some(dim)))
            }
            Op::Expand { shape } => self.expanded(shape),
            Op::Repeat { times } => {
                let grown = times.len().saturating_sub(self.rank(0));
                self.moved(|dim| Some(dim + grown))
            }
            Op::Slice {
                dim,
                start,
                end,
                step,
            } => self.slice(*dim, (*start, *end, *step)),
            Op::Select { dim, .. } => self.select(*dim),
            Op::Take { dim } => self.take(*dim),
            Op::TakeEach { .. } => self.take_each(),
            Op::Concatenate { dim } => self.concatenated(*dim),
            Op::Pad { .. } => self.along_first(&[], false),
        }
    }

    fn state(&self, index: usize) -> Option<&State> {
        self.operands.get(index).copied().flatten()
    }

    fn rank(&self, index: usize) -> usize {
        let shape = self.state(index).and_then(|state| state.shape.as_ref());
        shape.map_or(0, Vec::len)
    }

    /// Dimensions of the first operand, counted from the first.
    fn places(&self, dims: &[i64]) -> Vec<usize> {
        let rank = self.rank(0);
        dims.iter().filter_map(|dim| place(*dim, rank)).collect()
    }

    /// Shape and run of an operand that holds the batch.
    fn batched(&self, index: usize) -> Option<(&[i64], i64)> {
        let state = self.state(index)?;
        match state.layout {
            Layout::Run(run) => Some((state.shape.as_deref()?, run)),
            Layout::Absent | Layout::Unknown => None,
        }
    }

    fn axis(&self, index: usize) -> Option<Axis> {
        let (shape, run) = self.batched(index)?;
        locate(shape, run, self.batch)
    }

    fn depends(&self, index: usize) -> bool {
        self.state(index).is_some_and(|state| state.depends)
    }

    /// The result with the batch of this dimension of an operand in that dimension.
    fn placed(&self, axis: Axis, dim: usize) -> Layout {
        let run = self.made.and_then(|made| {
            let own = made.get(dim)?;
            if own % (axis.inner.checked_mul(self.batch)?) != 0 {
                return None;
            }
            product(made.get(dim + 1..)?)?.checked_mul(axis.inner)
        });
        run.map_or(Layout::Unknown, Layout::Run)
    }

    /// As in the first operand.
    fn unchanged(&self) -> Result<Layout, Mixed> {
        Ok(self.state(0).map_or(Layout::Unknown, |state| state.layout))
    }

    /// The first operand's batch in another dimension.
    fn moved(&self, to: impl Fn(usize) -> Option<usize>) -> Result<Layout, Mixed> {
        let made = self.axis(0).and_then(|axis| Some((axis, to(axis.dim)?)));
        Ok(made.map_or(Layout::Unknown, |(axis, dim)| self.placed(axis, dim)))
    }

    /// A node that mixes the elements along these dimensions of its first operand, and takes nothing else that holds the
    /// batch. It may change the extents of these and of others.
    fn along_first(&self, dims: &[usize], strict: bool) -> Result<Layout, Mixed> {
        if (1..self.operands.len()).any(|i| self.batched(i).is_some()) {
            return Ok(Layout::Unknown);
        }
        let Some((shape, run)) = self.batched(0) else {
            return Ok(Layout::Unknown);
        };
        if let Some(dim) = dims
            .iter()
            .find(|dim| !stays(shape, run, self.batch, **dim))
        {
            return match strict {
                true => Err(Mixed::Along(self.axis(0).map_or(*dim, |axis| axis.dim))),
                false => Ok(Layout::Unknown),
            };
        }
        Ok(self.resized(shape, run))
    }

    /// The result of a node that changes extents within sequences. Dimensions that it takes away have one element before.
    fn resized(&self, shape: &[i64], run: i64) -> Layout {
        let Some(made) = self.made else {
            return Layout::Unknown;
        };
        if made.len() == shape.len() {
            let changed = (0..shape.len()).filter(|dim| made[*dim] != shape[*dim]);
            let changed: Vec<usize> = changed.collect();
            if changed
                .iter()
                .any(|dim| !stays(shape, run, self.batch, *dim))
            {
                return Layout::Unknown;
            }
            // Of the changed dimensions those inside a run count; all before them hold whole batches.
            let inside = |dim: &&usize| {
                let block = product(&shape[**dim..]);
                block.is_some_and(|block| block > 0 && run % block == 0)
            };
            let Some(&first) = changed.iter().find(inside) else {
                return Layout::Run(run);
            };
            return match (product(&shape[first..]), product(&made[first..])) {
                (Some(before), Some(after)) if before > 0 => (run / before)
                    .checked_mul(after)
                    .map_or(Layout::Unknown, Layout::Run),
                _ => Layout::Unknown,
            };
        }
        // Reduced dimensions are gone.
        let (Op::Reduce { dims, .. }, Some(axis)) = (self.op, self.axis(0)) else {
            return Layout::Unknown;
        };
        let gone = self.places(dims);
        let before = gone.iter().filter(|dim| **dim < axis.dim).count();
        self.placed(axis, axis.dim - before)
    }

    /// Operands whose dimensions are aligned from the last one on.
    fn broadcast(&self) -> Result<Layout, Mixed> {
        let Some(made) = self.made else {
            return Ok(Layout::Unknown);
        };
        let batched = (0..self.operands.len()).filter(|i| self.batched(*i).is_some());
        let aligned = batched.map(|i| {
            let (shape, run) = self.batched(i)?;
            match self.axis(i) {
                Some(axis) => {
                    let dim = axis.dim + made.len().checked_sub(shape.len())?;
                    Some((self.placed(axis, dim), Some(dim), self.depends(i)))
                }
                None if shape == made => Some((Layout::Run(run), None, self.depends(i))),
                None => None,
            }
        });
        let Some(aligned) = aligned.collect::<Option<Vec<_>>>() else {
            return Ok(Layout::Unknown);
        };
        agree(&aligned)
    }

    fn convolution(&self, groups: i64) -> Result<Layout, Mixed> {
        let Some(weight) = self.state(1).and_then(|state| state.shape.as_deref()) else {
            return Ok(Layout::Unknown);
        };
        let kernel = weight.get(2..).unwrap_or_default();
        let Some(channels) = self.rank(0).checked_sub(kernel.len() + 1) else {
            return Ok(Layout::Unknown);
        };
        let wide = kernel.iter().enumerate().filter(|(_, k)| **k > 1);
        let mut dims: Vec<usize> = wide.map(|(i, _)| channels + 1 + i).collect();
        if groups == 1 {
            dims.push(channels);
        }
        self.along_first(&dims, true)
    }

    /// Along steps and features, from states that hold the batch in their second dimension.
    fn recurrent(&self, batch_first: bool) -> Result<Layout, Mixed> {
        let rank = self.rank(0);
        let states_agree = [1, 2].into_iter().all(|i| {
            self.batched(i).is_none()
                || self.axis(i).map(|axis| (axis.dim, axis.outer, axis.inner)) == Some((1, 1, 1))
        });
        let Some((shape, run)) = self.batched(0).filter(|_| rank == 3) else {
            return Ok(Layout::Unknown);
        };
        for dim in [usize::from(batch_first), 2] {
            if !stays(shape, run, self.batch, dim) {
                return Err(Mixed::Along(dim));
            }
        }
        match states_agree {
            true => Ok(self.resized(shape, run)),
            false => Ok(Layout::Unknown),
        }
    }

    /// Of queries, keys, values and a mask.
    fn attention(&self, causal: bool) -> Result<Layout, Mixed> {
        let Some(made) = self.made else {
            return Ok(Layout::Unknown);
        };
        let mut aligned = Vec::new();
        for i in 0..self.operands.len() {
            let Some((shape, run)) = self.batched(i) else {
                continue;
            };
            let Some(positions) = shape.len().checked_sub(2) else {
                return Ok(Layout::Unknown);
            };
            // Keys and values are mixed along their positions, everything along its features.
            let mixed: &[usize] = match i {
                0 => &[positions + 1],
                1 | 2 => &[positions, positions + 1],
                _ => &[],
            };
            let crosses = mixed
                .iter()
                .find(|dim| !stays(shape, run, self.batch, **dim));
            if let Some(dim) = crosses {
                return Err(Mixed::Along(*dim));
            }
            let Some(axis) = self.axis(i) else {
                return Ok(Layout::Unknown);
            };
            if axis.dim >= positions && (causal || i > 2) {
                return Ok(Layout::Unknown);
            }
            let Some(shift) = made.len().checked_sub(shape.len()) else {
                return Ok(Layout::Unknown);
            };
            let dim = axis.dim + shift;
            aligned.push((self.placed(axis, dim), Some(dim), self.depends(i)));
        }
        agree(&aligned)
    }

    /// A matrix product, which mixes along the last dimension of the left and the last but one of the right.
    fn product(&self, left: usize, right: usize) -> Result<Layout, Mixed> {
        let Some(made) = self.made else {
            return Ok(Layout::Unknown);
        };
        let mut aligned = Vec::new();
        for (i, from_end) in [(left, 1), (right, 2)] {
            let Some((shape, run)) = self.batched(i) else {
                continue;
            };
            let Some(inner) = shape.len().checked_sub(from_end) else {
                return Ok(Layout::Unknown);
            };
            if !stays(shape, run, self.batch, inner) {
                return match self.depends(i) {
                    true => Err(Mixed::Along(inner)),
                    false => Ok(Layout::Unknown),
                };
            }
            let other = if i == left { right } else { left };
            match (self.axis(i), made.len().checked_sub(shape.len())) {
                (Some(axis), Some(shift)) => {
                    let dim = axis.dim + shift;
                    aligned.push((self.placed(axis, dim), Some(dim), self.depends(i)));
                }
                (None, Some(0)) if i == left && self.rank(other) == 2 => {
                    aligned.push((self.resized(shape, run), None, self.depends(i)));
                }
                (None | Some(_), _) => return Ok(Layout::Unknown),
            }
        }
        if (left, right) != (0, 1) && self.batched(0).is_some() {
            return Ok(Layout::Unknown);
        }
        agree(&aligned)
    }

    fn einsum(&self, equation: &str) -> Result<Layout, Mixed> {
        let Some((terms, result)) = equation.split_once("->") else {
            return Ok(Layout::Unknown);
        };
        let result: Vec<char> = result.trim().chars().collect();
        let mut aligned = Vec::new();
        for (i, term) in terms.split(',').enumerate() {
            if self.batched(i).is_none() {
                continue;
            }
            let letters: Vec<char> = term.trim().chars().collect();
            let once = |letter: &char| letters.iter().filter(|l| *l == letter).count() == 1;
            let Some(axis) = self.axis(i).filter(|_| letters.len() == self.rank(i)) else {
                return Ok(Layout::Unknown);
            };
            let letter = letters[axis.dim];
            if !letters.iter().all(once) || !letter.is_alphabetic() {
                return Ok(Layout::Unknown);
            }
            match result.iter().position(|l| *l == letter) {
                Some(dim) => aligned.push((self.placed(axis, dim), Some(dim), self.depends(i))),
                None if self.depends(i) => return Err(Mixed::Along(axis.dim)),
                None => return Ok(Layout::Unknown),
            }
        }
        agree(&aligned)
    }

    /// A value whose only open size is the batch's.
    fn filled(&self, shape: &[Option<i64>]) -> Layout {
        let mut open = shape.iter().enumerate().filter(|(_, n)| n.is_none());
        let axis = |dim| Axis {
            dim,
            outer: 1,
            inner: 1,
        };
        match (open.next(), open.next()) {
            (None, _) => Layout::Absent,
            (Some((dim, _)), None) => self.placed(axis(dim), dim),
            (Some(_), Some(_)) => Layout::Unknown,
        }
    }

    fn expanded(&self, shape: &[Option<i64>]) -> Result<Layout, Mixed> {
        if self.state(0).map(|state| state.layout) == Some(Layout::Absent) {
            return Ok(self.filled(shape));
        }
        let grown = shape.len().saturating_sub(self.rank(0));
        let own = self.axis(0).map(|axis| axis.dim + grown);
        let others = shape.iter().enumerate();
        let others = others.filter(|(dim, n)| n.is_none() && Some(*dim) != own);
        match others.count() {
            0 => self.moved(|dim| Some(dim + grown)),
            _ => Ok(Layout::Unknown),
        }
    }

    fn slice(&self, dim: i64, (start, end, step): (i64, i64, i64)) -> Result<Layout, Mixed> {
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

    fn select(&self, dim: i64) -> Result<Layout, Mixed> {
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

    fn take(&self, dim: i64) -> Result<Layout, Mixed> {
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

    fn take_each(&self) -> Result<Layout, Mixed> {
        let Op::TakeEach { dim } = self.op else {
            return Ok(Layout::Unknown);
        };
        let dim = place(*dim, self.rank(0));
        let Some(indices) = self.axis(1).filter(|axis| Some(axis.dim) != dim) else {
            return Ok(Layout::Unknown);
        };
        let agrees = self.batched(0).is_none() || self.axis(0) == Some(indices);
        match agrees {
            true => Ok(self.placed(indices, indices.dim)),
            false => Ok(Layout::Unknown),
        }
    }

    fn concatenated(&self, dim: i64) -> Result<Layout, Mixed> {
        let Some(made) = self.made else {
            return Ok(Layout::Unknown);
        };
        let Some(dim) = place(dim, made.len()) else {
            return Ok(Layout::Unknown);
        };
        let axes: Option<Vec<Axis>> = (0..self.operands.len()).map(|i| self.axis(i)).collect();
        let Some([first, others @ ..]) = axes.as_deref() else {
            return Ok(Layout::Unknown);
        };
        let alike = |axis: &Axis| axis.dim == first.dim && axis.inner == first.inner;
        let one_outer = first.dim == dim || others.iter().all(|axis| axis.outer == first.outer);
        match others.iter().all(alike) && one_outer {
            true => Ok(self.placed(*first, first.dim)),
            false => Ok(Layout::Unknown),
        }
    }
}

/// Operands of one result: where each leaves the batch, in which dimension, and whether it depends on the sequences.
fn agree(aligned: &[(Layout, Option<usize>, bool)]) -> Result<Layout, Mixed> {
    let Some((first, _, _)) = aligned.first() else {
        return Ok(Layout::Absent);
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
        (Some(one), Some(other)) if one != other => Err(Mixed::Paired(one, other)),
        (_, _) => Ok(Layout::Unknown),
    }
}

/// Whether all elements along a dimension, the others as they are, belong to one sequence.
fn stays(shape: &[i64], run: i64, batch: i64, dim: usize) -> bool {
    let (Some(extent), Some(after)) = (shape.get(dim), shape.get(dim + 1..).and_then(product))
    else {
        return true;
    };
    let (Some(block), Some(period)) = (after.checked_mul(*extent), run.checked_mul(batch)) else {
        return true;
    };
    *extent <= 1 || block == 0 || run % block == 0 || (period > 0 && after % period == 0)
}
