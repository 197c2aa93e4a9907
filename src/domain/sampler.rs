//! Drawing the backgrounds of one population under one seed.
//!
//! Invariant: `fill` reads nothing but what was prepared and the index, so any number of threads may share a sampler.

mod draw;

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::random::{Purpose, below, stream};
use super::{Made, Null, Order, Population, Scanner, SequenceSet, Variant, complement, shuffle};
use draw::{choose, draw_base, fill_markov, fill_uniform, permutation, sums, thresholds};

/// A population and a seed, prepared for drawing.
#[derive(Debug, Clone)]
pub struct Sampler {
    identity: [u8; 32],
    length: usize,
    /// What backgrounds without a name of their own are called.
    numbered: &'static str,
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
    Markov {
        generator: ChaCha8Rng,
        order: usize,
        /// Of each context, the sum of the probabilities up to it.
        start: Vec<f64>,
        next: Vec<[u64; 3]>,
    },
    Profile {
        generator: ChaCha8Rng,
        columns: Vec<[u64; 3]>,
    },
    Shuffled {
        generator: ChaCha8Rng,
        of: Box<Sampler>,
        preserving: usize,
    },
    Mixture {
        generator: ChaCha8Rng,
        /// Each with the sum of the probabilities up to it.
        parts: Vec<(f64, Sampler)>,
    },
    Without {
        of: Box<Sampler>,
        scanner: Scanner,
    },
    Hairpin {
        of: Box<Sampler>,
        start: usize,
        stem: usize,
        loop_: usize,
    },
    Chosen {
        of: Box<Sampler>,
        /// What became of the other's backgrounds; they themselves while nobody has asked.
        made: Option<Made>,
    },
    Sequences {
        set: Arc<SequenceSet>,
        /// Which sequence is background `i`; None where they are used in their own order.
        permutation: Option<Arc<[u32]>>,
    },
}

/// What is drawn: a background, and how often it was drawn before and thrown away.
#[derive(Debug, Clone, Copy)]
struct Address {
    index: usize,
    attempt: u64,
}

/// Streams of attempts lie this far apart, more than there are backgrounds.
const ATTEMPT_BITS: u32 = 40;

impl Address {
    fn stream(self) -> u64 {
        self.index as u64 | self.attempt << ATTEMPT_BITS
    }
}

