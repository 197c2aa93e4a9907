//! Populations of backgrounds: null models and sets of real sequences.
//!
//! Invariant: background `i` depends on the seed, the population's identity and `i` alone. How many are asked for, in
//! which order and by whom is not known here.

use std::sync::Arc;

use super::{Alphabet, Sampler, SequenceSet};
use crate::diag::{Code, Diagnostic, Outcome};

/// How far frequencies may be from 1 in sum.
const SUM_TOLERANCE: f64 = 1e-6;

/// A random model of sequences.
#[derive(Debug, Clone, PartialEq)]
pub enum Null {
    /// Every base equally likely.
    Uniform { alphabet: Alphabet, length: usize },
    /// Independent bases with these probabilities, in code order, summing to 1.
    Iid {
        alphabet: Alphabet,
        length: usize,
        frequencies: [f64; 4],
    },
}

impl Null {
    /// Every base equally likely; `length` in base pairs, at least 1.
    pub fn uniform(alphabet: Alphabet, length: usize) -> Outcome<Null> {
        check_length(length)?;
        Ok(Null::Uniform { alphabet, length })
    }

    /// Independent bases with these probabilities in the order of the base codes.
    ///
    /// Fails where one is negative or not finite, their sum is not 1 (to 1e-6), or the length is 0.
    pub fn iid(alphabet: Alphabet, length: usize, frequencies: [f64; 4]) -> Outcome<Null> {
        check_length(length)?;
        for (letter, &frequency) in alphabet.letters().chars().zip(&frequencies) {
            if !frequency.is_finite() || frequency < 0.0 {
                return Err(bad(format!(
                    "the frequency of `{letter}` is {frequency}, and a frequency lies between 0 and 1"
                )));
            }
        }
        let sum: f64 = frequencies.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let [a, c, g, t] = frequencies;
            return Err(bad(format!(
                "the frequencies {a}, {c}, {g} and {t} sum to {} and not to 1",
                (sum * 1e9).round() / 1e9
            )));
        }
        // Adding zero turns a negative zero into zero, so that equal frequencies have equal bits.
        let frequencies = frequencies.map(|frequency| frequency / sum + 0.0);
        Ok(Null::Iid {
            alphabet,
            length,
            frequencies,
        })
    }

    /// Independent bases, G and C sharing `gc` evenly, A and T (U) the rest.
    ///
    /// Fails where `gc` is not between 0 and 1 or the length is 0.
    pub fn gc(alphabet: Alphabet, length: usize, gc: f64) -> Outcome<Null> {
        if !(0.0..=1.0).contains(&gc) {
            return Err(bad(format!(
                "a GC content of {gc} does not lie between 0 and 1"
            )));
        }
        let (strong, weak) = (gc / 2.0, (1.0 - gc) / 2.0);
        Null::iid(alphabet, length, [weak, strong, strong, weak])
    }

    /// The word that names the kind of null model in the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Null::Uniform { .. } => "uniform",
            Null::Iid { .. } => "iid",
        }
    }

    pub fn alphabet(&self) -> Alphabet {
        match self {
            Null::Uniform { alphabet, .. } | Null::Iid { alphabet, .. } => *alphabet,
        }
    }

    /// In base pairs.
    pub fn length(&self) -> usize {
        match self {
            Null::Uniform { length, .. } | Null::Iid { length, .. } => *length,
        }
    }
}

fn bad(message: String) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadValue, message).into()
}

fn check_length(length: usize) -> Outcome<()> {
    if length == 0 {
        return Err(bad("a background needs a length of at least 1 bp".into()));
    }
    Ok(())
}

/// How a finite set is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each once, in the order of the file.
    File,
    /// Without replacement, in an order that the seed gives.
    Drawn,
}

/// Where backgrounds come from. Background `i` depends on the seed, the population itself and `i` alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Population {
    Null(Null),
    Sequences { set: Arc<SequenceSet>, order: Order },
}

impl Population {
    /// Length of every background, in base pairs.
    pub fn length(&self) -> usize {
        match self {
            Population::Null(null) => null.length(),
            Population::Sequences { set, .. } => set.length(),
        }
    }

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
        let mut field = |bytes: &[u8]| {
            hasher.update(bytes);
        };
        let letters = self.alphabet().letters().as_bytes();
        match self {
            Population::Null(null) => {
                field(null.kind().as_bytes());
                field(b"\0");
                field(letters);
                field(&(null.length() as u64).to_le_bytes());
                match null {
                    Null::Uniform { .. } => {}
                    Null::Iid { frequencies, .. } => {
                        for frequency in frequencies {
                            field(&frequency.to_le_bytes());
                        }
                    }
                }
            }
            Population::Sequences { set, order } => {
                field(match order {
                    Order::File => b"file\0",
                    Order::Drawn => b"drawn\0",
                });
                field(letters);
                for sequence in &set.sequences {
                    field(&(sequence.bases.len() as u64).to_le_bytes());
                    field(&sequence.bases);
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

    /// A line for reports, for example `uniform, 1000 bp`.
    pub fn describe(&self) -> String {
        let length = self.length();
        let rna = match self.alphabet() {
            Alphabet::Dna => "",
            Alphabet::Rna => " RNA",
        };
        match self {
            Population::Null(Null::Uniform { .. }) => format!("uniform{rna}, {length} bp"),
            Population::Null(Null::Iid {
                alphabet,
                frequencies: [a, c, g, t],
                ..
            }) => {
                let composition = if a == t && c == g {
                    format!("GC {}", shown(c + g))
                } else {
                    alphabet
                        .letters()
                        .chars()
                        .zip([a, c, g, t])
                        .map(|(letter, &frequency)| format!("{letter} {}", shown(frequency)))
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                format!("iid{rna}, {composition}, {length} bp")
            }
            Population::Sequences { set, order } => {
                let count = set.sequences.len();
                let path = set.path.display();
                let order = match order {
                    Order::File => "",
                    Order::Drawn => " in drawn order",
                };
                format!("{path}, {count} sequences{order}{rna}, {length} bp")
            }
        }
    }
}

/// A frequency without the noise of its last bits.
fn shown(frequency: f64) -> f64 {
    (frequency * 1e6).round() / 1e6
}
