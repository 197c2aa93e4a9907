//! `effect > 0.5`: the mean of a contrast at each grid point, compared with a number.

use rayon::prelude::*;

use super::ClaimContext;
use super::error_rate::error_rate;
use super::judge::{ClaimAssertion, ThresholdedEstimate, judge};
use crate::series::ContrastSeries;
use crate::simultaneous_method::{
    FamilyMember, TestName, choose_simultaneous_method, distinct_estimates,
};
use gia_plan::Experiment;

impl ClaimContext<'_> {
    /// Whether the mean lies on the claimed side of the threshold at all grid points of the claim at once.
    pub(super) fn judge_level(&self) -> gia_study::Claim {
        let (experiment, claim) = (self.experiment, self.claim);
        let series = ContrastSeries {
            experiment,
            outcome: claim.outcome,
            contrast: claim.contrast,
        };
        let estimates = series.estimates(self.measured);
        let points = claim.points.iter().zip(&claim.thresholds);
        let points: Vec<ThresholdedEstimate> = points
            .map(|(&point, &threshold)| ThresholdedEstimate {
                estimate: estimates[point],
                threshold,
            })
            .collect();
        let different =
            distinct_estimates(experiment, claim.contrast, claim.outcome, &claim.points);
        let claimed = ClaimAssertion {
            relation: claim.relation,
            is_absolute: claim.magnitude,
            level: claim.level,
            distinct_estimates: different.len(),
            simultaneous_method: choose_simultaneous_method(
                experiment,
                claim.level,
                self.seed,
                &different.iter().map(|&i| estimates[i]).collect::<Vec<_>>(),
                || {
                    different
                        .par_iter()
                        .map(|&i| {
                            self.trial.source_values(
                                &experiment.points[i],
                                claim.outcome,
                                claim.contrast,
                            )
                        })
                        .collect()
                },
            ),
        };
        let judgement = judge(claimed, &points);
        let p = error_rate(claimed, &points, judgement.verdict);
        let decided = &points[judgement.deciding];
        let point = claim.points[judgement.deciding];
        let place = self.describe_point(point);
        let method = claimed.simultaneous_method.describe(
            points.len(),
            claimed.distinct_estimates,
            TestName::new(experiment, series.is_paired(), Some(&decided.estimate)),
            FamilyMember::GridPoint,
        );
        let reason = judgement.reason(claimed, decided.threshold, &place)
            + &out_of_reach_note(experiment, (claim.contrast, claim.outcome), point);
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[point].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold: decided.threshold,
        };
        self.with_verdict(judgement.verdict, p, method, reason, deciding)
    }
}

/// Addition to a claim's reason if an arm that it compares cannot change the outcome at this grid point; else empty.
fn out_of_reach_note(
    experiment: &Experiment,
    (contrast, outcome): (usize, usize),
    point: usize,
) -> String {
    let formula = &experiment.design.contrasts[contrast].formula;
    let is_compared = |arm: usize| {
        let mut uses = false;
        formula.leaves(&mut |leaf| uses |= leaf == arm);
        uses
    };
    let missed = experiment.design.out_of_reach.iter().find(|missed| {
        missed.outcome == outcome
            && missed.points.binary_search(&point).is_ok()
            && is_compared(missed.arm)
    });
    missed.map_or(String::new(), |missed| {
        format!(
            "; no evidence, since arm `{}` writes outside {}, all that `{}` depends on",
            experiment.design.arms[missed.arm],
            missed.receptive_field_text(),
            experiment.design.outcomes[missed.outcome].name
        )
    })
}
