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

/// What one run found. Every number in it is finite: writing another is an error, never a silent `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Study {
    pub schema: Schema,
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Where the run was stopped or broke before its end: what it holds is whole, and this is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
    /// What each filter of backgrounds came down to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// What each population of walks came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walks: Vec<Walk>,
    pub experiments: Vec<Experiment>,
    /// What the script asks to be shown, in its order.
    #[serde(default)]
    pub shown: Vec<Shown>,
    /// How well models do where the answers are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
}

/// What a run that did not come to its end has left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interrupted {
    /// Names of the experiments whose passes were not all done, or whose numbers are not all finite.
    pub left_out: Vec<String>,
    /// What broke, where it was not the user who stopped the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Which backgrounds came through a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// As the author wrote it.
    pub filter: String,
    /// The numbers between which the query had to lie.
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// How many came through of how many that were looked at, the last of these the last that was needed.
    pub count: usize,
    pub tried: usize,
}

/// Where walks that favour a high query have come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// As the author wrote it, and how many steps.
    pub walk: String,
    pub count: usize,
    /// Share of the proposed changes that were taken.
    #[serde(serialize_with = "finite::number")]
    pub accepted: f64,
    /// Mean of the query over all walks at the start, half way and at the end.
    pub means: [f64; 3],
}

/// Rows of one contrast, picked and ordered as a `show` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// As the author wrote it.
    pub show: String,
    pub experiment: String,
    pub contrast: String,
    pub rows: Vec<Row>,
}

/// Everything needed to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub script: Script,
    /// The command that reproduces the run.
    pub command: String,
    pub seed: u64,
    pub versions: Versions,
    /// `cpu`, or `cuda:0 (NAME)`.
    pub device: String,
    /// Where networks computed in less than float32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionCheck>,
    /// Where sequences were recomputed from their backgrounds in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recomputed: Option<Recomputed>,
    pub models: Vec<ModelRecord>,
    /// Files that backgrounds and motifs were read from.
    pub data: Vec<FileRecord>,
    pub timing: Timing,
}

/// Seconds that each step took; the only part of a study that differs between two equal runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub check: f64,
    pub plan: f64,
    /// Starting workers, libtorch included.
    pub start: f64,
    /// Hashing and loading models.
    pub load: f64,
    /// Sampling and forward passes.
    pub passes: f64,
    pub analyse: f64,
    pub total: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    pub path: String,
    pub sha256: String,
    /// The commit of the git checkout that holds the script, if there is one.
    pub commit: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    pub gia: String,
    pub libtorch: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    pub name: String,
    pub path: String,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    pub name: String,
    pub doc: Option<String>,
    /// What one of the n is.
    pub unit_of_replication: String,
    /// False-discovery rate at which rows are called significant.
    #[serde(serialize_with = "finite::number")]
    pub fdr: f64,
    /// Records of the files that its sequences are from and that were left out, for each such file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// By what rule backgrounds were drawn; none where their number was fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<Stopping>,
    pub axes: Vec<Axis>,
    /// What stands where in the sequences of each arm, at the first and at the last grid point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layouts: Vec<Layout>,
    /// Motifs that arms embed, the first 64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub motifs: Vec<MotifRecord>,
    pub arms: Vec<ArmSummary>,
    /// Of a factorial, on which scale each outcome's interactions are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<OutcomeScale>,
    pub rows: Vec<Row>,
    /// What `report ... over AXIS` asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
    /// What the backgrounds are like, of each population that was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null: Vec<NullDiagnosis>,
    pub claims: Vec<Claim>,
    /// What a reader of these numbers should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What no interaction means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeScale {
    pub outcome: String,
    pub scale: Scale,
}

/// The scale on which effects add where there is no interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Effects add.
    Additive,
    /// The outcome is a logarithm, so effects multiply.
    Log,
    /// The outcome is a logit, so odds multiply.
    Logit,
}

/// How an experiment came to its number of backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stopping {
    /// As the author wrote it, for example `width < 0.05`.
    pub until: String,
    /// Backgrounds that were drawn, and how many there could have been at most.
    pub n: usize,
    pub max: usize,
    /// How often the numbers were looked at.
    pub looks: usize,
    /// Whether they satisfy the rule; if not, the run ended at `max`.
    pub reached: bool,
}

/// A number that tells how a contrast runs along an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// As the script writes it: `peak`, `period`, `half_distance`, `slope`.
    pub curve: String,
    pub axis: String,
    pub contrast: String,
    pub outcome: String,
    /// The values of the other axes.
    pub at: At,
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// None where nothing was found, which `note` explains.
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    pub unit: Option<String>,
    pub method: String,
    pub note: Option<String>,
    /// What belongs to it: amplitude and first crest of a period, start and plateau of a half-distance, bend of a slope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<CurvePart>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePart {
    pub part: String,
    #[serde(serialize_with = "finite::number")]
    pub value: f64,
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    pub unit: Option<String>,
}

