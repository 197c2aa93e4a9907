//! Statistics of selecting backgrounds by the predictions of a model.

use serde::{Deserialize, Serialize};

use super::finite;

/// How rejection sampling with a `filtered` null model went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RejectionStats {
    /// The filter as the author wrote it.
    pub filter: String,
    /// Lowest accepted value of the query. Bounds given as quantiles are resolved to values.
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    /// Highest accepted value of the query.
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// Number of accepted backgrounds.
    pub count: usize,
    /// Number of candidates tried; trying stops at the last acceptance that was needed.
    pub tried: usize,
}

/// How the Markov chains of a `maxent` null model went, which favour a high value of a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetropolisStats {
    /// The query as the author wrote it, and the number of steps.
    pub walk: String,
    /// Number of backgrounds; each is the end of its own chain.
    pub count: usize,
    /// Fraction of proposed changes that were accepted, between 0 and 1.
    #[serde(serialize_with = "finite::number")]
    pub accepted: f64,
    /// Mean of the query over all backgrounds at the start, half way and at the end.
    pub means: [f64; 3],
}
