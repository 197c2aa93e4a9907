//! The study: the results of a run as plain data. No syntax tree, no tensors, nothing to compute.
//!
//! Its serialised form is the public JSON schema of `gia run --json`, documented in `docs/json.md`; it reads back
//! to an equal value.
//!
//! Invariant: a field has the name of its JSON key, and no rename changes a key.

mod attribution;
mod checks;
mod claim;
mod comparison;
mod curve;
mod drivers;
mod each;
mod ensemble;
mod evaluation;
mod excluded_records;
mod experiment;
mod family;
mod finite;
mod grid_point;
mod haplotype;
mod influence;
mod layout;
mod mutation_map;
mod null_diagnosis;
mod pooled;
mod power;
mod provenance;
mod registration;
mod row;
mod schema;
mod seeds;
mod selection;
mod shared_str;
mod source_range;
mod suite;
mod track;
mod values;
mod warning;

use serde::{Deserialize, Serialize};

pub use attribution::{
    AttributionMap, AttributionRecord, Completeness, MappedSequence, attribution_lines,
};
pub use checks::{IncrementalStats, PrecisionCheck};
pub use claim::{Claim, DecidingPoint, Verdict};
pub use comparison::{
    ClaimChange, Comparison, EffectChange, EffectKey, EffectVerdict, PairedDifference,
};
pub use curve::{CurveEstimate, CurveParameter};
pub use drivers::{Driver, Drivers, DroppedDriver, TenthMean};
pub use each::{
    ArmValues, EachReport, EffectValues, NullOfEach, Unit, UnitRow, UnitVariant, UnitWindow,
};
pub use ensemble::{EnsembleEstimate, MemberMean};
pub use evaluation::{
    CalibrationBin, EvaluatedSet, Evaluation, MapAgreement, PerformanceMeasure, PredictedTrack,
    Prediction,
};
pub use excluded_records::{ExcludedByReason, ExcludedRecords};
pub use experiment::{Axis, Experiment, OutcomeScale, Scale, Stopping, StoppingEnd};
pub use family::{ClaimFamily, FamilyScope};
pub use gia_base::file::FileRecord;
pub use grid_point::{GridAxes, GridPoint};
pub use haplotype::HaplotypeRecord;
pub use influence::{InfluenceMap, InfluencedSequence};
pub use layout::{ArmLayout, Layout, MotifRecord, PlacedEdit};
pub use mutation_map::{MapOrigin, MutationMap, PositionImportance};
pub use null_diagnosis::{
    ChanceOccurrences, DistributionShift, KmerDivergence, MeanSd, NullDiagnosis,
    OutcomeOnBackgrounds, ReferenceDiagnosis,
};
pub use pooled::{NullMean, PooledEffect};
pub use power::{ClaimPower, PowerEstimate, PowerStudy, SourceVariation};
pub use provenance::{ModelRecord, Provenance, PythonNetwork, Script, Timing, Versions};
pub use registration::{
    Commit, REGISTRATION_SCHEMA, RegisteredClaim, RegisteredExperiment, RegisteredSettings,
    Registration, RegistrationChange, RegistrationChangeKind, RegistrationCheck,
};
pub use row::{ArmSummary, ConfidenceBand, Row, Summary, TestFamily};
pub use schema::{SCHEMA, Schema};
pub use seeds::{SeedReplication, SeedVerdict, SeedVerdicts};
pub use selection::{MetropolisStats, RejectionStats};
pub use shared_str::SharedStr;
pub use source_range::SourceRange;
pub use suite::{Case, Problem, ScriptResults, ScriptStatus, SuiteResults, SuiteTotals, case_name};
pub use track::{MeasuredTrack, MemberCurve, TrackCurve};
pub use values::{Background, GenomeWindow, SeriesValues, ValueBlock, ValueKind};
pub use warning::{Warning, WarningKind};

/// The results of one run. Every number in it is finite: serialising any other is an error, never a silent `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// Name and version of the JSON form.
    pub schema: Schema,
    /// What is needed to reproduce the run; serialised as keys of the study itself.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Comparison with a registration; only with `--registered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<RegistrationCheck>,
    /// The verdicts under several seeds, of which everything else is of the first; only with `--seeds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<SeedReplication>,
    /// The file of `--values`, which holds the numbers of single backgrounds, with its hash; none if it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<FileRecord>,
    /// Set when the run stopped or failed before its end. Everything that the study holds is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
    /// Acceptance counts of each `filtered` null model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<RejectionStats>,
    /// Acceptance and progress of each `maxent` null model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub walks: Vec<MetropolisStats>,
    /// One for each experiment that finished, in the order of the script.
    pub experiments: Vec<Experiment>,
    /// Claims about several experiments with their verdicts, in the order of the script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// How claims are judged together; none without claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<ClaimFamily>,
    /// One for each `show` of a contrast, in the order of the script.
    #[serde(default)]
    pub shown: Vec<ShownRows>,
    /// Performance of models on sequences whose answers are known, one for each `show evaluate(...)` or `show agreement(...)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
    /// What the bases of some sequences contribute, one for each `show` of an attribution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<AttributionMap>,
    /// What the bases of some sequences contribute to each place of a track, one for each `show pisa(...)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub influence_maps: Vec<InfluenceMap>,
}

impl Study {
    /// Every claim with the name of its experiment, in the order of the script; then those about several experiments, without a name.
    pub fn all_claims(&self) -> impl Iterator<Item = (Option<&str>, &Claim)> {
        let within = self.experiments.iter().flat_map(|experiment| {
            let name = Some(experiment.name.as_str());
            experiment.claims.iter().map(move |claim| (name, claim))
        });
        within.chain(self.claims.iter().map(|claim| (None, claim)))
    }

    /// Every claim, in the order of [`Self::all_claims`].
    pub fn all_claims_mut(&mut self) -> Vec<&mut Claim> {
        let within = self.experiments.iter_mut();
        let within = within.flat_map(|experiment| &mut experiment.claims);
        within.chain(&mut self.claims).collect()
    }
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

/// Rows of one contrast, selected and ordered by a `show`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShownRows {
    /// The `show` as the author wrote it.
    pub show: String,
    /// Name of the experiment that the rows are from.
    pub experiment: String,
    /// Name of the contrast.
    pub contrast: String,
    /// Copies of the experiment's rows, in the order that the `show` asks for.
    pub rows: Vec<Row>,
    /// Rows of single backgrounds instead, for `show ... of each(...)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<UnitRow>,
}
