//! Warnings of intervals that may be too short.

use rayon::prelude::*;

use super::{outcome_suffix, points_suffix};
use crate::Estimate;
use crate::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use crate::estimate::Weakness;
use crate::number_format::{count, percent};
use crate::skew_warning::{DecidedByFew, decided_by_few};
use gia_plan::Experiment;
use gia_study::{Warning, WarningKind};

/// With fewer sources five deviations are most of all, and the rule says nothing. `gia check` warns of few backgrounds.
const MIN_SOURCES_FOR_RULE: usize = 20;

/// One contrast of one outcome.
#[derive(Clone, Copy)]
struct Quantity<'a> {
    experiment: &'a Experiment,
    outcome: usize,
    contrast: usize,
}

/// Warns of contrasts that differ from their commonest value for a few backgrounds only, and of those whose mean a few decide.
pub fn warn_short_intervals(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    measured: &[PointEstimates],
    found: &mut Vec<Warning>,
) {
    for outcome in 0..experiment.design.outcomes.len() {
        for contrast in 0..experiment.design.contrasts.len() {
            let quantity = Quantity {
                experiment,
                outcome,
                contrast,
            };
            found.extend(quantity.few_differ(measured));
            found.extend(quantity.decided_by_few(trial, measured));
        }
    }
}

impl Quantity<'_> {
    fn estimate(self, point: &PointEstimates) -> Estimate {
        point.contrasts[self.outcome * self.experiment.design.contrasts.len() + self.contrast]
    }

    /// `` `effect` of `dnase` at gap = 2 bp``, without what is the same everywhere.
    fn describe(self, points: &[usize]) -> String {
        format!(
            "`{}`{}{}",
            self.experiment.design.contrasts[self.contrast].name,
            outcome_suffix(self.experiment, self.outcome),
            points_suffix(self.experiment, points)
        )
    }

    fn few_differ(self, measured: &[PointEstimates]) -> Option<Warning> {
        let estimates = measured.iter().map(|point| self.estimate(point));
        let rare: Vec<(usize, Estimate)> = estimates
            .enumerate()
            .filter(|(_, estimate)| estimate.weakness() == Some(Weakness::FewDiffer))
            .collect();
        let (_, first) = rare.first()?;
        let points: Vec<usize> = rare.iter().map(|(point, _)| *point).collect();
        Some(Warning {
            warning: WarningKind::FewDiffer,
            message: format!(
                "{}: all but {} of {} {} give one value, so the interval may be too short, and decides no claim; \
                 sample more backgrounds, or only those that the edit changes",
                self.describe(&points),
                count(first.unlike),
                count(first.sources),
                first.units()
            ),
        })
    }

    fn decided_by_few(
        self,
        trial: &ContrastEvaluator,
        measured: &[PointEstimates],
    ) -> Option<Warning> {
        let decided: Vec<(usize, DecidedByFew)> = measured
            .par_iter()
            .enumerate()
            .filter_map(|(place, measured)| {
                let estimate = self.estimate(measured);
                let is_few = estimate.sources < MIN_SOURCES_FOR_RULE;
                if !estimate.few_may_decide || is_few || estimate.weakness().is_some() {
                    return None;
                }
                let point = &self.experiment.points[place];
                let values = trial.source_values(point, self.outcome, self.contrast);
                Some((place, decided_by_few(&values, estimate.skewness)?))
            })
            .collect();
        let (place, first) = decided.first()?;
        let units = self.estimate(&measured[*place]).units();
        let points: Vec<usize> = decided.iter().map(|(point, _)| *point).collect();
        let needed = decided.iter().map(|(_, few)| few.backgrounds);
        let needed = needed.collect::<Option<Vec<usize>>>();
        let remedy = match needed.and_then(|needed| needed.into_iter().max()) {
            _ if self.experiment.design.outcomes[self.outcome].bounded => {
                "measure its logit, whose effects are less skewed".to_string()
            }
            Some(n) => format!("about {} {units} would do", count(n)),
            None => "measure its logarithm or logit, or `report median`".to_string(),
        };
        Some(Warning {
            warning: WarningKind::Skewed,
            message: format!(
                "{}: a few {units} decide the mean, so the interval may be too short; five hold {} of the sum of squares: \
                 {remedy}",
                self.describe(&points),
                percent((first.share * 100.0).floor() / 100.0)
            ),
        })
    }
}
