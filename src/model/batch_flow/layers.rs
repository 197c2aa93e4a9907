//! Layout rules of layers and matrix products.

use super::BatchLayout;
use super::cause::MixingCause;
use super::rules::{LayoutRule, combine_layouts, is_within_one_sequence};
use crate::graph::RecurrentResult;

impl LayoutRule<'_> {
    pub(super) fn convolution(&self, groups: i64) -> Result<BatchLayout, MixingCause> {
        let Some(weight) = self.state(1).and_then(|state| state.shape.as_deref()) else {
            return Ok(BatchLayout::Unknown);
        };
        let kernel = weight.get(2..).unwrap_or_default();
        let Some(channels) = self.rank(0).checked_sub(kernel.len() + 1) else {
            return Ok(BatchLayout::Unknown);
        };
        let wide = kernel.iter().enumerate().filter(|(_, k)| **k > 1);
        let mut dims: Vec<usize> = wide.map(|(i, _)| channels + 1 + i).collect();
        if groups == 1 {
            dims.push(channels);
        }
        self.mixing_along(&dims, true)
    }

    /// The layer mixes steps and features; its states hold the batch in their second dimension.
    pub(super) fn recurrent(
        &self,
        batch_first: bool,
        result: RecurrentResult,
    ) -> Result<BatchLayout, MixingCause> {
        let rank = self.rank(0);
        let states_agree = [1, 2].into_iter().all(|i| {
            self.batched(i).is_none()
                || self.axis(i).map(|axis| (axis.dim, axis.outer, axis.inner)) == Some((1, 1, 1))
        });
        let Some((shape, run)) = self.batched(0).filter(|_| rank == 3) else {
            return Ok(BatchLayout::Unknown);
        };
        for dim in [usize::from(batch_first), 2] {
            if !is_within_one_sequence(shape, run, self.batch, dim) {
                return Err(MixingCause::Along(dim));
            }
        }
        match (states_agree, result, self.axis(0)) {
            (true, RecurrentResult::States, _) => Ok(self.resized(shape, run)),
            (true, RecurrentResult::LastCell, Some(axis)) => Ok(self.with_batch_at(axis, 1)),
            (true | false, _, _) => Ok(BatchLayout::Unknown),
        }
    }

    /// Operands: queries, keys, values and an optional mask.
    pub(super) fn attention(&self, causal: bool) -> Result<BatchLayout, MixingCause> {
        let Some(made) = self.made else {
            return Ok(BatchLayout::Unknown);
        };
        let mut aligned = Vec::new();
        for i in 0..self.operands.len() {
            let Some((shape, run)) = self.batched(i) else {
                continue;
            };
            let Some(positions) = shape.len().checked_sub(2) else {
                return Ok(BatchLayout::Unknown);
            };
            // Attention mixes the positions of keys and values, and the features of all operands.
            let mixed: &[usize] = match i {
                0 => &[positions + 1],
                1 | 2 => &[positions, positions + 1],
                _ => &[],
            };
            let crosses = mixed
                .iter()
                .find(|dim| !is_within_one_sequence(shape, run, self.batch, **dim));
            if let Some(dim) = crosses {
                return Err(MixingCause::Along(*dim));
            }
            let Some(axis) = self.axis(i) else {
                return Ok(BatchLayout::Unknown);
            };
            if axis.dim >= positions && (causal || i > 2) {
                return Ok(BatchLayout::Unknown);
            }
            let Some(shift) = made.len().checked_sub(shape.len()) else {
                return Ok(BatchLayout::Unknown);
            };
            let dim = axis.dim + shift;
            aligned.push((self.with_batch_at(axis, dim), Some(dim), self.depends(i)));
        }
        combine_layouts(&aligned)
    }

    /// A matrix product: mixes the last dimension of the left operand and the last but one of the right.
    pub(super) fn product(&self, left: usize, right: usize) -> Result<BatchLayout, MixingCause> {
        let Some(made) = self.made else {
            return Ok(BatchLayout::Unknown);
        };
        let mut aligned = Vec::new();
        for (i, from_end) in [(left, 1), (right, 2)] {
            let Some((shape, run)) = self.batched(i) else {
                continue;
            };
            let Some(inner) = shape.len().checked_sub(from_end) else {
                return Ok(BatchLayout::Unknown);
            };
            if !is_within_one_sequence(shape, run, self.batch, inner) {
                return match self.depends(i) {
                    true => Err(MixingCause::Along(inner)),
                    false => Ok(BatchLayout::Unknown),
                };
            }
            let other = if i == left { right } else { left };
            match (self.axis(i), made.len().checked_sub(shape.len())) {
                (Some(axis), Some(shift)) => {
                    let dim = axis.dim + shift;
                    aligned.push((self.with_batch_at(axis, dim), Some(dim), self.depends(i)));
                }
                (None, Some(0)) if i == left && self.rank(other) == 2 => {
                    aligned.push((self.resized(shape, run), None, self.depends(i)));
                }
                (None | Some(_), _) => return Ok(BatchLayout::Unknown),
            }
        }
        if (left, right) != (0, 1) && self.batched(0).is_some() {
            return Ok(BatchLayout::Unknown);
        }
        combine_layouts(&aligned)
    }

    pub(super) fn einsum(&self, equation: &str) -> Result<BatchLayout, MixingCause> {
        let Some((terms, result)) = equation.split_once("->") else {
            return Ok(BatchLayout::Unknown);
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
                return Ok(BatchLayout::Unknown);
            };
            let letter = letters[axis.dim];
            if !letters.iter().all(once) || !letter.is_alphabetic() {
                return Ok(BatchLayout::Unknown);
            }
            match result.iter().position(|l| *l == letter) {
                Some(dim) => {
                    aligned.push((self.with_batch_at(axis, dim), Some(dim), self.depends(i)))
                }
                None if self.depends(i) => return Err(MixingCause::Along(axis.dim)),
                None => return Ok(BatchLayout::Unknown),
            }
        }
        combine_layouts(&aligned)
    }
}
