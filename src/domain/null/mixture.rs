//! Mixtures: each background comes from one of several populations.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::constructor::refusal;
use super::iid::rounded;
use super::{
    BaseProbabilities, Derived, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal,
    Origin, ParameterType,
};
use crate::random::below;
use crate::sampler::{Address, NullSampler, Streams, choose, cumulative_sums};
use crate::{Alphabet, Population, Sampler, Sequence};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "mixture",
    parameters: &[
        ("parts", ParameterType::Nulls),
        ("weights", ParameterType::Numbers),
    ],
    make: |arguments| {
        let parts = arguments.populations("parts")?;
        let weights = arguments.numbers("weights");
        let weights = weights.unwrap_or_else(|| vec![1.0; parts.len()]);
        if weights.len() != parts.len() {
            let message = format!(
                "{} for {}",
                pluralize(weights.len(), "weight"),
                pluralize(parts.len(), "population")
            );
            let refused = Err(refusal(Code::InvalidDistribution, message));
            return NullRefusal::blame("weights", refused);
        }
        let culprit = match weights.iter().any(|weight| *weight <= 0.0) {
            true => "weights",
            false => "parts",
        };
        let mixture = Null::mixture(weights.into_iter().zip(parts).collect());
        Ok(Population::Null(NullRefusal::blame(culprit, mixture)?))
    },
};

#[derive(Debug)]
struct Mixture {
    /// At least one population with its probability. All have the same length and alphabet.
    parts: Vec<(f64, Arc<Population>)>,
}

impl Null {
    /// A mixture of populations with probabilities proportional to the weights. From a finite set, a random sequence is drawn.
    ///
    /// # Errors
    /// No population, different lengths or alphabets, or a weight that is not positive.
    pub fn mixture(parts: Vec<(f64, Arc<Population>)>) -> Outcome<Null> {
        let Some((_, first)) = parts.first() else {
            return Err(refusal(
                Code::Empty,
                "a mixture needs at least one population",
            ));
        };
        for (weight, part) in &parts {
            if !weight.is_finite() || *weight <= 0.0 {
                return Err(refusal(
                    Code::InvalidDistribution,
                    format!("a weight of {weight} is not a positive number"),
                ));
            }
            if part.length() != first.length() {
                return Err(Diagnostic::error(
                    Code::LengthMismatch,
                    format!(
                        "the populations of a mixture must have one length, but these have {} bp and {} bp",
                        first.length(),
                        part.length()
                    ),
                )
                .into());
            }
            if part.alphabet() != first.alphabet() {
                return Err(Diagnostic::error(
                    Code::AlphabetMismatch,
                    "a mixture cannot contain both DNA and RNA",
                )
                .into());
            }
        }
        let sum: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let parts = parts.into_iter().map(|(weight, of)| (weight / sum, of));
        Ok(Null::new(Mixture {
            parts: parts.collect(),
        }))
    }
}

impl NullModel for Mixture {
    fn name(&self) -> &'static str {
        CONSTRUCTOR.name
    }

    fn alphabet(&self) -> Alphabet {
        let first = self.parts.first();
        first.map_or(Alphabet::Dna, |(_, of)| of.alphabet())
    }

    fn length(&self) -> usize {
        self.parts.first().map_or(0, |(_, of)| of.length())
    }

    fn describe(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|(weight, of)| format!("{} of ({})", rounded(*weight), of.describe()))
            .collect();
        format!("mixture: {}", parts.join(", "))
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        for (weight, of) in &self.parts {
            identity.numbers(&[*weight]);
            identity.population(of);
        }
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Derived(self)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        let sums = cumulative_sums(self.parts.iter().map(|(weight, _)| *weight));
        let samplers = self.parts.iter().map(|(_, of)| streams.sampler_of(of));
        Arc::new(MixtureSampler {
            generator: streams.generator(),
            parts: sums.into_iter().zip(samplers).collect(),
        })
    }
}

impl Derived for Mixture {
    fn sources(&self) -> Vec<&Arc<Population>> {
        self.parts.iter().map(|(_, of)| of).collect()
    }

    fn plural(&self) -> Option<&'static str> {
        None
    }

    fn round(&self) -> Option<usize> {
        None
    }

    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null {
        let parts = self.parts.iter();
        Null::new(Mixture {
            parts: parts.map(|(weight, of)| (*weight, map(of))).collect(),
        })
    }
}

/// Draws a population, and a background from it.
#[derive(Debug)]
struct MixtureSampler {
    generator: ChaCha8Rng,
    /// Samplers of the populations, with cumulative probabilities.
    parts: Vec<(f64, Sampler)>,
}

impl MixtureSampler {
    /// The number of the population that a background comes from, that population, and the background's address there.
    fn choose(&self, address: Address) -> (usize, &Sampler, Address) {
        let mut generator = address.seek(&self.generator);
        let chosen = choose(&mut generator, self.parts.iter().map(|(sum, _)| *sum));
        let (_, part) = &self.parts[chosen];
        let address = match part.size() {
            Some(size) => Address {
                index: below(&mut generator, size as u64) as usize,
                ..address
            },
            None => address,
        };
        (chosen, part, address)
    }
}

impl NullSampler for MixtureSampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let (_, part, address) = self.choose(address);
        part.draw(address, out);
    }

    fn source(&self, address: Address) -> Option<&Sequence> {
        let (_, part, address) = self.choose(address);
        part.source_at(address)
    }

    /// The number of its part, from 1, and its name there: `mixture_000013_part1_peak7`.
    fn name(&self, index: usize) -> Option<String> {
        let (chosen, part, address) = self.choose(Address { index, attempt: 0 });
        let name = part.name(address.index);
        let number = chosen + 1;
        Some(format!(
            "{}_{index:06}_part{number}_{name}",
            CONSTRUCTOR.name
        ))
    }
}
