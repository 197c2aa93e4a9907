//! The results of one experiment.

use serde::{Deserialize, Serialize};

use super::{
    ArmSummary, Claim, CurveEstimate, EachReport, ExcludedRecords, HaplotypeRecord, Layout,
    MeasuredTrack, MotifRecord, MutationMap, NullDiagnosis, PooledEffect, Row, Warning, finite,
};

/// The results of one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Name of the experiment in the script.
    pub name: String,
    /// Its `##` comment, if it has one.
    pub doc: Option<String>,
    /// The unit of replication that n counts, for example a background sequence.
    pub unit_of_replication: String,
    /// The populations that backgrounds come from, in words, in the order of the grid; the first 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backgrounds: Vec<String>,
    /// Of how many independent sources the backgrounds are, for example `1,000 shuffles of 50 sequences`; none if all backgrounds
    /// are independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<String>,
    /// False-discovery rate at which rows are called significant; `set fdr` sets it, 0.05 by default.
    #[serde(serialize_with = "finite::number")]
    pub fdr: f64,
    /// Records that were left out, for each file of sequences that the experiment draws on and that lost any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ExcludedRecords>,
    /// The haplotypes that arms apply, in the order of the grid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub haplotypes: Vec<HaplotypeRecord>,
    /// The rule of `sample until`; none if the number of backgrounds was fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<Stopping>,
    /// Axes of the grid, in the order of the script. Grid points run through the last one fastest.
    pub axes: Vec<Axis>,
    /// Positions of the edits in each arm, at the first and at the last grid point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layouts: Vec<Layout>,
    /// The first 64 motifs that arms embed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub motifs: Vec<MotifRecord>,
    /// Each outcome under each arm: by grid point, then arm, then outcome.
    pub arms: Vec<ArmSummary>,
    /// Scale of the interactions for each outcome; only for a factorial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<OutcomeScale>,
    /// Each contrast at each grid point: by outcome, then contrast, then grid point.
    pub rows: Vec<Row>,
    /// Each background with its own numbers; only with `report each`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<EachReport>,
    /// The map of a saturation mutagenesis of one sequence; none for any other experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutation_map: Option<MutationMap>,
    /// Tracks that are measured: by track, then grid point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<MeasuredTrack>,
    /// Each contrast over the null models of an axis, if nothing else changes along one: by outcome, then contrast, then the other axes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pooled: Vec<PooledEffect>,
    /// Curve summaries that `report ... over AXIS` asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<CurveEstimate>,
    /// Diagnosis of the null model, for each population of the grid that was surveyed (the first six).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null: Vec<NullDiagnosis>,
    /// Claims with their verdicts, in the order of the script.
    pub claims: Vec<Claim>,
    /// Threats to the validity of the numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// The scale on which the interactions of a factorial are measured for one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeScale {
    /// Name of the outcome.
    pub outcome: String,
    /// On this scale, no interaction means that effects add.
    pub scale: Scale,
}

/// Scales on which effects add when there is no interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The outcome as measured: effects add.
    Additive,
    /// The outcome is a logarithm, so effects multiply.
    Log,
    /// The outcome is a logit, so odds multiply.
    Logit,
}

/// How sequential sampling ended for an experiment with `sample until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// The rule as the author wrote it, for example `width < 0.05`.
    pub until: String,
    /// Number of backgrounds drawn.
    pub n: usize,
    /// Maximum number of backgrounds allowed.
    pub max: usize,
    /// Number of interim analyses.
    pub looks: usize,
    /// Whether the numbers satisfy the rule.
    pub reached: bool,
    /// Why no more backgrounds were drawn; none before the end, and in studies of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<StoppingEnd>,
    /// What keeps the rule from being satisfied, in words; none if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why an experiment with `sample until` drew no more backgrounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoppingEnd {
    /// The numbers satisfy the rule.
    Satisfied,
    /// What is left does not change with more backgrounds: all of many gave the same value.
    Constant,
    /// The maximum was drawn.
    Maximum,
}

/// An axis of an experiment's grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Name of the axis in the script.
    pub name: String,
    /// `bp` for lengths and positions; none for others.
    pub unit: Option<String>,
    /// Values on the axis, in order: numbers, whole base pairs, booleans, or names of motifs, models and null models.
    pub values: Vec<serde_json::Value>,
}
