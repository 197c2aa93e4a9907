//! Independent bases with the same probabilities at every position.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::constructor::{check_length, refusal};
use super::{
    BaseProbabilities, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal, Origin,
    ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams, draw_base, thresholds};
use crate::{Alphabet, Population, Sequence};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Maximum deviation of the sum of the frequencies from 1.
const SUM_TOLERANCE: f64 = 1e-6;

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "iid",
    parameters: &[
        ("length", ParameterType::Length),
        ("gc", ParameterType::Number),
        ("freq", ParameterType::Numbers),
        ("alphabet", ParameterType::Text),
    ],
    make: |arguments| {
        let length = arguments.required_length("length")?;
        let alphabet = arguments.alphabet("alphabet")?;
        let null = match (arguments.number("gc"), arguments.numbers("freq")) {
            (Some(gc), None) => {
                let suggest = |diagnostic: Box<Diagnostic>| match arguments.with_percent_sign("gc")
                {
                    Some(share) => {
                        Box::new(diagnostic.suggest_here(format!("write `{share}`"), share))
                    }
                    None => diagnostic,
                };
                let null = Null::gc(alphabet, length, gc).map_err(suggest);
                NullRefusal::blame("gc", null)?
            }
            (None, Some(frequencies)) => {
                let four = <[f64; 4]>::try_from(frequencies.as_slice()).map_err(|_| {
                    let given = frequencies.len();
                    let message = format!("`freq` needs four numbers, one per base, not {given}");
                    refusal(Code::InvalidDistribution, message)
                });
                let null = four.and_then(|four| Null::iid(alphabet, length, four));
                NullRefusal::blame("freq", null)?
            }
            (Some(_), Some(_)) | (None, None) => {
                let message = "`iid` needs either `gc` or `freq`";
                return Err(Box::new(
                    Diagnostic::error(Code::MissingArgument, message)
                        .help("write `gc: 0.41`, or `freq: [0.3, 0.2, 0.2, 0.3]`"),
                )
                .into());
            }
        };
        Ok(Population::Null(null))
    },
};

#[derive(Debug)]
struct Iid {
    alphabet: Alphabet,
    length: usize,
    /// Probabilities in the order of the base codes, summing to 1.
    frequencies: [f64; 4],
}

impl Null {
    /// Independent bases with these probabilities in the order of the base codes.
    ///
    /// # Errors
    /// A frequency that is negative or not finite, a sum that is not 1 (within 1e-6), or a length of 0.
    pub fn iid(alphabet: Alphabet, length: usize, frequencies: [f64; 4]) -> Outcome<Null> {
        check_length(length)?;
        for (letter, &frequency) in alphabet.letters().chars().zip(&frequencies) {
            if !frequency.is_finite() || frequency < 0.0 {
                return Err(refusal(
                    Code::InvalidDistribution,
                    format!(
                        "the frequency of `{letter}` is {frequency}, but frequencies lie between 0 and 1"
                    ),
                ));
            }
        }
        let sum: f64 = frequencies.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let [a, c, g, t] = frequencies;
            return Err(refusal(
                Code::InvalidDistribution,
                format!(
                    "the frequencies {a}, {c}, {g} and {t} sum to {}, not to 1",
                    (sum * 1e9).round() / 1e9
                ),
            ));
        }
        // Adding zero turns a negative zero into zero, so that equal frequencies have equal bits.
        let frequencies = frequencies.map(|frequency| frequency / sum + 0.0);
        Ok(Null::new(Iid {
            alphabet,
            length,
            frequencies,
        }))
    }

    /// Independent bases with GC content `gc`: G and C have probability `gc / 2` each, A and T (U) the rest.
    ///
    /// # Errors
    /// A GC content that is not between 0 and 1, or a length of 0.
    pub fn gc(alphabet: Alphabet, length: usize, gc: f64) -> Outcome<Null> {
        if !(0.0..=1.0).contains(&gc) {
            return Err(refusal(
                Code::OutOfRange,
                format!("a GC content of {gc} is not between 0 and 1"),
            ));
        }
        let (strong, weak) = (gc / 2.0, (1.0 - gc) / 2.0);
        Null::iid(alphabet, length, [weak, strong, strong, weak])
    }
}

impl NullModel for Iid {
    fn name(&self) -> &'static str {
        CONSTRUCTOR.name
    }

    fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    fn length(&self) -> usize {
        self.length
    }

    fn describe(&self) -> String {
        let [a, c, g, t] = self.frequencies;
        let composition = if a == t && c == g {
            format!("GC {}", rounded(c + g))
        } else {
            let letters = self.alphabet.letters().chars().zip(self.frequencies);
            letters
                .map(|(letter, frequency)| format!("{letter} {}", rounded(frequency)))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (suffix, length) = (self.alphabet.suffix(), self.length);
        format!("iid{suffix}, {composition}, {length} bp")
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.numbers(&self.frequencies);
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Parameters
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::EveryPosition(self.frequencies)
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Sampler {
            generator: streams.generator(),
            thresholds: thresholds(&self.frequencies),
        })
    }
}

/// A probability rounded to hide floating-point noise.
pub(super) fn rounded(probability: f64) -> f64 {
    (probability * 1e6).round() / 1e6
}

#[derive(Debug)]
struct Sampler {
    generator: ChaCha8Rng,
    thresholds: [u64; 3],
}

impl NullSampler for Sampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let mut generator = address.seek(&self.generator);
        for base in out {
            *base = draw_base(&mut generator, &self.thresholds);
        }
    }

    fn source(&self, _: Address) -> Option<&Sequence> {
        None
    }
}
