//! The curve summaries of `report ... over AXIS`.

use rayon::prelude::*;

use super::{ContrastCurve, Peak, Periodogram, fit_half_distance, fit_slope};
use crate::contrast_evaluator::ContrastEvaluator;
use crate::{Estimate, number_format, student};
use gia_design::{AxisValue, CurveStatistic, CurveSummary};
use gia_plan::Experiment;
use gia_study::{CurveEstimate, CurveParameter, GridPoint};

/// Computes every curve summary that an experiment reports: for each contrast of each outcome, at each combination of the other axes.
pub fn estimate_curves(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    places: &[GridPoint],
    seed: u64,
) -> Vec<CurveEstimate> {
    let all: Vec<usize> = (0..experiment.points.len()).collect();
    let mut asked = Vec::new();
    for summary in &experiment.design.curves {
        for outcome in 0..experiment.design.outcomes.len() {
            for contrast in 0..experiment.design.contrasts.len() {
                for points in group_into_curves(experiment, &all, summary.axis) {
                    asked.push((*summary, outcome, contrast, points));
                }
            }
        }
    }
    asked
        .into_par_iter()
        .map(|(summary, outcome, contrast, points)| {
            let line = contrast_curve(experiment, trial, &points, summary.axis, outcome, contrast);
            let axis = &experiment.design.axes[summary.axis];
            let at = places[points[0]].iter();
            let at = at.filter(|(name, _)| **name != axis.name);
            let at = at
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let is_length = |value: &AxisValue| !matches!(value, AxisValue::Number(_));
            let unit = axis
                .values
                .first()
                .is_some_and(is_length)
                .then(|| "bp".to_string());
            let of_outcome = experiment.design.outcomes[outcome].unit.clone();
            let told = summarise_curve(
                summary,
                &line,
                experiment.design.level,
                seed,
                &unit,
                &of_outcome,
            );
            CurveEstimate {
                curve: summary.statistic.word().to_string(),
                axis: axis.name.clone(),
                contrast: experiment.design.contrasts[contrast].name.clone(),
                outcome: experiment.design.outcomes[outcome].name.clone(),
                at,
                level: experiment.design.level,
                value: told.value,
                low: told.low,
                high: told.high,
                unit: told.unit,
                method: told.method.to_string(),
                note: told.note,
                parts: told.parts,
            }
        })
        .collect()
}

/// Grid points grouped into curves along an axis, one for each combination of the other axes.
pub fn group_into_curves(
    experiment: &Experiment,
    points: &[usize],
    axis: usize,
) -> Vec<Vec<usize>> {
    let mut series: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for &point in points {
        let mut others = experiment.points[point].at.to_vec();
        others.remove(axis);
        let next = series.len();
        let place = *known.entry(others.clone()).or_insert(next);
        if place == next {
            series.push((others, Vec::new()));
        }
        series[place].1.push(point);
    }
    series.into_iter().map(|(_, points)| points).collect()
}

/// The values of a contrast at grid points along a numeric axis, in ascending order of the axis.
pub fn contrast_curve(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    points: &[usize],
    axis: usize,
    outcome: usize,
    contrast: usize,
) -> ContrastCurve {
    let x = |point: usize| match experiment.design.axes[axis].values
        [experiment.points[point].at[axis]]
    {
        AxisValue::Number(x) => x,
        AxisValue::Length(bp) | AxisValue::Position(bp) => bp as f64,
        AxisValue::Bool(_) | AxisValue::Name(_) => f64::NAN,
    };
    let mut order: Vec<usize> = points.to_vec();
    order.sort_by(|&a, &b| x(a).total_cmp(&x(b)));
    ContrastCurve {
        x: order.iter().map(|&point| x(point)).collect(),
        values: order
            .iter()
            .map(|&point| trial.contrast_values(&experiment.points[point], outcome, contrast))
            .collect(),
    }
}

/// Estimate of one curve statistic, with its interval and notes, before it is labelled with contrast and outcome.
#[derive(Default)]
struct CurveStatisticEstimate {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    unit: Option<String>,
    method: &'static str,
    note: Option<String>,
    parts: Vec<CurveParameter>,
}

fn summarise_curve(
    summary: CurveSummary,
    line: &ContrastCurve,
    level: f64,
    seed: u64,
    unit: &Option<String>,
    of_outcome: &Option<String>,
) -> CurveStatisticEstimate {
    if line.is_constant() {
        return CurveStatisticEstimate {
            method: "none, since every background gives the same value along the axis",
            note: Some("the contrast is constant along the axis".to_string()),
            ..CurveStatisticEstimate::default()
        };
    }
    match summary.statistic {
        CurveStatistic::Peak => summarise_peak(line, level, seed, unit),
        CurveStatistic::Period => summarise_period(line, level, seed, unit, of_outcome),
        CurveStatistic::HalfDistance => {
            summarise_half_distance(line, level, seed, unit, of_outcome)
        }
        CurveStatistic::Slope => summarise_slope(line, level, unit, of_outcome),
    }
}

