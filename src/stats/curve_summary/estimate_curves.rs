//! The curve summaries of `report ... over AXIS`.

use rayon::prelude::*;

use super::{ContrastCurve, PeakTests, Periodogram, fit_half_distance, fit_slope};
use crate::contrast_evaluator::ContrastEvaluator;
use crate::{Estimate, number_format, student};
use gia_design::{AxisValue, CurveStatistic, IntervalMethod};
use gia_plan::{Experiment, Point};
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
            let points = sort_along_axis(experiment, &points, summary.axis);
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
            let is_weak = |a: usize, b: usize| {
                let pair = [points[a], points[b]].map(|point| &experiment.points[point]);
                is_weak_difference(trial, pair, outcome, contrast)
            };
            let context = CurveContext {
                line: &line,
                is_weak: &is_weak,
                level: experiment.design.level,
                interval_method: experiment.design.interval,
                seed,
                unit: &unit,
                of_outcome: &of_outcome,
            };
            let told = context.summarise(summary.statistic);
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

/// Whether the difference of a contrast between two grid points says too little about its mean, as when it is the same for all
/// backgrounds or below the precision of float32.
pub fn is_weak_difference(
    trial: &ContrastEvaluator,
    [from, to]: [&Point; 2],
    outcome: usize,
    contrast: usize,
) -> bool {
    let (values, rounding_bound) = trial.step_differences((from, to), outcome, contrast);
    let estimate = Estimate {
        rounding_bound,
        ..Estimate::of(&values, trial.cluster_design(from).map(AsRef::as_ref))
    };
    estimate.weakness().is_some()
}

/// The value of a numeric axis at a grid point; NaN on other axes.
fn axis_number(experiment: &Experiment, point: usize, axis: usize) -> f64 {
    match experiment.design.axes[axis].values[experiment.points[point].at[axis]] {
        AxisValue::Number(x) => x,
        AxisValue::Length(bp) | AxisValue::Position(bp) => bp as f64,
        AxisValue::Bool(_) | AxisValue::Name(_) => f64::NAN,
    }
}

/// Grid points in ascending order of a numeric axis.
pub fn sort_along_axis(experiment: &Experiment, points: &[usize], axis: usize) -> Vec<usize> {
    let x = |point: usize| axis_number(experiment, point, axis);
    let mut order = points.to_vec();
    order.sort_by(|&a, &b| x(a).total_cmp(&x(b)));
    order
}

