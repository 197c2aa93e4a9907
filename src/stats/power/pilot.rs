//! Power of the claims of a script, from the results of a pilot.

use std::sync::Arc;

use rayon::prelude::*;

use super::{ClaimedMean, ClaimedMeans, noncentrality_of, sd_interval};
use crate::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use crate::curve_summary::{group_into_curves, sort_along_axis};
use crate::estimate::{Estimate, EstimateMethod};
use crate::outputs::OutputIndex;
use crate::resampling_units::unit_totals;
use crate::series::ContrastSeries;
use crate::simultaneous_method::{SimultaneousMethod, distinct_estimates, fixed_sample_method};
use crate::{ClusterDesign, grid_point, student};
use gia_base::diag::Outcome;
use gia_design::{Claim, ClaimKind, FamilyScope, IntervalMethod, Relation};
use gia_domain::Clusters;
use gia_engine::Outcomes;
use gia_plan::{Experiment, Plan, Point};
use gia_study::{ClaimPower, PowerEstimate, SourceVariation};

/// The power of each claim, from the outcomes of a pilot. `full` are the experiments of the script as they would run, in the order of those
/// of the plan; `target` is the power that is asked for.
///
/// # Errors
/// A formula that is not finite for some background (`NonFinite`).
pub fn claim_powers(
    plan: &Plan,
    outcomes: &Outcomes,
    full: &[Arc<gia_design::Experiment>],
    target: f64,
) -> Outcome<Vec<ClaimPower>> {
    // The claim of a family that is judged first has the strictest level, and so all are planned for it.
    let shared_by = match plan.settings.family {
        FamilyScope::Claim => 1,
        FamilyScope::Script | FamilyScope::Suite => plan.tested_claim_count.max(1),
    };
    let outputs = OutputIndex::new(plan, outcomes);
    let mut powers = Vec::new();
    for (experiment, full) in plan.experiments.iter().zip(full) {
        let trial = ContrastEvaluator::new(experiment, &outputs);
        let measured: Vec<Outcome<PointEstimates>> = experiment
            .points
            .par_iter()
            .map(|point| trial.point_estimates(point))
            .collect();
        let pilot = Pilot {
            outputs: &outputs,
            experiment,
            trial: &trial,
            measured: &measured.into_iter().collect::<Outcome<Vec<_>>>()?,
            full,
            shared_by,
        };
        powers.extend(experiment.design.claims.iter().map(|claim| ClaimPower {
            experiment: experiment.design.name.clone(),
            claim: claim.text.clone(),
            power: pilot.power(claim, target),
        }));
    }
    Ok(powers)
}

/// The results of a pilot of one experiment.
struct Pilot<'p> {
    outputs: &'p OutputIndex<'p>,
    experiment: &'p Experiment,
    trial: &'p ContrastEvaluator<'p>,
    measured: &'p [PointEstimates],
    full: &'p gia_design::Experiment,
    /// Number of claims that share the error rate.
    shared_by: usize,
}

/// One mean of a claim with the sample that it is estimated from.
struct PilotMean {
    place: String,
    estimate: Estimate,
    threshold: f64,
    /// One number for each background.
    values: Vec<f64>,
    /// Index of a grid point with these backgrounds.
    point: usize,
}

