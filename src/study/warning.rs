//! Warnings about the validity of an experiment's numbers.

use serde::{Deserialize, Serialize};

/// A threat to the validity of an experiment's numbers that the numbers themselves do not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Kind of the threat.
    pub warning: WarningKind,
    /// A sentence with the numbers that raised the warning.
    pub message: String,
}

/// Kinds of [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// A contrast is exactly zero for every background.
    ZeroVariance,
    /// An arm writes outside the receptive field of an outcome.
    OutOfReach,
    /// A contrast is no larger than the rounding of the float32 outcomes that it is made of.
    BelowPrecision,
    /// Without the most extreme backgrounds the mean is less than half of what it is.
    CarriedByFew,
    /// A few backgrounds decide the mean and its error, so the interval may be too short.
    Skewed,
    /// All but a few backgrounds give the same value, so the interval may be too short.
    FewDiffer,
    /// An outcome that is bounded by 0 and 1 lies at a bound.
    Saturated,
    /// An edit leaves many backgrounds unchanged.
    Unchanged,
    /// The outcome over the backgrounds is far from that over the reference.
    UnlikeReference,
    /// There are many families of tests. The false-discovery rate is controlled within each family, not over all of them.
    ManyFamilies,
}