/// The values of a contrast at grid points that are sorted along a numeric axis.
pub fn contrast_curve(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    points: &[usize],
    axis: usize,
    outcome: usize,
    contrast: usize,
) -> ContrastCurve {
    let first = points.first().map(|&point| &experiment.points[point]);
    ContrastCurve {
        x: points
            .iter()
            .map(|&point| axis_number(experiment, point, axis))
            .collect(),
        values: points
            .iter()
            .map(|&point| trial.contrast_values(&experiment.points[point], outcome, contrast))
            .collect(),
        design: first.and_then(|point| trial.cluster_design(point).cloned()),
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

/// A curve, and how its statistics are estimated and labelled.
struct CurveContext<'a> {
    line: &'a ContrastCurve,
    /// Whether the difference between two axis values, given by index, says too little.
    is_weak: &'a (dyn Fn(usize, usize) -> bool + Sync),
    level: f64,
    interval_method: IntervalMethod,
    seed: u64,
    /// Unit of the axis.
    unit: &'a Option<String>,
    of_outcome: &'a Option<String>,
}

impl CurveContext<'_> {
    fn summarise(&self, statistic: CurveStatistic) -> CurveStatisticEstimate {
        if self.line.is_constant() {
            return CurveStatisticEstimate {
                method: "none, since every background gives the same value along the axis",
                note: Some("the contrast is constant along the axis".to_string()),
                ..CurveStatisticEstimate::default()
            };
        }
        let (line, level, seed) = (self.line, self.level, self.seed);
        match statistic {
            CurveStatistic::Peak => self.summarise_peak(),
            CurveStatistic::Period => self.summarise_period(),
            CurveStatistic::HalfDistance => {
                summarise_half_distance(line, level, seed, self.unit, self.of_outcome)
            }
            CurveStatistic::Slope => summarise_slope(
                line,
                level,
                self.interval_method,
                self.unit,
                self.of_outcome,
            ),
        }
    }

    fn summarise_peak(&self) -> CurveStatisticEstimate {
        let line = self.line;
        let tests = PeakTests::new(
            line,
            self.level,
            self.seed,
            self.interval_method,
            self.is_weak,
        );
        let peak = tests.greatest();
        let set = tests.confidence_set();
        let at = |place: Option<&usize>| place.map(|&place| line.x[place]);
        let note = match (set.len(), line.x.len()) {
            (1, _) => "every other value has a smaller mean".to_string(),
            (k, all) if k == all => "no value can be excluded".to_string(),
            (k, all) => format!(
                "{} of {} values cannot be excluded",
                number_format::count(k),
                number_format::count(all)
            ),
        };
        CurveStatisticEstimate {
            value: Some(line.x[peak]),
            low: at(set.first()),
            high: at(set.last()),
            unit: self.unit.clone(),
            method: "argmax of the mean; from the first to the last axis value that no other significantly exceeds (max t of sign draws)",
            note: Some(note),
            parts: Vec::new(),
        }
    }

    fn summarise_period(&self) -> CurveStatisticEstimate {
        let line = self.line;
        let spectrum = Periodogram::new(line);
        let without_value = |note: &str| CurveStatisticEstimate {
            method: "strongest Lomb-Scargle period with a quadratic trend; percentile bootstrap",
            unit: self.unit.clone(),
            note: Some(note.to_string()),
            ..CurveStatisticEstimate::default()
        };
        let Some(found) = spectrum.strongest_period(line, self.level, self.seed) else {
            return without_value(
                "no period found: there are fewer than ten independent backgrounds",
            );
        };
        let strongest = number_format::significant_digits(found.period, 4);
        if found.is_at_end {
            let unit = self.unit.as_deref().unwrap_or_default();
            let (shortest, longest) = spectrum.period_range();
            return without_value(&format!(
                "no period found: the strongest, {strongest}, is at the end of the range searched ({} to {}), so it need not be a period",
                number_format::significant_digits(shortest, 4),
                format!("{} {unit}", number_format::significant_digits(longest, 4)).trim_end(),
            ));
        }
        let is_certain = (1..line.x.len()).all(|place| (self.is_weak)(0, place));
        let note = format!(
            "its sinusoid explains {} of the residual variance about a quadratic trend; {}",
            number_format::percent((found.power * 1e3).round() / 1e3),
            match is_certain {
                true =>
                    "no p and no interval, since almost all backgrounds have the same curve".into(),
                false => format!(
                    "p = {} by random signs and orders",
                    number_format::shortest(found.p)
                ),
            }
        );
        // A sinusoid that chance gives as well is no evidence of a period.
        if !is_certain && found.p > 1.0 - self.level {
            return without_value(&format!(
                "no period found: the strongest is {strongest}, {note}"
            ));
        }
        let end = |x: f64| (!is_certain).then_some(x);
        let part = |name: &str, (value, low, high): (f64, f64, f64), unit: &Option<String>| {
            CurveParameter {
                part: name.to_string(),
                value,
                low: end(low),
                high: end(high),
                unit: unit.clone(),
            }
        };
        CurveStatisticEstimate {
            value: Some(found.period),
            low: end(found.low),
            high: end(found.high),
            parts: vec![
                part("amplitude", found.amplitude, self.of_outcome),
                part("first crest", found.crest, self.unit),
            ],
            ..without_value(&note)
        }
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
    interval_method: IntervalMethod,
    unit: &Option<String>,
    of_outcome: &Option<String>,
) -> CurveStatisticEstimate {
    let found = fit_slope(line);
    let interval = |estimate: &Estimate| {
        let estimate = Estimate {
            interval_method,
            ..*estimate
        };
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
