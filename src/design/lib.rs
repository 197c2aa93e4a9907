//! The checked program: experiments with every name resolved, every unit checked and every grid point evaluated.
//!
//! It does not say how the numbers are computed: the plan (`gia_plan`) shares and orders the work.

mod attribution;
mod claim;
mod combined_claim;
mod drivers;
mod evaluation;
mod experiment;
pub mod formula;
mod formula_tape;
mod gauss_legendre;
mod grid;
mod model;
mod null_effects;
mod reporting;
mod selection;
mod settings;
mod stopping;
pub mod track;

use std::sync::Arc;

pub use crate::attribution::{
    Attribution, AttributionMethod, Computation, ContributionList, ReferenceSource, References,
};
pub use crate::claim::{Claim, ClaimKind, Contrast, Quantile, Relation};
pub use crate::combined_claim::{CombinedClaim, CombinedPoint, Term};
pub use crate::drivers::{AddedFeature, Drivers};
pub use crate::evaluation::{
    AttributionMap, EvaluatedQuery, Evaluation, GroundTruth, InfluenceMap, OverReferences, Shuffles,
};
pub use crate::experiment::{Experiment, MeasuredTrack, OutcomeInfo, Reference, Scale, TrackInfo};
pub use crate::formula::{Arithmetic, Formula, Function, Reduction};
pub use crate::formula_tape::{FormulaTape, FrozenValues, WithoutRule};
pub use crate::gauss_legendre::gauss_legendre;
pub use crate::grid::{Axis, AxisValue, Layout, OutOfReach, Point};
pub use crate::model::{Model, ModelKind, ModelSource, OutputRef, count_members};
pub use crate::null_effects::{EachReport, NullBackgrounds, NullEffects};
pub use crate::reporting::{CurveStatistic, CurveSummary, Ranking, Show, Summary};
pub use crate::selection::{Bound, Selection, SelectionMethod, condition_identity};
pub use crate::settings::{Correction, FamilyScope, IntervalMethod, Settings, Streams};
pub use crate::stopping::{Stopping, StoppingRule};
pub use crate::track::{Fold, FoldKind, Track};

impl Program {
    /// Keeps some of the experiments, with their shows and the claims about them alone; `wanted` is parallel to the experiments.
    /// The number of claims of the script stays.
    pub fn retain_experiments(&mut self, wanted: &[bool]) {
        let place = |experiment: usize| {
            let kept = wanted.get(experiment).copied().unwrap_or(false);
            let before = wanted.iter().take(experiment);
            kept.then(|| before.filter(|wanted| **wanted).count())
        };
        let mut wanted_here = wanted.iter().copied();
        self.experiments
            .retain(|_| wanted_here.next().unwrap_or(false));
        self.claims.retain_mut(|claim| claim.renumber(place));
        self.shows.retain_mut(|show| show.renumber(place));
    }
}

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
    /// Number of claims of the script that chance could support, within experiments and outside; a subset of the experiments does not
    /// change it.
    pub tested_claim_count: usize,
    /// Claims about several experiments, in the order of the script.
    pub claims: Vec<CombinedClaim>,
    /// One for each `show` of a contrast, in the order of the script.
    pub shows: Vec<Show>,
    /// One for each `show evaluate(...)` or `show agreement(...)`, in the order of the script.
    pub evaluations: Vec<Evaluation>,
}
