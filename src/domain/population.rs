//! Populations of backgrounds: null models and sets of real sequences.
//!
//! Invariant: background `i` depends only on the seed, the identity of the population, and `i`; not on how many backgrounds are drawn or
//! in which order.

use std::sync::Arc;

use super::{Alphabet, IdentityHasher, Null, Sampler, Sequence, SequenceSet};

/// The order in which the sequences of a finite set become backgrounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each once, in the order of the file.
    File,
    /// Each once, in a random order that depends on the seed.
    Drawn,
}

/// A source of backgrounds: a null model or a set of sequences.
#[derive(Debug, Clone)]
pub enum Population {
    /// An unlimited number of draws from a null model.
    Null(Null),
    /// Real sequences, each of which is one background.
    Sequences {
        /// The sequences to use.
        set: Arc<SequenceSet>,
        /// The order in which they become backgrounds.
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

    /// Number of backgrounds; None if unlimited.
    pub fn size(&self) -> Option<usize> {
        match self {
            Population::Null(_) => None,
            Population::Sequences { set, .. } => Some(set.sequences.len()),
        }
    }

    /// The first sequences of a set as a population of their own; None for a null model, and if there are not as many.
    pub fn head(&self, count: usize) -> Option<Population> {
        match self {
            Population::Null(_) => None,
            Population::Sequences { set, .. } if set.sequences.len() == count => Some(self.clone()),
            Population::Sequences { set, order } => Some(Population::Sequences {
                set: Arc::new(set.head(count)?),
                order: *order,
            }),
        }
    }

    /// The sequences of a set that are none of these; None for a null model, and if none is left.
    pub fn without_sequences(&self, these: &[&Sequence]) -> Option<Population> {
        match self {
            Population::Null(_) => None,
            Population::Sequences { set, order } => Some(Population::Sequences {
                set: Arc::new(set.without(these)?),
                order: *order,
            }),
        }
    }

    /// The sequences of a set, each window with a variant once with either allele; None for a null model and a set without variants.
    pub fn with_both_alleles(&self) -> Option<Population> {
        match self {
            Population::Sequences { set, order } if self.carries_variants() => {
                Some(Population::Sequences {
                    set: Arc::new(set.with_both_alleles()),
                    order: *order,
                })
            }
            Population::Sequences { .. } | Population::Null(_) => None,
        }
    }

    /// Whether every background carries a variant.
    pub fn carries_variants(&self) -> bool {
        match self {
            Population::Sequences { set, .. } => {
                set.sequences.iter().all(|one| one.variant.is_some())
            }
            Population::Null(null) => null.carries_variants(),
        }
    }

    /// A hash of the null model and its parameters, or of the bases of the set and their order. Paths and record names are not
    /// included, so a moved file gives the same draws.
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
                        if !variant.before.is_empty() {
                            field(&variant.before);
                        }
                    }
                }
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// Prepares the population for drawing many backgrounds.
    pub fn sampler(&self, seed: u64) -> Sampler {
        Sampler::new(self, seed)
    }

    /// Writes the base codes of background `index`. To draw many, use a [`Population::sampler`].
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

    /// Memory used by its sequences, in bytes; 0 for a null model.
    pub fn memory_bytes(&self) -> u64 {
        match self {
            Population::Null(_) => 0,
            Population::Sequences { set, .. } => set.memory_bytes(),
        }
    }

    /// One-line description for reports, for example `uniform, 1000 bp`.
    pub fn describe(&self) -> String {
        match self {
            Population::Null(null) => null.describe(),
            Population::Sequences { set, order } => {
                let kept = set.sequences.len();
                let count = match (set.excluded.total(), &set.label) {
                    (0, _) | (_, Some(_)) => kept.to_string(),
                    (excluded, None) => format!("{kept} of {}", kept + excluded),
                };
                let title = set.title();
                let length = set.length();
                let rna = set.alphabet.suffix();
                if kept == 1 && set.excluded.is_empty() {
                    return format!("{title}, one sequence{rna}, {length} bp");
                }
                let order = match order {
                    Order::File => "",
                    Order::Drawn => " in drawn order",
                };
                format!("{title}, {count} sequences{order}{rna}, {length} bp")
            }
        }
    }
}
