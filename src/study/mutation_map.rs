//! Saturation mutagenesis of one sequence: what each letter at each position changes.

use serde::{Deserialize, Serialize};

use super::{SharedStr, finite};

/// What every letter at every position of one sequence changes, if an experiment writes them one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MutationMap {
    /// Name of the sequence.
    pub sequence: String,
    /// The axis of positions.
    pub position_axis: String,
    /// The axis of letters.
    pub letter_axis: String,
    /// Positions that are mutated, counted from 0 from the start of the sequence; parallel to the values of the axis.
    pub positions: Vec<u64>,
    /// The letter that stands at each of them.
    pub reference: String,
    /// The letters that are written, in the order of the axis.
    pub letters: String,
    /// Position in its record of the first base of the sequence, from 0: more than 0 for the middle of a longer record.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u64,
    /// Where the sequence lies in a genome; none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<MapOrigin>,
    /// Importance of each position, for each outcome and each contrast of the mutated arm with the control.
    pub importance: Vec<PositionImportance>,
}

/// Where the first base of a mapped sequence lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapOrigin {
    /// Name of the contig.
    pub chromosome: SharedStr,
    /// Position on the contig of the first base of the sequence, from 1.
    pub start: u64,
    /// Whether the sequence is read from the reverse strand, so that positions on the contig go down from `start`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reverse: bool,
}

impl MutationMap {
    /// The position of a letter as reports write it: on the contig from 1, or in the sequence or its record from 0.
    pub fn place(&self, index: usize) -> u64 {
        let position = self.positions[index];
        match &self.origin {
            Some(origin) if origin.reverse => origin.start.saturating_sub(position),
            Some(origin) => origin.start + position,
            None => self.cut + position,
        }
    }

    /// What the positions that reports write count, to stand behind `positions`.
    pub fn counted(&self) -> String {
        match &self.origin {
            Some(origin) if origin.reverse => format!(
                "on {}, counted from 1; the letters are those of the reverse strand",
                origin.chromosome.as_str()
            ),
            Some(origin) => format!("on {}, counted from 1", origin.chromosome.as_str()),
            None if self.cut > 0 => "in the whole record, counted from 0".to_string(),
            None => "in the sequence, counted from 0".to_string(),
        }
    }

    /// Whether the letter stands right behind the one before it in the map.
    pub fn continues(&self, index: usize) -> bool {
        index > 0 && self.positions[index] == self.positions[index - 1] + 1
    }
}

pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How much each letter of a sequence matters to an outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionImportance {
    /// Name of the contrast.
    pub contrast: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome; none if the model's declaration states none.
    pub unit: Option<SharedStr>,
    /// For each position, minus the mean change by the other letters: positive where the letter that is there raises the outcome.
    #[serde(serialize_with = "finite::numbers")]
    pub values: Vec<f64>,
    /// For each position and letter, in this order, the change; 0 for the letter that is there.
    #[serde(serialize_with = "finite::numbers")]
    pub changes: Vec<f64>,
}
