//! Drawing the backgrounds of one population under one seed.
//!
//! Invariant: `fill` reads nothing but what was prepared and the index, so any number of threads may share a sampler.

mod draw;

use std::fmt::Debug;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::random::{Purpose, stream};
use super::{Order, Origin, Population, SequenceSet, Variant};
use draw::permutation;

pub(super) use draw::{choose, cumulative_sums, draw_base, thresholds};

/// A population and a seed, prepared for drawing.
#[derive(Debug, Clone)]
pub struct Sampler {
    identity: [u8; 32],
    length: usize,
    /// Prefix of the names of backgrounds that have no name of their own.
    numbered: &'static str,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Null(Arc<dyn NullSampler>),
    Sequences {
        set: Arc<SequenceSet>,
        /// Which sequence is background `i`; None where they are used in their own order.
        permutation: Option<Arc<[u32]>>,
    },
}

/// A null model prepared for drawing under one seed.
pub trait NullSampler: Debug + Send + Sync {
    /// Writes one background, one code a base.
    fn draw(&self, address: Address, out: &mut [u8]);

    /// The name of background `index`, where it is named after the sequence that it comes from.
    fn name(&self, _index: usize) -> Option<String> {
        None
    }
}

/// The random streams of one null model under one seed.
pub struct Streams<'a> {
    seed: u64,
    identity: &'a [u8; 32],
}

impl Streams<'_> {
    /// The generator that [`Address::seek`] sets to the stream of one background.
    pub(super) fn generator(&self) -> ChaCha8Rng {
        stream(Purpose::Background, self.seed, &[self.identity], 0)
    }

    /// A sampler of a population that the null model is derived from.
    pub(super) fn sampler_of(&self, population: &Population) -> Sampler {
        Sampler::new(population, self.seed)
    }
}

/// Which draw: the background, and the number of rejected draws of it before.
#[derive(Debug, Clone, Copy)]
pub struct Address {
    pub(super) index: usize,
    pub(super) attempt: u64,
}

/// Bits of a stream number that hold the background; the bits above hold the attempt.
const ATTEMPT_BITS: u32 = 40;

impl Address {
    /// The generator of a null model at the start of this background's stream.
    pub(super) fn seek(self, generator: &ChaCha8Rng) -> ChaCha8Rng {
        let mut generator = generator.clone();
        generator.set_stream(self.index as u64 | self.attempt << ATTEMPT_BITS);
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

    /// The identity that addresses the random choices of edits: [`Population::identity`], and of conditioned backgrounds that of
    /// the population that they are made from.
    pub fn identity(&self) -> &[u8; 32] {
        &self.identity
    }

    /// Length of every background, in base pairs.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Writes background `index`, one code a base.
    ///
    /// # Panics
    /// Where `out` is not as long as the backgrounds, or a finite set has no such background.
    pub fn fill(&self, index: usize, out: &mut [u8]) {
        assert_eq!(out.len(), self.length, "one byte a base");
        self.draw(Address { index, attempt: 0 }, out);
    }

    pub(super) fn draw(&self, address: Address, out: &mut [u8]) {
        match &self.source {
            Source::Null(sampler) => sampler.draw(address, out),
            Source::Sequences { set, permutation } => {
                let sequence = &set.sequences[original(permutation, address.index)];
                out.copy_from_slice(&sequence.bases);
            }
        }
    }

    /// How many backgrounds there are; None where they are drawn without end.
    pub(super) fn size(&self) -> Option<usize> {
        match &self.source {
            Source::Sequences { set, .. } => Some(set.sequences.len()),
            Source::Null(_) => None,
        }
    }

    /// The address of a background in a set that starts anew when it is through.
    pub(super) fn wrap(&self, address: Address) -> Address {
        match self.size() {
            Some(size) => Address {
                index: address.index % size,
                ..address
            },
            None => address,
        }
    }

    /// Background `index` in memory of its own, from the first again when a set is through.
    pub fn again_at(&self, index: usize) -> Vec<u8> {
        self.background(self.wrap(Address { index, attempt: 0 }).index)
    }

    /// Background `index` in memory of its own.
    ///
    /// # Panics
    /// Where a finite set has no such background.
    pub fn background(&self, index: usize) -> Vec<u8> {
        let mut bases = vec![0; self.length];
        self.fill(index, &mut bases);
        bases
    }

    /// The other allele that background `index` carries.
    pub fn variant(&self, index: usize) -> Option<&Variant> {
        match &self.source {
            Source::Sequences { set, permutation } => set.sequences[original(permutation, index)]
                .variant
                .as_deref(),
            Source::Null(_) => None,
        }
    }

    /// The name of background `index` in a FASTA file: the record's own, or for example `uniform_000012`; a shuffle of
    /// a record is called `NAME_shuffled_0` in the first round over its set.
    ///
    /// # Panics
    /// Where a finite set has no such background.
    pub fn name(&self, index: usize) -> String {
        match &self.source {
            Source::Sequences { set, permutation } => {
                set.sequences[original(permutation, index)].name.clone()
            }
            Source::Null(sampler) => sampler
                .name(index)
                .unwrap_or_else(|| format!("{}_{index:06}", self.numbered)),
        }
    }

    /// The name of what `model` makes of the sequences of a finite set, and makes anew in each round over the set.
    pub(super) fn name_in_round(&self, model: &str, index: usize) -> Option<String> {
        let size = self.size()?;
        let name = self.name(index % size);
        Some(format!("{name}_{model}_{}", index / size))
    }
}

/// How backgrounds are picked has no part in what is drawn besides them.
fn edits_identity(population: &Population, identity: [u8; 32]) -> [u8; 32] {
    let Population::Null(null) = population else {
        return identity;
    };
    match null.origin() {
        Origin::Conditioned(conditioned) => conditioned.of.identity(),
        Origin::Parameters | Origin::Fitted(_) | Origin::Derived(_) => identity,
    }
}

fn original(permutation: &Option<Arc<[u32]>>, index: usize) -> usize {
    match permutation {
        Some(permutation) => permutation[index] as usize,
        None => index,
    }
}
