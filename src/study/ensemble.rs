//! A contrast under the members of an ensemble.

use serde::{Deserialize, Serialize};

use super::finite;

/// A contrast under each member of an ensemble, on the same backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsembleEstimate {
    /// The estimate under each member, in the order of the ensemble.
    pub means: Vec<MemberMean>,
    /// Sample standard deviation between the members' means (members - 1).
    #[serde(serialize_with = "finite::number")]
    pub sd: f64,
    /// Standard deviation between models: `sd` less the variation expected on these backgrounds if the models were equal on
    /// average. 0 if nothing is left.
    #[serde(serialize_with = "finite::number")]
    pub between: f64,
    /// Standard deviation between backgrounds within one model, pooled over the members; none for a single background.
    #[serde(serialize_with = "finite::optional")]
    pub within: Option<f64>,
    /// Mean of the members' means.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of the interval of `mean` at the row's level, for models like these: it covers the choice of trained networks
    /// as well as of backgrounds.
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// Number of members whose mean has the sign of `mean`.
    pub agree: usize,
}

/// A contrast under one member of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberMean {
    /// Name of the member.
    pub model: String,
    /// Mean of the per-background differences under this member.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of the interval at the row's level, for this member alone.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}
