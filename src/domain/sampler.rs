//! Drawing the backgrounds of one population under one seed.
//!
//! Invariant: `fill` reads nothing but what was prepared and the index, so any number of threads may share a sampler.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::SequenceSet;
use super::population::{Null, Order, Population};
use super::random::{Purpose, stream};

/// A population and a seed, prepared for drawing.
#[derive(Debug, Clone)]
pub struct Sampler {
    identity: [u8; 32],
    length: usize,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Uniform {
        generator: ChaCha8Rng,
    },
    Iid {
        generator: ChaCha8Rng,
        thresholds: [u64; 3],
    },
    Sequences {
        set: Arc<SequenceSet>,
        /// Which sequence is background `i`; None where they are used in their own order.
        permutation: Option<Arc<[u32]>>,
    },
}

impl Sampler {
    pub(super) fn new(population: &Population, seed: u64) -> Sampler {
        let identity = population.identity();
        let generator = || stream(Purpose::Background, seed, &[&identity], 0);
        let source = match population {
            Population::Null(Null::Uniform { .. }) => Source::Uniform {
                generator: generator(),
            },
            Population::Null(Null::Iid { frequencies, .. }) => Source::Iid {
                generator: generator(),
                thresholds: thresholds(frequencies),
            },
            Population::Sequences { set, order } => Source::Sequences {
                set: Arc::clone(set),
                permutation: match order {
                    Order::File => None,
                    Order::Drawn => Some(permutation(
                        stream(Purpose::Order, seed, &[&identity], 0),
                        set.sequences.len(),
                    )),
                },
            },
        };
        Sampler {
            identity,
            length: population.length(),
            source,
        }
    }

    /// [`Population::identity`], worked out once.
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
        match &self.source {
            Source::Uniform { generator } => fill_uniform(at(generator, index), out),
            Source::Iid {
                generator,
                thresholds,
            } => fill_iid(at(generator, index), thresholds, out),
            Source::Sequences { set, permutation } => {
                let sequence = &set.sequences[original(permutation, index)];
                out.copy_from_slice(&sequence.bases);
            }
        }
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

    /// The name of background `index` in a FASTA file: the record's own, or for example `uniform_000012`.
    ///
    /// # Panics
    /// Where a finite set has no such background.
    pub fn name(&self, index: usize) -> String {
        match &self.source {
            Source::Uniform { .. } => format!("uniform_{index:06}"),
            Source::Iid { .. } => format!("iid_{index:06}"),
            Source::Sequences { set, permutation } => {
                set.sequences[original(permutation, index)].name.clone()
            }
        }
    }
}

fn at(generator: &ChaCha8Rng, index: usize) -> ChaCha8Rng {
    let mut generator = generator.clone();
    generator.set_stream(index as u64);
    generator
}

fn original(permutation: &Option<Arc<[u32]>>, index: usize) -> usize {
    match permutation {
        Some(permutation) => permutation[index] as usize,
        None => index,
    }
}

/// Two bits a base, the low ones of a 64-bit word first.
fn fill_uniform(mut generator: ChaCha8Rng, out: &mut [u8]) {
    for bases in out.chunks_mut(32) {
        let mut word = generator.next_u64();
        for base in bases {
            *base = (word & 3) as u8;
            word >>= 2;
        }
    }
}

/// A 32-bit word a base: the base is the number of thresholds that the word reaches.
fn fill_iid(mut generator: ChaCha8Rng, thresholds: &[u64; 3], out: &mut [u8]) {
    for base in out {
        let word = u64::from(generator.next_u32());
        *base = thresholds
            .iter()
            .map(|threshold| u8::from(word >= *threshold))
            .sum();
    }
}

/// Cumulative probabilities as 33-bit integers. The last base of non-zero probability catches what rounding leaves,
/// so that a base of probability zero is never drawn.
fn thresholds(frequencies: &[f64; 4]) -> [u64; 3] {
    const ONE: u64 = 1 << 32;
    let last = frequencies.iter().rposition(|&f| f > 0.0).unwrap_or(0);
    let mut sum = 0.0;
    std::array::from_fn(|base| {
        sum += frequencies[base];
        if base >= last {
            ONE
        } else {
            ((sum * ONE as f64).round() as u64).min(ONE)
        }
    })
}

/// A uniform random order of `0..n` by Fisher and Yates from the front: its first entries are settled first.
fn permutation(mut generator: ChaCha8Rng, n: usize) -> Arc<[u32]> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in 0..n {
        order.swap(i, i + below(&mut generator, (n - i) as u64) as usize);
    }
    order.into()
}

/// A uniform number below `n`, without bias: Lemire, ACM Transactions on Modeling and Computer Simulation 29:3 (2019).
fn below(generator: &mut ChaCha8Rng, n: u64) -> u64 {
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(n);
        let low = product as u64;
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}
