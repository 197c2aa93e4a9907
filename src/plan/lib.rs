//! A checked program as the work that answers it: pure data that can be printed, costed, hashed and split.
//!
//! Equal work is shared: a *variant* (a list of edits) of a *population* (a source of backgrounds) is predicted
//! once, however many arms, grid points and experiments ask for it.

mod canonical;
mod held;
mod intake;
mod lower;
mod reading;
mod resolved;
mod show;
mod size;

pub use held::{block, held_by, table};
pub use intake::intakes;
pub use lower::lower;
pub use reading::{Feature, Reading};
pub use resolved::ResolvedPlan;

use std::sync::Arc;

pub use gia_design::{Bound, By, Layout, ModelSource, OutOfReach, Ranking, Show, Stopping};

use gia_design::{Formula, Settings};
use gia_domain::{Edit, Intake, Population, Strand};
use gia_model::Declaration;

/// The work of one program.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Settings of the script, such as the seed.
    pub settings: Settings,
    /// Networks and built-in models. Models made of others are decomposed into formulas.
    pub models: Vec<Model>,
    /// The distinct numbers from which outcomes are computed.
    pub readings: Vec<Reading>,
    /// Distinct sources of backgrounds, each with the variants asked of it.
    pub populations: Vec<PlannedPopulation>,
    /// Sets of backgrounds that are selected by asking a model. They are resolved before anything else; see [`ResolvedPlan`].
    pub selections: Vec<Selection>,
    /// The predictions to make: each row of each job is one forward pass.
    pub jobs: Vec<Job>,
    /// Experiments, in the order of the script.
    pub experiments: Vec<Experiment>,
    /// One for each `show` of a contrast, in the order of the script.
    pub shows: Vec<Show>,
    /// One for each `show evaluate(...)` or `show agreement(...)`.
    pub evaluations: Vec<Evaluation>,
}

/// A model that a worker runs or that `gia` computes itself.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name that the script binds the model to.
    pub name: String,
    /// The file of the network, or the formula of an analytic model.
    pub source: ModelSource,
    /// Inputs, outputs and alphabet of the model, as declared beside its file.
    pub declaration: Arc<Declaration>,
}

/// A source of backgrounds with all the edits applied to it.
#[derive(Debug, Clone)]
pub struct PlannedPopulation {
    /// Where the backgrounds come from.
    pub population: Arc<Population>,
    /// Distinct lists of edits; the first is always empty.
    pub variants: Vec<Arc<[Edit]>>,
}

/// A set of backgrounds that is selected from a population by asking a model, by rejection or Metropolis sampling.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Key of the [`gia_domain::Conditioned`] populations that wait for this selection.
    pub key: [u8; 32],
    /// The condition as the author wrote it.
    pub words: String,
    /// Index into `Plan::populations` of the population to select from.
    pub population: usize,
    /// The number that decides; leaves are indices into `Plan::readings`.
    pub query: Formula<usize>,
    /// How backgrounds are selected.
    pub by: By,
    /// Number of backgrounds needed.
    pub count: usize,
    /// What the query reads. Which sequences it is asked of is decided during the run.
    pub jobs: Vec<Job>,
}

/// One model over one population's variants, all read on one strand.
#[derive(Debug, Clone)]
pub struct Job {
    /// Index into `Plan::models`.
    pub model: usize,
    /// Index into `Plan::populations`.
    pub population: usize,
    /// The strand of the sequences that the model sees.
    pub strand: Strand,
    /// Columns of the flattened output that the readings need, ascending.
    pub columns: Vec<usize>,
    /// Numbers kept of each answer: indices into `Plan::readings`, ascending.
    pub readings: Vec<usize>,
    /// Variants to predict, each on the first `count` backgrounds.
    pub tasks: Vec<Task>,
}

/// One variant of a population to predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Index into `PlannedPopulation::variants`.
    pub variant: usize,
    /// Number of leading backgrounds to skip, because they are known or belong to another part of the plan.
    pub done: usize,
    /// Number of leading backgrounds to cover: those from `done` to `count` are predicted.
    pub count: usize,
}

impl Task {
    /// Forward passes that the task takes.
    pub fn passes(&self) -> u64 {
        self.count.saturating_sub(self.done) as u64
    }
}

/// An experiment as lookups into the jobs.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The experiment as it was checked.
    pub design: Arc<gia_design::Experiment>,
    /// Its grid points, parallel to those of the design, each with as many backgrounds as this plan asks for.
    pub points: Vec<Point>,
    /// Real sequences to compare the backgrounds with; none unless the experiment names some.
    pub reference: Option<Reference>,
    /// Files of sequences that the experiment draws on and that lost records.
    pub intakes: Vec<Intake>,
}

/// A query to compare with known answers.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The evaluation as it was checked.
    pub of: gia_design::Evaluation,
    /// The prediction; leaves are indices into `Plan::readings`.
    pub query: Formula<usize>,
    /// For each set of sequences, an index into `Plan::populations` and the number of sequences.
    pub sets: Vec<(usize, usize)>,
    /// Files of the sets that lost records.
    pub intakes: Vec<Intake>,
}

/// Real sequences, without edits, to compare an experiment's backgrounds with. Every outcome of the experiment is predicted for
/// them.
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
    /// A formula for each outcome. Leaves are indices into `Plan::readings`; most grid points share the formulas.
    pub outcomes: Arc<[Arc<Formula<usize>>]>,
    /// Parallel to `outcomes`: each outcome that reads an ensemble under every member, and an empty list for others.
    pub members: Arc<[Vec<Member>]>,
}

/// An outcome under one member of an ensemble.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name of the member.
    pub name: String,
    /// The outcome with the ensemble replaced by this member; leaves are indices into `Plan::readings`.
    pub outcome: Arc<Formula<usize>>,
}
