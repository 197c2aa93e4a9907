//! Performance of models on sequences whose answers are known.

mod calibration;
mod correlation;
mod curves;
mod map_agreement;

pub use calibration::{Calibration, fit_calibration};
pub(super) use correlation::pearson_r;
pub use correlation::{
    Agreement, pearson_with_interval, r_squared_with_interval, spearman_with_interval,
};
pub use curves::{RankedScores, thin_curve};

use super::contrast_evaluator::values_of_unedited;
use super::each::unit;
use super::outputs::OutputIndex;
use super::summaries::{fraction_positive, quantile, sorted_ascending};
use super::{ClusterDesign, Estimate, student};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{EvaluatedQuery, Formula, Function, GroundTruth};
use gia_domain::{Clusters, Population};
use gia_engine::Outcomes;
use gia_plan::{Evaluation, Plan};
use gia_study::{
    EvaluatedSet, ExcludedRecords, PerformanceMeasure, PredictedTrack, Prediction, Unit,
};

/// Smallest number of independent pairs of predicted and measured numbers whose agreement has an interval.
const MIN_AGREEMENT_UNITS: usize = 4;

/// Relative difference of resampled values that is rounding.
const MAX_ROUNDING: f64 = 1e-12;

/// Lower and upper end of an interval; none if there is no interval.
type Interval = Option<(f64, f64)>;

/// The percentile interval of resampled values; none if it has no width, since a sample in which nothing varies says nothing of how much
/// its population does.
fn percentile_interval(resampled: &[f64], level: f64) -> Interval {
    let sorted = sorted_ascending(resampled);
    if sorted.is_empty() {
        return None;
    }
    let tail = 0.5 * (1.0 - level);
    let (low, high) = (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail));
    (high - low > MAX_ROUNDING * low.abs().max(high.abs())).then_some((low, high))
}

/// The evaluation of each `show evaluate(...)`, `show agreement(...)` and `show predict(...)` of a plan, in order.
///
/// # Errors
/// A number of the query that is not finite (`NonFinite`).
///
/// # Panics
/// If `outcomes` belongs to another plan.
pub fn evaluate(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<gia_study::Evaluation>> {
    let outputs = OutputIndex::new(plan, outcomes);
    let evaluations = plan.evaluations.iter();
    evaluations
        .filter(|evaluation| match evaluation.design.query {
            EvaluatedQuery::Map(_) | EvaluatedQuery::Influence(_) => false,
            EvaluatedQuery::Number(_)
            | EvaluatedQuery::Track(_)
            | EvaluatedQuery::MapComparison(_) => true,
        })
        .map(|evaluation| evaluate_one(evaluation, &outputs))
        .collect()
}

fn evaluate_one(evaluation: &Evaluation, outputs: &OutputIndex) -> Outcome<gia_study::Evaluation> {
    let mut scores = Vec::new();
    for &set in &evaluation.sets {
        for query in &evaluation.queries {
            scores.push(finite_values(evaluation, outputs, set, query)?);
        }
    }
    let level = evaluation.design.level;
    let mut found = gia_study::Evaluation {
        evaluation: evaluation.design.text.clone(),
        outcome: evaluation.design.outcome.clone(),
        unit: evaluation.design.unit.clone(),
        level,
        sets: Vec::new(),
        sources: None,
        left_out: evaluation
            .intakes
            .iter()
            .map(ExcludedRecords::from)
            .collect(),
        predictions: Vec::new(),
        places: Vec::new(),
        place_unit: None,
        tracks: Vec::new(),
        agreements: Vec::new(),
        measures: Vec::new(),
        roc: Vec::new(),
        precision_recall: Vec::new(),
        calibration: Vec::new(),
    };
    let sets: Vec<(&Population, usize)> = evaluation
        .sets
        .iter()
        .map(|&(population, count)| (outputs.population(population), count))
        .collect();
    let design = Clusters::of_sets(&sets, outputs.seed()).map(ClusterDesign::new);
    let design = design.as_ref();
    found.sources = design.map(ClusterDesign::count);
    let set = |role: &str, i: usize| {
        let (population, n) = evaluation.sets[i];
        let before: usize = evaluation.sets[..i].iter().map(|(_, n)| n).sum();
        let members: Vec<usize> = (before..before + n).collect();
        EvaluatedSet {
            role: role.to_string(),
            sequences: outputs.population(population).describe(),
            n,
            sources: design
                .and_then(|design| design.of_subset(&members))
                .map(|design| design.count()),
        }
    };
    match (&evaluation.design.ground_truth, scores.as_slice()) {
        (GroundTruth::Unknown { .. }, predicted) => {
            let (population, count) = evaluation.sets[0];
            let population = outputs.population(population);
            let sampler = population.sampler(outputs.seed());
            let named = (0..count).map(|index| (index, unit(population, &sampler, index)));
            found.sets = vec![set("sequences", 0)];
            match (&evaluation.design.query, predicted) {
                (EvaluatedQuery::MapComparison(_), by_position) => {
                    let names: Vec<Unit> = named.map(|(_, sequence)| sequence).collect();
                    let (one, other) = by_position.split_at(by_position.len() / 2);
                    map_agreement::compare((one, other), names, (design, level), &mut found);
                }
                (EvaluatedQuery::Track(track), by_place) => {
                    found.places = track.places().collect();
                    found.place_unit = track.in_bp.then(|| "bp".to_string());
                    let tracks = named.map(|(index, sequence)| PredictedTrack {
                        sequence,
                        values: by_place.iter().map(|values| values[index]).collect(),
                    });
                    found.tracks = tracks.collect();
                }
                (
                    EvaluatedQuery::Number(_)
                    | EvaluatedQuery::Map(_)
                    | EvaluatedQuery::Influence(_),
                    predicted,
                ) => {
                    let predictions = named.flat_map(|(index, sequence)| {
                        let value = predicted.first().map(|values| values[index])?;
                        Some(Prediction { sequence, value })
                    });
                    found.predictions = predictions.collect();
                }
            }
        }
        (GroundTruth::Classes { .. }, [positives, negatives]) => {
            found.sets = vec![set("positives", 0), set("negatives", 1)];
            evaluate_classes(
                evaluation,
                (positives, negatives),
                design,
                outputs.seed(),
                &mut found,
            );
        }
        (
            GroundTruth::Measured {
                measurements,
                column,
                ..
            },
            [predicted],
        ) => {
            found.sets = vec![set(column, 0)];
            let agreement = match design {
                Some(design) => {
                    clustered_agreement(predicted, measurements, level, outputs, design)
                }
                None => independent_agreement(predicted, measurements, level, outputs),
            };
            found.measures.extend(agreement);
        }
        _ => {}
    }
    Ok(found)
}

/// The numbers of a query for a set of sequences.
fn finite_values(
    evaluation: &Evaluation,
    outputs: &OutputIndex,
    (population, count): (usize, usize),
    query: &Formula<usize>,
) -> Outcome<Vec<f64>> {
    let values = values_of_unedited(outputs, population, count, query);
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(at) => {
            let name = outputs.population(population).name(outputs.seed(), at);
            Err(Box::new(Diagnostic::error(
                Code::NonFinite,
                format!(
                    "the query is {} for `{name}`, in `{}`",
                    values[at], evaluation.design.text
                ),
            )))
        }
    }
}

