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
    /// Where the sequence lies in a genome: the contig, and the first position from 1; none for others and for the reverse strand.
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
    /// Position of the first base of the sequence, from 1.
    pub start: u64,
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
