//! Null models: random models of sequences, alone and made of each other.
//!
//! Invariant: a null model made here can be drawn from: its probabilities sum to 1, its lengths and alphabets agree,
//! and what it asks of another population, that one has. How it is drawn is [`super::Sampler`]'s matter.

mod chosen;
mod fit;
mod words;

pub use chosen::{Chosen, Made};

use std::sync::Arc;

use super::shuffle::LONGEST_KMER;
use super::{Alphabet, Intake, Motif, Order, Population, Reason, Scanner, SequenceSet, UNKNOWN};
use crate::diag::{Code, Diagnostic, Outcome, counted};

/// How far frequencies may be from 1 in sum.
const SUM_TOLERANCE: f64 = 1e-6;

/// Backgrounds that are tried before a population is said to be hardly ever without a motif, of which one must pass.
const TRIES: usize = 400;

/// The longest context of a Markov model: its tables have 4^(order + 1) probabilities.
pub const HIGHEST_ORDER: usize = 8;

/// A random model of sequences.
#[derive(Debug, Clone, PartialEq)]
pub enum Null {
    /// Every base equally likely.
    Uniform { alphabet: Alphabet, length: usize },
    /// Independent bases with these probabilities, in code order, summing to 1.
    Iid {
        alphabet: Alphabet,
        length: usize,
        frequencies: [f64; 4],
    },
    /// Each base depends on those before it.
    Markov { length: usize, chain: Arc<Chain> },
    /// Independent bases with frequencies of their own at each position.
    Profile {
        alphabet: Alphabet,
        columns: Arc<[[f64; 4]]>,
        /// What they were fitted to, for reports.
        like: Arc<Intake>,
    },
    /// Shuffles of another population's sequences that keep the counts of all k-mers.
    Shuffled {
        of: Arc<Population>,
        preserving: usize,
    },
    /// One of several populations, with these probabilities, for each background.
    Mixture(Vec<(f64, Arc<Population>)>),
    /// Another null model, given that a motif does not occur.
    Without {
        of: Arc<Population>,
        motif: Arc<Motif>,
    },
    /// Another population, with the reverse complement of one stretch written behind it.
    Hairpin(Hairpin),
    /// What a model makes of the backgrounds of another population.
    Chosen(Chosen),
}

/// A Markov chain of bases.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    pub alphabet: Alphabet,
    /// Bases that the next one depends on.
    pub order: usize,
    /// Probability of each first context, 4^order of them, the first base in the highest digit.
    pub start: Vec<f64>,
    /// Probabilities of the next base behind each context.
    pub next: Vec<[f64; 4]>,
    /// What it was fitted to, for reports.
    pub like: Intake,
}

/// Stem, loop and stem: what the background holds from `start` on is the stem, and its reverse complement is written
/// behind the loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Hairpin {
    pub of: Arc<Population>,
    pub start: usize,
    /// Base pairs of the stem.
    pub stem: usize,
    pub loop_: usize,
}

impl Null {
    /// Every base equally likely; `length` in base pairs, at least 1.
    pub fn uniform(alphabet: Alphabet, length: usize) -> Outcome<Null> {
        check_length(length)?;
        Ok(Null::Uniform { alphabet, length })
    }

