//! Independent, equally likely bases.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::constructor::check_length;
use super::{
    BaseProbabilities, IdentityHasher, Null, NullConstructor, NullModel, Origin, ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Population, Sequence};
use gia_base::diag::Outcome;

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "uniform",
    parameters: &[
        ("length", ParameterType::Length),
        ("alphabet", ParameterType::Text),
    ],
    make: |arguments| {
        let alphabet = arguments.alphabet("alphabet")?;
        let length = arguments.required_length("length")?;
        Ok(Population::Null(Null::uniform(alphabet, length)?))
    },
};

#[derive(Debug)]
struct Uniform {
    alphabet: Alphabet,
    length: usize,
}

impl Null {
    /// Independent, equally likely bases.
    ///
    /// # Errors
    /// A length of 0.
    pub fn uniform(alphabet: Alphabet, length: usize) -> Outcome<Null> {
        check_length(length)?;
        Ok(Null::new(Uniform { alphabet, length }))
    }
}

impl NullModel for Uniform {
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
        format!("uniform{}, {} bp", self.alphabet.suffix(), self.length)
    }

    fn identify(&self, _: &mut IdentityHasher) {}

    fn origin(&self) -> Origin<'_> {
        Origin::Parameters
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::EveryPosition([0.25; 4])
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Sampler {
            generator: streams.generator(),
        })
    }
}

#[derive(Debug)]
struct Sampler {
    generator: ChaCha8Rng,
}

impl NullSampler for Sampler {
    /// Uses two bits per base, from the low end of 64-bit words.
    fn draw(&self, address: Address, out: &mut [u8]) {
        let mut generator = address.seek(&self.generator);
        for bases in out.chunks_mut(32) {
            let mut word = generator.next_u64();
            for base in bases {
                *base = (word & 3) as u8;
                word >>= 2;
            }
        }
    }

    fn source(&self, _: Address) -> Option<&Sequence> {
        None
    }
}
