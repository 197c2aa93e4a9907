//! `increasing(effect over n)`: a contrast that rises or falls with each step along an axis.

use rayon::prelude::*;

use super::ClaimContext;
use super::judge::{Claimed, PointEstimate, judge};
use crate::critical::{FamilyMember, simultaneous_critical};
use crate::estimate::Estimate;

impl ClaimContext<'_> {
    /// Whether the contrast rises (or falls) from each value of an axis to the next: the differences between neighbours, taken for
    /// each background, against intervals that hold for all steps at once.
    pub(super) fn steps(&self, axis: usize) -> Option<gia_study::Claim> {
        let steps: Vec<(usize, usize)> = self
            .series(axis)
            .iter()
            .flat_map(|points| {
                points
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
                self.trial.change(between, outcome, contrast)
            })
            .collect();
        let judged: Vec<PointEstimate> = changes
            .iter()
            .map(|(sample, precision)| PointEstimate {
                estimate: Estimate {
                    precision: *precision,
                    ..Estimate::of(sample)
                },
                threshold: 0.0,
            })
            .collect();
        judged.first()?;
        let claimed = Claimed {
            relation: self.claim.relation,
            magnitude: false,
            level: self.claim.level,
            estimates: steps.len(),
            critical: simultaneous_critical(
                self.experiment,
                self.claim.level,
                self.seed,
                steps.len(),
                || changes.into_iter().map(|(sample, _)| sample).collect(),
            ),
        };
        let judgement = judge(claimed, &judged);
        let (from, to) = steps[judgement.deciding];
        let place = format!("the step from {} to {}", self.place(from), self.place(to));
        let method = format!(
            "of the steps between neighbours: {}",
            claimed
                .critical
                .method(steps.len(), steps.len(), true, FamilyMember::Step)
        );
        let reason = judgement.reason_over(claimed, 0.0, &place, FamilyMember::Step);
        let deciding = gia_study::DecidingPoint {
            at: self.places[to].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold: 0.0,
        };
        Some(self.judged(judgement.verdict, method, reason, deciding))
    }
}
