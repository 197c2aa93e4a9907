//! What backgrounds are like, and how far they are from real sequences.

use serde::{Deserialize, Serialize};

use super::finite;

/// What the backgrounds of an experiment are like, and how far they are from real sequences where a reference is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NullDiagnosis {
    pub backgrounds: String,
    /// How many were looked at.
    pub n: usize,
    /// Share of G and C, over the backgrounds.
    pub gc: Spread,
    pub motifs: Vec<ChanceOccurrences>,
    /// Each outcome of the backgrounds as they are, without an edit.
    pub outcomes: Vec<OutcomeOnNull>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceDiagnosis>,
}

/// Mean and spread between sequences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation (n - 1); none for one sequence.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
}

/// How often an embedded motif occurs before it is embedded, in a background, on both strands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChanceOccurrences {
    pub motif: String,
    /// By the null model; none for a set of sequences.
    #[serde(serialize_with = "finite::optional")]
    pub expected: Option<f64>,
    /// Standard error of `expected` where it is estimated from other backgrounds; none where it is worked out.
    #[serde(
        default,
        serialize_with = "finite::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expected_error: Option<f64>,
    pub found: Spread,
    /// In the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Spread>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeOnNull {
    pub outcome: String,
    pub n: usize,
    #[serde(flatten)]
    pub of: Spread,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<Shift>,
}

/// How the distribution of an outcome over the backgrounds differs from that over the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Of the reference.
    pub n: usize,
    #[serde(flatten)]
    pub of: Spread,
    /// Kolmogorov and Smirnov's distance, and its p if both were one distribution.
    #[serde(serialize_with = "finite::number")]
    pub ks: f64,
    #[serde(serialize_with = "finite::number")]
    pub p: f64,
    /// Wasserstein's distance, in the outcome's unit, and that between two halves of the reference.
    #[serde(serialize_with = "finite::number")]
    pub wasserstein: f64,
    #[serde(serialize_with = "finite::number")]
    pub within_reference: f64,
}

/// The sequences of the reference beside the backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceDiagnosis {
    pub sequences: String,
    pub n: usize,
    pub gc: Spread,
    /// From single bases to the longest k-mers that were counted often enough.
    pub kmers: Vec<Divergence>,
}

/// Jensen and Shannon's divergence between k-mers of backgrounds and reference, in bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    pub k: usize,
    #[serde(serialize_with = "finite::number")]
    pub divergence: f64,
    /// That between two halves of the reference: what there is between equals.
    #[serde(serialize_with = "finite::number")]
    pub within_reference: f64,
}
