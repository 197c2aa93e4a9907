//! Null models conditioned on the predictions of a network: `filtered` and `maxent`. Their backgrounds are known only in a run.

use std::collections::HashMap;
use std::sync::Arc;

use super::{BaseProbabilities, IdentityHasher, Null, NullModel, Origin};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Population, Sampler, Sequence};

/// A null model whose backgrounds are made from those of another population, given the predictions of a network.
#[derive(Debug, Clone)]
pub struct Conditioned {
    /// The population that backgrounds are selected from or start from.
    pub source: Arc<Population>,
    /// The sampling method.
    pub method: Conditioning,
    /// BLAKE3 hash of the source population and of the condition.
    pub key: [u8; 32],
    /// Description of the condition, for reports.
    pub description: String,
    /// The resulting backgrounds; None until a run has computed the predictions.
    backgrounds: Option<ConditionedBackgrounds>,
}

/// How backgrounds are conditioned on predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditioning {
    /// Rejection sampling: keeps the backgrounds whose prediction lies between bounds.
    Filtered,
    /// Maximum entropy: mutates backgrounds by Metropolis steps.
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

/// The backgrounds of a conditioned null model.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionedBackgrounds {
    /// Indices of the accepted backgrounds of the source population, ascending.
    Accepted(Arc<[u32]>),
    /// Base codes of the last sequence of each Metropolis chain.
    Sampled(Arc<[Vec<u8>]>),
}

impl Conditioned {
    /// A conditioned null model without backgrounds yet. `condition` identifies the condition among all conditions on the same
    /// population; `description` is for reports.
    pub fn new(
        method: Conditioning,
        source: Arc<Population>,
        condition: &[u8],
        description: String,
    ) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 chosen");
        hasher.update(&source.identity());
        hasher.update(condition);
        Conditioned {
            source,
            method,
            key: *hasher.finalize().as_bytes(),
            description,
            backgrounds: None,
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
        self.method.name()
    }

    fn alphabet(&self) -> Alphabet {
        self.source.alphabet()
    }

    fn length(&self) -> usize {
        self.source.length()
    }

    fn describe(&self) -> String {
        format!("({}) {}", self.source.describe(), self.description)
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
        Arc::new(ConditionedSampler {
            of: streams.sampler_of(&self.source),
            backgrounds: self.backgrounds.clone(),
        })
    }
}

/// Draws the resulting backgrounds or, before a run, those of the source population.
#[derive(Debug)]
struct ConditionedSampler {
    of: Sampler,
    backgrounds: Option<ConditionedBackgrounds>,
}

impl ConditionedSampler {
    /// The background of the source population that is selected, or that a Markov chain starts from.
    fn start(&self, address: Address) -> Address {
        let index = match &self.backgrounds {
            Some(ConditionedBackgrounds::Sampled(sequences)) => {
                address.index % sequences.len().max(1)
            }
            Some(ConditionedBackgrounds::Accepted(indices)) => {
                indices[address.index % indices.len().max(1)] as usize
            }
            None => address.index,
        };
        self.of.wrap(Address { index, ..address })
    }
}

impl NullSampler for ConditionedSampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        if let Some(ConditionedBackgrounds::Sampled(sequences)) = &self.backgrounds {
            out.copy_from_slice(&sequences[address.index % sequences.len().max(1)]);
            return;
        }
        self.of.draw(self.start(address), out);
    }

    fn source(&self, address: Address) -> Option<&Sequence> {
        self.of.source_at(self.start(address))
    }

    fn name(&self, index: usize) -> Option<String> {
        match &self.backgrounds {
            Some(ConditionedBackgrounds::Accepted(indices)) => {
                Some(self.of.name(indices[index] as usize))
            }
            Some(ConditionedBackgrounds::Sampled(_)) | None => None,
        }
    }
}

impl Population {
    /// Calls `visit` with the key of every conditioned null model among this population and its sources.
    pub fn visit_conditioned(&self, visit: &mut impl FnMut([u8; 32])) {
        let Population::Null(null) = self else {
            return;
        };
        match null.origin() {
            Origin::Conditioned(conditioned) => {
                visit(conditioned.key);
                conditioned.source.visit_conditioned(visit);
            }
            Origin::Derived(derived) => derived
                .sources()
                .iter()
                .for_each(|of| of.visit_conditioned(visit)),
            Origin::Parameters | Origin::Fitted(_) => {}
        }
    }

    /// Whether the backgrounds depend on predictions of a network, which are known only in a run.
    pub fn depends_on_model(&self) -> bool {
        let mut awaits = false;
        self.visit_conditioned(&mut |_| awaits = true);
        awaits
    }

    /// The population with the backgrounds of its conditioned null models filled in, by their keys.
    pub fn with_conditioned(
        self: &Arc<Self>,
        made: &HashMap<[u8; 32], ConditionedBackgrounds>,
    ) -> Arc<Population> {
        let Population::Null(null) = &**self else {
            return self.clone();
        };
        let null = match null.origin() {
            Origin::Conditioned(conditioned) => Null::new(Conditioned {
                source: conditioned.source.with_conditioned(made),
                backgrounds: made
                    .get(&conditioned.key)
                    .or(conditioned.backgrounds.as_ref())
                    .cloned(),
                ..conditioned.clone()
            }),
            Origin::Derived(derived) => derived.map_sources(&mut |of| of.with_conditioned(made)),
            Origin::Parameters | Origin::Fitted(_) => return self.clone(),
        };
        Arc::new(Population::Null(null))
    }
}
