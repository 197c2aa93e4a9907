//! Claims about another quantity than the mean, each with an interval of its own: `median(effect) > 0`, `share(effect) > 0.9`,
//! `effect > 0 across models`.

use std::sync::Arc;

use rayon::prelude::*;

use super::ClaimContext;
use super::error_rate::error_rate_of_intervals;
use super::judge::{Judgement, ThresholdedInterval, decide};
use super::reason::Wording;
use crate::ClusterDesign;
use crate::ensemble::MemberComparison;
use crate::estimate::{Estimate, EstimateMethod, Weakness};
use crate::number_format;
use crate::series::ContrastSeries;
use crate::simultaneous_method::{FamilyMember, distinct_estimates};
use crate::summaries::exact_share::exact_share_interval;
use crate::summaries::{median, quantile, sorted_ascending};
use gia_design::Quantile;

/// The quantity that a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Quantile(Quantile),
    /// The share of backgrounds above zero.
    Share,
    /// The mean over networks like the members of an ensemble.
    AcrossModels,
}

/// The sample of a quantity at one grid point.
struct Sample<'a> {
    /// The contrast of each background, in order.
    values: Vec<f64>,
    /// The same in ascending order; empty where ranks do not matter.
    sorted: Vec<f64>,
    members: Option<MemberComparison<'a>>,
    design: Option<&'a ClusterDesign>,
    /// Estimate of the mean.
    estimate: Estimate,
    /// What the sample lacks to say something of others like it, if anything. Of one sequence under several networks, these are the sample.
    weakness: Option<Weakness>,
}

impl Sample<'_> {
    /// Whether the numbers of networks for one sequence are the sample.
    fn is_of_networks(&self) -> bool {
        self.members.is_some() && self.estimate.method() == EstimateMethod::SingleBackground
    }
}

impl Quantity {
    /// Its name with the article.
    fn name(self) -> &'static str {
        match self {
            Quantity::Quantile(Quantile::LowerQuartile) => "the lower quartile",
            Quantity::Quantile(Quantile::Median) => "the median",
            Quantity::Quantile(Quantile::UpperQuartile) => "the upper quartile",
            Quantity::Share => "the share of backgrounds above zero",
            Quantity::AcrossModels => "the mean for networks like these",
        }
    }

    /// What would decide an undecided claim, if that is not more backgrounds.
    fn outlook(self) -> Option<&'static str> {
        match self {
            Quantity::Quantile(_) | Quantity::Share => None,
            Quantity::AcrossModels => Some(
                "part of its width is the spread between networks, which only more networks narrow",
            ),
        }
    }

    /// How its interval is made, in words.
    fn method(self, of: &Sample) -> &'static str {
        match (self, of.design.is_some()) {
            (Quantity::Quantile(of), is_clustered) => median::method(of, is_clustered),
            (Quantity::Share, false) => {
                "share of backgrounds above zero, exact interval (Clopper-Pearson)"
            }
            (Quantity::Share, true) => {
                "share of backgrounds above zero, Clopper-Pearson interval with the effective number of backgrounds"
            }
            (Quantity::AcrossModels, _) if of.is_of_networks() => {
                "mean over networks as a sample, for this one sequence (Student's t)"
            }
            (Quantity::AcrossModels, false) => {
                "mean over networks and backgrounds as samples of both (random effects)"
            }
            (Quantity::AcrossModels, true) => {
                "mean over networks and sources as samples of both (random effects)"
            }
        }
    }

    fn value(self, of: &Sample) -> f64 {
        match self {
            Quantity::Quantile(of_what) => quantile(&of.sorted, of_what.share()),
            Quantity::Share => {
                let above = of.values.iter().filter(|value| **value > 0.0).count();
                above as f64 / of.values.len() as f64
            }
            Quantity::AcrossModels => of.members.as_ref().map_or(of.estimate.mean, |m| m.mean()),
        }
    }

    /// Its interval with error rate `alpha`, and why the sample decides nothing; none if it can.
    fn interval(self, of: &Sample, alpha: f64) -> (Option<(f64, f64)>, Option<Weakness>) {
        let estimate = &of.estimate;
        let is_fixed = estimate.method() == EstimateMethod::Fixed;
        // Which side of zero numbers below the precision lie on is not known either.
        if let Some(
            Weakness::SingleBackground | Weakness::SingleSource | Weakness::AllBelowPrecision,
        ) = of.weakness
        {
            return (None, of.weakness);
        }
        match self {
            _ if is_fixed && self != Quantity::AcrossModels => {
                let value = self.value(of);
                (Some((value, value)), None)
            }
            Quantity::Quantile(of_what) => {
                let share = of_what.share();
                let found =
                    median::quantile_interval(&of.sorted, share, alpha, of.design, &of.values);
                let needed = median::needed_for_interval(of_what, alpha);
                let weakness = found
                    .is_none()
                    .then_some(Weakness::TooFewForQuantile { needed });
                (found, weakness)
            }
            Quantity::Share => {
                let above: Vec<bool> = of.values.iter().map(|value| *value > 0.0).collect();
                (exact_share_interval(&above, alpha, of.design), None)
            }
            Quantity::AcrossModels => match &of.members {
                Some(members) => (Some(members.interval(alpha)), of.weakness),
                None => (None, Some(Weakness::AllEqual)),
            },
        }
    }
}

