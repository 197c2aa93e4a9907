//! The activation cache: activations of backgrounds, collected over one or more passes.

use gia_model::ValueId;
use tch::{TchError, Tensor};

/// The part of a value that is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachedPart {
    Nothing,
    Full,
    /// Positions `from..to` along dimension `dim`.
    Range {
        dim: usize,
        from: i64,
        to: i64,
    },
}

impl CachedPart {
    /// The smallest part that covers both.
    pub fn union(self, other: CachedPart) -> CachedPart {
        match (self, other) {
            (CachedPart::Nothing, one) | (one, CachedPart::Nothing) => one,
            (
                CachedPart::Range { dim, from, to },
                CachedPart::Range {
                    dim: other_dim,
                    from: other_from,
                    to: other_to,
                },
            ) if dim == other_dim => CachedPart::Range {
                dim,
                from: from.min(other_from),
                to: to.max(other_to),
            },
            _ => CachedPart::Full,
        }
    }

    /// Number of cached elements of a value of this shape.
    pub fn elements(self, shape: &[i64]) -> i64 {
        let all: i64 = shape.iter().product();
        match self {
            CachedPart::Nothing => 0,
            CachedPart::Full => all,
            CachedPart::Range { dim, from, to } => all / shape[dim].max(1) * (to - from),
        }
    }
}

/// Collects the activations of several sequences, pass by pass.
pub struct ActivationCache {
    /// Indexed by value.
    parts: Vec<CachedPart>,
    /// Indexed by value: whether it is the same for all sequences, so that one copy is cached.
    is_constant: Vec<bool>,
    cached: Vec<Option<Tensor>>,
    /// Total number of sequences.
    sequences: i64,
    /// Number of sequences in earlier passes.
    earlier: i64,
    /// Number of sequences in this pass, without those that pad its batch.
    in_pass: i64,
}

impl ActivationCache {
    pub fn new(parts: &[CachedPart], is_constant: Vec<bool>, sequences: usize) -> ActivationCache {
        ActivationCache {
            parts: parts.to_vec(),
            is_constant,
            cached: parts.iter().map(|_| None).collect(),
            sequences: sequences as i64,
            earlier: 0,
            in_pass: 0,
        }
    }

    /// Starts a pass whose first `sequences` rows are to be cached; further rows are padding.
    pub fn begin_pass(&mut self, sequences: usize) {
        self.earlier += self.in_pass;
        self.in_pass = sequences as i64;
    }

    /// Whether the cache shares the memory of a value instead of copying it, so that it must not be overwritten.
    pub fn shares_memory(&self, id: ValueId) -> bool {
        self.parts[id.0] == CachedPart::Full && self.in_pass == self.sequences
    }

    /// Caches the requested part of a value.
    pub fn store(&mut self, id: ValueId, value: &Tensor) -> Result<(), TchError> {
        let cached = &mut self.cached[id.0];
        let part = match self.parts[id.0] {
            CachedPart::Nothing => return Ok(()),
            CachedPart::Full if self.is_constant[id.0] => {
                if cached.is_none() && value.dim() > 0 {
                    *cached = Some(value.f_narrow(0, 0, 1)?);
                }
                return Ok(());
            }
            CachedPart::Full if self.in_pass == self.sequences => {
                *cached = Some(value.shallow_clone());
                return Ok(());
            }
            CachedPart::Full => value.f_narrow(0, 0, self.in_pass)?,
            // Position becomes the second dimension, so that windows are contiguous slices.
            CachedPart::Range { dim, from, to } => value
                .f_narrow(0, 0, self.in_pass)?
                .f_narrow(dim as i64, from, to - from)?
                .f_movedim_int(dim as i64, 1)?,
        };
        let all = match cached.take() {
            Some(all) => all,
            None => {
                let mut shape = part.size();
                shape[0] = self.sequences;
                Tensor::f_empty(shape, (part.kind(), part.device()))?
            }
        };
        all.f_narrow(0, self.earlier, self.in_pass)?
            .f_copy_(&part)?;
        *cached = Some(all);
        Ok(())
    }

    /// The cached activations, indexed by value. A cached range has the shape (sequence, position, ...).
    pub fn into_activations(self) -> Vec<Option<Tensor>> {
        self.cached
    }
}
