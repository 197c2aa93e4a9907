//! Records of input files that were left out of a study.

use std::fmt;

use serde::{Deserialize, Serialize};

use gia_base::diag::count;
use gia_domain::{Exclusions, Reason, RecordCounts};

/// Numbers of records of one file that were kept and left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedRecords {
    /// The file that lists the sequences.
    pub path: String,
    /// Number of sequences that were kept.
    pub kept: usize,
    /// Number of kept ones that are filled with N beyond the ends of their contig.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub filled: usize,
    /// Number of records that were left out, for any reason.
    pub left_out: usize,
    /// The same records by reason.
    pub reasons: Vec<ExcludedByReason>,
}

/// Records left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedByReason {
    /// Why they were left out.
    pub reason: Reason,
    /// Number of records.
    pub count: usize,
    /// The first three at most: the name for a record of a FASTA file, `FILE:LINE` for others.
    pub first: Vec<String>,
}

impl From<&RecordCounts> for ExcludedRecords {
    fn from(intake: &RecordCounts) -> ExcludedRecords {
        ExcludedRecords {
            path: intake.path.display().to_string(),
            kept: intake.kept,
            filled: intake.filled,
            left_out: intake.excluded.total(),
            reasons: by_reason(&intake.excluded),
        }
    }
}

/// `20 kept, 380 left out: 380 with an unknown base (s1, s2, s3, ...)`
impl fmt::Display for ExcludedRecords {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (kept, left_out) = (count(self.kept), count(self.left_out));
        write!(f, "{kept} kept")?;
        if self.filled > 0 {
            let filled = count(self.filled);
            write!(
                f,
                ", {filled} of them filled with N past the end of their contig"
            )?;
        }
        if self.filled == 0 || self.left_out > 0 {
            write!(f, ", {left_out} left out")?;
        }
        write_reasons(&self.reasons, f)
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// `: 380 with an unknown base (s1, s2, s3, ...); 2 malformed (x.bed:5, x.bed:7)`
pub(super) fn write_reasons(reasons: &[ExcludedByReason], f: &mut fmt::Formatter) -> fmt::Result {
    for (i, reason) in reasons.iter().enumerate() {
        let lead = if i == 0 { ": " } else { "; " };
        let more = match reason.count > reason.first.len() {
            true => ", ...",
            false => "",
        };
        write!(
            f,
            "{lead}{} {} ({}{more})",
            count(reason.count),
            reason.reason.words(),
            reason.first.join(", ")
        )?;
    }
    Ok(())
}

/// The excluded records of each reason, in a fixed order.
pub(super) fn by_reason(excluded: &Exclusions) -> Vec<ExcludedByReason> {
    excluded
        .iter()
        .map(|(reason, excluded)| ExcludedByReason {
            reason,
            count: excluded.count,
            first: excluded.first.clone(),
        })
        .collect()
}