/// Something about the numbers that they do not say themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    pub warning: Validity,
    /// In words, with its number.
    pub message: String,
}

/// The kinds of [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// A contrast is exactly zero for every background.
    ZeroVariance,
    /// An arm writes outside the receptive field of an outcome.
    OutOfReach,
    /// A contrast is no larger than the rounding of the float32 outcomes that it is made of.
    BelowPrecision,
    /// Without the most extreme backgrounds the mean is less than half of itself.
    CarriedByFew,
    /// An outcome between 0 and 1 is at one of them.
    Saturated,
    /// An edit leaves many backgrounds as they are.
    Unchanged,
    /// The outcome of the backgrounds is far from that of the reference.
    UnlikeReference,
    /// So many families of tests that the rate of false ones, which is kept within each, says little of them all.
    ManyFamilies,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    pub name: String,
    /// `bp` for lengths and positions.
    pub unit: Option<String>,
    pub values: Vec<serde_json::Value>,
}

/// The outcome under one arm, before any comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmSummary {
    pub at: At,
    pub arm: Name,
    pub outcome: Name,
    pub unit: Option<Name>,
    pub n: usize,
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation between backgrounds (n - 1).
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
}

/// A contrast at one grid point: its estimate with its uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub at: At,
    pub contrast: Name,
    pub outcome: Name,
    pub unit: Option<Name>,
    pub n: usize,
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Sample standard deviation of the per-background differences (n - 1); none for n = 1.
    #[serde(serialize_with = "finite::optional")]
    pub sd: Option<f64>,
    /// Standard error of the mean.
    #[serde(serialize_with = "finite::optional")]
    pub se: Option<f64>,
    /// Interval for the mean at `level`.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// How the interval and p were made, for example `paired Student t`.
    pub method: Name,
    /// Two-sided p of a mean of zero.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    /// p adjusted over `family`.
    #[serde(serialize_with = "finite::optional")]
    pub q: Option<f64>,
    /// Whether q is at most the experiment's `fdr`; none where there is no q.
    pub significant: Option<bool>,
    pub family: Family,
    /// Along an axis of numbers: ends that hold at all grid points of the contrast at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<Band>,
    /// The same contrast under each member, where the outcome reads an ensemble.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Box<Members>>,
    /// What the experiment's `report` asks for beside the mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Summary>,
}

/// The interval of a row, widened so that those of all rows of its contrast hold at once with probability `level` of the row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    pub method: Name,
}

/// Another summary of the numbers of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// As the script writes it, for example `median`.
    pub summary: String,
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    /// Interval at the row's level; none where there is none.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// Two-sided p of no effect, for what tests one.
    #[serde(serialize_with = "finite::optional")]
    pub p: Option<f64>,
    pub method: String,
}

/// A contrast under each member of an ensemble, on the same backgrounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Members {
    pub means: Vec<MemberMean>,
    /// Sample standard deviation between the members' means (members - 1).
    #[serde(serialize_with = "finite::number")]
    pub sd: f64,
    /// The same without what the members would differ by on these backgrounds if they were equal on average; 0 where that is all.
    #[serde(serialize_with = "finite::number")]
    pub between: f64,
    /// Standard deviation between backgrounds within one model, on average.
    #[serde(serialize_with = "finite::number")]
    pub within: f64,
    /// The mean of the members' means, with its interval at the row's level for models like these: as much uncertain by which
    /// networks were trained as by which backgrounds were drawn.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    #[serde(serialize_with = "finite::number")]
    pub low: f64,
    #[serde(serialize_with = "finite::number")]
    pub high: f64,
    /// How many members' means have the sign of their mean.
    pub agree: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberMean {
    pub model: String,
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Student's interval at the row's level, for this member.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}

/// What a q value was adjusted over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Family {
    pub method: Name,
    pub size: usize,
    pub of: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Supported,
    Refuted,
    Undecided,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// As the author wrote it.
    pub claim: String,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub verdict: Verdict,
    pub contrast: String,
    pub outcome: String,
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// How the intervals were made simultaneous.
    pub method: String,
    /// How many grid points the claim ranges over.
    pub points: usize,
    /// In words, why: the grid point that decides, its interval and the number it is compared with.
    pub reason: String,
    /// The interval that decides the verdict.
    pub deciding: Deciding,
}

/// What was compared at the grid point that decides: the mean or, for a claim about `abs(...)`, its absolute value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deciding {
    pub at: At,
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    #[serde(serialize_with = "finite::number")]
    pub threshold: f64,
}
