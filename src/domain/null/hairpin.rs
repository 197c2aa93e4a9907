//! Hairpins: backgrounds of another population in which the reverse complement of a stem is written after a loop.

use std::sync::Arc;

use super::constructor::refusal;
use super::{
    BaseProbabilities, Derived, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal,
    Origin, ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Population, Sampler, Sequence, complement};
use gia_base::diag::{Code, Outcome};

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "hairpin",
    parameters: &[
        ("of", ParameterType::Null),
        ("stem", ParameterType::Length),
        ("loop", ParameterType::Length),
        ("place", ParameterType::Position),
    ],
    make: |arguments| {
        let of = arguments.population("of")?;
        let stem = arguments.length("stem")?.unwrap_or(0);
        let loop_length = arguments.base_pairs("loop").map(usize::try_from);
        let Some(Ok(loop_length)) = loop_length else {
            let refused = Err(refusal(Code::OutOfRange, "`loop` must be at least 0 bp"));
            return NullRefusal::blame("loop", refused);
        };
        let start = arguments.start("place", 2 * stem + loop_length, of.length())?;
        let null = NullRefusal::blame("place", Null::hairpin(of, start, stem, loop_length))?;
        Ok(Population::Null(null))
    },
};

/// The null model: the bases of the background from `start` on are the stem, and their reverse complement is written after the loop.
#[derive(Debug)]
struct Hairpin {
    of: Arc<Population>,
    shape: Shape,
}

/// Position and widths of the hairpin, in base pairs.
#[derive(Debug, Clone, Copy)]
struct Shape {
    start: usize,
    stem: usize,
    loop_length: usize,
}

impl Null {
    /// A hairpin: from `start` a stem of `stem` base pairs, a loop, and the stem's reverse complement.
    ///
    /// # Errors
    /// A stem of 0 bp, or a hairpin that does not fit into the sequence.
    pub fn hairpin(
        of: Arc<Population>,
        start: i64,
        stem: usize,
        loop_length: usize,
    ) -> Outcome<Null> {
        if stem == 0 {
            return Err(refusal(
                Code::OutOfRange,
                "the stem of a hairpin must be at least 1 bp long",
            ));
        }
        let (length, width) = (of.length(), 2 * stem + loop_length);
        let fitting = usize::try_from(start).ok();
        let Some(start) = fitting.filter(|start| start + width <= length) else {
            let end = start + width as i64;
            return Err(refusal(
                Code::DoesNotFit,
                format!(
                    "a stem of {stem} bp and a loop of {loop_length} bp lie at {start}..{end}, but the sequence has {length} bp"
                ),
            ));
        };
        let shape = Shape {
            start,
            stem,
            loop_length,
        };
        Ok(Null::new(Hairpin { of, shape }))
    }
}

impl NullModel for Hairpin {
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
        let Shape {
            start,
            stem,
            loop_length,
        } = self.shape;
        let of = self.of.describe();
        format!("hairpin at {start} bp, stem {stem} bp, loop {loop_length} bp, in ({of})")
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.count(self.shape.start);
        identity.count(self.shape.stem);
        identity.count(self.shape.loop_length);
        identity.population(&self.of);
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Derived(self)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(HairpinSampler {
            of: streams.sampler_of(&self.of),
            shape: self.shape,
        })
    }
}

impl Derived for Hairpin {
    fn sources(&self) -> Vec<&Arc<Population>> {
        vec![&self.of]
    }

    fn plural(&self) -> Option<&'static str> {
        None
    }

    fn round(&self) -> Option<usize> {
        self.of.round()
    }

    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null {
        Null::new(Hairpin {
            of: map(&self.of),
            shape: self.shape,
        })
    }
}

/// Draws a background and writes the second half of the stem.
#[derive(Debug)]
struct HairpinSampler {
    of: Sampler,
    shape: Shape,
}

impl NullSampler for HairpinSampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        self.of.draw(self.of.wrap(address), out);
        let Shape {
            start,
            stem,
            loop_length,
        } = self.shape;
        let second = start + stem + loop_length;
        for i in 0..stem {
            out[second + i] = complement(out[start + stem - 1 - i]);
        }
    }

    fn source(&self, address: Address) -> Option<&Sequence> {
        self.of.source_at(self.of.wrap(address))
    }

    fn name(&self, index: usize) -> Option<String> {
        self.of.name_in_round(CONSTRUCTOR.name, index)
    }
}