impl ClaimContext<'_> {
    /// Judges a claim about a quantity by its intervals at all grid points of the claim at once (Bonferroni).
    pub(super) fn judge_quantity(&self, quantity: Quantity) -> gia_study::Claim {
        let (experiment, claim) = (self.experiment, self.claim);
        let series = ContrastSeries {
            experiment,
            outcome: claim.outcome,
            contrast: claim.contrast,
        };
        let estimates = series.estimates(self.measured);
        let samples: Vec<Sample> = claim
            .points
            .par_iter()
            .map(|&point| self.sample(quantity, point, estimates[point]))
            .collect();
        let different =
            distinct_estimates(experiment, claim.contrast, claim.outcome, &claim.points).len();
        let judged = |alpha: f64| -> Judgement {
            let points: Vec<ThresholdedInterval> = samples
                .par_iter()
                .zip(&claim.thresholds)
                .map(|(sample, &threshold)| {
                    let (interval, weakness) = quantity.interval(sample, alpha);
                    ThresholdedInterval {
                        value: quantity.value(sample),
                        interval,
                        weakness,
                        threshold,
                        estimate: sample.estimate,
                    }
                })
                .collect();
            decide(claim.relation, claim.magnitude, &points)
        };
        let alpha = 1.0 - claim.level;
        let judgement = judged(alpha / different as f64);
        let p = error_rate_of_intervals(alpha, different, judgement.verdict, &judged);
        let point = claim.points[judgement.deciding];
        let threshold = claim.thresholds[judgement.deciding];
        let wording = Wording {
            relation: claim.relation,
            is_absolute: claim.magnitude,
            level: claim.level,
            quantity: quantity.name(),
            member: FamilyMember::GridPoint,
            outlook: quantity.outlook(),
        };
        let reason = judgement.reason_for(&wording, threshold, &self.describe_point(point));
        let mut method = quantity.method(&samples[judgement.deciding]).to_string();
        if different > 1 {
            method += &format!(
                ", simultaneous over {} grid points (Bonferroni)",
                number_format::count(different)
            );
        }
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[point].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold,
        };
        self.with_verdict(judgement.verdict, p, method, reason, deciding)
    }

    fn sample(&self, quantity: Quantity, point: usize, estimate: Estimate) -> Sample<'_> {
        let design = self
            .trial
            .cluster_design(&self.experiment.points[point])
            .map(Arc::as_ref);
        let (values, sorted, members) = match quantity {
            Quantity::Quantile(_) => {
                let values = self.contrast_values(point);
                let sorted = sorted_ascending(&values);
                (values, sorted, None)
            }
            Quantity::Share => (self.contrast_values(point), Vec::new(), None),
            Quantity::AcrossModels => (Vec::new(), Vec::new(), self.members(point, design)),
        };
        let mut sample = Sample {
            values,
            sorted,
            members,
            design,
            estimate,
            weakness: match estimate.method() {
                EstimateMethod::BelowPrecision => Some(Weakness::AllBelowPrecision),
                _ => estimate.weakness(),
            },
        };
        if sample.is_of_networks() {
            sample.weakness = None;
        }
        sample
    }

    /// The contrast under each member of the outcome's ensemble.
    fn members<'b>(
        &'b self,
        point: usize,
        design: Option<&ClusterDesign>,
    ) -> Option<MemberComparison<'b>> {
        let series = ContrastSeries {
            experiment: self.experiment,
            outcome: self.claim.outcome,
            contrast: self.claim.contrast,
        };
        let values = series.member_values(self.trial, point)?;
        MemberComparison::new(values, self.experiment.design.interval, design)
    }
}
