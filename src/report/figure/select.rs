//! Selection of the rows of a figure.

use serde_json::Value;

use crate::display::{distinct, with_unit};
use gia_study::{Axis, Experiment, Row};

/// The rows of one outcome, by contrast, in the order of the study.
pub struct Panel<'a> {
    pub outcome: &'a str,
    /// Name of the outcome with its unit.
    pub label: String,
    pub contrasts: Vec<(&'a str, Vec<&'a Row>)>,
}

/// One panel for each outcome.
pub fn panels(experiment: &Experiment) -> Vec<Panel<'_>> {
    let outcomes = distinct(experiment.rows.iter().map(|row| row.outcome.as_str()));
    let panels = outcomes.into_iter().map(|outcome| {
        let of = experiment.rows.iter().filter(|row| row.outcome == outcome);
        let rows: Vec<&Row> = of.collect();
        let contrasts = distinct(rows.iter().map(|row| row.contrast.as_str()));
        let of = |contrast: &str| {
            rows.iter()
                .copied()
                .filter(|r| r.contrast == contrast)
                .collect()
        };
        Panel {
            outcome,
            label: with_unit(outcome, &rows.first().and_then(|row| row.unit.clone())),
            contrasts: contrasts.into_iter().map(|c| (c, of(c))).collect(),
        }
    });
    panels.collect()
}

/// The mean of a contrast that is constant over its grid points up to float32 rounding of the outcomes; none if it varies.
pub fn constant_mean(rows: &[&Row]) -> Option<f64> {
    const ROUNDING: f64 = 1e-6;
    let (first, rest) = rows.split_first()?;
    let alike = |row: &&Row| (row.mean - first.mean).abs() <= ROUNDING * first.mean.abs();
    (!rest.is_empty() && rest.iter().all(alike)).then_some(first.mean)
}

/// Contrasts that are constant over a two-axis grid, each with its outcome and mean; they have no figure.
pub fn constant_contrasts(experiment: &Experiment) -> Vec<(String, f64)> {
    if varying_axes(experiment).len() != 2 {
        return Vec::new();
    }
    let panels = panels(experiment);
    let several = panels.len() > 1;
    let all = panels.iter().flat_map(|panel| {
        panel.contrasts.iter().filter_map(move |(contrast, rows)| {
            let name = match several {
                true => format!("{contrast} of {}", panel.outcome),
                false => contrast.to_string(),
            };
            Some((name, constant_mean(rows)?))
        })
    });
    all.collect()
}

/// Axes that take more than one value.
pub fn varying_axes(experiment: &Experiment) -> Vec<&Axis> {
    experiment
        .axes
        .iter()
        .filter(|axis| axis.values.len() > 1)
        .collect()
}

/// The value of a row on an axis, as a number; none if it is not a number.
pub fn axis_number(axis: &Axis, row: &Row) -> Option<f64> {
    row.at.get(&axis.name).and_then(Value::as_f64)
}

/// Whether all values of an axis are numbers.
pub fn is_ordered(axis: &Axis) -> bool {
    axis.values.iter().all(Value::is_number)
}

/// `gap (bp)`.
pub fn axis_label(axis: &Axis) -> String {
    with_unit(&axis.name, &axis.unit)
}

/// The distinct thresholds with which claims compare this contrast's mean.
pub fn thresholds(experiment: &Experiment, contrast: &str, outcome: &str) -> Vec<f64> {
    let claims = experiment.claims.iter();
    let claims = claims.filter(|c| c.contrast == contrast && c.outcome == outcome);
    // Claims about the shape of a curve have their threshold on its axis.
    let on_scale = claims.filter(|c| !c.claim.contains(" over "));
    let mut thresholds = Vec::new();
    for claim in on_scale {
        let t = claim.deciding.threshold;
        let sides = if claim.claim.contains("abs(") {
            vec![-t, t]
        } else {
            vec![t]
        };
        for t in sides {
            if t != 0.0 && !thresholds.contains(&t) {
                thresholds.push(t);
            }
        }
    }
    thresholds
}
