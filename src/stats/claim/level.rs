//! `effect > 0.5`: the mean of a contrast at each grid point, compared with a number.

use rayon::prelude::*;

use super::ClaimContext;
use super::judge::{Claimed, PointEstimate, judge};
use crate::critical::{FamilyMember, distinct_estimates, simultaneous_critical};
use crate::series::Series;
use gia_plan::Experiment;

impl ClaimContext<'_> {
    /// Whether the mean lies on the claimed side of the threshold at all grid points of the claim at once.
    pub(super) fn level(&self) -> gia_study::Claim {
        let (experiment, claim) = (self.experiment, self.claim);
        let series = Series {
            experiment,
            outcome: claim.outcome,
            contrast: claim.contrast,
        };
        let estimates = series.estimates(self.measured);
        let points = claim.points.iter().zip(&claim.thresholds);
        let points: Vec<PointEstimate> = points
            .map(|(&point, &threshold)| PointEstimate {
                estimate: estimates[point],
                threshold,
            })
            .collect();
        let different =
            distinct_estimates(experiment, claim.contrast, claim.outcome, &claim.points);
        let claimed = Claimed {
            relation: claim.relation,
            magnitude: claim.magnitude,
            level: claim.level,
            estimates: different.len(),
            critical: simultaneous_critical(
                experiment,
                claim.level,
                self.seed,
                different.len(),
                || {
                    different
                        .par_iter()
                        .map(|&i| {
                            self.trial
                                .values(&experiment.points[i], claim.outcome, claim.contrast)
                        })
                        .collect()
                },
            ),
        };
        let judgement = judge(claimed, &points);
        let decided = &points[judgement.deciding];
        let point = claim.points[judgement.deciding];
        let place = self.place(point);
        let method = claimed.critical.method(
            points.len(),
            claimed.estimates,
            series.is_paired(),
            FamilyMember::GridPoint,
        );
        let reason = judgement.reason(claimed, decided.threshold, &place)
            + &unreached(experiment, (claim.contrast, claim.outcome), point);
        let deciding = gia_study::DecidingPoint {
            at: self.places[point].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold: decided.threshold,
        };
        self.judged(judgement.verdict, method, reason, deciding)
    }
}

/// What a claim's reason adds where an arm that it compares cannot change its outcome at this grid point.
fn unreached(experiment: &Experiment, (contrast, outcome): (usize, usize), point: usize) -> String {
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
