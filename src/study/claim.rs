//! Claims and their verdicts.

use serde::{Deserialize, Serialize};

use super::{GridPoint, SourceRange, finite};

/// Verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The claim holds at its level.
    Supported,
    /// The claim fails at its level.
    Refuted,
    /// The intervals are too wide to conclude either.
    Undecided,
}

/// A claim of the author with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim as the author wrote it.
    pub claim: String,
    /// Position of the claim in its script; none when the source text is not at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SourceRange>,
    /// Verdict on the claim.
    pub verdict: Verdict,
    /// The verdict that the claim would have if it were the only one of its family; none if that is `verdict`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Verdict>,
    /// The smallest error rate, 1 - level, at which the claim alone would still be decided so; none if it is undecided.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub p: Option<f64>,
    /// The same with all claims of the family in view: Holm's adjusted p. None if claims are judged alone.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub family_p: Option<f64>,
    /// Name of the contrast that the claim is about.
    pub contrast: String,
    /// Name of the outcome that the claim is about.
    pub outcome: String,
    /// Confidence level at which all intervals of the claim hold at once.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// How the intervals were made simultaneous.
    pub method: String,
    /// Number of grid points that the claim ranges over.
    pub points: usize,
    /// Why the verdict was reached: a sentence with the deciding grid point, its interval and the threshold.
    pub reason: String,
    /// The grid point that decides the verdict or, while it is undecided, would settle it.
    pub deciding: DecidingPoint,
}

/// The comparison at the deciding grid point. For a claim about `abs(...)`, mean and interval are of the absolute value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecidingPoint {
    /// The grid point.
    pub at: GridPoint,
    /// Mean that the claim compares.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of its simultaneous interval; none if there is no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Number that the mean is compared with.
    #[serde(serialize_with = "finite::number")]
    pub threshold: f64,
}
