//! The interface of null models.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use super::{Conditioned, IdentityHasher};
use crate::sampler::{NullSampler, Streams};
use crate::{Alphabet, Population, RecordCounts};

/// A random model of sequences. Clones share the model.
#[derive(Debug, Clone)]
pub struct Null(Arc<dyn NullModel>);

impl Null {
    pub(super) fn new(model: impl NullModel + 'static) -> Null {
        Null(Arc::new(model))
    }
}

impl Deref for Null {
    type Target = dyn NullModel;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

/// A kind of null model with its parameters.
pub trait NullModel: Debug + Send + Sync {
    /// The function of the language that makes the model. Backgrounds are named after it: `uniform_000012`.
    fn name(&self) -> &'static str;

    /// The kind of model, which is part of the identity that addresses random draws.
    fn kind(&self) -> &'static str {
        self.name()
    }

    /// The alphabet of every background.
    fn alphabet(&self) -> Alphabet;

    /// Length of every background, in base pairs.
    fn length(&self) -> usize;

    /// One line for reports, for example `uniform, 1000 bp`.
    fn describe(&self) -> String;

    /// Hashes the parameters that determine the draws, besides name, alphabet and length.
    fn identify(&self, identity: &mut IdentityHasher);

    /// What the model is made from.
    fn origin(&self) -> Origin<'_>;

    /// The probabilities of the bases of a background, if they are independent.
    fn base_probabilities(&self) -> BaseProbabilities<'_>;

    /// Whether every background carries a variant, at which it has the reference allele.
    fn carries_variants(&self) -> bool {
        false
    }

    /// Prepares the model for drawing under one seed.
    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler>;
}

/// What a null model is made from.
#[derive(Debug)]
pub enum Origin<'a> {
    /// Its parameters alone.
    Parameters,
    /// The sequences of a file.
    Fitted(&'a RecordCounts),
    /// The backgrounds of other populations, without predictions of a network.
    Derived(&'a dyn Derived),
    /// The backgrounds of another population, given predictions of a network.
    Conditioned(&'a Conditioned),
}

/// A null model whose backgrounds are derived from those of other populations.
pub trait Derived: NullModel {
    /// The populations that backgrounds are made from, in the order of the arguments.
    fn sources(&self) -> Vec<&Arc<Population>>;

    /// What backgrounds are called beside the number of their sources: `1,000 shuffles of 50 sequences`; None for models that change or
    /// mix them in another way.
    fn plural(&self) -> Option<&'static str>;

    /// Whether two backgrounds that are made from the same sequences differ by chance.
    fn draws_anew(&self) -> bool {
        self.sources().iter().all(|of| of.draws_anew())
    }

    /// Number of backgrounds in a round, if backgrounds are made from the sequences of a file in turn.
    fn round(&self) -> Option<usize>;

    /// The same model with each source replaced by the result of `map`.
    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null;
}

/// The probabilities of independent bases, in the order of their codes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BaseProbabilities<'a> {
    /// Equal at every position.
    EveryPosition([f64; 4]),
    /// Separate for each position.
    ByPosition(&'a [[f64; 4]]),
    /// Bases depend on each other.
    Dependent,
}
