//! The plan of a checked program: the forward passes to run, as pure data that can be printed, costed, hashed and split.
//!
//! Equal work is shared: a *variant* (a list of edits) of a *population* (a source of backgrounds) is predicted
//! once, however many arms, grid points and experiments need it.

mod canonical;
mod display;
mod left_out_records;
mod lower;
mod memory;
mod reading;
mod resolved;
mod subset;
mod tied;

pub use left_out_records::left_out_record_counts;
pub use lower::{lower, lower_with_hypothetical};
pub use memory::{edit_list_bytes, hash_table_bytes, heap_block_bytes};
pub use reading::{Feature, PlannedFold, Reading, SourceColumn};
pub use resolved::ResolvedPlan;
pub use tied::JobGroups;

use std::path::PathBuf;
use std::sync::Arc;

pub use gia_design::{
    Attribution, AttributionMethod, Bound, Computation, Layout, OutOfReach, Ranking,
    ReferenceSource, References, SelectionMethod, Show, Stopping,
};

use gia_design::{CombinedClaim, Formula, Settings};
use gia_domain::{Edit, Population, RecordCounts, Strand};
use gia_model::{AnalyticModel, Declaration};

/// All predictions that a program needs, and how its results are computed from them.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Settings of the script, such as the seed.
    pub settings: Settings,
    /// Networks and analytic models. Composite models are decomposed into formulas over these.
    pub models: Vec<Model>,
    /// The distinct model outputs from which outcomes are computed.
    pub readings: Vec<Reading>,
    /// The distinct folds of tracks among the readings.
    pub folds: Vec<Arc<PlannedFold>>,
    /// Distinct sources of backgrounds, each with the variants to predict.
    pub populations: Vec<PlannedPopulation>,
    /// Sets of backgrounds that are selected by the predictions of a model. They are resolved first; see [`ResolvedPlan`].
    pub selections: Vec<Selection>,
    /// The predictions to make: each row of each job is one forward pass.
    pub jobs: Vec<Job>,
    /// Experiments, in the order of the script.
    pub experiments: Vec<Experiment>,
    /// Number of claims of the script, within experiments and outside; a part of the plan has the number of the whole.
    pub tested_claim_count: usize,
    /// Claims about several experiments, in the order of the script.
    pub claims: Vec<CombinedClaim>,
    /// One for each `show` of a contrast, in the order of the script.
    pub shows: Vec<Show>,
    /// One for each `show evaluate(...)` or `show agreement(...)`.
    pub evaluations: Vec<Evaluation>,
}

/// A network, which a worker runs, an analytic model, which `gia` evaluates itself, or contributions to a query over these.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name that the script binds the model to.
    pub name: String,
    /// Where its numbers come from.
    pub source: ModelSource,
    /// Inputs, outputs and alphabet of the model, as declared beside its file.
    pub declaration: Arc<Declaration>,
}

/// Where the numbers of a model come from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A trained network.
    File {
        /// Path of the file, resolved against the folder of the script.
        path: PathBuf,
        /// The path as written in the script.
        written: String,
    },
    /// An analytic model: a formula with a known ground truth, evaluated without a worker.
    Truth(Arc<AnalyticModel>),
    /// Contributions to a query over outputs of other models of the plan; an output is a position of the sequence.
    Attribution(Arc<Attribution<SourceColumn>>),
}

impl From<gia_design::ModelSource> for ModelSource {
    fn from(source: gia_design::ModelSource) -> Self {
        match source {
            gia_design::ModelSource::File { path, written } => ModelSource::File { path, written },
            gia_design::ModelSource::Truth(truth) => ModelSource::Truth(truth),
        }
    }
}

impl std::fmt::Display for ModelSource {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            ModelSource::File { written, .. } => f.write_str(written),
            ModelSource::Truth(truth) => f.write_str(&truth.describe()),
            ModelSource::Attribution(attribution) => f.write_str(&attribution.method.describe()),
        }
    }
}

impl Model {
    /// The references that it compares each sequence with; none for other models than contributions that are relative to references.
    pub fn references(&self) -> Option<&References> {
        match &self.source {
            ModelSource::File { .. } | ModelSource::Truth(_) => None,
            ModelSource::Attribution(attribution) => attribution.method.references(),
        }
    }

    /// About how many passes of networks each row takes.
    pub fn passes_per_row(&self) -> u64 {
        match &self.source {
            ModelSource::File { .. } | ModelSource::Truth(_) => 1,
            ModelSource::Attribution(attribution) => {
                attribution.method.passes(self.declaration.length) * self.sources().len() as u64
            }
        }
    }

    /// The models that it is computed from, each with the strand that they read; none for a network and an analytic model.
    pub fn sources(&self) -> Vec<(usize, Strand)> {
        let ModelSource::Attribution(attribution) = &self.source else {
            return Vec::new();
        };
        let mut sources = Vec::new();
        attribution
            .query
            .leaves(&mut |of: SourceColumn| sources.push((of.model, of.strand)));
        sources.sort_unstable();
        sources.dedup();
        sources
    }
}

/// A source of backgrounds with all lists of edits that are applied to it.
#[derive(Debug, Clone)]
pub struct PlannedPopulation {
    /// Where the backgrounds come from.
    pub population: Arc<Population>,
    /// Distinct lists of edits; the first is always empty.
    pub variants: Vec<Arc<[Edit]>>,
}

