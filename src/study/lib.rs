//! The study: what a run found, as plain data. No syntax tree, no tensors, nothing to compute.
//!
//! Its serialised form is the public JSON schema of `gia run --json`, documented in `docs/json.md`; it reads back
//! to an equal value.

mod at;
mod checks;
mod comparison;
mod design;
mod evaluation;
mod finite;
mod left_out;
mod name;
mod null;
mod place;
mod schema;
mod suite;

use serde::{Deserialize, Serialize};

pub use at::{At, GridAxes};
pub use checks::{PrecisionCheck, Recomputed};
pub use comparison::{Change, ClaimChange, Comparison, EffectChange, EffectName};
pub use design::{ArmLayout, LaidEdit, Layout, MotifRecord};
pub use evaluation::{CalibrationBin, EvaluatedSet, Evaluation, Measure};
pub use gia_base::file::FileRecord;
pub use left_out::{LeftOut, LeftOutFor};
pub use name::Name;
pub use null::{
    ChanceOccurrences, Divergence, NullDiagnosis, OutcomeOnNull, ReferenceDiagnosis, Shift, Spread,
};
pub use place::Place;
pub use schema::{SCHEMA, Schema};
pub use suite::{Case, Counts, Ended, Problem, Suite, TestedFile, case_name};

/// The results of one run. Every number in it is finite: serialising any other is an error, never a silent `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// Name and version of the JSON form.
    pub schema: Schema,
    /// What is needed to reproduce the run; serialised as keys of the study itself.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Set when the run stopped or failed before its end. Everything that the study holds is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
    /// Acceptance counts of each `filtered` null model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// Acceptance and progress of each `maxent` null model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walks: Vec<Walk>,
    /// One for each experiment that finished, in the order of the script.
    pub experiments: Vec<Experiment>,
    /// One for each `show` of a contrast, in the order of the script.
    #[serde(default)]
    pub shown: Vec<Shown>,
    /// Performance of models on sequences whose answers are known, one for each `show evaluate(...)` or `show agreement(...)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
}

/// What a run that stopped or failed before its end left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupted {
    /// Names of the experiments that were not finished, or whose outcomes are not all finite.
    pub left_out: Vec<String>,
    /// Message of the first failure; none when the user stopped the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How rejection sampling with a `filtered` null model went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
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
pub struct Walk {
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

/// Rows of one contrast, selected and ordered by a `show`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The `show` as the author wrote it.
    pub show: String,
    /// Name of the experiment that the rows are from.
    pub experiment: String,
    /// Name of the contrast.
    pub contrast: String,
    /// Copies of the experiment's rows, in the order that the `show` asks for.
    pub rows: Vec<Row>,
}

/// Everything that is needed to run the study again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The script, with its hash.
    pub script: Script,
    /// The command that reproduces the run.
    pub command: String,
    /// Seed of all random choices.
    pub seed: u64,
    /// Versions of the programs that made the numbers.
    pub versions: Versions,
    /// `cpu`, or `cuda:0 (NAME)`; several are joined with commas.
    pub device: String,
    /// Deviation from float32; only with `--dtype` other than float32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionCheck>,
    /// Check of incremental recomputation; only when sequences were recomputed in part from their backgrounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recomputed: Option<Recomputed>,
    /// Each model of the run, with its file and hash.
    pub models: Vec<ModelRecord>,
    /// Each file that backgrounds or motifs were read from, with its hash.
    pub data: Vec<FileRecord>,
    /// Duration of each step.
    pub timing: Timing,
}

/// Duration of each step in seconds. No other part of a study differs between two equal runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Reading, parsing and checking the script.
    pub check: f64,
    /// Lowering the script to a plan.
    pub plan: f64,
    /// Starting the workers, including libtorch.
    pub start: f64,
    /// Hashing and loading the models.
    pub load: f64,
    /// Sampling backgrounds and forward passes.
    pub passes: f64,
    /// Statistics, from the outcomes to the study.
    pub analyse: f64,
    /// The whole run by the clock. It is not the sum of the steps, which can overlap and leave some work out.
    pub total: f64,
}

/// The script of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Path as the user named it.
    pub path: String,
    /// SHA-256 of its text, in lower-case hexadecimal.
    pub sha256: String,
    /// Commit of the git checkout that holds the script; none if git finds none.
    pub commit: Option<String>,
}

/// Versions of the programs that made a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// Version of `gia`.
    pub gia: String,
    /// Version of libtorch; none if no network ran.
    pub libtorch: Option<String>,
}

/// A model file of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Name that the script binds the model to.
    pub name: String,
    /// Path of the model file as the script writes it, or the formula of an analytic model.
    pub path: String,
    /// SHA-256 of the file, or of the formula, in lower-case hexadecimal.
    pub sha256: String,
}

/// The results of one experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Name of the experiment in the script.
    pub name: String,
    /// Its `##` comment, if it has one.
    pub doc: Option<String>,
    /// What one of the n is, for example a background sequence.
    pub unit_of_replication: String,
    /// False-discovery rate at which rows are called significant; `set fdr` sets it, 0.05 by default.
    #[serde(serialize_with = "finite::number")]
    pub fdr: f64,
    /// Records that were left out, for each file of sequences that the experiment draws on and that lost any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
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
    /// Curve summaries that `report ... over AXIS` asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
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
    /// Whether the numbers satisfy the rule; if not, the run ended at `max`.
    pub reached: bool,
}