impl Pilot<'_> {
    fn power(&self, claim: &Claim, target: f64) -> Result<PowerEstimate, String> {
        let means = match &claim.kind {
            ClaimKind::Level => self.levels(claim),
            ClaimKind::Steps { axis } => self.steps(claim, *axis),
            ClaimKind::Quantile(_) | ClaimKind::Share => {
                return Err(
                    "none is given for a claim about a quantile or a share: it depends on the whole distribution, of which a pilot shows little".to_string(),
                );
            }
            ClaimKind::AcrossModels => {
                return Err(
                    "none is given for a claim across models: more backgrounds do not make the networks more".to_string(),
                );
            }
            ClaimKind::SingleValue => {
                return Err("none is given for a claim about one sequence".to_string());
            }
            ClaimKind::Beyond { .. } => {
                return Err(
                    "none is given for a claim by rank: its p depends on the tail of the null effects, of which a pilot shows little".to_string(),
                );
            }
            ClaimKind::Peak { .. } => {
                return Err(
                    "none is given for a claim about a peak: its test compares every position with every other, and has no formula".to_string(),
                );
            }
            ClaimKind::Periodic { .. } => {
                return Err(
                    "none is given for a claim about a period: its test resamples whole curves, and has no formula".to_string(),
                );
            }
        };
        for mean in &means {
            let at = match mean.place.is_empty() {
                true => String::new(),
                false => format!(" at {}", mean.place),
            };
            match mean.estimate.method() {
                EstimateMethod::Student | EstimateMethod::Fixed => {}
                EstimateMethod::SingleBackground | EstimateMethod::SingleSource => {
                    return Err(format!(
                        "none is given, since the pilot has one independent background{at}"
                    ));
                }
                EstimateMethod::Constant | EstimateMethod::BelowPrecision => {
                    return Err(format!(
                        "none is given, since all backgrounds of the pilot give the same{at}"
                    ));
                }
            }
        }
        self.estimate(claim, &means, target)
            .ok_or_else(|| "none is given, since the pilot has no grid point".to_string())
    }

    /// The different means of a claim about levels.
    fn levels(&self, claim: &Claim) -> Vec<PilotMean> {
        let series = ContrastSeries {
            experiment: self.experiment,
            outcome: claim.outcome,
            contrast: claim.contrast,
        };
        let estimates = series.estimates(self.measured);
        // Equal means with different thresholds differ in difficulty, so only exact repetitions are left out.
        let different = distinct_estimates(
            self.experiment,
            claim.contrast,
            claim.outcome,
            &claim.points,
        );
        let has_one_threshold = claim.thresholds.windows(2).all(|pair| pair[0] == pair[1]);
        let points = claim.points.iter().zip(&claim.thresholds);
        points
            .filter(|(point, _)| !has_one_threshold || different.contains(point))
            .map(|(&point, &threshold)| PilotMean {
                place: self.describe(point),
                estimate: estimates[point],
                threshold,
                values: self.trial.contrast_values(
                    &self.experiment.points[point],
                    claim.outcome,
                    claim.contrast,
                ),
                point,
            })
            .collect()
    }

    /// The changes from each value of an axis to the next.
    fn steps(&self, claim: &Claim, axis: usize) -> Vec<PilotMean> {
        let points = &self.experiment.points;
        let mut means = Vec::new();
        for curve in group_into_curves(self.experiment, &claim.points, axis) {
            for pair in sort_along_axis(self.experiment, &curve, axis).windows(2) {
                let (from, to) = (pair[0], pair[1]);
                let (values, rounding_bound) = self.trial.step_differences(
                    (&points[from], &points[to]),
                    claim.outcome,
                    claim.contrast,
                );
                means.push(PilotMean {
                    place: format!("the step to {}", self.describe(to)),
                    estimate: Estimate {
                        rounding_bound,
                        interval_method: self.experiment.design.interval,
                        ..Estimate::of(&values, self.design(&points[from]))
                    },
                    threshold: 0.0,
                    values,
                    point: from,
                });
            }
        }
        means
    }

    fn estimate(&self, claim: &Claim, means: &[PilotMean], target: f64) -> Option<PowerEstimate> {
        let is_greater = match claim.relation {
            Relation::Greater | Relation::GreaterEqual => true,
            Relation::Less | Relation::LessEqual => false,
        };
        let variations: Vec<Variation> = means.iter().map(|mean| self.variation(mean)).collect();
        let claimed = means
            .iter()
            .zip(&variations)
            .map(|(mean, variation)| ClaimedMean {
                distances: distances(
                    mean.estimate.mean,
                    mean.threshold,
                    is_greater,
                    claim.magnitude,
                ),
                skewness: skewness(&mean.estimate, is_greater, claim.magnitude),
                sd: variation.sd,
                freedom_per_unit: variation.freedom_per_unit,
            });
        let claimed = ClaimedMeans {
            means: claimed.collect(),
            alpha: self.alpha(claim, means),
        };
        let hardest = claimed.hardest();
        let (of_hardest, mean) = (claimed.means.get(hardest)?, means.get(hardest)?);
        let level = claim.level;
        let planned = |index: usize| variations[index].planned;
        let moved = |distance: f64| {
            let mut moved = claimed.clone();
            moved.means[hardest] = of_hardest.at_distance(distance);
            moved.needed(target)
        };
        // The interval of the standardized distance covers the uncertainty of both the mean and the standard deviation.
        let (nearest, farthest) = match mean.estimate.se {
            Some(se) if se > 0.0 => {
                let t = of_hardest.distance() / se;
                let end = |share| noncentrality_of(t, mean.estimate.freedom, share) * se;
                (end(0.5 * (1.0 - level)), end(1.0 - 0.5 * (1.0 - level)))
            }
            _ => (of_hardest.distance(), of_hardest.distance()),
        };
        let (nearest, farthest) = (nearest.min(farthest), nearest.max(farthest));
        let least_precise = (0..means.len()).max_by(|&a, &b| {
            let precision = |i: usize| claimed.means[i].sd / (planned(i) as f64).sqrt();
            precision(a).total_cmp(&precision(b))
        })?;
        let detectable = claimed.means[least_precise].detectable(
            planned(least_precise) as f64,
            claimed.alpha,
            target,
        );
        let (low, high) = sd_interval(means[least_precise].estimate.freedom, level);
        Some(PowerEstimate {
            hardest: mean.place.clone(),
            means: means.len(),
            mean: match claim.magnitude {
                true => mean.estimate.mean.abs(),
                false => mean.estimate.mean,
            },
            threshold: mean.threshold,
            sd: of_hardest.sd,
            sources: variations[hardest].sources,
            needed: claimed.needed(target),
            needed_interval: (moved(farthest), moved(nearest)),
            level,
            planned: planned(hardest),
            planned_power: claimed.power(planned(hardest) as f64),
            detectable,
            detectable_interval: (low * detectable, high * detectable),
            is_greater,
            is_sequential: self.full.stopping.is_some(),
        })
    }

    /// The two-sided error rate of each interval. Where the critical value is simultaneous, the rate that has this critical value in the
    /// pilot.
    fn alpha(&self, claim: &Claim, means: &[PilotMean]) -> f64 {
        let estimates: Vec<Estimate> = means.iter().map(|mean| mean.estimate).collect();
        let samples = || {
            let samples = means.iter().map(|mean| {
                let design = self.design(&self.experiment.points[mean.point]);
                unit_totals(mean.values.clone(), design)
            });
            samples.collect()
        };
        let seed = self.outputs.seed();
        let rate = (1.0 - claim.level) / self.shared_by as f64;
        match fixed_sample_method(1.0 - rate, seed, &estimates, samples) {
            SimultaneousMethod::MaxT(simultaneous) => {
                let freedom = estimates.iter().map(|estimate| estimate.freedom);
                let freedom = freedom.fold(f64::INFINITY, f64::min);
                student::two_sided_p(simultaneous.critical, freedom)
            }
            SimultaneousMethod::Bonferroni | SimultaneousMethod::Sequential(_) => {
                rate / means.len() as f64
            }
        }
    }

    /// How the independent units of a mean vary as the script samples them.
    fn variation(&self, mean: &PilotMean) -> Variation {
        let estimate = &mean.estimate;
        let point = &self.experiment.points[mean.point];
        let count = self
            .full
            .points
            .get(mean.point)
            .map_or(point.count, |point| point.count);
        let sd = estimate.sd.unwrap_or(0.0);
        let planned = self.planned_sources(point, count);
        let (Some(design), Some(se)) = (self.design(point), estimate.se) else {
            // With one background of each source in the pilot, all variation counts as between sources, which is the worst case.
            return Variation {
                sd,
                freedom_per_unit: 1.0,
                planned: planned.unwrap_or(count),
                sources: planned.map(|sources| SourceVariation {
                    pilot: estimate.sources,
                    backgrounds_per_source: count as f64 / sources as f64,
                    components: None,
                    design_effect: 1.0,
                }),
            };
        };
        let sources = estimate.sources as f64;
        let planned = planned.unwrap_or(count);
        let per_source = count as f64 / planned as f64;
        let in_pilot = estimate.n as f64 / sources;
        // Variance of the mean of one source with as many backgrounds as in the pilot.
        let of_source = se * se * sources;
        let within = within_variance(&mean.values, design);
        let between = within.map(|within| (of_source - within / in_pilot).max(0.0));
        let variance = match (between, within) {
            (Some(between), Some(within)) => between + within / per_source,
            _ => of_source,
        };
        Variation {
            sd: variance.sqrt(),
            freedom_per_unit: (estimate.freedom / (sources - 1.0)).min(1.0),
            planned,
            sources: Some(SourceVariation {
                pilot: estimate.sources,
                backgrounds_per_source: per_source,
                components: between.zip(within).map(|(b, w)| (b.sqrt(), w.sqrt())),
                design_effect: match sd > 0.0 {
                    true => se * se * estimate.n as f64 / (sd * sd),
                    false => 1.0,
                },
            }),
        }
    }

    /// Number of independent sources of the script's backgrounds at a grid point; None if each background is independent.
    fn planned_sources(&self, point: &Point, count: usize) -> Option<usize> {
        let population = self.outputs.population(point.population);
        if population.size().is_some_and(|size| size < count) {
            return None;
        }
        Clusters::of(population, self.outputs.seed(), count).map(|clusters| clusters.count())
    }

    fn design(&self, point: &Point) -> Option<&ClusterDesign> {
        self.trial.cluster_design(point).map(Arc::as_ref)
    }

    fn describe(&self, point: usize) -> String {
        grid_point::describe(
            &self.experiment.design.axes,
            &self.experiment.points[point].at,
        )
    }
}

