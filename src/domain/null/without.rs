//! Another null model, given that a motif does not occur: rejection sampling.

use std::sync::Arc;

use super::{
    BaseProbabilities, Derived, IdentityHasher, Null, NullConstructor, NullModel, NullRefusal,
    Origin, ParameterType,
};
use crate::sampler::{Address, NullSampler, Streams};
use crate::{Alphabet, Motif, Population, Reason, Sampler, Scanner, SequenceSet};
use gia_base::diag::{Code, Diagnostic, Outcome, counted};

/// Maximum number of trials, of which one must be without the motif.
const TRIES: usize = 400;

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
    if let Population::Sequences { set, order } = &*of {
        return Ok(Population::Sequences {
            set: Arc::new(set_without(set, &motif, &scanner)?),
            order: *order,
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
    check_acceptance(&of, &motif, &scanner)?;
    Ok(Population::Null(Null::new(Without {
        of,
        motif,
        scanner: scanner.into(),
    })))
}

/// The sequences of a set in which the motif does not occur.
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
            counted(all, "sequence")
        );
        return Err(Diagnostic::error(Code::ImpossibleSequence, message).into());
    }
    Ok(set)
}

/// Refuses a population in which backgrounds without the motif are too rare.
fn check_acceptance(of: &Population, motif: &Motif, scanner: &Scanner) -> Outcome<()> {
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
            "none of {TRIES} backgrounds is without `{}`: it occurs {each:.1} times in each by chance",
            motif.name
        );
        return Err(Diagnostic::error(Code::ImpossibleSequence, message)
            .help("a longer or rarer motif, or shorter backgrounds, leave some without it")
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
        Arc::new(Rejecter {
            of: streams.sampler_of(&self.of),
            scanner: self.scanner.clone(),
        })
    }
}

impl Derived for Without {
    fn sources(&self) -> Vec<&Arc<Population>> {
        vec![&self.of]
    }

    fn map_sources(&self, map: &mut dyn FnMut(&Arc<Population>) -> Arc<Population>) -> Null {
        Null::new(Without {
            of: map(&self.of),
            motif: self.motif.clone(),
            scanner: self.scanner.clone(),
        })
    }
}

#[derive(Debug)]
struct Rejecter {
    of: Sampler,
    scanner: Arc<Scanner>,
}

impl NullSampler for Rejecter {
    fn draw(&self, mut address: Address, out: &mut [u8]) {
        // A null model that hardly ever passes is refused when it is made.
        loop {
            self.of.draw(address, out);
            if !self.scanner.occurs(out) {
                return;
            }
            address.attempt += 1;
        }
    }
}
