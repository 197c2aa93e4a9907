//! What an experiment writes where, as plain data that a report can draw.
//!
//! Invariant: stretches are half open and counted from 0, in base pairs of the arm's sequence, whose length no edit changes.

use serde::{Deserialize, Serialize};

use super::{At, finite};

/// The sequences of all arms at one grid point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    pub at: At,
    /// The population that backgrounds come from, in words.
    pub background: String,
    /// Of every sequence.
    pub length: usize,
    /// In the order of the experiment; `control` is first and has no edit.
    pub arms: Vec<ArmLayout>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmLayout {
    pub arm: String,
    /// In the order in which they apply.
    pub edits: Vec<LaidEdit>,
}

/// One change and where it lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaidEdit {
    /// As a script would write it, with its places worked out.
    pub edit: String,
    /// The label or motif that it writes; none for an edit that embeds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The motif by the name that `motifs` lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motif: Option<String>,
    /// `+`, or `-` for a motif that is written as it reads on the other strand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strand: Option<char>,
    /// None for both where the place depends on the background.
    pub start: Option<usize>,
    pub end: Option<usize>,
}

/// A motif as probabilities of A, C, G and T (U in RNA) at each position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MotifRecord {
    pub motif: String,
    /// What it is beside the name that the script gives it: its accession or its letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate: Option<String>,
    /// `DNA` or `RNA`.
    pub alphabet: String,
    #[serde(serialize_with = "finite::columns")]
    pub columns: Vec<[f64; 4]>,
}
