//! The files that populations are made from, with what was left out of each.

use std::path::PathBuf;

use super::null::Hairpin;
use super::{Edit, Exclusions, Null, Population};

/// How many records of a file are among the sequences of a set, and how many are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    pub path: PathBuf,
    pub kept: usize,
    pub excluded: Exclusions,
}

impl Population {
    /// Calls `visit` for each set of sequences behind the population of which records were left out.
    pub fn intakes(&self, visit: &mut impl FnMut(Intake)) {
        let null = match self {
            Population::Sequences { set, .. } if set.excluded.is_empty() => return,
            Population::Sequences { set, .. } => return visit(set.intake()),
            Population::Null(null) => null,
        };
        match null {
            Null::Markov { chain, .. } => chain.like.visited(visit),
            Null::Profile { like, .. } => like.visited(visit),
            Null::Shuffled { of, .. }
            | Null::Without { of, .. }
            | Null::Hairpin(Hairpin { of, .. }) => of.intakes(visit),
            Null::Chosen(chosen) => chosen.of.intakes(visit),
            Null::Mixture(parts) => parts.iter().for_each(|(_, of)| of.intakes(visit)),
            Null::Uniform { .. } | Null::Iid { .. } => {}
        }
    }
}

impl Intake {
    fn visited(&self, visit: &mut impl FnMut(Intake)) {
        if !self.excluded.is_empty() {
            visit(self.clone());
        }
    }
}

impl Edit {
    /// The population whose bases are written, where there is one.
    pub fn source(&self) -> Option<&Population> {
        match self {
            Edit::Randomize { like, .. } => like.as_ref().map(|like| &*like.value),
            Edit::Write { .. }
            | Edit::Instance { .. }
            | Edit::Open { .. }
            | Edit::Delete { .. }
            | Edit::Shuffle { .. }
            | Edit::Disrupt { .. }
            | Edit::Invert { .. }
            | Edit::Move { .. }
            | Edit::Allele
            | Edit::Swap { .. } => None,
        }
    }
}