/// A set of backgrounds that is selected by the predictions of a model, by rejection or Metropolis sampling.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Key of the [`gia_domain::Conditioned`] populations that wait for this selection.
    pub key: [u8; 32],
    /// The condition as the author wrote it: `net["CTCF"] between 0 and 1`.
    pub condition: String,
    /// The condition as a phrase that follows the source population: `with net["CTCF"] between 0 and 1`.
    pub description: String,
    /// Index into `Plan::populations` of the population to select from.
    pub population: usize,
    /// The query; leaves are indices into `Plan::readings`.
    pub query: Formula<usize>,
    /// How backgrounds are selected.
    pub method: SelectionMethod,
    /// Number of backgrounds needed.
    pub count: usize,
    /// The predictions that the query needs. Which sequences they are made for is decided during the run.
    pub jobs: Vec<Job>,
}

/// The predictions of one model for the variants of one population, on one strand.
#[derive(Debug, Clone)]
pub struct Job {
    /// Index into `Plan::models`.
    pub model: usize,
    /// Index into `Plan::populations`.
    pub population: usize,
    /// The strand of the sequences that is given to the model.
    pub strand: Strand,
    /// Columns of the flattened output that the readings are computed from, ascending.
    pub columns: Vec<usize>,
    /// Columns among these that are held until the other predictions that a joint fold needs are made; ascending.
    pub held: Vec<usize>,
    /// Values kept of each output: indices into `Plan::readings`, ascending.
    pub readings: Vec<usize>,
    /// Variants to predict, each on the first `count` backgrounds.
    pub tasks: Vec<Task>,
}

/// One variant of a population to predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Index into `PlannedPopulation::variants`.
    pub variant: usize,
    /// Number of leading backgrounds to skip, because they are predicted already or belong to another part of the plan.
    pub done: usize,
    /// Number of leading backgrounds to cover: those from `done` to `count` are predicted.
    pub count: usize,
}

impl Task {
    /// Number of forward passes.
    pub fn passes(&self) -> u64 {
        self.count.saturating_sub(self.done) as u64
    }
}

/// An experiment, with references to the predictions that it needs.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The experiment as it was checked.
    pub design: Arc<gia_design::Experiment>,
    /// Its grid points, parallel to those of the design, each with the number of backgrounds that this plan predicts.
    pub points: Vec<Point>,
    /// Real sequences to compare the backgrounds with; none unless the experiment names some.
    pub reference: Option<Reference>,
    /// For each of the design's null effects, the same arms on its backgrounds: points parallel to those of the experiment.
    pub null_effects: Vec<Vec<Point>>,
    /// Files that the experiment reads sequences from and of which records were left out.
    pub intakes: Vec<RecordCounts>,
    /// For each added feature of its drivers, the query that is read on the backgrounds without edits; none for a count.
    pub driver_queries: Vec<Option<Formula<usize>>>,
}

/// A query to compare with known labels or measurements.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The evaluation as it was checked.
    pub design: gia_design::Evaluation,
    /// The prediction, of a track one for each place, of a map one for each place of each of its tracks; leaves are indices into `Plan::readings`.
    pub queries: Vec<Formula<usize>>,
    /// What each base would contribute, by base and place, for the first set; only of maps, and only if the plan asks for it.
    pub hypothetical: Vec<Formula<usize>>,
    /// For each set of sequences, an index into `Plan::populations` and the number of sequences.
    pub sets: Vec<(usize, usize)>,
    /// Files of the sets of which records were left out.
    pub intakes: Vec<RecordCounts>,
}

/// Real sequences, without edits, to compare an experiment's backgrounds with; every outcome is predicted for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Index into `Plan::populations`.
    pub population: usize,
    /// Number of sequences.
    pub count: usize,
}

/// A grid point of an experiment.
#[derive(Debug, Clone)]
pub struct Point {
    /// Index of the point's value on each axis.
    pub at: Arc<[usize]>,
    /// Index into `Plan::populations`.
    pub population: usize,
    /// Number of backgrounds.
    pub count: usize,
    /// Index into `PlannedPopulation::variants` for each arm.
    pub arms: Box<[usize]>,
    /// The formula of each outcome; leaves are indices into `Plan::readings`; most grid points share the formulas.
    pub outcomes: Arc<[Arc<Formula<usize>>]>,
    /// The tracks that are measured, parallel to those of the design.
    pub tracks: Arc<[Arc<MeasuredTrack>]>,
    /// For each outcome, its formula under every member of its ensembles; empty if it reads no ensemble.
    pub members: Arc<[Vec<Member>]>,
}

/// A track that is measured, and where its numbers lie.
#[derive(Debug, Clone)]
pub struct MeasuredTrack {
    /// The formula of each place; leaves are indices into `Plan::readings`.
    pub formulas: Vec<Formula<usize>>,
    /// Place of the first number: the middle of its bin in bp from the first base, or its number.
    pub first: i64,
    /// Distance from one place to the next.
    pub step: i64,
    /// Whether places are positions in bp.
    pub in_bp: bool,
    /// The track under each member of the ensembles that it reads; empty if it reads none.
    pub members: Vec<TrackMember>,
}

/// A track under one member of an ensemble.
#[derive(Debug, Clone)]
pub struct TrackMember {
    /// Name of the member.
    pub name: String,
    /// The number at each place with the ensemble replaced by this member; leaves are indices into `Plan::readings`.
    pub formulas: Vec<Formula<usize>>,
}

impl MeasuredTrack {
    /// The formulas of all places, of the track itself and then under each member.
    pub fn all_formulas(&self) -> impl Iterator<Item = &Formula<usize>> {
        let members = self.members.iter().flat_map(|member| &member.formulas);
        self.formulas.iter().chain(members)
    }
}

/// An outcome under one member of an ensemble.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name of the member.
    pub name: String,
    /// The outcome with the ensemble replaced by this member; leaves are indices into `Plan::readings`.
    pub outcome: Arc<Formula<usize>>,
}
