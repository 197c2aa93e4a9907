//! Claims about several experiments.

use gia_base::source::Span;

use crate::{Axis, Relation};

/// A claim outside experiments, which a run supports, refutes or leaves undecided: `expect necessity.effect - elsewhere.effect > 0.5`.
#[derive(Debug, Clone)]
pub struct CombinedClaim {
    /// The claim as the author wrote it, without `expect`.
    pub text: String,
    /// Position of the whole statement.
    pub span: Span,
    /// Source text of the combination.
    pub name: String,
    /// The contrasts whose weighted sum is compared; at least one.
    pub terms: Vec<Term>,
    /// How the sum compares with the threshold.
    pub relation: Relation,
    /// Whether the claim is about the absolute value of the sum.
    pub magnitude: bool,
    /// The axes of all its experiments; those of one name are one axis.
    pub axes: Vec<Axis>,
    /// The points of these axes where the condition holds; at least one.
    pub points: Vec<CombinedPoint>,
    /// Confidence level at which the intervals of all points hold at once.
    pub level: f64,
}

impl CombinedClaim {
    /// Renumbers the experiments of a claim to their places among those that are kept, as `place` gives them; whether all of them are.
    pub fn renumber(&mut self, place: impl Fn(usize) -> Option<usize>) -> bool {
        self.terms.iter_mut().all(|term| {
            let kept = place(term.experiment);
            term.experiment = kept.unwrap_or(term.experiment);
            kept.is_some()
        })
    }
}

/// A contrast of an experiment with its weight in the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// Factor; finite and not zero.
    pub weight: f64,
    /// Index into `Program::experiments`.
    pub experiment: usize,
    /// Index into the experiment's contrasts.
    pub contrast: usize,
    /// Index into the experiment's outcomes.
    pub outcome: usize,
}

/// A point of the axes of a [`CombinedClaim`].
#[derive(Debug, Clone)]
pub struct CombinedPoint {
    /// For each axis, an index into its values; empty without axes.
    pub at: Vec<usize>,
    /// For each term, an index into the points of its experiment.
    pub of_terms: Vec<usize>,
    /// Threshold, in the unit of the outcomes.
    pub threshold: f64,
}
