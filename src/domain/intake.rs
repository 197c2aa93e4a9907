//! The files that populations are made from, and how many records of each were used.

use std::path::PathBuf;

use super::{Exclusions, Origin, Population};

/// How many records of a file became sequences of a set, and how many were left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The file that lists the records.
    pub path: PathBuf,
    /// Number of records that became sequences.
    pub kept: usize,
    /// Records that did not, by reason.
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
        match null.origin() {
            Origin::Parameters => {}
            Origin::Fitted(like) => like.visited(visit),
            Origin::Derived(derived) => derived.sources().iter().for_each(|of| of.intakes(visit)),
            Origin::Conditioned(conditioned) => conditioned.of.intakes(visit),
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
