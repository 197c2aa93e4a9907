//! The activation cache: values of a program that are kept after one pass or several.

use gia_model::ValueId;
use tch::{TchError, Tensor};

/// How much of a value is kept after a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    No,
    Whole,
    /// These positions of it, along this dimension.
    Range {
        dim: usize,
        from: i64,
        to: i64,
    },
}

impl Keep {
    /// The union of both.
    pub fn with(self, other: Keep) -> Keep {
        match (self, other) {
            (Keep::No, one) | (one, Keep::No) => one,
            (
                Keep::Range { dim, from, to },
                Keep::Range {
                    dim: other_dim,
                    from: other_from,
                    to: other_to,
                },
            ) if dim == other_dim => Keep::Range {
                dim,
                from: from.min(other_from),
                to: to.max(other_to),
            },
            _ => Keep::Whole,
        }
    }

    /// Number of elements that are kept of a value of this shape.
    pub fn numbers(self, shape: &[i64]) -> i64 {
        let all: i64 = shape.iter().product();
        match self {
            Keep::No => 0,
            Keep::Whole => all,
            Keep::Range { dim, from, to } => all / shape[dim].max(1) * (to - from),
        }
    }
}

/// Collects the values of some sequences, pass by pass.
pub struct Keeper {
    /// By value.
    keep: Vec<Keep>,
    /// Values that are the same for all sequences, of which one is kept.
    alike: Vec<bool>,
    kept: Vec<Option<Tensor>>,
    sequences: i64,
    /// Sequences of earlier passes, and of this one; more go along where a pass is filled up.
    done: i64,
    now: i64,
}

impl Keeper {
    pub fn new(keep: &[Keep], alike: Vec<bool>, sequences: usize) -> Keeper {
        Keeper {
            keep: keep.to_vec(),
            alike,
            kept: keep.iter().map(|_| None).collect(),
            sequences: sequences as i64,
            done: 0,
            now: 0,
        }
    }

    /// A pass begins whose first so many sequences are wanted.
    pub fn begin(&mut self, sequences: usize) {
        self.done += self.now;
        self.now = sequences as i64;
    }

    /// Whether a value's own memory is kept, and not a copy.
    pub fn holds(&self, id: ValueId) -> bool {
        self.keep[id.0] == Keep::Whole && self.now == self.sequences
    }

    /// Keeps what is to be kept of a value that a pass has made.
    pub fn note(&mut self, id: ValueId, value: &Tensor) -> Result<(), TchError> {
        let kept = &mut self.kept[id.0];
        let part = match self.keep[id.0] {
            Keep::No => return Ok(()),
            Keep::Whole if self.alike[id.0] => {
                if kept.is_none() && value.dim() > 0 {
                    *kept = Some(value.f_narrow(0, 0, 1)?);
                }
                return Ok(());
            }
            Keep::Whole if self.now == self.sequences => {
                *kept = Some(value.shallow_clone());
                return Ok(());
            }
            Keep::Whole => value.f_narrow(0, 0, self.now)?,
            // A position's numbers lie beside each other then, as windows take them.
            Keep::Range { dim, from, to } => value
                .f_narrow(0, 0, self.now)?
                .f_narrow(dim as i64, from, to - from)?
                .f_movedim_int(dim as i64, 1)?,
        };
        let all = match kept.take() {
            Some(all) => all,
            None => {
                let mut shape = part.size();
                shape[0] = self.sequences;
                Tensor::f_empty(shape, (part.kind(), part.device()))?
            }
        };
        all.f_narrow(0, self.done, self.now)?.f_copy_(&part)?;
        *kept = Some(all);
        Ok(())
    }

    /// What was kept, by value; a part with its positions behind the batch: (sequence, position, all else).
    pub fn into_kept(self) -> Vec<Option<Tensor>> {
        self.kept
    }
}
