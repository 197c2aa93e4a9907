//! Backgrounds that depend on the predictions of a model, which are known only in a run.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BaseProbabilities, IdentityHasher, Null, NullModel, Origin};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Population, Sampler};

/// Backgrounds made from those of another population by the predictions of a model.
#[derive(Debug, Clone)]
pub struct Conditioned {
    /// The population that backgrounds are selected from or start from.
    pub of: Arc<Population>,
    /// How predictions of the model decide what they become.
    pub by: Conditioning,
    /// BLAKE3 hash of the source population and of the condition.
    pub key: [u8; 32],
    /// How the backgrounds are made, in words for reports.
    pub words: String,
    /// The resulting backgrounds; None until a run has computed the predictions.
    made: Option<Made>,
}

/// How the predictions of a model decide what the backgrounds are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditioning {
    /// Rejection: the backgrounds whose prediction lies between bounds.
    Filtered,
    /// Maximum entropy: backgrounds changed by Metropolis steps.
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

/// The result of conditioning.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// Indices of the accepted backgrounds of the source population, ascending.
    Picked(Arc<[u32]>),
    /// Base codes of the sequences at the end of each walk.
    Walked(Arc<[Vec<u8>]>),
}

impl Conditioned {
    /// `question` distinguishes the condition from every other one on the same population; `words` describe it in reports.
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
    /// The resulting backgrounds; None, before a run, stands for those of the source population.
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

    /// Whether its backgrounds depend on predictions, and so are known only in a run.
    pub fn awaits_a_model(&self) -> bool {
        let mut awaits = false;
        self.choices(&mut |_| awaits = true);
        awaits
    }

    /// The population with the results of its conditioned populations filled in, by their keys.
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