impl Sampler {
    pub(super) fn new(population: &Population, seed: u64) -> Sampler {
        let identity = population.identity();
        let generator = || stream(Purpose::Background, seed, &[&identity], 0);
        let inner = |of: &Population| Box::new(Sampler::new(of, seed));
        let source = match population {
            Population::Null(null) => match null {
                Null::Uniform { .. } => Source::Uniform {
                    generator: generator(),
                },
                Null::Iid { frequencies, .. } => Source::Iid {
                    generator: generator(),
                    thresholds: thresholds(frequencies),
                },
                Null::Markov { chain, .. } => Source::Markov {
                    generator: generator(),
                    order: chain.order,
                    start: sums(chain.start.iter().copied()),
                    next: chain.next.iter().map(thresholds).collect(),
                },
                Null::Profile { columns, .. } => Source::Profile {
                    generator: generator(),
                    columns: columns.iter().map(thresholds).collect(),
                },
                Null::Shuffled { of, preserving } => Source::Shuffled {
                    generator: generator(),
                    of: inner(of),
                    preserving: *preserving,
                },
                Null::Mixture(parts) => {
                    let sums = sums(parts.iter().map(|(weight, _)| *weight));
                    let samplers = parts.iter().map(|(_, of)| *inner(of));
                    Source::Mixture {
                        generator: generator(),
                        parts: sums.into_iter().zip(samplers).collect(),
                    }
                }
                Null::Without { of, motif } => match Scanner::new(motif) {
                    Ok(scanner) => Source::Without {
                        of: inner(of),
                        scanner,
                    },
                    // No such null model can be made; drawn from, it would be without nothing.
                    Err(_) => inner(of).source,
                },
                Null::Chosen(chosen) => Source::Chosen {
                    of: inner(&chosen.of),
                    made: chosen.made.clone(),
                },
                Null::Hairpin(hairpin) => Source::Hairpin {
                    of: inner(&hairpin.of),
                    start: hairpin.start,
                    stem: hairpin.stem,
                    loop_: hairpin.loop_,
                },
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
        let numbered = match population {
            Population::Null(null) => null.kind(),
            Population::Sequences { .. } => "sequence",
        };
        // How backgrounds are picked has no part in what is drawn besides them.
        let identity = match population {
            Population::Null(Null::Chosen(chosen)) => chosen.of.identity(),
            _ => identity,
        };
        Sampler {
            identity,
            length: population.length(),
            numbered,
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
        self.draw(Address { index, attempt: 0 }, out);
    }

    fn draw(&self, address: Address, out: &mut [u8]) {
        match &self.source {
            Source::Uniform { generator } => fill_uniform(at(generator, address), out),
            Source::Iid {
                generator,
                thresholds,
            } => {
                let mut generator = at(generator, address);
                for base in out {
                    *base = draw_base(&mut generator, thresholds);
                }
            }
            Source::Markov {
                generator,
                order,
                start,
                next,
            } => fill_markov(at(generator, address), *order, start, next, out),
            Source::Profile { generator, columns } => {
                let mut generator = at(generator, address);
                for (base, thresholds) in out.iter_mut().zip(columns) {
                    *base = draw_base(&mut generator, thresholds);
                }
            }
            Source::Shuffled {
                generator,
                of,
                preserving,
            } => {
                of.draw(of.again(address), out);
                shuffle(out, *preserving, &mut at(generator, address));
            }
            Source::Mixture { generator, parts } => {
                let mut generator = at(generator, address);
                let part = &parts[choose(&mut generator, parts.iter().map(|(sum, _)| *sum))].1;
                let address = match part.size() {
                    Some(size) => Address {
                        index: below(&mut generator, size as u64) as usize,
                        ..address
                    },
                    None => address,
                };
                part.draw(address, out);
            }
            Source::Without { of, scanner } => {
                // A null model that hardly ever passes is refused when it is made.
                let mut address = address;
                loop {
                    of.draw(address, out);
                    if !scanner.occurs(out) {
                        return;
                    }
                    address.attempt += 1;
                }
            }
            Source::Hairpin {
                of,
                start,
                stem,
                loop_,
            } => {
                of.draw(of.again(address), out);
                let second = start + stem + loop_;
                for i in 0..*stem {
                    out[second + i] = complement(out[start + stem - 1 - i]);
                }
            }
            Source::Chosen { of, made } => {
                let index = match made {
                    Some(Made::Walked(sequences)) => {
                        out.copy_from_slice(&sequences[address.index % sequences.len().max(1)]);
                        return;
                    }
                    Some(Made::Picked(indices)) => {
                        indices[address.index % indices.len().max(1)] as usize
                    }
                    None => address.index,
                };
                of.draw(of.again(Address { index, ..address }), out);
            }
            Source::Sequences { set, permutation } => {
                let sequence = &set.sequences[original(permutation, address.index)];
                out.copy_from_slice(&sequence.bases);
            }
        }
    }

    /// How many backgrounds there are; None where they are drawn without end.
    fn size(&self) -> Option<usize> {
        match &self.source {
            Source::Sequences { set, .. } => Some(set.sequences.len()),
            _ => None,
        }
    }

    /// The address of a background in a set that starts anew when it is through.
    fn again(&self, address: Address) -> Address {
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
        self.background(self.again(Address { index, attempt: 0 }).index)
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
            _ => None,
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
            Source::Chosen {
                of,
                made: Some(Made::Picked(indices)),
            } => of.name(indices[index] as usize),
            Source::Shuffled { of, .. } | Source::Hairpin { of, .. } if of.size().is_some() => {
                let size = of.size().unwrap_or(1);
                let name = of.name(index % size);
                format!("{name}_{}_{}", self.numbered, index / size)
            }
            _ => format!("{}_{index:06}", self.numbered),
        }
    }
}

fn at(generator: &ChaCha8Rng, address: Address) -> ChaCha8Rng {
    let mut generator = generator.clone();
    generator.set_stream(address.stream());
    generator
}

fn original(permutation: &Option<Arc<[u32]>>, index: usize) -> usize {
    match permutation {
        Some(permutation) => permutation[index] as usize,
        None => index,
    }
}
