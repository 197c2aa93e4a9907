//! How many records of the input files of a population were kept and excluded.

use std::path::PathBuf;

use super::{Exclusions, Origin, Population};

/// The numbers of kept and excluded records of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCounts {
    /// The file that lists the records.
    pub path: PathBuf,
    /// Number of records that became sequences.
    pub kept: usize,
    /// Number of kept ones that are windows filled with unknown bases beyond the ends of their contig.
    pub filled: usize,
    /// Excluded records, by reason.
    pub excluded: Exclusions,
}

impl Population {
    /// Calls `visit` for each set of sequences that this population depends on, if records of it were excluded or are
    /// filled beyond their contig.
    pub fn visit_record_counts(&self, visit: &mut impl FnMut(RecordCounts)) {
        let null = match self {
            Population::Sequences { set, .. } if set.excluded.is_empty() && set.filled() == 0 => {
                return;
            }
            Population::Sequences { set, .. } => return visit(set.record_counts()),
            Population::Null(null) => null,
        };
        match null.origin() {
            Origin::Parameters => {}
            Origin::Fitted(like) => like.visit_if_excluded(visit),
            Origin::Derived(derived) => derived
                .sources()
                .iter()
                .for_each(|of| of.visit_record_counts(visit)),
            Origin::Conditioned(conditioned) => conditioned.source.visit_record_counts(visit),
        }
    }
}

impl RecordCounts {
    fn visit_if_excluded(&self, visit: &mut impl FnMut(RecordCounts)) {
        if !self.excluded.is_empty() || self.filled > 0 {
            visit(self.clone());
        }
    }
}
