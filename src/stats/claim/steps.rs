//! `increasing(effect over n)`: a contrast that increases or decreases with each step along an axis.

use std::sync::Arc;

use rayon::prelude::*;

use super::ClaimContext;
use super::error_rate::error_rate;
use super::judge::{ClaimAssertion, ThresholdedEstimate, judge};
use super::reason::Wording;
use crate::estimate::Estimate;
use crate::resampling_units::unit_totals;
use crate::simultaneous_method::{FamilyMember, TestName, choose_simultaneous_method};

impl ClaimContext<'_> {
    /// Judges a claim that a contrast increases (or decreases) from each axis value to the next, by simultaneous intervals of the
    /// per-background differences between neighbours.
    pub(super) fn judge_steps(&self, axis: usize) -> Option<gia_study::Claim> {
        let steps: Vec<(usize, usize)> = self
            .curves(axis)
            .iter()
            .flat_map(|points| {
                self.sort_along_axis(points, axis)
                    .windows(2)
                    .map(|pair| (pair[0], pair[1]))
                    .collect::<Vec<_>>()
            })
            .collect();
        let changes: Vec<(Vec<f64>, Option<f64>)> = steps
            .par_iter()
            .map(|&(from, to)| {
                let points = &self.experiment.points;
                let (outcome, contrast) = (self.claim.outcome, self.claim.contrast);
                let between = (&points[from], &points[to]);
                self.trial.step_differences(between, outcome, contrast)
            })
            .collect();
        // A curve has the same backgrounds all along.
        let design = self
            .trial
            .cluster_design(&self.experiment.points[steps.first()?.0]);
        let design = design.map(Arc::as_ref);
        let estimates: Vec<Estimate> = changes
            .iter()
            .map(|(sample, rounding_bound)| Estimate {
                rounding_bound: *rounding_bound,
                interval_method: self.experiment.design.interval,
                ..Estimate::of(sample, design)
            })
            .collect();
        let judged = estimates.iter().map(|estimate| ThresholdedEstimate {
            estimate: *estimate,
            threshold: 0.0,
        });
        let judged: Vec<ThresholdedEstimate> = judged.collect();
        let claimed = ClaimAssertion {
            relation: self.claim.relation,
            is_absolute: false,
            level: self.claim.level,
            distinct_estimates: steps.len(),
            simultaneous_method: choose_simultaneous_method(
                self.experiment,
                self.claim.level,
                self.seed,
                &estimates,
                || {
                    let samples = changes.into_iter();
                    samples
                        .map(|(sample, _)| unit_totals(sample, design))
                        .collect()
                },
            ),
        };
        let judgement = judge(claimed, &judged);
        let p = error_rate(claimed, &judged, judgement.verdict);
        let (from, to) = steps[judgement.deciding];
        let place = format!(
            "the step from {} to {}",
            self.describe_point(from),
            self.describe_point(to)
        );
        let method = format!(
            "of the steps between neighbours: {}",
            claimed.simultaneous_method.describe(
                steps.len(),
                steps.len(),
                TestName::new(self.experiment, true, estimates.first()),
                FamilyMember::Step
            )
        );
        let wording = Wording {
            relation: claimed.relation,
            is_absolute: false,
            level: claimed.level,
            quantity: "",
            member: FamilyMember::Step,
            outlook: None,
        };
        let reason = judgement.reason_for(&wording, 0.0, &place);
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[to].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold: 0.0,
        };
        Some(self.with_verdict(judgement.verdict, p, method, reason, deciding))
    }
}
