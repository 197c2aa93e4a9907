//! Draws the backgrounds of one population for one seed.
//!
//! Invariant: drawing depends only on prepared data and the index, so threads can share a sampler.

mod draw;

use std::fmt::Debug;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::random::{Purpose, stream};
use super::{Order, Origin, Population, Sequence, SequenceSet, Variant};
use draw::permutation;

pub(super) use draw::{choose, cumulative_sums, draw_base, thresholds};

/// A population prepared for drawing with one seed.
#[derive(Debug, Clone)]
pub struct Sampler {
    identity: [u8; 32],
    length: usize,
    /// Prefix of the names of backgrounds without a record name.
    numbered: &'static str,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Null(Arc<dyn NullSampler>),
    Sequences {
        set: Arc<SequenceSet>,
        /// Index of the sequence that is background `i`; None for the order of the file.
        permutation: Option<Arc<[u32]>>,
    },
}

/// A null model prepared for drawing with one seed.
pub trait NullSampler: Debug + Send + Sync {
    /// Writes the base codes of one background.
    fn draw(&self, address: Address, out: &mut [u8]);

    /// The sequence of a file that one background is made from; None if backgrounds are drawn independently of each other.
    fn source(&self, address: Address) -> Option<&Sequence>;

    /// The variant that background `index` carries.
    fn variant(&self, _index: usize) -> Option<&Variant> {
        None
    }

    /// The name of background `index`, if it is derived from the name of a source sequence.
    fn name(&self, _index: usize) -> Option<String> {
        None
    }
}

/// The random streams of one null model for one seed.
pub struct Streams<'a> {
    seed: u64,
    identity: &'a [u8; 32],
}

impl Streams<'_> {
    /// The generator of the model; [`Address::seek`] selects the stream of a background.
    pub(super) fn generator(&self) -> ChaCha8Rng {
        stream(Purpose::Background, self.seed, &[self.identity], 0)
    }

    /// A sampler of a source population of the null model.
    pub(super) fn sampler_of(&self, population: &Population) -> Sampler {
        Sampler::new(population, self.seed)
    }
}

/// The address of a draw: the background, and the number of its rejected draws so far.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    pub(super) index: usize,
    pub(super) attempt: u64,
}

/// Position of the attempt in a stream number; the lower bits hold the background.
const ATTEMPT_SHIFT: u32 = 40;

impl Address {
    /// The generator at the start of the stream of this draw.
    pub(super) fn seek(self, generator: &ChaCha8Rng) -> ChaCha8Rng {
        let mut generator = generator.clone();
        generator.set_stream(self.index as u64 | self.attempt << ATTEMPT_SHIFT);
        generator
    }
}

impl Sampler {
    pub(super) fn new(population: &Population, seed: u64) -> Sampler {
        let identity = population.identity();
        let (source, numbered) = match population {
            Population::Null(null) => {
                let streams = Streams {
                    seed,
                    identity: &identity,
                };
                (Source::Null(null.sampler(&streams)), null.name())
            }
            Population::Sequences { set, order } => {
                let permutation = match order {
                    Order::File => None,
                    Order::Drawn => Some(permutation(
                        stream(Purpose::Order, seed, &[&identity], 0),
                        set.sequences.len(),
                    )),
                };
                let set = Arc::clone(set);
                (Source::Sequences { set, permutation }, "sequence")
            }
        };
        Sampler {
            identity: edits_identity(population, identity),
            length: population.length(),
            numbered,
            source,
        }
    }

    /// The identity that addresses the random choices of edits: [`Population::identity`] or, for a conditioned null model, the identity
    /// of its source.
    pub fn identity(&self) -> &[u8; 32] {
        &self.identity
    }

    /// Length of every background, in base pairs.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Writes the base codes of background `index`.
    ///
    /// # Panics
    /// If `out` does not have the length of the backgrounds, or `index` is outside a finite set.
    pub fn fill(&self, index: usize, out: &mut [u8]) {
        assert_eq!(out.len(), self.length, "one byte a base");
        self.draw(Address { index, attempt: 0 }, out);
    }

