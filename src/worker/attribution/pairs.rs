//! Values of input and reference side by side, and element-wise work on them in blocks that fit a cache.

use std::ops::Range;

use tch::{Device, Tensor};

use super::line::Result;

/// Bytes of a block's values of the references. With the temporaries of a rule, a block stays in the caches of a processor's cores, where a pass over
/// all pairs would go through memory.
const BLOCK_BYTES: usize = 1 << 18;

/// The values of the first operand for input and reference. The reference has a row for each pair, the input for each `per_row` pairs.
pub struct Pair<'p> {
    pub input: &'p Tensor,
    pub reference: &'p Tensor,
    pub per_row: i64,
}

/// Some of the pairs: tensors of shape (rows, pairs of each row, ...).
pub struct Block {
    /// One for all pairs of a row.
    pub input: Tensor,
    pub reference: Tensor,
    /// The multipliers of the result.
    pub multiplier: Tensor,
    /// Where the multipliers of the operand are written.
    pub handed: Tensor,
}

impl Pair<'_> {
    /// Whether the rows of input and reference belong together.
    pub fn fits(&self) -> bool {
        let (own, size) = (self.input.size(), self.reference.size());
        match (own.split_first(), size.split_first()) {
            (Some((rows, own)), Some((pairs, size))) => {
                rows * self.per_row == *pairs && own == size && self.per_row > 0
            }
            _ => false,
        }
    }

    /// The input, of which each row stands for its pairs without a copy: (rows, 1, ...).
    pub fn shared(&self) -> Result<Tensor> {
        self.input.f_unsqueeze(1)
    }

    /// A tensor over pairs as (rows, pairs of each row, ...).
    pub fn by_row(&self, of_pairs: &Tensor) -> Result<Tensor> {
        let size = of_pairs.size();
        let shape: Vec<i64> = [self.input.size()[0], self.per_row]
            .into_iter()
            .chain(size.into_iter().skip(1))
            .collect();
        of_pairs.f_reshape(&shape)
    }

    /// Calls `write` for all pairs, block by block. Requires [`Pair::fits`].
    pub fn for_blocks(
        &self,
        multiplier: &Tensor,
        handed: &Tensor,
        write: impl Fn(&Block) -> Result<()>,
    ) -> Result<()> {
        let (input, reference) = (self.shared()?, self.by_row(self.reference)?);
        let (multiplier, handed) = (self.by_row(multiplier)?, self.by_row(handed)?);
        let rows = self.input.size()[0] as usize;
        for (rows, pairs) in self.blocks(rows, self.per_row as usize) {
            let part = |x: &Tensor, pairs: &Range<usize>| -> Result<Tensor> {
                x.f_narrow(0, rows.start as i64, rows.len() as i64)?
                    .f_narrow(1, pairs.start as i64, pairs.len() as i64)
            };
            write(&Block {
                input: part(&input, &(0..1))?,
                reference: part(&reference, &pairs)?,
                multiplier: part(&multiplier, &pairs)?,
                handed: part(&handed, &pairs)?,
            })?;
        }
        Ok(())
    }

    /// Ranges of rows, and of the pairs of each: whole rows if they fit, or else some pairs of one.
    fn blocks(&self, rows: usize, per_row: usize) -> Vec<(Range<usize>, Range<usize>)> {
        if self.reference.device() != Device::Cpu {
            return vec![(0..rows, 0..per_row)];
        }
        let bytes = self.reference.numel() * self.reference.kind().elt_size_in_bytes();
        let per_pair = (bytes / (rows * per_row).max(1)).max(1);
        let pairs = (BLOCK_BYTES / per_pair).max(1);
        let (rows_each, pairs_each) = ((pairs / per_row).max(1), pairs.min(per_row));
        let starts = (0..rows).step_by(rows_each);
        starts
            .flat_map(|row| {
                let rows = row..rows.min(row + rows_each);
                let starts = (0..per_row).step_by(pairs_each);
                starts.map(move |pair| (rows.clone(), pair..per_row.min(pair + pairs_each)))
            })
            .collect()
    }
}

/// A tensor with the numbers of `of` in the order in memory of `value`, so that both are read along memory. Without a copy where they are in that order
/// already, and where `value` repeats or leaves out places.
pub fn in_memory_order(of: &Tensor, value: &Tensor) -> Result<Tensor> {
    let strides = value.stride();
    if of.size() != value.size() || of.stride() == strides || !is_dense(&value.size(), &strides) {
        return Ok(of.shallow_clone());
    }
    let mut ordered = Tensor::f_empty_strided(value.size(), strides, (of.kind(), of.device()))?;
    ordered.f_copy_(of)?;
    Ok(ordered)
}

/// Whether strides cover memory without gaps and repetition.
fn is_dense(size: &[i64], strides: &[i64]) -> bool {
    let mut dimensions: Vec<(i64, i64)> =
        strides.iter().copied().zip(size.iter().copied()).collect();
    dimensions.retain(|(_, size)| *size != 1);
    dimensions.sort_unstable();
    let mut covered = 1;
    dimensions.into_iter().all(|(stride, size)| {
        let fits = stride == covered;
        covered *= size;
        fits
    })
}
