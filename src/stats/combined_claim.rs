//! Verdicts on claims outside experiments: weighted sums of contrasts of several of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::claim::{
    FamilyMember, ThresholdedInterval, Wording, decide, error_rate_of_intervals, explain_weakness,
};
use super::confidence_sequence::ConfidenceSequence;
use super::contrast_evaluator::ContrastEvaluator;
use super::estimate::{Estimate, EstimateMethod};
use super::outputs::OutputIndex;
use super::series::ContrastSeries;
use super::simultaneous_method::{TestName, confidence_sequence};
use super::weighted_means::{WeightedSample, weighted_means};
use super::{grid_point, number_format, student};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{CombinedClaim, CombinedPoint, IntervalMethod, Term};
use gia_domain::Clusters;
use gia_engine::Outcomes;
use gia_plan::{Plan, Point};

/// Judges the claims of a plan that are about several experiments, in its order.
///
/// # Errors
/// A contrast that is not finite (`NonFinite`).
///
/// # Panics
/// If `outcomes` belongs to another plan.
pub fn judge_combined_claims(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<gia_study::Claim>> {
    if plan.claims.is_empty() {
        return Ok(Vec::new());
    }
    let outputs = OutputIndex::new(plan, outcomes);
    let claimed = plan.claims.iter().flat_map(|claim| &claim.terms);
    let claimed: BTreeSet<usize> = claimed.map(|term| term.experiment).collect();
    let evaluators = claimed.into_iter().map(|number| {
        let experiment = &plan.experiments[number];
        (number, ContrastEvaluator::new(experiment, &outputs))
    });
    let evaluators: BTreeMap<usize, ContrastEvaluator> = evaluators.collect();
    let judging = Judging {
        plan,
        outputs: &outputs,
        evaluators: &evaluators,
    };
    plan.claims
        .iter()
        .map(|claim| judging.judge(claim))
        .collect()
}

struct Judging<'a> {
    plan: &'a Plan,
    outputs: &'a OutputIndex<'a>,
    /// By the index of an experiment that some claim is about.
    evaluators: &'a BTreeMap<usize, ContrastEvaluator<'a>>,
}

/// The sum of a claim at one of its points.
struct Combination {
    /// Each term's weight and estimate, with the confidence sequence of an experiment that stops by itself.
    terms: Vec<(f64, Estimate, Option<ConfidenceSequence>)>,
    /// The sum as an estimate.
    sum: Estimate,
    /// Whether all terms are of the same backgrounds.
    is_paired: bool,
    /// Whether terms have some of their backgrounds, or of their sources, in common.
    shares_sources: bool,
    /// Index of a term that decides nothing, whatever the intervals.
    weak: Option<usize>,
}

impl Combination {
    fn is_sequential(&self) -> bool {
        self.terms.iter().any(|(.., sequence)| sequence.is_some())
    }

    /// The interval of the sum with error rate `alpha`.
    fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        if !self.is_sequential() || self.sum.is_fixed {
            return self
                .sum
                .interval(student::critical_value(alpha, self.sum.freedom));
        }
        // Intervals of each term that hold at once add up to one of the sum, however often was looked.
        let alpha = alpha / self.terms.len() as f64;
        let mut ends = (0.0, 0.0);
        for (weight, estimate, sequence) in &self.terms {
            let critical = match sequence {
                Some(sequence) => sequence.critical_value(estimate.sources, alpha),
                None => student::critical_value(alpha, estimate.freedom),
            };
            let (low, high) = estimate.interval(critical)?;
            let (a, b) = (weight * low, weight * high);
            ends = (ends.0 + a.min(b), ends.1 + a.max(b));
        }
        Some(ends)
    }
}

