//! A checked program as the work that answers it: pure data that can be printed, costed, hashed and cut.
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
    pub settings: Settings,
    /// Networks and built-in models; those made of others are in the formulas.
    pub models: Vec<Model>,
    /// The numbers that outcomes are made of.
    pub readings: Vec<Reading>,
    /// Distinct sources of backgrounds, each with the variants asked of it.
    pub populations: Vec<PlannedPopulation>,
    /// Backgrounds that are made by asking a model, which are resolved before all else; see [`ResolvedPlan`].
    pub selections: Vec<Selection>,
    /// What is to be predicted: every row of every job is one forward pass.
    pub jobs: Vec<Job>,
    pub experiments: Vec<Experiment>,
    /// Rows that are shown once more.
    pub shows: Vec<Show>,
    pub evaluations: Vec<Evaluation>,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub name: String,
    pub source: ModelSource,
    pub declaration: Arc<Declaration>,
}

#[derive(Debug, Clone)]
pub struct PlannedPopulation {
    pub population: Arc<Population>,
    /// Distinct lists of edits; the first is always the empty one.
    pub variants: Vec<Arc<[Edit]>>,
}

/// Backgrounds that are made of those of a population by asking a model.
#[derive(Debug, Clone)]
pub struct Selection {
    /// That of the [`gia_domain::Conditioned`] populations that wait for it.
    pub key: [u8; 32],
    /// As the author wrote it.
    pub words: String,
    /// Index into `Plan::populations` of what they are made of.
    pub population: usize,
    /// Leaves are indices into `Plan::readings`.
    pub query: Formula<usize>,
    pub by: By,
    /// How many backgrounds are needed.
    pub count: usize,
    /// What the query reads; of which sequences, the run decides.
    pub jobs: Vec<Job>,
}

/// One model over one population's variants, all read on one strand.
#[derive(Debug, Clone)]
pub struct Job {
    /// Index into `Plan::models`.
    pub model: usize,
    /// Index into `Plan::populations`.
    pub population: usize,
    /// The strand of the sequences that is shown to the model.
    pub strand: Strand,
    /// Columns of the flattened output that the readings need, ascending.
    pub columns: Vec<usize>,
    /// What is kept of them; indices into `Plan::readings`, ascending.
    pub readings: Vec<usize>,
    /// Variants to predict, each on the first `count` backgrounds.
    pub tasks: Vec<Task>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Index into `PlannedPopulation::variants`.
    pub variant: usize,
    /// Of the first `count` backgrounds, so many are known already.
    pub done: usize,
    pub count: usize,
}

impl Task {
    pub fn passes(&self) -> u64 {
        self.count.saturating_sub(self.done) as u64
    }
}

/// An experiment as lookups into the jobs.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// As it was checked.
    pub design: Arc<gia_design::Experiment>,
    /// Its grid points, parallel to those of the design; each with as many backgrounds as this plan asks for.
    pub points: Vec<Point>,
    pub reference: Option<Reference>,
    /// Files of sequences that it draws on and of which records were left out.
    pub intakes: Vec<Intake>,
}

/// A query beside what is known of sequences.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub of: gia_design::Evaluation,
    /// Leaves are indices into `Plan::readings`.
    pub query: Formula<usize>,
    /// Index into `Plan::populations` and number of sequences, of each of its sets.
    pub sets: Vec<(usize, usize)>,
    /// Files of its sets of which records were left out.
    pub intakes: Vec<Intake>,
}

/// Real sequences, as they are, that the backgrounds of an experiment are compared with: every outcome of it is asked of
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Index into `Plan::populations`.
    pub population: usize,
    pub count: usize,
}

#[derive(Debug, Clone)]
pub struct Point {
    pub at: Arc<[usize]>,
    /// Index into `Plan::populations`.
    pub population: usize,
    pub count: usize,
    /// The variant of each arm.
    pub arms: Box<[usize]>,
    /// Leaves are indices into `Plan::readings`; most grid points share them.
    pub outcomes: Arc<[Arc<Formula<usize>>]>,
    /// For each outcome that reads an ensemble, the same with each of its members in its place.
    pub members: Arc<[Vec<Member>]>,
}

/// An outcome as one member of an ensemble answers it.
#[derive(Debug, Clone)]
pub struct Member {
    /// The model's name.
    pub name: String,
    pub outcome: Arc<Formula<usize>>,
}
