//! Where layers and products leave the batch.

use super::Layout;
use super::cause::Mixed;
use super::rules::{Rule, agree, stays};

impl Rule<'_> {
    pub(super) fn convolution(&self, groups: i64) -> Result<Layout, Mixed> {
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
    pub(super) fn recurrent(&self, batch_first: bool) -> Result<Layout, Mixed> {
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
    pub(super) fn attention(&self, causal: bool) -> Result<Layout, Mixed> {
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
    pub(super) fn product(&self, left: usize, right: usize) -> Result<Layout, Mixed> {
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

    pub(super) fn einsum(&self, equation: &str) -> Result<Layout, Mixed> {
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
}