/// The variation of independent backgrounds, or of the means of sources.
struct Variation {
    sd: f64,
    freedom_per_unit: f64,
    /// Number of them that the script draws.
    planned: usize,
    sources: Option<SourceVariation>,
}

/// Distances of a mean from its threshold, positive on the claimed side; two if the claim is that its absolute value is small.
fn distances(mean: f64, threshold: f64, is_greater: bool, is_absolute: bool) -> [Option<f64>; 2] {
    match (is_absolute, is_greater) {
        (false, true) => [Some(mean - threshold), None],
        (false, false) => [Some(threshold - mean), None],
        (true, true) => [Some(mean.abs() - threshold), None],
        (true, false) => [Some(threshold - mean), Some(threshold + mean)],
    }
}

/// Skewness of these [`distances`], as far as the interval allows for it.
fn skewness(estimate: &Estimate, is_greater: bool, is_absolute: bool) -> [f64; 2] {
    let skewness = match estimate.interval_method {
        IntervalMethod::Hull => estimate.skewness,
        IntervalMethod::Student => 0.0,
    };
    match (is_absolute, is_greater) {
        (false, true) => [skewness, 0.0],
        (false, false) => [-skewness, 0.0],
        (true, true) => [skewness * estimate.mean.signum(), 0.0],
        (true, false) => [-skewness, skewness],
    }
}

/// Variance of backgrounds within their source; None if no source has two.
fn within_variance(values: &[f64], design: &ClusterDesign) -> Option<f64> {
    let freedom = values
        .len()
        .checked_sub(design.count())
        .filter(|n| *n > 0)?;
    let mut sums = vec![0.0; design.count()];
    for (&id, value) in design.ids().iter().zip(values) {
        sums[id as usize] += value;
    }
    let means: Vec<f64> = sums
        .iter()
        .zip(design.sizes())
        .map(|(s, n)| s / *n as f64)
        .collect();
    let squares = design
        .ids()
        .iter()
        .zip(values)
        .map(|(&id, x)| (x - means[id as usize]).powi(2));
    Some(squares.sum::<f64>() / freedom as f64)
}
