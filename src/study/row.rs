//! Estimates: outcomes under arms, and contrasts with their uncertainty.

use serde::{Deserialize, Serialize};

use super::{Drivers, EnsembleEstimate, GridPoint, SharedStr, finite};

/// An outcome under one arm, before any comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmSummary {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the arm.
    pub arm: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome as the model's declaration states it, such as `logit`; none if it states none.
    pub unit: Option<SharedStr>,
    /// Number of backgrounds.
    pub n: usize,
    /// Mean over backgrounds, in `unit`.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation between backgrounds (n - 1), in `unit`; none for n = 1.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
}

/// A contrast at one grid point: its estimate with its uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the contrast.
    pub contrast: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome, such as `logit`; none if the model's declaration states none. Estimates are in it unless the
    /// contrast's formula changes it.
    pub unit: Option<SharedStr>,
    /// Number of backgrounds, each with one difference.
    pub n: usize,
    /// Number of independent sources that the backgrounds come from; none if the backgrounds are independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// Degrees of freedom of `se`; none if they are n - 1.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub freedom: Option<f64>,
    /// Mean of the per-background differences: the effect.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation of the per-background differences (n - 1); none for n = 1.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
    /// Standard error of the mean: sd / sqrt(n), or one that allows for sources in common; none for one background or source.
    #[serde(serialize_with = "finite::optional")]
    pub se: Option<f64>,
    /// Lower end of the confidence interval of the mean at `level`, for this row alone; none where `method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Confidence level, for example 0.95.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// How the interval and p were made, for example `paired t, hull of Student's and Hall's intervals`, or why there are none.
    pub method: SharedStr,
    /// Two-sided p value of a mean of zero; none where `method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// p adjusted over `family`; none when there is no p.
    #[serde(serialize_with = "finite::optional")]
    pub q: Option<f64>,
    /// Whether q is at most the experiment's `fdr`; none when there is no q.
    pub significant: Option<bool>,
    /// The family of tests over which q is adjusted.
    pub family: TestFamily,
    /// Simultaneous interval over all grid points of the contrast; only along an axis of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<ConfidenceBand>,
    /// The same contrast under each member; only when the outcome reads an ensemble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Box<EnsembleEstimate>>,
    /// Summaries that the experiment's `report` asks for beside the mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Summary>,
    /// Why backgrounds differ, if the script has `report drivers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drivers: Option<Box<Drivers>>,
}

/// Simultaneous confidence band: the intervals of all rows of a contrast hold at once at the rows' `level`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceBand {
    /// Lower end at this row's grid point.
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    /// Upper end at this row's grid point.
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// How the band was made.
    pub method: SharedStr,
}

/// A further summary of the per-background differences of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its word in the script, for example `median`.
    pub summary: String,
    /// The estimate; none where `method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    /// Lower end of the interval at the row's level; none when there is no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Two-sided p value of no effect; none for a summary that tests nothing.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// How the value, the interval and p were made.
    pub method: String,
}

/// The family of tests over which p values are adjusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestFamily {
    /// Method of the adjustment.
    pub method: SharedStr,
    /// Number of p values in the family.
    pub size: usize,
    /// Which tests the family holds, in words.
    pub of: SharedStr,
}
