//! Null models with a random stream of their own: the same model, other draws.
//!
//! Equal null models draw equal backgrounds wherever they stand, which is what lets plans share predictions. An experiment that is
//! to be independent of others draws from a stream that its name addresses.

use std::sync::Arc;

use super::{BaseProbabilities, Derived, IdentityHasher, Null, NullModel, Origin};
use crate::sampler::{NullSampler, Streams};
use crate::{Alphabet, Population};

/// The same null model with draws that depend on a label as well. None for a population that is conditioned on predictions, or made from one
/// that is: which backgrounds it has is decided once for all experiments.
pub fn with_own_stream(null: &Null, label: &str) -> Option<Null> {
    let of = match null.origin() {
        Origin::Conditioned(_) => return None,
        Origin::Parameters | Origin::Fitted(_) => null.clone(),
        Origin::Derived(derived) => {
            let mut is_possible = true;
            let mapped = derived.map_sources(&mut |source| match &**source {
                Population::Sequences { .. } => source.clone(),
                Population::Null(null) => match with_own_stream(null, label) {
                    Some(own) => Arc::new(Population::Null(own)),
                    None => {
                        is_possible = false;
                        source.clone()
                    }
                },
            });
            if !is_possible {
                return None;
            }
            mapped
        }
    };
    Some(Null::new(OwnStream {
        of,
        label: label.to_string(),
    }))
}

#[derive(Debug)]
struct OwnStream {
    of: Null,
    label: String,
}

impl NullModel for OwnStream {
    fn name(&self) -> &'static str {
        self.of.name()
    }

    fn kind(&self) -> &'static str {
        self.of.kind()
    }

    fn alphabet(&self) -> Alphabet {
        self.of.alphabet()
    }

    fn length(&self) -> usize {
        self.of.length()
    }

    fn describe(&self) -> String {
        self.of.describe()
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        self.of.identify(identity);
        identity.bytes(b"\0own stream\0");
        identity.bytes(self.label.as_bytes());
    }

    fn origin(&self) -> Origin<'_> {
        match self.of.origin() {
            Origin::Derived(_) => Origin::Derived(self),
            other @ (Origin::Parameters | Origin::Fitted(_) | Origin::Conditioned(_)) => other,
        }
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        self.of.base_probabilities()
    }

    fn carries_variants(&self) -> bool {
        self.of.carries_variants()
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        self.of.sampler(streams)
    }
}

impl OwnStream {
    /// The wrapped model as one that is made from other populations; none if it is not.
    fn derived(&self) -> Option<&dyn Derived> {
        match self.of.origin() {
            Origin::Derived(derived) => Some(derived),
            Origin::Parameters | Origin::Fitted(_) | Origin::Conditioned(_) => None,
        }
    }
}

impl Derived for OwnStream {
    fn sources(&self) -> Vec<&Arc<Population>> {
        self.derived().map_or_else(Vec::new, Derived::sources)
    }

    fn plural(&self) -> Option<&'static str> {
        self.derived()?.plural()
    }

    fn draws_anew(&self) -> bool {
        self.derived().is_some_and(Derived::draws_anew)
    }

    fn round(&self) -> Option<usize> {
        self.derived()?.round()
    }

    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null {
        let of = match self.derived() {
            Some(derived) => derived.map_sources(map),
            None => self.of.clone(),
        };
        Null::new(OwnStream {
            of,
            label: self.label.clone(),
        })
    }
}