    pub(super) fn draw(&self, address: Address, out: &mut [u8]) {
        match &self.source {
            Source::Null(sampler) => sampler.draw(address, out),
            Source::Sequences { set, permutation } => {
                let sequence = &set.sequences[source_index(permutation, address.index)];
                out.copy_from_slice(&sequence.bases);
            }
        }
    }

    /// The sequence of a file that background `index` is or was made from, as a shuffle is; None if it was drawn independently of
    /// all others.
    ///
    /// # Panics
    /// If `index` is outside a finite set.
    pub fn source(&self, index: usize) -> Option<&Sequence> {
        self.source_at(Address { index, attempt: 0 })
    }

    pub(super) fn source_at(&self, address: Address) -> Option<&Sequence> {
        match &self.source {
            Source::Null(sampler) => sampler.source(address),
            Source::Sequences { set, permutation } => {
                Some(&set.sequences[source_index(permutation, address.index)])
            }
        }
    }

    /// Number of backgrounds; None if unlimited.
    pub(super) fn size(&self) -> Option<usize> {
        match &self.source {
            Source::Sequences { set, .. } => Some(set.sequences.len()),
            Source::Null(_) => None,
        }
    }

    /// The address with its index modulo the size of a finite set.
    pub(super) fn wrap(&self, address: Address) -> Address {
        match self.size() {
            Some(size) => Address {
                index: address.index % size,
                ..address
            },
            None => address,
        }
    }

    /// The base codes of background `index`, modulo the size of a finite set.
    pub fn background_cyclic(&self, index: usize) -> Vec<u8> {
        self.background(self.wrap(Address { index, attempt: 0 }).index)
    }

    /// The base codes of background `index`.
    ///
    /// # Panics
    /// If `index` is outside a finite set.
    pub fn background(&self, index: usize) -> Vec<u8> {
        let mut bases = vec![0; self.length];
        self.fill(index, &mut bases);
        bases
    }

    /// The variant of background `index`, if it has one.
    pub fn variant(&self, index: usize) -> Option<&Variant> {
        match &self.source {
            Source::Sequences { set, permutation } => set.sequences
                [source_index(permutation, index)]
            .variant
            .as_deref(),
            Source::Null(sampler) => sampler.variant(index),
        }
    }

    /// The name of background `index` in a FASTA file: the name of its record, or for example `uniform_000012`. Shuffles of a record are
    /// named `NAME_shuffled_0`, `NAME_shuffled_1` and so on.
    ///
    /// # Panics
    /// If `index` is outside a finite set.
    pub fn name(&self, index: usize) -> String {
        match &self.source {
            Source::Sequences { set, permutation } => {
                set.sequences[source_index(permutation, index)].name.clone()
            }
            Source::Null(sampler) => sampler
                .name(index)
                .unwrap_or_else(|| format!("{}_{index:06}", self.numbered)),
        }
    }

    /// The name of a background that `model` derives from a finite set: `NAME_MODEL_ROUND`, with rounds over the set from 0.
    pub(super) fn name_in_round(&self, model: &str, index: usize) -> Option<String> {
        let size = self.size()?;
        let name = self.name(index % size);
        Some(format!("{name}_{model}_{}", index / size))
    }
}

/// The identity for random choices of edits, which do not depend on the conditioning of backgrounds.
fn edits_identity(population: &Population, identity: [u8; 32]) -> [u8; 32] {
    let Population::Null(null) = population else {
        return identity;
    };
    match null.origin() {
        Origin::Conditioned(conditioned) => conditioned.source.identity(),
        Origin::Parameters | Origin::Fitted(_) | Origin::Derived(_) => identity,
    }
}

fn source_index(permutation: &Option<Arc<[u32]>>, index: usize) -> usize {
    match permutation {
        Some(permutation) => permutation[index] as usize,
        None => index,
    }
}