fn summarise_peak(
    line: &ContrastCurve,
    level: f64,
    seed: u64,
    unit: &Option<String>,
) -> CurveStatisticEstimate {
    let peak = Peak::locate(line, level, seed, |_| true);
    let at = |place: Option<&usize>| place.map(|&place| line.x[place]);
    let note = format!(
        "{} of bootstrap resamples have their maximum at {}",
        number_format::percent((peak.confidence_set_fraction * 1e4).round() / 1e4),
        match peak.confidence_set.len() {
            1 => "this value".to_string(),
            n => format!("one of {} values in the interval", number_format::count(n)),
        }
    );
    CurveStatisticEstimate {
        value: Some(line.x[peak.index]),
        low: at(peak.confidence_set.first()),
        high: at(peak.confidence_set.last()),
        unit: unit.clone(),
        method: "argmax of the mean; smallest set of axis values that holds it in bootstrap resamples",
        note: Some(note),
        parts: Vec::new(),
    }
}

fn summarise_period(
    line: &ContrastCurve,
    level: f64,
    seed: u64,
    unit: &Option<String>,
    of_outcome: &Option<String>,
) -> CurveStatisticEstimate {
    let spectrum = Periodogram::new(line);
    let method = "strongest Lomb-Scargle period with a quadratic trend; percentile bootstrap";
    let Some(found) = spectrum.strongest_period(line, level, seed) else {
        return CurveStatisticEstimate {
            method,
            unit: unit.clone(),
            note: Some("the values of the axis cannot resolve a period".to_string()),
            ..CurveStatisticEstimate::default()
        };
    };
    let note = format!(
        "its sinusoid explains {} of the residual variance about a quadratic trend; permutation test p = {}",
        number_format::percent((found.power * 1e3).round() / 1e3),
        number_format::shortest(found.permutation_p)
    );
    let part =
        |name: &str, (value, low, high): (f64, f64, f64), unit: &Option<String>| CurveParameter {
            part: name.to_string(),
            value,
            low: Some(low),
            high: Some(high),
            unit: unit.clone(),
        };
    // A sinusoid that random permutations explain as well is no evidence of a period.
    let told = found.permutation_p <= 1.0 - level;
    CurveStatisticEstimate {
        value: told.then_some(found.period),
        low: told.then_some(found.low),
        high: told.then_some(found.high),
        unit: unit.clone(),
        method,
        note: Some(if told {
            note
        } else {
            format!(
                "no period found: the strongest is {}, {note}",
                number_format::significant_digits(found.period, 4)
            )
        }),
        parts: if told {
            vec![
                part("amplitude", found.amplitude, of_outcome),
                part("first crest", found.crest, unit),
            ]
        } else {
            Vec::new()
        },
    }
}

fn summarise_half_distance(
    line: &ContrastCurve,
    level: f64,
    seed: u64,
    unit: &Option<String>,
    of_outcome: &Option<String>,
) -> CurveStatisticEstimate {
    let method = "least-squares exponential approach to a plateau; percentile bootstrap";
    let part = |name: &str, (value, low, high): (f64, f64, f64)| CurveParameter {
        part: name.to_string(),
        value,
        low: Some(low),
        high: Some(high),
        unit: of_outcome.clone(),
    };
    match fit_half_distance(line, level, seed) {
        Ok(found) => CurveStatisticEstimate {
            value: Some(found.half_distance),
            low: Some(found.low),
            high: found.high,
            unit: unit.clone(),
            method,
            note: Some(format!(
                "the fitted half-distance curve explains {} of the variation along the axis{}",
                number_format::percent((found.explained * 1e3).round() / 1e3),
                match found.high {
                    Some(_) => "",
                    None => "; the axis is too short for an upper bound",
                }
            )),
            parts: vec![part("start", found.start), part("plateau", found.plateau)],
        },
        Err(why) => CurveStatisticEstimate {
            unit: unit.clone(),
            method,
            note: Some(format!("no half-distance found: {why}")),
            ..CurveStatisticEstimate::default()
        },
    }
}

fn summarise_slope(
    line: &ContrastCurve,
    level: f64,
    unit: &Option<String>,
    of_outcome: &Option<String>,
) -> CurveStatisticEstimate {
    let found = fit_slope(line);
    let interval = |estimate: &Estimate| {
        estimate.interval(student::critical_value(1.0 - level, estimate.freedom))
    };
    let each = |power: &str| {
        let outcome = of_outcome.clone().unwrap_or_else(|| "1".to_string());
        Some(match unit {
            Some(unit) => format!("{outcome}/{unit}{power}"),
            None if outcome == "1" => return None,
            None => outcome,
        })
    };
    let ends = interval(&found.slope);
    let bend = found.quadratic.map(|bend| {
        let ends = interval(&bend);
        CurveParameter {
            part: "bend".to_string(),
            value: bend.mean,
            low: ends.map(|(low, _)| low),
            high: ends.map(|(_, high)| high),
            unit: each("^2"),
        }
    });
    CurveStatisticEstimate {
        value: Some(found.slope.mean),
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        unit: each(""),
        method: "least squares for each background, paired Student t",
        note: None,
        parts: bend.into_iter().collect(),
    }
}
