//! What was computed another way than in whole passes of float32, and how far a sample shows it to be from these.

use serde::{Deserialize, Serialize};

use super::finite;

/// How far what was computed in less than float32 is from float32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PrecisionCheck {
    /// `tf32` or `bfloat16`.
    pub precision: String,
    /// Sequences that were predicted in both.
    pub sequences: u64,
    /// Between two outputs of these, in the outputs' own scale.
    pub largest_difference: f64,
}

impl PrecisionCheck {
    /// This one and that of another part of the run.
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

/// Sequences that were predicted from their backgrounds, by what their edits reach alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Recomputed {
    pub sequences: u64,
    /// How many of these were predicted in whole passes as well.
    pub checked: u64,
    /// Between two outputs of these, relative where an output is above 1.
    #[serde(serialize_with = "finite::number")]
    pub largest_difference: f64,
}

impl Recomputed {
    /// These and those of another part of the run.
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
