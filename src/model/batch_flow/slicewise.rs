//! Layout rule of functions along some dimensions.

use super::BatchLayout;
use super::cause::MixingCause;
use super::rules::{LayoutRule, combine_layouts, is_within_one_sequence};
use crate::graph::{Function, Usage};

impl LayoutRule<'_> {
    /// A function mixes all elements along its dimensions. Every operand that holds the batch has to hold it in the same dimension.
    pub(super) fn slicewise(&self, function: &Function) -> Result<BatchLayout, MixingCause> {
        let (slices, rank) = (function.slices(), self.rank(0));
        let Some(mixed) = slices.mixed(rank) else {
            return Ok(BatchLayout::Unknown);
        };
        let mut aligned = Vec::new();
        for i in 0..self.operands.len() {
            let Some((shape, run)) = self.batched(i) else {
                continue;
            };
            if shape.len() != rank {
                return Ok(BatchLayout::Unknown);
            }
            let crosses = mixed
                .iter()
                .find(|dim| !is_within_one_sequence(shape, run, self.batch, **dim));
            let Some(axis) = self.axis(i) else {
                return Ok(BatchLayout::Unknown);
            };
            if crosses.is_some() {
                let picks = function.usage(i) == Usage::Indices;
                return match self.depends(i) && !picks {
                    true => Err(MixingCause::Along(axis.dim)),
                    false => Ok(BatchLayout::Unknown),
                };
            }
            let Some(dim) = slices.index_of(axis.dim, rank) else {
                return Ok(BatchLayout::Unknown);
            };
            aligned.push((self.with_batch_at(axis, dim), Some(dim), self.depends(i)));
        }
        // Slices of other operands that hold no batch are the same for all sequences, but the input has to hold it.
        match self.batched(0) {
            Some(_) => combine_layouts(&aligned),
            None => Ok(BatchLayout::Unknown),
        }
    }
}
