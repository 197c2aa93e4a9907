//! Shuffles of the sequences of another population that preserve k-mer counts.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::constructor::refusal;
use super::{
    BaseProbabilities, Derived, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal,
    Origin, ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, MAX_SHUFFLE_K, Population, Sampler, Sequence, UNKNOWN, Variant, shuffle};
use gia_base::diag::{Code, Diagnostic, Outcome};

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "shuffled",
    parameters: &[
        ("of", ParameterType::Null),
        ("preserving", ParameterType::Number),
        ("bins", ParameterType::Number),
    ],
    make: |arguments| {
        let of = arguments.population("of")?;
        let preserving = arguments.whole_number("preserving")?;
        // If `preserving` is valid, the error is about an unknown base in the sequences.
        let bins = arguments.whole_number("bins")?;
        let culprit = match preserving {
            1..=MAX_SHUFFLE_K if bins == 1 => "of",
            1..=MAX_SHUFFLE_K => "bins",
            _ => "preserving",
        };
        let null = NullRefusal::blame(culprit, Null::shuffled_in_bins(of, preserving, bins))?;
        Ok(Population::Null(null))
    },
};

#[derive(Debug)]
struct Shuffled {
    of: Arc<Population>,
    /// Length of the k-mers whose counts are preserved.
    preserving: usize,
    /// Number of consecutive stretches that are shuffled each for itself.
    bins: usize,
}

impl Null {
    /// Uniform shuffles that preserve the counts of all k-mers of each source sequence, and its first and last `k - 1` bases.
    /// Background `i` is a shuffle of sequence `i`, modulo the size of a finite set. A shuffle of a window with a variant carries the variant:
    /// the reference allele stands where it stood, over what was shuffled there.
    ///
    /// # Errors
    /// A `k` outside 1 to [`MAX_SHUFFLE_K`], or a sequence with an unknown base.
    pub fn shuffled(of: Arc<Population>, k: usize) -> Outcome<Null> {
        Null::shuffled_in_bins(of, k, 1)
    }

    /// As [`Null::shuffled`], with each of `bins` consecutive stretches, equally long but for rounding, shuffled for itself: the composition
    /// along the sequence stays.
    ///
    /// # Errors
    /// As [`Null::shuffled`], and bins of which one is too short for a shuffle that preserves k-mers to change it.
    pub fn shuffled_in_bins(of: Arc<Population>, k: usize, bins: usize) -> Outcome<Null> {
        if k == 0 || k > MAX_SHUFFLE_K {
            return Err(refusal(
                Code::OutOfRange,
                format!("a shuffle can preserve k-mers of 1 to {MAX_SHUFFLE_K} bases, not of {k}"),
            ));
        }
        if let Population::Sequences { set, .. } = &*of {
            let unknown = |sequence: &&Sequence| sequence.bases.contains(&UNKNOWN);
            if let Some(sequence) = set.sequences.iter().find(unknown) {
                let message = format!(
                    "`{}` has an unknown base (N), which cannot be shuffled",
                    sequence.name
                );
                return Err(Diagnostic::error(Code::UnknownBase, message)
                    .help("`unknown: \"drop\"` leaves such sequences out")
                    .into());
            }
        }
        let shortest = of.length() / bins.max(1);
        if bins == 0 || (bins > 1 && shortest < 2 * k) {
            let message = match bins {
                0 => "a sequence is shuffled in at least 1 bin".to_string(),
                _ => format!(
                    "{bins} bins of a sequence of {} bp have {shortest} bp, and a shuffle that preserves {k}-mers changes {} bp or more",
                    of.length(),
                    2 * k
                ),
            };
            return Err(refusal(Code::OutOfRange, message));
        }
        Ok(Null::new(Shuffled {
            of,
            preserving: k,
            bins,
        }))
    }
}

impl NullModel for Shuffled {
    fn name(&self) -> &'static str {
        CONSTRUCTOR.name
    }

    fn alphabet(&self) -> Alphabet {
        self.of.alphabet()
    }

    fn length(&self) -> usize {
        self.of.length()
    }

    fn describe(&self) -> String {
        let (k, of) = (self.preserving, self.of.describe());
        match self.bins {
            1 => format!("shuffled, preserving {k}-mers, of ({of})"),
            bins => format!("shuffled, preserving {k}-mers in each of {bins} bins, of ({of})"),
        }
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.count(self.preserving);
        if self.bins > 1 {
            identity.count(self.bins);
        }
        identity.population(&self.of);
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Derived(self)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn carries_variants(&self) -> bool {
        self.of.carries_variants()
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Shuffler {
            generator: streams.generator(),
            of: streams.sampler_of(&self.of),
            preserving: self.preserving,
            bins: self.bins,
        })
    }
}

impl Derived for Shuffled {
    fn sources(&self) -> Vec<&Arc<Population>> {
        vec![&self.of]
    }

    fn plural(&self) -> Option<&'static str> {
        Some("shuffles")
    }

    fn draws_anew(&self) -> bool {
        true
    }

    fn round(&self) -> Option<usize> {
        self.of.round()
    }

    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null {
        Null::new(Shuffled {
            of: map(&self.of),
            preserving: self.preserving,
            bins: self.bins,
        })
    }
}

#[derive(Debug)]
struct Shuffler {
    generator: ChaCha8Rng,
    of: Sampler,
    preserving: usize,
    bins: usize,
}

impl NullSampler for Shuffler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let source = self.of.wrap(address);
        self.of.draw(source, out);
        let carried = self.of.variant(source.index).map(|variant| {
            let allele = variant.start..(variant.start + variant.removed).min(out.len());
            (allele.clone(), out[allele].to_vec())
        });
        let mut generator = address.seek(&self.generator);
        let length = out.len();
        for bin in 0..self.bins {
            let stretch = bin * length / self.bins..(bin + 1) * length / self.bins;
            shuffle(&mut out[stretch], self.preserving, &mut generator);
        }
        if let Some((place, allele)) = carried {
            out[place].copy_from_slice(&allele);
        }
    }

    fn source(&self, address: Address) -> Option<&Sequence> {
        self.of.source_at(self.of.wrap(address))
    }

    fn variant(&self, index: usize) -> Option<&Variant> {
        self.of
            .variant(self.of.wrap(Address { index, attempt: 0 }).index)
    }

    fn name(&self, index: usize) -> Option<String> {
        self.of.name_in_round(CONSTRUCTOR.name, index)
    }
}
