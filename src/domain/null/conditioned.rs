//! Backgrounds that depend on the answers of a model, which only a run knows.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BaseProbabilities, IdentityHasher, Null, NullModel, Origin};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Population, Sampler};

/// Backgrounds made from those of another population by asking a model.
#[derive(Debug, Clone)]
pub struct Conditioned {
    pub of: Arc<Population>,
    pub by: Conditioning,
    /// A hash of what they are made from and by.
    pub key: [u8; 32],
    /// How they are made, for reports.
    pub words: String,
    /// What they are; none before a run has asked the model.
    made: Option<Made>,
}

/// How the answers of a model decide what the backgrounds are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditioning {
    /// Backgrounds whose answer lies between bounds.
    Filtered,
    /// Backgrounds changed by Metropolis steps.
    MaxEnt,
}

impl Conditioning {
    /// The function of the language that makes the model.
    pub fn name(self) -> &'static str {
        match self {
            Conditioning::Filtered => "filtered",
            Conditioning::MaxEnt => "maxent",
        }
    }
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// Some of the other population's backgrounds, in its order.
    Picked(Arc<[u32]>),
    /// Sequences that started as them, one code a base.
    Walked(Arc<[Vec<u8>]>),
}

impl Conditioned {
    /// `question` tells what is asked from everything else that may be asked of the same backgrounds.
    pub fn new(by: Conditioning, of: Arc<Population>, question: &[u8], words: String) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 chosen");
        hasher.update(&of.identity());
        hasher.update(question);
        Conditioned {
            of,
            by,
            key: *hasher.finalize().as_bytes(),
            words,
            made: None,
        }
    }
}

impl From<Conditioned> for Null {
    fn from(conditioned: Conditioned) -> Null {
        Null::new(conditioned)
    }
}

impl NullModel for Conditioned {
    fn name(&self) -> &'static str {
        self.by.name()
    }

    fn alphabet(&self) -> Alphabet {
        self.of.alphabet()
    }

    fn length(&self) -> usize {
        self.of.length()
    }

    fn describe(&self) -> String {
        format!("({}) {}", self.of.describe(), self.words)
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.bytes(&self.key);
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Conditioned(self)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Selected {
            of: streams.sampler_of(&self.of),
            made: self.made.clone(),
        })
    }
}

#[derive(Debug)]
struct Selected {
    of: Sampler,
    /// What became of the other's backgrounds; they themselves before a run has asked.
    made: Option<Made>,
}

impl NullSampler for Selected {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let index = match &self.made {
            Some(Made::Walked(sequences)) => {
                out.copy_from_slice(&sequences[address.index % sequences.len().max(1)]);
                return;
            }
            Some(Made::Picked(indices)) => indices[address.index % indices.len().max(1)] as usize,
            None => address.index,
        };
        let address = Address { index, ..address };
        self.of.draw(self.of.wrap(address), out);
    }

    fn name(&self, index: usize) -> Option<String> {
        match &self.made {
            Some(Made::Picked(indices)) => Some(self.of.name(indices[index] as usize)),
            Some(Made::Walked(_)) | None => None,
        }
    }
}

impl Population {
    /// Calls `visit` with the key of every conditioned population that this one is or is derived from.
    pub fn choices(&self, visit: &mut impl FnMut([u8; 32])) {
        let Population::Null(null) = self else {
            return;
        };
        match null.origin() {
            Origin::Conditioned(conditioned) => {
                visit(conditioned.key);
                conditioned.of.choices(visit);
            }
            Origin::Derived(derived) => derived.sources().iter().for_each(|of| of.choices(visit)),
            Origin::Parameters | Origin::Fitted(_) => {}
        }
    }

    /// Whether only a run can tell what its backgrounds are.
    pub fn awaits_a_model(&self) -> bool {
        let mut awaits = false;
        self.choices(&mut |_| awaits = true);
        awaits
    }

    /// The population with everything made that is known, by the keys of the conditioned populations.
    pub fn settled(self: &Arc<Self>, made: &HashMap<[u8; 32], Made>) -> Arc<Population> {
        let Population::Null(null) = &**self else {
            return self.clone();
        };
        let null = match null.origin() {
            Origin::Conditioned(conditioned) => Null::new(Conditioned {
                of: conditioned.of.settled(made),
                made: made
                    .get(&conditioned.key)
                    .or(conditioned.made.as_ref())
                    .cloned(),
                ..conditioned.clone()
            }),
            Origin::Derived(derived) => derived.map_sources(&mut |of| of.settled(made)),
            Origin::Parameters | Origin::Fitted(_) => return self.clone(),
        };
        Arc::new(Population::Null(null))
    }
}
