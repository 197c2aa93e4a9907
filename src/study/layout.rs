//! Layout of an experiment's sequences, as plain data that a report can draw.
//!
//! Invariant: ranges are half open and counted from 0, in base pairs of the arm's sequence, whose length no edit changes.

use serde::{Deserialize, Serialize};

use super::{GridPoint, finite};

/// The edits of all arms at one grid point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The grid point.
    pub at: GridPoint,
    /// The population that backgrounds come from, in words.
    pub background: String,
    /// Length of every sequence in bp.
    pub length: usize,
    /// In the order of the experiment; `control` is first and has no edit.
    pub arms: Vec<ArmLayout>,
}

/// The edits of one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmLayout {
    /// Name of the arm.
    pub arm: String,
    /// In the order in which they apply.
    pub edits: Vec<PlacedEdit>,
}

/// An edit and its position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedEdit {
    /// The edit as a script would write it, with its positions evaluated.
    pub edit: String,
    /// The label or motif that it writes; none for an edit that embeds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The embedded motif by its name in `motifs`; none for an edit that embeds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motif: Option<String>,
    /// `-` for the reverse complement of the motif as it was written or read, else `+`; none for an edit that embeds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strand: Option<char>,
    /// First base that it changes; none if the position depends on the background.
    pub start: Option<usize>,
    /// First base after those that it changes; none if the position depends on the background.
    pub end: Option<usize>,
}

/// A motif as probabilities of A, C, G and T (U in RNA) at each position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MotifRecord {
    /// Name of the motif in the script.
    pub motif: String,
    /// Its accession or its letters, if the script gives it a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate: Option<String>,
    /// `DNA` or `RNA`.
    pub alphabet: String,
    /// For each position, the probabilities of A, C, G and T (U in RNA).
    #[serde(serialize_with = "finite::columns")]
    pub columns: Vec<[f64; 4]>,
    /// For each position, the mean contributions of A, C, G and T (the CWM), in the unit of the contributions; none of a motif that was not
    /// discovered from contributions.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional_columns"
    )]
    pub contributions: Option<Vec<[f64; 4]>>,
    /// Number of subsequences (seqlets) that it was discovered in, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seqlets: Option<u64>,
}
