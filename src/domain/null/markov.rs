//! A Markov chain fitted to sequences: each base depends on those before it.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::constructor::{check_length, refusal};
use super::{
    BaseProbabilities, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal, Origin,
    ParameterType,
};
use crate::sampler::{
    Address, NullSampler, Streams, choose, cumulative_sums, draw_base, thresholds,
};
use crate::{Alphabet, Population, RecordCounts, Sequence, SequenceSet, UNKNOWN};
use gia_base::diag::{Code, Outcome};

/// Maximum order. The table of probabilities has 4^(order + 1) entries.
const MAX_ORDER: usize = 8;

/// Pseudocount added to the count of each next base.
const PSEUDOCOUNT: f64 = 0.25;

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "markov",
    parameters: &[
        ("order", ParameterType::Number),
        ("like", ParameterType::Sequences),
        ("length", ParameterType::Length),
    ],
    make: |arguments| {
        let order = arguments.whole_number("order")?;
        let like = arguments.sequences("like")?;
        let length = arguments.length("length")?.unwrap_or(like.length());
        let null = NullRefusal::blame("order", Null::markov(&like, order, length))?;
        Ok(Population::Null(null))
    },
};

#[derive(Debug)]
struct Markov {
    alphabet: Alphabet,
    length: usize,
    /// Number of bases that the next one depends on.
    order: usize,
    /// Probability of each initial context, indexed by the context in base 4, first base highest: 4^order entries.
    start: Vec<f64>,
    /// Probabilities of the next base after each context.
    next: Vec<[f64; 4]>,
    /// The set that the chain was fitted to, for reports.
    like: RecordCounts,
}

impl Null {
    /// A Markov chain fitted to a set of sequences. A pseudocount of 0.25 for each next base avoids zero probabilities.
    ///
    /// # Errors
    /// An order above 8, no sequence with more known bases in a row than the order, or a length of 0.
    pub fn markov(like: &SequenceSet, order: usize, length: usize) -> Outcome<Null> {
        check_length(length)?;
        if order > MAX_ORDER {
            return Err(refusal(
                Code::OutOfRange,
                format!("the order of a Markov chain is at most {MAX_ORDER}, not {order}"),
            ));
        }
        Ok(Null::new(fit(like, order, length)?))
    }
}

/// Fits a chain to all windows without unknown bases.
fn fit(like: &SequenceSet, order: usize, length: usize) -> Outcome<Markov> {
    let contexts = 1usize << (2 * order);
    let mut start = vec![0.0; contexts];
    let mut next = vec![[PSEUDOCOUNT; 4]; contexts];
    let mut windows = 0;
    for sequence in &like.sequences {
        for window in sequence.bases.windows(order + 1) {
            if window.contains(&UNKNOWN) {
                continue;
            }
            let (context, base) = (&window[..order], window[order]);
            let context = context
                .iter()
                .fold(0, |word, &base| word << 2 | usize::from(base));
            start[context] += 1.0;
            next[context][usize::from(base)] += 1.0;
            windows += 1;
        }
    }
    if windows == 0 {
        let message = format!(
            "no sequence of `{}` has {} known bases in a row, which order {order} needs",
            like.path.display(),
            order + 1
        );
        return Err(refusal(Code::TooFewBases, message));
    }
    for probability in &mut start {
        *probability /= f64::from(windows);
    }
    for counts in &mut next {
        let sum: f64 = counts.iter().sum();
        *counts = counts.map(|count| count / sum);
    }
    Ok(Markov {
        alphabet: like.alphabet,
        length,
        order,
        start,
        next,
        like: like.record_counts(),
    })
}

impl NullModel for Markov {
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
        let suffix = self.alphabet.suffix();
        let (order, length) = (self.order, self.length);
        let like = self.like.path.display();
        format!("markov{suffix} of order {order} like {like}, {length} bp")
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.count(self.order);
        identity.numbers(&self.start);
        identity.numbers(self.next.as_flattened());
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Fitted(&self.like)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(Sampler {
            generator: streams.generator(),
            order: self.order,
            start: cumulative_sums(self.start.iter().copied()),
            next: self.next.iter().map(thresholds).collect(),
        })
    }
}

#[derive(Debug)]
struct Sampler {
    generator: ChaCha8Rng,
    order: usize,
    /// Cumulative probabilities of the initial context.
    start: Vec<f64>,
    next: Vec<[u64; 3]>,
}

impl NullSampler for Sampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        let Sampler { order, next, .. } = self;
        let mut generator = address.seek(&self.generator);
        let mut context = choose(&mut generator, self.start.iter().copied());
        let first = (*order).min(out.len());
        for (i, base) in out[..first].iter_mut().enumerate() {
            *base = (context >> (2 * (order - 1 - i)) & 3) as u8;
        }
        for base in &mut out[first..] {
            *base = draw_base(&mut generator, &next[context]);
            context = (context << 2 | usize::from(*base)) & (next.len() - 1);
        }
    }

    fn source(&self, _: Address) -> Option<&Sequence> {
        None
    }
}
