//! Comparison of two studies as plain data: which effects changed.

use serde::Serialize;

use super::{GridPoint, Provenance, Verdict, finite};

/// Changes of the effects of one study in another, later one; the JSON form of `gia diff --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Name and version of the JSON form: `gia-comparison/1`.
    pub schema: &'static str,
    /// Where the earlier study comes from.
    pub before: Provenance,
    /// Where the later study comes from.
    pub after: Provenance,
    /// Differences smaller than this count as equivalent, in words: `0.2 sd`, or a number in the outcome's unit.
    pub margin: String,
    /// Why no effect was paired by background; none if the values of both runs were at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaired: Option<String>,
    /// Rows that both studies have, in the order of the later one.
    pub effects: Vec<EffectChange>,
    /// Rows of the later study alone.
    pub new: Vec<EffectKey>,
    /// Rows of the earlier study alone.
    pub gone: Vec<EffectKey>,
    /// Claims whose verdicts differ.
    pub claims: Vec<ClaimChange>,
}

/// Identifies a row of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectKey {
    /// Name of the experiment.
    pub experiment: String,
    /// The grid point.
    pub at: GridPoint,
    /// Name of the contrast.
    pub contrast: String,
    /// Name of the outcome.
    pub outcome: String,
}

/// A contrast at one grid point before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectChange {
    /// The row in both studies.
    #[serde(flatten)]
    pub of: EffectKey,
    /// Unit of the outcome, such as `logit`; none if it has none.
    pub unit: Option<String>,
    /// Mean in the earlier study.
    #[serde(serialize_with = "finite::number")]
    pub before: f64,
    /// Mean in the later study.
    #[serde(serialize_with = "finite::number")]
    pub after: f64,
    /// `after` minus `before`.
    #[serde(serialize_with = "finite::number")]
    pub difference: f64,
    /// Lower end of the interval of the difference, simultaneous over all effects compared; none when there is no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Confidence level at which all intervals hold at once.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// The margin in the outcome's unit; none if the earlier study has no standard deviation to derive it from.
    #[serde(serialize_with = "finite::optional")]
    pub margin: Option<f64>,
    /// How the interval was made, or why there is none.
    pub method: String,
    /// The differences of single backgrounds; none if the two means were compared as those of independent runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired: Option<PairedDifference>,
    /// Why it was not paired, if the values of both runs were at hand; none if it was, and if the numbers are equal up to rounding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaired: Option<String>,
    /// Whether the effect changed.
    pub change: EffectVerdict,
}

/// Statistics of an effect's differences between two runs, one for each background that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedDifference {
    /// Number of backgrounds.
    pub n: usize,
    /// Number of independent sources that the backgrounds come from; none if the backgrounds are independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// Degrees of freedom of `se`; none if they are n - 1.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub freedom: Option<f64>,
    /// Sample standard deviation of the differences (n - 1); none for n = 1.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
    /// Standard error of their mean, by source where backgrounds have sources in common; none for one background or source.
    #[serde(serialize_with = "finite::optional")]
    pub se: Option<f64>,
    /// Two-sided p value of a mean difference of zero, of this effect alone; none if the differences do not vary.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
}

/// Verdict on an effect that was compared between two studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EffectVerdict {
    /// The interval of the difference excludes zero and is not within the margin.
    Changed,
    /// The interval lies within the margin, so that the effects are equivalent; or the numbers are equal but for rounding.
    Unchanged,
    /// The interval allows neither conclusion, or there is none.
    Undecided,
}

impl EffectVerdict {
    /// The verdict as written in JSON and in reports.
    pub fn word(self) -> &'static str {
        match self {
            EffectVerdict::Changed => "changed",
            EffectVerdict::Unchanged => "unchanged",
            EffectVerdict::Undecided => "undecided",
        }
    }
}

/// A claim whose verdict differs between two studies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimChange {
    /// Name of the experiment.
    pub experiment: String,
    /// The claim as the author wrote it.
    pub claim: String,
    /// Verdict in the earlier study.
    pub before: Verdict,
    /// Verdict in the later study.
    pub after: Verdict,
}

impl Comparison {
    /// Number of effects with this outcome.
    pub fn count(&self, change: EffectVerdict) -> usize {
        let effects = self.effects.iter();
        effects.filter(|effect| effect.change == change).count()
    }

    /// Whether an effect changed or is gone. New effects do not count.
    pub fn is_changed(&self) -> bool {
        self.count(EffectVerdict::Changed) > 0 || !self.gone.is_empty()
    }
}