/// A summary of a contrast along an axis, such as its period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Kind of summary as the script writes it: `peak`, `period`, `half_distance` or `slope`.
    pub curve: String,
    /// Name of the axis along which the curve runs.
    pub axis: String,
    /// Name of the contrast.
    pub contrast: String,
    /// Name of the outcome.
    pub outcome: String,
    /// Values of the other axes.
    pub at: At,
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
    /// What a reader should know of the value, or why there is none.
    pub note: Option<String>,
    /// Further estimates: amplitude and first crest of a period, start and plateau of a half-distance, bend of a slope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CurvePart>,
}

/// A further estimate of a curve summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePart {
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

/// A threat to the validity of an experiment's numbers that the numbers themselves do not show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// Kind of the threat.
    pub warning: Validity,
    /// A sentence with the numbers that raised the warning.
    pub message: String,
}

/// Kinds of [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// A contrast is exactly zero for every background.
    ZeroVariance,
    /// An arm writes outside the receptive field of an outcome.
    OutOfReach,
    /// A contrast is no larger than the rounding of the float32 outcomes that it is made of.
    BelowPrecision,
    /// Without the most extreme backgrounds the mean is less than half of what it is.
    CarriedByFew,
    /// An outcome that is bounded by 0 and 1 lies at a bound.
    Saturated,
    /// An edit leaves many backgrounds unchanged.
    Unchanged,
    /// The outcome over the backgrounds is far from that over the reference.
    UnlikeReference,
    /// There are many families of tests. The false-discovery rate is controlled within each family, not over all of them.
    ManyFamilies,
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

/// An outcome under one arm, before any comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmSummary {
    /// The grid point.
    pub at: At,
    /// Name of the arm.
    pub arm: Name,
    /// Name of the outcome, or its source text.
    pub outcome: Name,
    /// Scale of the outcome as the model's declaration states it, such as `logit`; none if it states none.
    pub unit: Option<Name>,
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
    pub at: At,
    /// Name of the contrast.
    pub contrast: Name,
    /// Name of the outcome, or its source text.
    pub outcome: Name,
    /// Scale of the outcome, such as `logit`; none if the model's declaration states none. Estimates are in it unless the
    /// contrast's formula changes it.
    pub unit: Option<Name>,
    /// Number of backgrounds, each with one difference.
    pub n: usize,
    /// Mean of the per-background differences: the effect.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation of the per-background differences (n - 1); none for n = 1.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
    /// Standard error of the mean, sd / sqrt(n); none for n = 1.
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
    /// How the interval and p were made, for example `paired Student t`, or why there are none.
    pub method: Name,
    /// Two-sided p value of a mean of zero; none where `method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// p adjusted over `family`; none when there is no p.
    #[serde(serialize_with = "finite::optional")]
    pub q: Option<f64>,
    /// Whether q is at most the experiment's `fdr`; none when there is no q.
    pub significant: Option<bool>,
    /// The family of tests over which q is adjusted.
    pub family: Family,
    /// Simultaneous interval over all grid points of the contrast; only along an axis of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
    /// The same contrast under each member; only when the outcome reads an ensemble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Box<Members>>,
    /// Summaries that the experiment's `report` asks for beside the mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Summary>,
}

/// Simultaneous confidence band: the intervals of all rows of a contrast hold at once at the rows' `level`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Lower end at this row's grid point.
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    /// Upper end at this row's grid point.
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// How the band was made.
    pub method: Name,
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

/// A contrast under each member of an ensemble, on the same backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Members {
    /// The estimate under each member, in the order of the ensemble.
    pub means: Vec<MemberMean>,
    /// Sample standard deviation between the members' means (members - 1).
    #[serde(serialize_with = "finite::number")]
    pub sd: f64,
    /// Standard deviation between models: `sd` less the variation expected on these backgrounds if the models were equal on
    /// average. 0 if nothing is left.
    #[serde(serialize_with = "finite::number")]
    pub between: f64,
    /// Standard deviation between backgrounds within one model, pooled over the members.
    #[serde(serialize_with = "finite::number")]
    pub within: f64,
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
    /// Lower end of Student's interval at the row's level, for this member alone.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}

/// The family of tests over which p values are adjusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// Method of the adjustment.
    pub method: Name,
    /// Number of p values in the family.
    pub size: usize,
    /// Which tests the family holds, in words.
    pub of: Name,
}

/// What the numbers say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The claim holds at its level.
    Supported,
    /// The claim fails at its level.
    Refuted,
    /// The intervals are too wide to conclude either.
    Undecided,
}

/// A claim of the author with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim as the author wrote it.
    pub claim: String,
    /// Position of the claim in its script; none when the source text is not at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What the numbers say of the claim.
    pub verdict: Verdict,
    /// Name of the contrast that the claim is about.
    pub contrast: String,
    /// Name of the outcome that the claim is about.
    pub outcome: String,
    /// Confidence level at which all intervals of the claim hold at once.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// How the intervals were made simultaneous.
    pub method: String,
    /// Number of grid points that the claim ranges over.
    pub points: usize,
    /// Why the verdict was reached: a sentence with the deciding grid point, its interval and the threshold.
    pub reason: String,
    /// The grid point that decides the verdict or, while it is undecided, would settle it.
    pub deciding: Deciding,
}

/// The comparison at the deciding grid point. For a claim about `abs(...)`, mean and interval are of the absolute value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deciding {
    /// The grid point.
    pub at: At,
    /// Mean that the claim compares.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Lower end of its simultaneous interval; none if there is no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Number that the mean is compared with.
    #[serde(serialize_with = "finite::number")]
    pub threshold: f64,
}
