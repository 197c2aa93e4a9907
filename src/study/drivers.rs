//! Why backgrounds differ: the regression of a contrast on features of the backgrounds.

use serde::{Deserialize, Serialize};

use super::finite;

/// The regression of the per-background values of a row on features of the backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drivers {
    /// Number of backgrounds that the regression uses, at most 20,000.
    pub n: usize,
    /// Number of independent sources that they come from; none if the backgrounds are independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// Share of the variance between backgrounds that the features explain, 0 to 1; none if nothing was fitted, which `note` explains.
    #[serde(serialize_with = "finite::optional")]
    pub r2: Option<f64>,
    /// `r2` adjusted for the number of features.
    #[serde(serialize_with = "finite::optional")]
    pub adjusted_r2: Option<f64>,
    /// Share of the variance that is predicted for backgrounds left out of the fit; below 0 if the mean predicts better. None if some
    /// part of the backgrounds is needed to fit a feature.
    #[serde(serialize_with = "finite::optional")]
    pub cross_validated_r2: Option<f64>,
    /// Number of parts that the backgrounds were divided into for `cross_validated_r2`, by source.
    pub folds: usize,
    /// The features of the regression, in their order.
    pub features: Vec<Driver>,
    /// The features that take no part, with the reason.
    pub dropped: Vec<DroppedDriver>,
    /// How coefficients, intervals and shares were computed.
    pub method: String,
    /// A remark, or the reason why there is no regression.
    pub note: Option<String>,
}

/// A feature of the backgrounds in a regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// The feature: `control`, `GC content`, `occurrences of MOTIF`, `GC beside the edit`, or a query as the script writes it.
    pub feature: String,
    /// Unit of the feature; none if it has none.
    pub unit: Option<String>,
    /// Mean of the feature over the backgrounds.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Standard deviation of the feature between backgrounds (n - 1).
    #[serde(serialize_with = "finite::number")]
    pub sd: f64,
    /// Change of the contrast per unit of the feature, the others held fixed.
    #[serde(serialize_with = "finite::number")]
    pub per_unit: f64,
    /// Change of the contrast per standard deviation of the feature, the others held fixed.
    #[serde(serialize_with = "finite::number")]
    pub per_sd: f64,
    /// Standard error of `per_sd`; none where `note` of the regression says why.
    #[serde(serialize_with = "finite::optional")]
    pub se: Option<f64>,
    /// Degrees of freedom of `se`.
    #[serde(serialize_with = "finite::optional")]
    pub freedom: Option<f64>,
    /// Lower end of the interval of `per_sd` at the level of the row.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Two-sided p value of a coefficient of zero.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// p adjusted over the features of this regression.
    #[serde(serialize_with = "finite::optional")]
    pub q: Option<f64>,
    /// Share of the variance that is lost when this feature alone is left out.
    #[serde(serialize_with = "finite::number")]
    pub unique: f64,
    /// For `control`, if the contrast subtracts it: the `per_unit` to expect if the other arms did not depend on the control.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub by_construction: Option<f64>,
    /// Mean of the contrast in tenths of the backgrounds by the feature, from lowest to highest; of the three features with the largest
    /// `unique` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenths: Vec<TenthMean>,
}

/// The backgrounds whose feature lies in one tenth of its values. Equal values stay together, so there may be fewer than ten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenthMean {
    /// Number of backgrounds.
    pub n: usize,
    /// Smallest value of the feature.
    #[serde(serialize_with = "finite::number")]
    pub from: f64,
    /// Greatest value of the feature.
    #[serde(serialize_with = "finite::number")]
    pub to: f64,
    /// Mean of the contrast.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of the interval of the mean at the level of the row.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}

/// A feature that takes no part in a regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DroppedDriver {
    /// The feature.
    pub feature: String,
    /// Why, in words that follow the name of the feature.
    pub reason: String,
}