    /// Independent bases with these probabilities in the order of the base codes.
    ///
    /// Fails where one is negative or not finite, their sum is not 1 (to 1e-6), or the length is 0.
    pub fn iid(alphabet: Alphabet, length: usize, frequencies: [f64; 4]) -> Outcome<Null> {
        check_length(length)?;
        for (letter, &frequency) in alphabet.letters().chars().zip(&frequencies) {
            if !frequency.is_finite() || frequency < 0.0 {
                return Err(refused(
                    Code::InvalidDistribution,
                    format!(
                        "the frequency of `{letter}` is {frequency}, and a frequency lies between 0 and 1"
                    ),
                ));
            }
        }
        let sum: f64 = frequencies.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let [a, c, g, t] = frequencies;
            return Err(refused(
                Code::InvalidDistribution,
                format!(
                    "the frequencies {a}, {c}, {g} and {t} sum to {} and not to 1",
                    (sum * 1e9).round() / 1e9
                ),
            ));
        }
        // Adding zero turns a negative zero into zero, so that equal frequencies have equal bits.
        let frequencies = frequencies.map(|frequency| frequency / sum + 0.0);
        Ok(Null::Iid {
            alphabet,
            length,
            frequencies,
        })
    }

    /// Independent bases, G and C sharing `gc` evenly, A and T (U) the rest.
    ///
    /// Fails where `gc` is not between 0 and 1 or the length is 0.
    pub fn gc(alphabet: Alphabet, length: usize, gc: f64) -> Outcome<Null> {
        if !(0.0..=1.0).contains(&gc) {
            return Err(refused(
                Code::OutOfRange,
                format!("a GC content of {gc} does not lie between 0 and 1"),
            ));
        }
        let (strong, weak) = (gc / 2.0, (1.0 - gc) / 2.0);
        Null::iid(alphabet, length, [weak, strong, strong, weak])
    }

    /// A Markov chain fitted to a set of sequences: contexts and next bases as often as they are found there, a quarter
    /// of a base added to each next base's count so that nothing is impossible.
    ///
    /// Fails where the order is more than [`HIGHEST_ORDER`] or no sequence is longer than it.
    pub fn markov(like: &SequenceSet, order: usize, length: usize) -> Outcome<Null> {
        check_length(length)?;
        if order > HIGHEST_ORDER {
            return Err(refused(
                Code::OutOfRange,
                format!("a Markov chain has an order of at most {HIGHEST_ORDER}, not {order}"),
            ));
        }
        let chain = Arc::new(fit::chain(like, order)?);
        Ok(Null::Markov { length, chain })
    }

    /// The frequencies of bases at each position of a set of sequences.
    ///
    /// Fails where some position holds unknown bases only.
    pub fn profile(like: &SequenceSet) -> Outcome<Null> {
        let columns = fit::profile(like)?.into();
        Ok(Null::Profile {
            alphabet: like.alphabet,
            columns,
            like: Arc::new(like.intake()),
        })
    }

    /// Uniform shuffles that keep the counts of all k-mers of each source sequence, and its first and last `k - 1`
    /// bases. Background `i` is a shuffle of sequence `i`, from the first again when a set is through.
    ///
    /// Fails where `k` is not 1 to [`LONGEST_KMER`], or a sequence of a set holds an unknown base.
    pub fn shuffled(of: Arc<Population>, k: usize) -> Outcome<Null> {
        if k == 0 || k > LONGEST_KMER {
            return Err(refused(
                Code::OutOfRange,
                format!("a shuffle preserves k-mers of 1 to {LONGEST_KMER} bases, not of {k}"),
            ));
        }
        if let Population::Sequences { set, .. } = &*of {
            let unknown = |sequence: &&super::Sequence| sequence.bases.contains(&UNKNOWN);
            if let Some(sequence) = set.sequences.iter().find(unknown) {
                let message = format!(
                    "`{}` holds an N, and what it stands for cannot be shuffled",
                    sequence.name
                );
                return Err(Diagnostic::error(Code::UnknownBase, message)
                    .help("`unknown: \"drop\"` leaves such sequences out")
                    .into());
            }
        }
        Ok(Null::Shuffled { of, preserving: k })
    }

    /// One of these populations for each background, with probabilities in proportion to the weights. Of a finite set, a
    /// sequence is drawn.
    ///
    /// Fails where there is none, lengths or alphabets differ, or a weight is not positive.
    pub fn mixture(parts: Vec<(f64, Arc<Population>)>) -> Outcome<Null> {
        let Some((_, first)) = parts.first() else {
            return Err(refused(
                Code::Empty,
                "a mixture needs at least one population".into(),
            ));
        };
        for (weight, part) in &parts {
            if !weight.is_finite() || *weight <= 0.0 {
                return Err(refused(
                    Code::InvalidDistribution,
                    format!("a weight of {weight} is not a positive number"),
                ));
            }
            if part.length() != first.length() {
                return Err(Diagnostic::error(
                    Code::LengthMismatch,
                    format!(
                        "the sequences of a mixture are as long as each other, and these are {} bp and {} bp",
                        first.length(),
                        part.length()
                    ),
                )
                .into());
            }
            if part.alphabet() != first.alphabet() {
                return Err(Diagnostic::error(
                    Code::AlphabetMismatch,
                    "a mixture is all DNA or all RNA, and this one has both",
                )
                .into());
            }
        }
        let sum: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let parts = parts.into_iter().map(|(weight, of)| (weight / sum, of));
        Ok(Null::Mixture(parts.collect()))
    }

    /// A hairpin: from `start` a stem of `stem` base pairs, a loop, and the stem's reverse complement.
    ///
    /// Fails where it does not fit into the sequence or has no stem.
    pub fn hairpin(of: Arc<Population>, start: i64, stem: usize, loop_: usize) -> Outcome<Null> {
        if stem == 0 {
            return Err(refused(
                Code::OutOfRange,
                "a hairpin needs a stem of at least 1 bp".into(),
            ));
        }
        let (length, width) = (of.length(), 2 * stem + loop_);
        let fits = usize::try_from(start).is_ok_and(|start| start + width <= length);
        if !fits {
            let end = start + width as i64;
            return Err(Diagnostic::error(
                Code::DoesNotFit,
                format!(
                    "a stem of {stem} bp and a loop of {loop_} bp lie at {start}..{end}, and the sequence is {length} bp"
                ),
            )
            .into());
        }
        let start = start as usize;
        Ok(Null::Hairpin(Hairpin {
            of,
            start,
            stem,
            loop_,
        }))
    }

    /// The word that names the kind of null model in the language.
    pub fn kind(&self) -> &'static str {
        match self {
            Null::Uniform { .. } => "uniform",
            Null::Iid { .. } => "iid",
            Null::Markov { .. } => "markov",
            Null::Profile { .. } => "profile",
            Null::Shuffled { .. } => "shuffled",
            Null::Mixture(_) => "mixture",
            Null::Without { .. } => "without",
            Null::Hairpin(_) => "hairpin",
            Null::Chosen(chosen) => chosen.kind,
        }
    }

    pub fn alphabet(&self) -> Alphabet {
        match self {
            Null::Uniform { alphabet, .. }
            | Null::Iid { alphabet, .. }
            | Null::Profile { alphabet, .. } => *alphabet,
            Null::Markov { chain, .. } => chain.alphabet,
            Null::Shuffled { of, .. } | Null::Without { of, .. } => of.alphabet(),
            Null::Hairpin(hairpin) => hairpin.of.alphabet(),
            Null::Chosen(chosen) => chosen.of.alphabet(),
            Null::Mixture(parts) => parts.first().map_or(Alphabet::Dna, |(_, of)| of.alphabet()),
        }
    }

    /// In base pairs.
    pub fn length(&self) -> usize {
        match self {
            Null::Uniform { length, .. }
            | Null::Iid { length, .. }
            | Null::Markov { length, .. } => *length,
            Null::Profile { columns, .. } => columns.len(),
            Null::Shuffled { of, .. } | Null::Without { of, .. } => of.length(),
            Null::Hairpin(hairpin) => hairpin.of.length(),
            Null::Chosen(chosen) => chosen.of.length(),
            Null::Mixture(parts) => parts.first().map_or(0, |(_, of)| of.length()),
        }
    }
}

