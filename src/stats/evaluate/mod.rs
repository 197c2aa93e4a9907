//! Performance of models where the answers are known.

mod calibration;
mod correlation;
mod curves;

pub use calibration::{Calibration, calibration};
pub use correlation::{pearson, r_squared, spearman};
pub use curves::{Ranked, thinned};

use super::outputs::Outputs;
use super::point::values_of;
use super::summaries::share;
use super::{Estimate, student};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Function, GroundTruth};
use gia_engine::Outcomes;
use gia_plan::{Evaluation, Plan};
use gia_study::{EvaluatedSet, LeftOut, Measure};

/// Lower and upper end of an interval; none if there is no interval.
type Ends = Option<(f64, f64)>;

/// The evaluation of each `show evaluate(...)` and `show agreement(...)` of a plan, in order.
///
/// # Errors
/// A number of the query that is not finite (`NonFinite`).
///
/// # Panics
/// If `outcomes` does not answer `plan`.
pub fn evaluate(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<gia_study::Evaluation>> {
    let outputs = Outputs::new(plan, outcomes);
    plan.evaluations
        .iter()
        .map(|evaluation| one(evaluation, &outputs))
        .collect()
}

fn one(evaluation: &Evaluation, outputs: &Outputs) -> Outcome<gia_study::Evaluation> {
    let mut scores = Vec::new();
    for &(population, count) in &evaluation.sets {
        let values = values_of(outputs, population, count, &evaluation.query);
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let name = outputs.population(population).name(outputs.seed(), at);
            return Err(Box::new(Diagnostic::error(
                Code::NonFinite,
                format!(
                    "the query is {} for `{name}`, in `{}`",
                    values[at], evaluation.design.text
                ),
            )));
        }
        scores.push(values);
    }
    let level = evaluation.design.level;
    let mut found = gia_study::Evaluation {
        evaluation: evaluation.design.text.clone(),
        outcome: evaluation.design.outcome.clone(),
        unit: evaluation.design.unit.clone(),
        level,
        sets: Vec::new(),
        left_out: evaluation.intakes.iter().map(LeftOut::from).collect(),
        measures: Vec::new(),
        roc: Vec::new(),
        precision_recall: Vec::new(),
        calibration: Vec::new(),
    };
    let set = |role: &str, i: usize| EvaluatedSet {
        role: role.to_string(),
        sequences: outputs.population(evaluation.sets[i].0).describe(),
        n: evaluation.sets[i].1,
    };
    match (&evaluation.design.ground_truth, scores.as_slice()) {
        (GroundTruth::Classes { .. }, [positives, negatives]) => {
            found.sets = vec![set("positives", 0), set("negatives", 1)];
            classes(evaluation, positives, negatives, outputs.seed(), &mut found);
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
            let (value, ends) = pearson(predicted, measurements, level);
            found
                .measures
                .push(measure("pearson", value, ends, "Fisher's z"));
            let (value, ends) = spearman(predicted, measurements, level);
            let method = "rank correlation, Fisher's z with the Bonett-Wright variance";
            found
                .measures
                .push(measure("spearman", value, ends, method));
            let (value, ends) = r_squared(predicted, measurements, level, outputs.seed());
            let method =
                "1 - residual / total sum of squares, percentile bootstrap of 2,000 resamples";
            found
                .measures
                .push(measure("r_squared", value, ends, method));
        }
        _ => {}
    }
    Ok(found)
}

fn measure(name: &str, value: Option<f64>, ends: Ends, method: &str) -> Measure {
    Measure {
        measure: name.to_string(),
        value,
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        method: method.to_string(),
    }
}

fn classes(
    evaluation: &Evaluation,
    positives: &[f64],
    negatives: &[f64],
    seed: u64,
    found: &mut gia_study::Evaluation,
) {
    let level = evaluation.design.level;
    let ranked = Ranked::new(positives, negatives);
    let (value, ends) = ranked.area(level);
    let method = match ends {
        Some(_) => "area under the ROC curve, DeLong",
        None => "area under the ROC curve; no interval, since the classes are perfectly separated",
    };
    found
        .measures
        .push(measure("auroc", Some(value), ends, method));
    let (value, ends) = ranked.average_precision(level, seed);
    let method = "average precision, stratified percentile bootstrap of 2,000 resamples";
    found.measures.push(measure(
        "average_precision",
        Some(value),
        Some(ends),
        method,
    ));
    found.roc = thinned(&ranked.roc());
    found.precision_recall = thinned(&ranked.precision_recall());

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
    let brier = Estimate::of(&errors);
    let ends = brier.interval(student::critical(1.0 - level, brier.freedom()));
    let method = "mean squared difference between probability and class, Student t";
    found
        .measures
        .push(measure("brier", Some(brier.mean), ends, method));
    let fitted = calibration(&logits, level);
    let method = match fitted {
        Some(_) => "logistic regression of the class on the logit, Wald",
        None => {
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
            .push(measure(name, of.map(|of| of.0), ends, method));
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.calibration = calibration::bins(&shares)
        .map(|bin| {
            let labels: Vec<f64> = bin.iter().map(|(_, y)| *y).collect();
            let observed = share::share(&labels, level);
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
