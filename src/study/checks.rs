//! Checks of predictions that were not computed by full forward passes in float32.

use serde::{Deserialize, Serialize};

use super::finite;

/// Difference between predictions in a lower precision and in float32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionCheck {
    /// `tf32` or `bfloat16`.
    pub precision: String,
    /// Number of sequences predicted in both precisions.
    pub sequences: u64,
    /// Largest absolute difference between their outputs, in the outputs' own scale.
    pub largest_difference: f64,
}

impl PrecisionCheck {
    /// Combines the checks of two parts of a run.
    pub fn combine(self, other: PrecisionCheck) -> PrecisionCheck {
        PrecisionCheck {
            sequences: self.sequences + other.sequences,
            largest_difference: self.largest_difference.max(other.largest_difference),
            ..self
        }
    }
}

impl std::fmt::Display for PrecisionCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let PrecisionCheck {
            precision,
            sequences,
            largest_difference,
        } = self;
        let plural = if *sequences == 1 { "" } else { "s" };
        let found = match *largest_difference {
            0.0 => "identical".to_string(),
            max => format!("largest difference {max:.1e}"),
        };
        write!(
            f,
            "{precision}; {sequences} sequence{plural} checked against float32, {found}"
        )
    }
}

/// Statistics of incremental recomputation: predictions that reuse the cached activations of the background and compute only
/// the positions that the edits affect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct IncrementalStats {
    /// Number of sequences recomputed incrementally.
    pub sequences: u64,
    /// Number of these that were also predicted by full passes, as a check.
    pub checked: u64,
    /// Largest difference between both outputs; relative where the output exceeds 1.
    #[serde(serialize_with = "finite::number")]
    pub largest_difference: f64,
}

impl IncrementalStats {
    /// Combines the counts of two parts of a run.
    pub fn combine(self, other: IncrementalStats) -> IncrementalStats {
        IncrementalStats {
            sequences: self.sequences + other.sequences,
            checked: self.checked + other.checked,
            largest_difference: self.largest_difference.max(other.largest_difference),
        }
    }
}

impl std::fmt::Display for IncrementalStats {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let found = match self.largest_difference {
            0.0 => "identical".to_string(),
            max => format!("largest difference {max:.0e}"),
        };
        let (sequences, checked) = (self.sequences, self.checked);
        write!(
            f,
            "incremental recomputation: {sequences} sequences; {checked} checked against full passes, {found}"
        )
    }
}
