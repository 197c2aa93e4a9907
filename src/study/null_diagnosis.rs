//! Diagnosis of null models: properties of the backgrounds, and their distance from real sequences.

use serde::{Deserialize, Serialize};

use super::finite;

/// Properties of an experiment's backgrounds and, with a reference, their distance from real sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NullDiagnosis {
    /// The null model in words.
    pub backgrounds: String,
    /// Number of backgrounds surveyed, at most 1,000.
    pub n: usize,
    /// GC content of the backgrounds, between 0 and 1.
    pub gc: MeanSd,
    /// Occurrences of each motif that is embedded at every grid point.
    pub motifs: Vec<ChanceOccurrences>,
    /// Each outcome of the backgrounds without an edit.
    pub outcomes: Vec<OutcomeOnBackgrounds>,
    /// The reference sequences; none if the experiment has no reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceDiagnosis>,
}

/// Mean and standard deviation between sequences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanSd {
    /// Mean over the sequences.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation (n - 1); none for one sequence.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
}

/// Occurrences of an embedded motif in the backgrounds without an edit, counted per sequence on both strands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChanceOccurrences {
    /// Name of the motif.
    pub motif: String,
    /// Expected number per background under the null model; none for a set of sequences.
    #[serde(serialize_with = "finite::optional")]
    pub expected: Option<f64>,
    /// Standard error of `expected` when it is estimated from other backgrounds; none when it is exact.
    #[serde(
        default,
        serialize_with = "finite::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expected_error: Option<f64>,
    /// Number observed per background.
    pub found: MeanSd,
    /// Number observed per sequence of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<MeanSd>,
}

/// An outcome of the backgrounds without an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeOnBackgrounds {
    /// Name of the outcome.
    pub outcome: String,
    /// Number of backgrounds.
    pub n: usize,
    /// Number of their independent sources; none if every background is independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// The outcome over the backgrounds, in its own unit.
    #[serde(flatten)]
    pub of: MeanSd,
    /// Comparison with the reference; none if the experiment has no reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<DistributionShift>,
}

/// Distance between the distributions of an outcome over the backgrounds and over the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistributionShift {
    /// Number of reference sequences.
    pub n: usize,
    /// Number of their independent sources; none if every sequence is independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// The outcome over the reference, in its own unit.
    #[serde(flatten)]
    pub of: MeanSd,
    /// Two-sample Kolmogorov-Smirnov statistic, between 0 and 1.
    #[serde(serialize_with = "finite::number")]
    pub ks: f64,
    /// p value of `ks` if both distributions were equal; none where `p_method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// How `p` was made, or why there is none.
    #[serde(default)]
    pub p_method: String,
    /// Wasserstein distance in the outcome's unit.
    #[serde(serialize_with = "finite::number")]
    pub wasserstein: f64,
    /// Wasserstein distance between two halves of the reference, which have no source in common: what to expect of equal
    /// distributions. None for a reference of one source.
    #[serde(serialize_with = "finite::optional")]
    pub within_reference: Option<f64>,
}

/// The reference sequences compared with the backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceDiagnosis {
    /// The reference in words.
    pub sequences: String,
    /// Number of reference sequences surveyed.
    pub n: usize,
    /// Number of their independent sources; none if every sequence is independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// GC content of the reference, between 0 and 1.
    pub gc: MeanSd,
    /// Divergence by k, from single bases to the longest k-mers counted often enough.
    pub kmers: Vec<KmerDivergence>,
}

/// Jensen-Shannon divergence between the k-mers of backgrounds and reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KmerDivergence {
    /// Length of the k-mers.
    pub k: usize,
    /// Divergence in bits, between 0 and 1.
    #[serde(serialize_with = "finite::number")]
    pub divergence: f64,
    /// Divergence in bits between two halves of the reference: what to expect of equal distributions.
    #[serde(serialize_with = "finite::number")]
    pub within_reference: f64,
}