/// The part of a population in which a motif occurs on neither strand: of a set those of its sequences, of a null
/// model its distribution given that (drawn anew until it holds).
///
/// Fails where the motif belongs to another alphabet, where it fits everywhere, or where hardly any background is without it.
pub fn without(of: Arc<Population>, motif: Arc<Motif>) -> Outcome<Population> {
    if motif.alphabet != of.alphabet() {
        return Err(Diagnostic::error(
            Code::AlphabetMismatch,
            format!(
                "the motif `{}` is {}, the backgrounds are {}",
                motif.name,
                motif.alphabet.name(),
                of.alphabet().name()
            ),
        )
        .into());
    }
    let scanner = Scanner::new(&motif)?;
    let name = motif.name.clone();
    if let Population::Sequences { set, order } = &*of {
        let mut set = SequenceSet::clone(set);
        let all = set.sequences.len();
        let excluded = &mut set.excluded;
        set.sequences.retain(|sequence| {
            let occurs = scanner.occurs(&sequence.bases);
            if occurs {
                excluded.add(Reason::HoldsMotif, || sequence.name.clone());
            }
            !occurs
        });
        if set.sequences.is_empty() {
            let message = format!("`{name}` occurs in all {}", counted(all, "sequence"));
            return Err(Diagnostic::error(Code::ImpossibleSequence, message).into());
        }
        let order: Order = *order;
        return Ok(Population::Sequences {
            set: Arc::new(set),
            order,
        });
    }
    if of.awaits_a_model() {
        return Err(Diagnostic::error(
            Code::KnownOnlyInRun,
            "what a model makes of backgrounds is known only in a run",
        )
        .help("ask the model last: `filtered(without(NULL, MOTIF), QUERY between ...)`")
        .into());
    }
    let sampler = of.sampler(0);
    let mut found = 0;
    let mut free = 0;
    for index in 0..TRIES {
        let here = scanner.occurrences(&sampler.background(index)).len();
        found += here;
        free += usize::from(here == 0);
        if free > 0 && index >= TRIES / 10 {
            break;
        }
    }
    if free == 0 {
        let each = found as f64 / TRIES as f64;
        let message = format!(
            "none of {TRIES} backgrounds is without `{name}`: it occurs {each:.1} times in each by chance"
        );
        return Err(Diagnostic::error(Code::ImpossibleSequence, message)
            .help("a longer or rarer motif, or shorter backgrounds, leave some without it")
            .into());
    }
    Ok(Population::Null(Null::Without { of, motif }))
}

fn refused(code: Code, message: String) -> Box<Diagnostic> {
    Diagnostic::error(code, message).into()
}

fn check_length(length: usize) -> Outcome<()> {
    if length == 0 {
        return Err(refused(
            Code::OutOfRange,
            "a background needs a length of at least 1 bp".into(),
        ));
    }
    Ok(())
}
