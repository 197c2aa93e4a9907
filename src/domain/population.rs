//! Populations of backgrounds: null models and sets of real sequences.
//!
//! Invariant: background `i` depends on the seed, the population's identity and `i` alone. How many are asked for, in
//! which order and by whom is not known here.

use std::sync::Arc;

use super::{Alphabet, IdentityHasher, Null, Sampler, SequenceSet};

/// The order in which a finite set is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each once, in the order of the file.
    File,
    /// Each once, in a random order that depends on the seed.
    Drawn,
}

/// Where backgrounds come from. Background `i` depends on the seed, the population itself and `i` alone.
#[derive(Debug, Clone)]
pub enum Population {
    /// Drawn from a null model, without end.
    Null(Null),
    /// Real sequences, as many backgrounds as there are.
    Sequences {
        /// The sequences to use.
        set: Arc<SequenceSet>,
        /// Which of them is background `i`.
        order: Order,
    },
}

impl Population {
    /// Length of every background, in base pairs.
    pub fn length(&self) -> usize {
        match self {
            Population::Null(null) => null.length(),
            Population::Sequences { set, .. } => set.length(),
        }
    }

    /// The alphabet of every background.
    pub fn alphabet(&self) -> Alphabet {
        match self {
            Population::Null(null) => null.alphabet(),
            Population::Sequences { set, .. } => set.alphabet,
        }
    }

    /// How many backgrounds there are; None where they are drawn without end.
    pub fn size(&self) -> Option<usize> {
        match self {
            Population::Null(_) => None,
            Population::Sequences { set, .. } => Some(set.sequences.len()),
        }
    }

    /// A hash of what is drawn from: the null model and its parameters, or the bases of the set and how it is used.
    /// Paths and names of records play no part, so a moved file gives the same numbers.
    pub fn identity(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 population");
        match self {
            Population::Null(null) => IdentityHasher::hash(&**null, &mut hasher),
            Population::Sequences { set, order } => {
                let mut field = |bytes: &[u8]| {
                    hasher.update(bytes);
                };
                field(match order {
                    Order::File => b"file\0",
                    Order::Drawn => b"drawn\0",
                });
                field(self.alphabet().letters().as_bytes());
                for sequence in &set.sequences {
                    field(&(sequence.bases.len() as u64).to_le_bytes());
                    field(&sequence.bases);
                    if let Some(variant) = &sequence.variant {
                        field(&(variant.start as u64).to_le_bytes());
                        field(&(variant.removed as u64).to_le_bytes());
                        field(&(variant.inserted.len() as u64).to_le_bytes());
                        field(&variant.inserted);
                        field(&variant.beyond);
                    }
                }
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// What is needed to draw many backgrounds, prepared once for a run.
    pub fn sampler(&self, seed: u64) -> Sampler {
        Sampler::new(self, seed)
    }

    /// Writes background `index`, one code a base. For more than a few, prepare a [`Population::sampler`].
    ///
    /// # Panics
    /// As [`Sampler::fill`].
    pub fn background(&self, seed: u64, index: usize, out: &mut [u8]) {
        self.sampler(seed).fill(index, out);
    }

    /// The name of background `index` in a FASTA file: the record's own, or for example `uniform_000012`.
    ///
    /// # Panics
    /// As [`Sampler::name`].
    pub fn name(&self, seed: u64, index: usize) -> String {
        self.sampler(seed).name(index)
    }

    /// Memory of its sequences, in bytes; 0 for a null model.
    pub fn held(&self) -> u64 {
        match self {
            Population::Null(_) => 0,
            Population::Sequences { set, .. } => set.held_bytes(),
        }
    }

    /// A line for reports, for example `uniform, 1000 bp`.
    pub fn describe(&self) -> String {
        match self {
            Population::Null(null) => null.describe(),
            Population::Sequences { set, order } => {
                let kept = set.sequences.len();
                let count = match set.excluded.total() {
                    0 => kept.to_string(),
                    excluded => format!("{kept} of {}", kept + excluded),
                };
                let path = set.path.display();
                let length = set.length();
                let rna = set.alphabet.suffix();
                let order = match order {
                    Order::File => "",
                    Order::Drawn => " in drawn order",
                };
                format!("{path}, {count} sequences{order}{rna}, {length} bp")
            }
        }
    }
}
