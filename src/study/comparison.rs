//! Two studies beside each other: which effects changed, as plain data.

use serde::Serialize;

use super::{At, Provenance, Verdict, finite};

/// What became of the effects of one study in another. `gia diff --json` writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// `gia-comparison/1`.
    pub schema: &'static str,
    pub before: Provenance,
    pub after: Provenance,
    /// Differences within this on either side count as none, in words: `0.2 sd`.
    pub margin: String,
    /// Rows that both studies have, in the order of the later one.
    pub effects: Vec<EffectChange>,
    /// Rows of one of them alone.
    pub new: Vec<EffectName>,
    pub gone: Vec<EffectName>,
    /// Claims whose verdicts differ.
    pub claims: Vec<ClaimChange>,
}

/// Which row of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectName {
    pub experiment: String,
    pub at: At,
    pub contrast: String,
    pub outcome: String,
}

/// A contrast at one grid point, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectChange {
    #[serde(flatten)]
    pub of: EffectName,
    pub unit: Option<String>,
    #[serde(serialize_with = "finite::number")]
    pub before: f64,
    #[serde(serialize_with = "finite::number")]
    pub after: f64,
    /// After less before.
    #[serde(serialize_with = "finite::number")]
    pub difference: f64,
    /// Interval of the difference, simultaneous over all effects that are compared; none where a run has no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// At which all intervals hold at once.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// The margin in the outcome's unit; none where the earlier run has no spread to take it from.
    #[serde(serialize_with = "finite::optional")]
    pub margin: Option<f64>,
    pub method: String,
    pub change: Change,
}

/// What became of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The interval of the difference leaves zero out, and reaches out of the margin.
    Changed,
    /// The interval lies within the margin: the two are equivalent.
    Unchanged,
    /// Neither is shown.
    Undecided,
}

impl Change {
    pub fn word(self) -> &'static str {
        match self {
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
            Change::Undecided => "undecided",
        }
    }
}

/// A claim that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimChange {
    pub experiment: String,
    pub claim: String,
    pub before: Verdict,
    pub after: Verdict,
}

impl Comparison {
    /// How many effects came out so.
    pub fn count(&self, change: Change) -> usize {
        let effects = self.effects.iter();
        effects.filter(|effect| effect.change == change).count()
    }

    /// Whether any effect changed or is gone; what is new is no change of what was.
    pub fn is_changed(&self) -> bool {
        self.count(Change::Changed) > 0 || !self.gone.is_empty()
    }
}
