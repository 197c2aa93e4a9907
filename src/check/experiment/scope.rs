//! What exists only inside the experiment that is being checked.

use crate::Checker;
use gia_design::Formula;

/// What an expression inside an experiment can refer to. It is filled in as the experiment is laid out.
#[derive(Debug, Default)]
pub struct ExperimentScope {
    /// Length of its sequences in bp, once known.
    pub sequence_length: Option<i64>,
    /// Names of its outcomes, for `effect.NAME`.
    pub outcomes: Vec<String>,
    /// Units of its outcomes, known once the grid is laid out.
    pub units: Vec<Option<String>>,
    /// Names of the tracks that it measures, known once the grid is laid out.
    pub tracks: Vec<String>,
    /// Names of its arms.
    pub arms: Vec<String>,
    /// Names of its contrasts, known once its claims are checked.
    pub contrasts: Vec<String>,
    /// With a factorial: the labels of the parts that an arm holds, and the arm's index.
    pub factor_arms: Vec<(Vec<String>, usize)>,
    /// With a factorial: labels and formula of every interaction.
    pub interactions: Vec<(Vec<String>, Formula<usize>)>,
}

impl ExperimentScope {
    /// Index of an arm.
    pub fn arm(&self, name: &str) -> Option<usize> {
        self.arms.iter().position(|arm| arm == name)
    }

    /// Index of an outcome.
    pub fn outcome(&self, name: &str) -> Option<usize> {
        self.outcomes.iter().position(|outcome| outcome == name)
    }

    /// Index of the arm that holds the parts of the factorial with these labels, in any order.
    pub fn arm_of_factors(&self, labels: &[String]) -> Option<usize> {
        let mut arms = self.factor_arms.iter();
        let found = arms.find(|(known, _)| same_labels(known, labels));
        found.map(|(_, arm)| *arm)
    }

    /// The interaction of the parts of the factorial with these labels, in any order.
    pub fn interaction(&self, labels: &[String]) -> Option<&Formula<usize>> {
        let mut interactions = self.interactions.iter();
        let found = interactions.find(|(known, _)| same_labels(known, labels));
        found.map(|(_, formula)| formula)
    }
}

/// Whether two lists hold the same labels, in any order.
fn same_labels(labels: &[String], wanted: &[String]) -> bool {
    labels.len() == wanted.len() && labels.iter().all(|label| wanted.contains(label))
}

/// Access for what lays out the experiment. Everything else must handle that there is none.
impl Checker<'_> {
    pub(super) fn scope_mut(&mut self) -> &mut ExperimentScope {
        self.experiment.get_or_insert_default()
    }

    pub(super) fn arm_names(&self) -> &[String] {
        self.experiment.as_ref().map_or(&[], |scope| &scope.arms)
    }

    pub(super) fn outcome_names(&self) -> &[String] {
        self.experiment
            .as_ref()
            .map_or(&[], |scope| &scope.outcomes)
    }

    pub(super) fn contrast_names(&self) -> &[String] {
        self.experiment
            .as_ref()
            .map_or(&[], |scope| &scope.contrasts)
    }
}
