//! Models: networks, analytic models, and composites of these.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Attribution, Formula};
use gia_base::source::Span;
use gia_model::{AnalyticModel, Declaration};

/// The source of a single model: a file or an analytic model.
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
}

impl std::fmt::Display for ModelSource {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            ModelSource::File { written, .. } => f.write_str(written),
            ModelSource::Truth(truth) => f.write_str(&truth.describe()),
        }
    }
}

/// Whether a model is single, composed of others or computed from them.
#[derive(Debug, Clone)]
pub enum ModelKind {
    /// A single model.
    Single(ModelSource),
    /// The mean of several models, none of which is an ensemble; indices into `Program::models`.
    Ensemble(Vec<usize>),
    /// The mean of a model's predictions for a sequence and its reverse complement; an index into `Program::models`.
    BothStrands(usize),
    /// Contributions to a query over other models; its outputs are the positions of the sequence.
    Attribution(Attribution<OutputRef>),
}

/// A model of the script: a network (whose weights are not read yet), an analytic model, a composite of others, or contributions to
/// a query over others.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name that the script binds the model to, or the stem of the file name.
    pub name: String,
    /// What it is made of.
    pub kind: ModelKind,
    /// Inputs and outputs: alphabet, length, tasks and units.
    pub declaration: Arc<Declaration>,
    /// Position of the name in the script; none if the script binds no name.
    pub named: Option<Span>,
}

impl Model {
    /// The members of an ensemble, or of the ensemble under a mean of both strands or a query that is attributed: indices into the models of
    /// its program, which `models` are. None for any other model.
    pub fn members<'m>(&'m self, models: &'m [Model]) -> Option<&'m [usize]> {
        match &self.kind {
            ModelKind::Single(_) => None,
            ModelKind::Ensemble(members) => Some(members),
            ModelKind::BothStrands(model) => models[*model].members(models),
            ModelKind::Attribution(attribution) => {
                count_members(&attribution.query, models)?;
                let mut members = None;
                attribution.query.leaves(&mut |read| {
                    members = members.or_else(|| models[read.model].members(models));
                });
                members
            }
        }
    }
}

/// Number of members of the ensembles in a formula; none if there is no ensemble or if the numbers differ.
pub fn count_members(of: &Formula<OutputRef>, models: &[Model]) -> Option<usize> {
    let mut counts = Vec::new();
    of.leaves(&mut |read| {
        if let Some(members) = models[read.model].members(models) {
            counts.push(members.len());
        }
    });
    let first = *counts.first()?;
    counts.iter().all(|count| *count == first).then_some(first)
}

/// Reference to one output value of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutputRef {
    /// Index into `Program::models`.
    pub model: usize,
    /// Index into the concatenation of all flattened outputs for one sequence.
    pub column: usize,
}