/// Correlations and the coefficient of determination of independent sequences.
fn independent_agreement(
    predicted: &[f64],
    measured: &[f64],
    level: f64,
    outputs: &OutputIndex,
) -> [PerformanceMeasure; 3] {
    let pearson = pearson_with_interval(predicted, measured, level);
    let spearman = spearman_with_interval(predicted, measured, level);
    let r_squared = r_squared_with_interval(predicted, measured, level, outputs.seed());
    let of_ranks = "Fisher's z with the Bonett-Wright variance";
    let of_squares = "percentile bootstrap of 2,000 resamples";
    let units = (measured.len(), "sequences");
    [
        agreement_measure("pearson", "", pearson, "Fisher's z", units),
        agreement_measure("spearman", "rank correlation, ", spearman, of_ranks, units),
        agreement_measure(
            "r_squared",
            "1 - residual / total sum of squares, ",
            r_squared,
            of_squares,
            units,
        ),
    ]
}

/// A measure of agreement with how it was made, or why it or its interval is missing. `units` says how many independent units there are.
fn agreement_measure(
    name: &str,
    what: &str,
    (value, ends): (Option<f64>, Interval),
    how: &str,
    (count, units): (usize, &str),
) -> PerformanceMeasure {
    let method = match (value, ends) {
        (None, _) => format!(
            "none, since the {} do not vary",
            match name {
                "r_squared" => "measurements",
                _ => "predictions or the measurements",
            }
        ),
        (Some(_), Some(_)) => format!("{what}{how}"),
        (Some(_), None) if count < MIN_AGREEMENT_UNITS => {
            format!("{what}no interval, since there are fewer than {MIN_AGREEMENT_UNITS} {units}")
        }
        (Some(_), None) => {
            format!("{what}no interval, since it does not vary between resamples of the {units}")
        }
    };
    performance_measure(name, value, ends, &method)
}

/// The same of sequences of which several have one source.
fn clustered_agreement(
    predicted: &[f64],
    measured: &[f64],
    level: f64,
    outputs: &OutputIndex,
    design: &ClusterDesign,
) -> [PerformanceMeasure; 3] {
    let kinds = [
        (Agreement::Pearson, "pearson", "correlation, "),
        (Agreement::Spearman, "spearman", "rank correlation, "),
        (
            Agreement::RSquared,
            "r_squared",
            "1 - residual / total sum of squares, ",
        ),
    ];
    kinds.map(|(agreement, name, words)| {
        let seed = outputs.seed();
        let found = agreement.with_clustered_interval(predicted, measured, level, seed, design);
        let how = "percentile bootstrap of 2,000 resamples of whole sources";
        let units = (design.count(), "independent sources");
        agreement_measure(name, words, found, how, units)
    })
}

