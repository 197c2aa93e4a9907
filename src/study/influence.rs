//! Contributions of bases to each place of a track.

use serde::{Deserialize, Serialize};

use super::{ExcludedRecords, MapOrigin, Unit};

/// What each base of some sequences contributes to each place of a track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InfluenceMap {
    /// The map as the author wrote it.
    pub map: String,
    /// The track in words.
    pub outcome: String,
    /// Scale of its numbers; none if the model's declaration states none.
    pub unit: Option<String>,
    /// The method and its references, in words.
    pub method: String,
    /// The sequences in words.
    pub on: String,
    /// Records that were left out, for each file that lost any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ExcludedRecords>,
    /// Places of the track: the middles of bins in `place_unit`, or their numbers.
    pub places: Vec<i64>,
    /// `bp` for positions in the sequence; none for numbers of bins.
    pub place_unit: Option<String>,
    /// The map of each sequence.
    pub sequences: Vec<InfluencedSequence>,
}

/// The contributions of the bases of one sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InfluencedSequence {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: Unit,
    /// Its letters.
    pub letters: String,
    /// Position in its record of the first base, from 0: more than 0 for the middle of a longer record.
    #[serde(default, skip_serializing_if = "super::mutation_map::is_zero")]
    pub cut: u64,
    /// Where the sequence lies in a genome; none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<MapOrigin>,
    /// For each place of the track, what each base contributes to it.
    pub values: Vec<Vec<f64>>,
}
