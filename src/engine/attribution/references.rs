//! The sequences that attributed sequences are compared with.

use std::sync::Arc;

use gia_base::diag::Outcome;
use gia_domain::{Alphabet, Null, Order, Population, SequenceSet};
use gia_plan::{ReferenceSource, References};

/// Draws the references of sequences.
#[derive(Debug)]
pub struct ReferenceSampler {
    count: usize,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Shuffles of each sequence.
    Shuffles {
        preserving: usize,
        alphabet: Alphabet,
        seed: u64,
    },
    /// The same for all sequences.
    Drawn(Vec<Vec<u8>>),
}

impl ReferenceSampler {
    /// Prepares for sequences of this alphabet.
    pub fn new(references: &References, alphabet: Alphabet, seed: u64) -> ReferenceSampler {
        let source = match &references.source {
            ReferenceSource::Shuffles { preserving } => Source::Shuffles {
                preserving: *preserving,
                alphabet,
                seed,
            },
            ReferenceSource::Backgrounds(population) => {
                let sampler = population.sampler(seed);
                let drawn = (0..references.count).map(|index| sampler.background(index));
                Source::Drawn(drawn.collect())
            }
        };
        ReferenceSampler {
            count: references.count,
            source,
        }
    }

    /// The references of a sequence.
    ///
    /// # Errors
    /// An unknown base in a sequence that is shuffled.
    pub fn of(&self, bases: &[u8]) -> Outcome<Vec<Vec<u8>>> {
        let (preserving, alphabet, seed) = match &self.source {
            Source::Shuffles {
                preserving,
                alphabet,
                seed,
            } => (*preserving, *alphabet, *seed),
            Source::Drawn(drawn) => return Ok(drawn.clone()),
        };
        let own = Population::Sequences {
            set: Arc::new(SequenceSet::of_one(alphabet, bases.to_vec())),
            order: Order::File,
        };
        let shuffles = Population::Null(Null::shuffled(Arc::new(own), preserving)?);
        let sampler = shuffles.sampler(seed);
        Ok((0..self.count)
            .map(|index| sampler.background(index))
            .collect())
    }
}
