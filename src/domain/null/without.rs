//! Backgrounds without a motif, by rejection sampling.

use std::sync::Arc;

use super::{
    BaseProbabilities, Derived, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal,
    Origin, ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Motif, Population, Reason, Sampler, Scanner, Sequence, SequenceSet};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

/// Number of test backgrounds, at least one of which must be without the motif.
const MAX_TRIALS: usize = 400;

pub(super) const CONSTRUCTOR: NullConstructor = NullConstructor {
    name: "without",
    parameters: &[
        ("of", ParameterType::Null),
        ("pattern", ParameterType::Motif),
    ],
    make: |arguments| {
        let of = arguments.population("of")?;
        let motif = arguments.motif("pattern")?;
        NullRefusal::blame("pattern", without(of, motif))
    },
};

#[derive(Debug)]
struct Without {
    of: Arc<Population>,
    motif: Arc<Motif>,
    /// Searches for the motif.
    scanner: Arc<Scanner>,
}

/// The population conditioned on a motif occurring on neither strand: the sequences of a set without it, or a null model that redraws
/// each background until it is without it.
///
/// # Errors
/// A motif of another alphabet, a motif that matches everywhere, or a population of which hardly any background is without it.
pub fn without(of: Arc<Population>, motif: Arc<Motif>) -> Outcome<Population> {
    if motif.alphabet != of.alphabet() {
        return Err(Diagnostic::error(
            Code::AlphabetMismatch,
            format!(
                "the motif `{}` is {}, but the backgrounds are {}",
                motif.name,
                motif.alphabet.name(),
                of.alphabet().name()
            ),
        )
        .into());
    }
    let scanner = Scanner::new(&motif)?;
    if let Population::Sequences { set, order } = &*of {
        return Ok(Population::Sequences {
            set: Arc::new(set_without(set, &motif, &scanner)?),
            order: *order,
        });
    }
    if of.depends_on_model() {
        return Err(Diagnostic::error(
            Code::KnownOnlyInRun,
            "these backgrounds depend on predictions, which are known only in a run",
        )
        .help("apply `without` first: `filtered(without(NULL, MOTIF), QUERY between ...)`")
        .into());
    }
    check_acceptance(&of, &motif, &scanner)?;
    Ok(Population::Null(Null::new(Without {
        of,
        motif,
        scanner: scanner.into(),
    })))
}

/// The sequences of a set without the motif.
fn set_without(set: &SequenceSet, motif: &Motif, scanner: &Scanner) -> Outcome<SequenceSet> {
    let mut set = set.clone();
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
        let message = format!(
            "`{}` occurs in all {}",
            motif.name,
            pluralize(all, "sequence")
        );
        return Err(Diagnostic::error(Code::ImpossibleSequence, message).into());
    }
    Ok(set)
}

/// Refuses a population if backgrounds without the motif are too rare.
fn check_acceptance(of: &Population, motif: &Motif, scanner: &Scanner) -> Outcome<()> {
    let sampler = of.sampler(0);
    let mut found = 0;
    let mut free = 0;
    for index in 0..MAX_TRIALS {
        let here = scanner.occurrences(&sampler.background(index)).len();
        found += here;
        free += usize::from(here == 0);
        if free > 0 && index >= MAX_TRIALS / 10 {
            break;
        }
    }
    if free == 0 {
        let each = found as f64 / MAX_TRIALS as f64;
        let message = format!(
            "none of {MAX_TRIALS} backgrounds is without `{}`: it occurs {each:.1} times in each on average",
            motif.name
        );
        return Err(Diagnostic::error(Code::ImpossibleSequence, message)
            .help("use a longer or more specific motif, or shorter backgrounds")
            .into());
    }
    Ok(())
}

impl NullModel for Without {
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
        format!("({}) without {}", self.of.describe(), self.motif.name)
    }

    fn identify(&self, identity: &mut IdentityHasher) {
        identity.population(&self.of);
        identity.numbers(self.motif.columns.as_flattened());
    }

    fn origin(&self) -> Origin<'_> {
        Origin::Derived(self)
    }

    fn base_probabilities(&self) -> BaseProbabilities<'_> {
        BaseProbabilities::Dependent
    }

    fn sampler(&self, streams: &Streams) -> Arc<dyn NullSampler> {
        Arc::new(RejectionSampler {
            of: streams.sampler_of(&self.of),
            scanner: self.scanner.clone(),
        })
    }
}

impl Derived for Without {
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
        Null::new(Without {
            of: map(&self.of),
            motif: self.motif.clone(),
            scanner: self.scanner.clone(),
        })
    }
}

/// Redraws a background until it is without the motif.
#[derive(Debug)]
struct RejectionSampler {
    of: Sampler,
    scanner: Arc<Scanner>,
}

impl RejectionSampler {
    /// Draws until a background is without the motif, and returns the address of that draw.
    fn accept(&self, mut address: Address, out: &mut [u8]) -> Address {
        // Terminates because populations with a low acceptance rate are refused.
        loop {
            self.of.draw(address, out);
            if !self.scanner.occurs(out) {
                return address;
            }
            address.attempt += 1;
        }
    }
}

impl NullSampler for RejectionSampler {
    fn draw(&self, address: Address, out: &mut [u8]) {
        self.accept(address, out);
    }

    fn source(&self, address: Address) -> Option<&Sequence> {
        // Which part of a mixture a background comes from differs between attempts.
        let accepted = self.accept(address, &mut vec![0; self.of.length()]);
        self.of.source_at(accepted)
    }
}
