//! Statistics of a contrast along an axis.

use serde::{Deserialize, Serialize};

use super::{GridPoint, finite};

/// A summary of a contrast along an axis, such as its period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveEstimate {
    /// Kind of summary as the script writes it: `peak`, `period`, `half_distance` or `slope`.
    pub curve: String,
    /// Name of the axis along which the curve runs.
    pub axis: String,
    /// Name of the contrast.
    pub contrast: String,
    /// Name of the outcome.
    pub outcome: String,
    /// Values of the other axes.
    pub at: GridPoint,
    /// Confidence level of the interval, for example 0.95.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// The estimate in `unit`; none when there is none to report, which `note` explains.
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    /// Lower end of the interval, in `unit`.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the interval, in `unit`; none, even beside a value, when the axis is too short to tell.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Unit of the value and its interval; `bp` along lengths.
    pub unit: Option<String>,
    /// How the value and its interval were made.
    pub method: String,
    /// A remark on the value, or the reason why there is none.
    pub note: Option<String>,
    /// Further estimates: amplitude and first crest of a period, start and plateau of a half-distance, bend of a slope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CurveParameter>,
}

/// A secondary parameter of a fitted curve, such as its amplitude.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveParameter {
    /// `amplitude`, `first crest`, `start`, `plateau` or `bend`.
    pub part: String,
    /// The estimate in `unit`.
    #[serde(serialize_with = "finite::number")]
    pub value: f64,
    /// Lower end of the interval at the curve's level.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the interval at the curve's level.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Unit of the estimate; none if it has none.
    pub unit: Option<String>,
}