fn performance_measure(
    name: &str,
    value: Option<f64>,
    ends: Interval,
    method: &str,
) -> PerformanceMeasure {
    PerformanceMeasure {
        measure: name.to_string(),
        value,
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        method: method.to_string(),
    }
}

fn evaluate_classes(
    evaluation: &Evaluation,
    (positives, negatives): (&[f64], &[f64]),
    design: Option<&ClusterDesign>,
    seed: u64,
    found: &mut gia_study::Evaluation,
) {
    let level = evaluation.design.level;
    let ranked = RankedScores::new(positives, negatives);
    let (value, ends) = match design {
        Some(design) => ranked.clustered_auroc(level, design),
        None => ranked.auroc(level),
    };
    let why_none = if ranked.fewest_sources(design) < 2 {
        "a class comes from one sequence"
    } else if value <= 0.0 || value >= 1.0 {
        "the classes are perfectly separated"
    } else {
        "it does not vary between resamples of the sequences"
    };
    let method = match (ends, design) {
        (Some(_), None) => "area under the ROC curve, DeLong".to_string(),
        (Some(_), Some(_)) => "area under the ROC curve, DeLong by source (Obuchowski)".to_string(),
        (None, _) => format!("area under the ROC curve; no interval, since {why_none}"),
    };
    found
        .measures
        .push(performance_measure("auroc", Some(value), ends, &method));
    let (value, ends) = ranked.average_precision(level, seed, design);
    let of_whole_sources = match design {
        None => "",
        Some(_) => " of whole sources",
    };
    let method = match ends {
        Some(_) => format!(
            "average precision, stratified percentile bootstrap of 2,000 resamples{of_whole_sources}"
        ),
        None => format!("average precision; no interval, since {why_none}"),
    };
    found.measures.push(performance_measure(
        "average_precision",
        Some(value),
        ends,
        &method,
    ));
    found.roc = thin_curve(&ranked.roc());
    found.precision_recall = thin_curve(&ranked.precision_recall());

    let is_logit = evaluation.design.unit.as_deref() == Some("logit");
    if !is_logit && !evaluation.design.bounded {
        return;
    }
    let of = |values: &[f64], function: Function| -> Vec<f64> {
        values.iter().map(|x| function.apply(*x)).collect()
    };
    let sides = [(positives, 1.0), (negatives, 0.0)];
    let mut shares = Vec::new();
    let mut logits = Vec::new();
    for (values, label) in sides {
        let (p, x) = if is_logit {
            (of(values, Function::Sigmoid), values.to_vec())
        } else {
            (values.to_vec(), of(values, Function::Logit))
        };
        shares.extend(p.into_iter().map(|p| (p, label)));
        logits.extend(x.into_iter().map(|x| (x, label)));
    }
    let errors: Vec<f64> = shares.iter().map(|(p, y)| (p - y) * (p - y)).collect();
    let brier = Estimate::of(&errors, design);
    let ends = brier.interval(student::critical_value(1.0 - level, brier.freedom));
    let how = match (ends, design) {
        (Some(_), None) => ", Student t",
        (Some(_), Some(_)) => ", Student t by source",
        (None, Some(design)) if design.count() < 2 => {
            "; no interval, since all sequences come from one sequence"
        }
        (None, _) => "; no interval, since it is the same for all sequences",
    };
    let method = format!("mean squared difference between probability and class{how}");
    found.measures.push(performance_measure(
        "brier",
        Some(brier.mean),
        ends,
        &method,
    ));
    let fitted = fit_calibration(&logits, level, design);
    let method = match (fitted, design) {
        (Some(_), None) => "logistic regression of the class on the logit, Wald",
        (Some(_), Some(_)) => "logistic regression of the class on the logit, Wald by source",
        (None, Some(design)) if design.count() < 2 => {
            "none, since all sequences come from one sequence"
        }
        (None, _) => {
            "none, since logistic regression has no finite solution: the classes are separable, or a logit is infinite"
        }
    };
    for (name, of) in [
        ("calibration_intercept", fitted.map(|f| f.intercept)),
        ("calibration_slope", fitted.map(|f| f.slope)),
    ] {
        let ends = of.map(|(_, low, high)| (low, high));
        found
            .measures
            .push(performance_measure(name, of.map(|of| of.0), ends, method));
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[a].0.total_cmp(&shares[b].0));
    found.calibration = calibration::equal_size_bins(&order)
        .map(|places| {
            let bin: Vec<(f64, f64)> = places.iter().map(|&i| shares[i]).collect();
            let labels: Vec<f64> = bin.iter().map(|(_, y)| *y).collect();
            let design = design.and_then(|design| design.of_subset(places));
            let observed = fraction_positive::fraction_positive(&labels, level, design.as_ref());
            gia_study::CalibrationBin {
                n: bin.len(),
                predicted: bin.iter().map(|(p, _)| p).sum::<f64>() / bin.len() as f64,
                observed: observed.value.unwrap_or(f64::NAN),
                low: observed.interval.map(|(low, _)| low),
                high: observed.interval.map(|(_, high)| high),
            }
        })
        .collect();
}