impl Judging<'_> {
    fn judge(&self, claim: &CombinedClaim) -> Outcome<gia_study::Claim> {
        // Most points are of the same backgrounds, whose clusters are found once.
        let mut clusters = HashMap::new();
        for point in &claim.points {
            let places = self.places(claim, point);
            if !is_paired(&places) {
                let key = backgrounds_of(&places);
                clusters
                    .entry(key)
                    .or_insert_with(|| self.clusters(&places));
            }
        }
        let combinations: Vec<Outcome<Combination>> = claim
            .points
            .par_iter()
            .map(|point| self.combination(claim, point, &clusters))
            .collect();
        let combinations: Vec<Combination> = combinations.into_iter().collect::<Outcome<_>>()?;
        let count = self.distinct(claim);
        if let Some(of) = combinations.iter().find(|of| !of.sum.mean.is_finite()) {
            let message = format!(
                "what this claim compares is {}, from the means {}",
                of.sum.mean,
                of.terms
                    .iter()
                    .map(|(_, term, _)| term.mean.to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            );
            return Err(Box::new(
                Diagnostic::error(Code::NonFinite, message).at(claim.span, "not a finite number"),
            ));
        }
        let judged = |alpha: f64| {
            let points = combinations.iter().zip(&claim.points);
            let points: Vec<ThresholdedInterval> = points
                .map(|(of, point)| ThresholdedInterval {
                    value: of.sum.mean,
                    interval: of.interval(alpha),
                    weakness: match of.weak {
                        Some(term) => of.terms[term].1.weakness(),
                        None => of.sum.weakness(),
                    },
                    threshold: point.threshold,
                    estimate: of.sum,
                })
                .collect();
            decide(claim.relation, claim.magnitude, &points)
        };
        let alpha = 1.0 - claim.level;
        let judgement = judged(alpha / count as f64);
        let p = error_rate_of_intervals(alpha, count, judgement.verdict, &judged);
        let deciding = &combinations[judgement.deciding];
        let point = &claim.points[judgement.deciding];
        let place = grid_point::describe(&claim.axes, &point.at);
        let wording = Wording {
            relation: claim.relation,
            is_absolute: claim.magnitude,
            level: claim.level,
            quantity: "",
            member: FamilyMember::GridPoint,
            outlook: None,
        };
        let reason = match (deciding.weak, judgement.weakness) {
            (Some(term), Some(weakness)) => {
                let of = &self.plan.experiments[claim.terms[term].experiment]
                    .design
                    .name;
                let estimate = &deciding.terms[term].1;
                format!(
                    "in `{of}`, {}",
                    explain_weakness(weakness, estimate, claim.level)
                )
            }
            _ => judgement.reason_for(&wording, point.threshold, &place),
        };
        Ok(gia_study::Claim {
            claim: claim.text.clone(),
            place: None,
            verdict: judgement.verdict,
            alone: None,
            p,
            family_p: None,
            contrast: claim.name.clone(),
            outcome: self.outcome_names(&claim.terms),
            level: claim.level,
            method: self.method(claim, deciding, count),
            points: count,
            reason,
            deciding: gia_study::DecidingPoint {
                at: grid_point::grid_point_at(&claim.axes, &point.at),
                mean: judgement.mean,
                low: judgement.interval.map(|(low, _)| low),
                high: judgement.interval.map(|(_, high)| high),
                threshold: point.threshold,
            },
        })
    }

    /// Number of different sums among the points: where an axis makes no difference to any term, points count once.
    fn distinct(&self, claim: &CombinedClaim) -> usize {
        let keys = claim.points.iter().map(|point| {
            let terms = claim.terms.iter().zip(&point.of_terms);
            let terms = terms.map(|(term, &place)| {
                let experiment = &self.plan.experiments[term.experiment];
                let point = &experiment.points[place];
                let mut variants = Vec::new();
                let formula = &experiment.design.contrasts[term.contrast].formula;
                formula.leaves(&mut |arm| variants.push(point.arms[arm]));
                let outcome = Arc::as_ptr(&point.outcomes[term.outcome]);
                (point.population, point.count, variants, outcome)
            });
            (point.threshold.to_bits(), terms.collect::<Vec<_>>())
        });
        keys.collect::<HashSet<_>>().len()
    }

    /// The weights of the terms at a point, where terms that have the same value for every background are taken together: zero for one
    /// that others cancel.
    fn net_weights(&self, claim: &CombinedClaim, places: &[&Point]) -> Vec<f64> {
        let mut weights: Vec<f64> = claim.terms.iter().map(|term| term.weight).collect();
        let of_variants = |k: usize| {
            let term = &claim.terms[k];
            let design = &self.plan.experiments[term.experiment].design;
            let formula = &design.contrasts[term.contrast].formula;
            formula.map(&mut |arm| places[k].arms[arm])
        };
        for k in 1..weights.len() {
            let same = (0..k).find(|&other| {
                let (a, b) = (places[other], places[k]);
                (a.population, a.count) == (b.population, b.count)
                    && a.outcomes[claim.terms[other].outcome] == b.outcomes[claim.terms[k].outcome]
                    && of_variants(other) == of_variants(k)
            });
            if let Some(other) = same {
                weights[other] += std::mem::take(&mut weights[k]);
            }
        }
        weights
    }

    /// The grid point of each term.
    fn places(&self, claim: &CombinedClaim, at: &CombinedPoint) -> Vec<&Point> {
        let terms = claim.terms.iter().zip(&at.of_terms);
        terms
            .map(|(term, &point)| &self.plan.experiments[term.experiment].points[point])
            .collect()
    }

    fn combination(
        &self,
        claim: &CombinedClaim,
        at: &CombinedPoint,
        clusters: &HashMap<Vec<Backgrounds>, Vec<Vec<u32>>>,
    ) -> Outcome<Combination> {
        let places = self.places(claim, at);
        let weights = self.net_weights(claim, &places);
        let is_fixed = weights.iter().all(|weight| *weight == 0.0);
        let mut terms = Vec::with_capacity(places.len());
        for (term, &point) in claim.terms.iter().zip(&at.of_terms) {
            let experiment = &self.plan.experiments[term.experiment];
            let evaluator = &self.evaluators[&term.experiment];
            let series = ContrastSeries {
                experiment,
                outcome: term.outcome,
                contrast: term.contrast,
            };
            let measured = evaluator.point_estimates(&experiment.points[point])?;
            let estimate = series.estimate(point, &measured);
            terms.push((term.weight, estimate, confidence_sequence(experiment)));
        }
        let values = claim.terms.iter().zip(&places).map(|(term, place)| {
            let evaluator = &self.evaluators[&term.experiment];
            evaluator.contrast_values(place, term.outcome, term.contrast)
        });
        let values: Vec<Vec<f64>> = values.collect();
        let clusters = clusters.get(&backgrounds_of(&places));
        let design = &self.plan.experiments[claim.terms[0].experiment].design;
        let sum = match clusters {
            None => self.paired(claim, &values, places[0]),
            Some(clusters) => {
                let samples = claim.terms.iter().zip(values).zip(clusters);
                let samples = samples.map(|((term, values), clusters)| WeightedSample {
                    weight: term.weight,
                    values,
                    clusters: clusters.clone(),
                });
                unpaired(&samples.collect::<Vec<_>>(), &terms)
            }
        };
        let mut parts = terms.iter().zip(&weights);
        // What differs in a few backgrounds decides nothing of its own, and so nothing of a sum.
        let weak = parts
            .position(|((_, estimate, _), weight)| *weight != 0.0 && estimate.weakness().is_some());
        Ok(Combination {
            weak,
            shares_sources: sum.sources < sum.n,
            sum: match is_fixed {
                // All terms cancel for every background, in any sample.
                true => Estimate {
                    mean: 0.0,
                    unlike: 0,
                    is_fixed: true,
                    rounding_bound: None,
                    ..sum
                },
                false => Estimate {
                    interval_method: design.interval,
                    ..sum
                },
            },
            terms,
            is_paired: clusters.is_none(),
        })
    }

    /// The sum of each background, if all terms are of the same backgrounds.
    fn paired(&self, claim: &CombinedClaim, values: &[Vec<f64>], point: &Point) -> Estimate {
        let sums = (0..point.count).map(|i| {
            let terms = claim.terms.iter().zip(values);
            terms
                .map(|(term, values)| term.weight * values[i])
                .sum::<f64>()
        });
        let sums: Vec<f64> = sums.collect();
        let evaluator = &self.evaluators[&claim.terms[0].experiment];
        Estimate::of(&sums, evaluator.cluster_design(point).map(AsRef::as_ref))
    }

    /// The cluster of each background of these points, numbered over all of them: backgrounds of one source, and the same background at
    /// several points, are one.
    fn clusters(&self, points: &[&Point]) -> Vec<Vec<u32>> {
        let mut counts: Vec<(usize, usize)> = Vec::new();
        for point in points {
            match counts
                .iter_mut()
                .find(|(known, _)| *known == point.population)
            {
                Some((_, count)) => *count = point.count.max(*count),
                None => counts.push((point.population, point.count)),
            }
        }
        let sets: Vec<_> = counts
            .iter()
            .map(|&(population, count)| (self.outputs.population(population), count))
            .collect();
        let total: usize = counts.iter().map(|(_, count)| count).sum();
        let ids = match Clusters::of_sets(&sets, self.outputs.seed()) {
            Some(clusters) => clusters.ids().to_vec(),
            None => (0..total as u32).collect(),
        };
        let mut starts = HashMap::new();
        let mut start = 0;
        for (population, count) in &counts {
            starts.insert(*population, start);
            start += count;
        }
        let of_point = |point: &&Point| {
            let start = starts[&point.population];
            ids[start..start + point.count].to_vec()
        };
        points.iter().map(of_point).collect()
    }

    fn outcome_names(&self, terms: &[Term]) -> String {
        let mut names: Vec<&str> = Vec::new();
        for term in terms {
            let name = &self.plan.experiments[term.experiment].design.outcomes[term.outcome].name;
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    fn method(&self, claim: &CombinedClaim, of: &Combination, points: usize) -> String {
        let design = &self.plan.experiments[claim.terms[0].experiment].design;
        let is_clustered = of.terms.iter().any(|(_, term, _)| term.sources < term.n);
        let mut method = if of.is_sequential() {
            "confidence sequences of the terms, each with its share of the error rate".to_string()
        } else if of.is_paired {
            let test = TestName {
                is_paired: true,
                is_sequential: false,
                is_clustered,
                interval: design.interval,
            };
            test.to_string()
        } else {
            let interval = match design.interval {
                IntervalMethod::Hull => ", hull of Student's and Hall's intervals",
                IntervalMethod::Student => "",
            };
            match of.shares_sources || is_clustered {
                true => format!("t of samples with common backgrounds or sources (CR2){interval}"),
                false => format!("Welch's t{interval}"),
            }
        };
        if points > 1 {
            method += &format!(
                ", simultaneous over {} grid points (Bonferroni)",
                number_format::count(points)
            );
        }
        method
    }
}

/// The backgrounds of a grid point: the population, and how many of it.
type Backgrounds = (usize, usize);

fn backgrounds_of(places: &[&Point]) -> Vec<Backgrounds> {
    places
        .iter()
        .map(|place| (place.population, place.count))
        .collect()
}

/// Whether all terms are of the same backgrounds.
fn is_paired(places: &[&Point]) -> bool {
    let backgrounds = backgrounds_of(places);
    backgrounds.iter().all(|of| *of == backgrounds[0])
}

/// The sum of means of different backgrounds.
fn unpaired(
    samples: &[WeightedSample],
    terms: &[(f64, Estimate, Option<ConfidenceSequence>)],
) -> Estimate {
    let mean = terms
        .iter()
        .map(|(weight, term, _)| weight * term.mean)
        .sum();
    let n = terms.iter().map(|(_, term, _)| term.n).sum();
    let is_known = |(_, term, _): &(f64, Estimate, _)| {
        matches!(
            term.method(),
            EstimateMethod::Fixed | EstimateMethod::BelowPrecision
        )
    };
    let found = weighted_means(samples);
    Estimate {
        n,
        sources: found.map_or(n, |found| found.clusters),
        mean,
        sd: None,
        se: found.map(|found| found.se),
        freedom: found.map_or(0.0, |found| found.freedom),
        skewness: found.map_or(0.0, |found| found.skewness),
        few_may_decide: false,
        // Terms are looked at one by one for how many of their values differ.
        unlike: match terms.iter().all(is_known) {
            true => 0,
            false => n,
        },
        interval_method: IntervalMethod::Hull,
        is_fixed: terms.iter().all(is_known),
        rounding_bound: None,
    }
}
