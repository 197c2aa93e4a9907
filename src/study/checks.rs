//! Checks of predictions that were not made by full forward passes in float32.

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
    pub fn with(self, other: PrecisionCheck) -> PrecisionCheck {
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
        let bound = match *largest_difference {
            0.0 => "equal to".to_string(),
            most => format!("at most {most:.1e} from"),
        };
        write!(
            f,
            "{precision}, {bound} float32 on {sequences} sequence{plural}"
        )
    }
}

/// Incremental recomputation: sequences predicted from the activations of their backgrounds, computing only what edits reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Recomputed {
    /// Number of sequences recomputed in part.
    pub sequences: u64,
    /// How many of these were predicted by full passes as well.
    pub checked: u64,
    /// Largest difference between the outputs of the two; relative where an output is above 1.
    #[serde(serialize_with = "finite::number")]
    pub largest_difference: f64,
}

impl Recomputed {
    /// Combines the counts of two parts of a run.
    pub fn with(self, other: Recomputed) -> Recomputed {
        Recomputed {
            sequences: self.sequences + other.sequences,
            checked: self.checked + other.checked,
            largest_difference: self.largest_difference.max(other.largest_difference),
        }
    }
}

impl std::fmt::Display for Recomputed {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let bound = match self.largest_difference {
            0.0 => "equal to".to_string(),
            most => format!("at most {most:.0e} from"),
        };
        let (sequences, checked) = (self.sequences, self.checked);
        write!(
            f,
            "recomputed in part: {sequences} sequences, {bound} whole passes on {checked} of them"
        )
    }
}
