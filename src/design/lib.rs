//! The checked program: experiments with every name resolved, every unit checked and every grid point evaluated.
//!
//! It does not say how the numbers are computed: the plan (`gia_plan`) shares and orders the work.

mod claim;
mod evaluation;
mod experiment;
pub mod formula;
mod grid;
mod model;
mod reporting;
mod selection;
mod settings;
mod stopping;

use std::sync::Arc;

pub use crate::claim::{Claim, ClaimKind, Contrast, Relation};
pub use crate::evaluation::{Evaluation, GroundTruth};
pub use crate::experiment::{Experiment, OutcomeInfo, Reference, Scale};
pub use crate::formula::{Arithmetic, Formula, Function, Reduction};
pub use crate::grid::{Axis, AxisValue, Layout, OutOfReach, Point};
pub use crate::model::{Model, ModelKind, ModelSource, OutputRef};
pub use crate::reporting::{CurveStatistic, CurveSummary, Ranking, Show, Summary};
pub use crate::selection::{Bound, Selection, SelectionMethod, condition_identity};
pub use crate::settings::{Correction, IntervalMethod, Settings};
pub use crate::stopping::{Stopping, StoppingRule};

/// A checked script.
#[derive(Debug, Clone)]
pub struct Program {
    /// The `set` statements of the script, with defaults for the rest.
    pub settings: Settings,
    /// Every model of the script. The members of a composite model come before it.
    pub models: Vec<Model>,
    /// The distinct populations that are selected by the predictions of a model.
    pub selections: Vec<Selection>,
    /// The experiments to run, in the order of the script.
    pub experiments: Vec<Arc<Experiment>>,
    /// One for each `show` of a contrast, in the order of the script.
    pub shows: Vec<Show>,
    /// One for each `show evaluate(...)` or `show agreement(...)`, in the order of the script.
    pub evaluations: Vec<Evaluation>,
}
