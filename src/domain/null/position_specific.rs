//! Independent bases with separate probabilities at each position, fitted to sequences.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::constructor::refusal;
use super::{
    BaseProbabilities, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal, Origin,
    ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams, draw_base, thresholds};
use crate::{Alphabet, Population, RecordCounts, Sequence, SequenceSet, UNKNOWN};
use gia_base::diag::{Code, Outcome};

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "position_specific",
    parameters: &[("like", ParameterType::Sequences)],
    make: |arguments| {
        let like = arguments.sequences("like")?;
        let null = NullRefusal::blame("like", Null::position_specific(&like))?;
        Ok(Population::Null(null))
    },
};

#[derive(Debug)]
struct PositionSpecific {
    alphabet: Alphabet,
    columns: Vec<[f64; 4]>,
    /// The set that the frequencies were taken from, for reports.
    like: RecordCounts,
}

impl Null {
    /// Base frequencies at each position of a set of sequences. Unknown bases are ignored.
    ///
    /// Fails where some position holds unknown bases only.
    pub fn position_specific(like: &SequenceSet) -> Outcome<Null> {
        let mut columns = vec![[0.0; 4]; like.length()];
        for sequence in &like.sequences {
            for (column, &base) in columns.iter_mut().zip(&sequence.bases) {
                if base < UNKNOWN {
                    column[usize::from(base)] += 1.0;
                }
            }
        }
        for (position, column) in columns.iter_mut().enumerate() {
            let sum: f64 = column.iter().sum();
            if sum == 0.0 {
                let message = format!(
                    "position {position} of `{}` has no known base",
                    like.path.display()
                );
                return Err(refusal(Code::TooFewBases, message));
            }
            *column = column.map(|count| count / sum);
        }
        Ok(Null::new(PositionSpecific {
            alphabet: like.alphabet,
            columns,
            like: like.record_counts(),
        }))
    }
}

impl NullModel for PositionSpecific {
    fn name(&self) -> &'static str {
        CONSTRUCTOR.name
    }

    fn kind(&self) -> &'static str {
        // The first name of the function, kept so that a seed gives the sequences that it gave before.
        "profile"
    }

    fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    fn length(&self) -> usize {
        self.columns.len()
    }

    fn describe(&self) -> String {
        format!(
            "position-specific frequencies{}, {} bp",
            self.alphabet.suffix(),
            self.length()
        )
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.numbers(self.columns.as_flattened());
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Fitted(&self.like)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::ByPosition(&self.columns)
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Sampler {
            generator: streams.generator(),
            columns: self.columns.iter().map(thresholds).collect(),
        })
    }
}

#[derive(Debug)]
struct Sampler {
    generator: ChaCha8Rng,
    columns: Vec<[u64; 3]>,
}

impl NullSampler for Sampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let mut generator = address.seek(&self.generator);
        for (base, thresholds) in out.iter_mut().zip(&self.columns) {
            *base = draw_base(&mut generator, thresholds);
        }
    }

    fn source(&self, _: Address) -> Option<&Sequence> {
        None
    }
}
