//! An effect over several null models.

use serde::{Deserialize, Serialize};

use super::{GridPoint, SharedStr, finite};

/// A contrast over the null models of an axis, at one point of the other axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PooledEffect {
    /// The axis of null models.
    pub axis: String,
    /// The other axes of the grid point.
    pub at: GridPoint,
    /// Name of the contrast.
    pub contrast: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome, such as `logit`; none if the model's declaration states none.
    pub unit: Option<SharedStr>,
    /// The mean under each null model, in the order of the axis.
    pub nulls: Vec<NullMean>,
    /// Mean of these means: each null model counts the same.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of the interval of `mean` at `level`, for null models like these; none if nothing varied.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Confidence level.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// Sample standard deviation between the means of the null models (nulls - 1).
    #[serde(serialize_with = "finite::number")]
    pub sd: f64,
    /// Standard deviation between null models: `sd` less what is expected on these backgrounds if the effect did not depend on the null
    /// model. 0 if nothing is left.
    #[serde(serialize_with = "finite::number")]
    pub between: f64,
    /// Number of null models whose mean has the sign of `mean`.
    pub agree: usize,
    /// How the interval was made, or why there is none.
    pub method: SharedStr,
}

/// A contrast under one null model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NullMean {
    /// The null model, as the axis names it.
    pub null: String,
    /// Mean over its backgrounds.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
}
