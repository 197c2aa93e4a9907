//! Sweeps: a contrast along an axis of numbers with its simultaneous band.

use super::canvas::DrawingError;
use super::curves::{self, Curve, CurveChart, CurvePoint, MAX_SERIES};
use super::select::{
    Panel, axis_label, axis_number, constant_mean, is_ordered, panels, thresholds, varying_axes,
};
use super::{Figure, file_name};
use crate::display::{axis_value_text, common_value, distinct};
use crate::number::percent;
use gia_base::diag::replace_control;
use gia_study::{Axis, Experiment, Row};

/// Number of bins; of more points only the lowest and the highest of each bin are drawn. There are more bins than pixels, so the
/// figure looks the same.
const MAX_POINTS: usize = 2000;

/// One line of a figure.
struct SweepLine<'a> {
    name: String,
    rows: Vec<(f64, &'a Row)>,
}

impl SweepLine<'_> {
    fn curve(&self) -> Curve {
        let point = |(x, row): &(f64, &Row)| {
            let (low, high) = outer_interval(row);
            CurvePoint {
                x: *x,
                mean: row.mean,
                ends: low.zip(high),
            }
        };
        Curve {
            parts: Vec::new(),
            name: self.name.clone(),
            points: self.rows.iter().map(point).collect(),
        }
    }
}

/// One figure for each outcome along the one axis of numbers, with a line for each contrast; of two axes, one for each
/// contrast with a line for each value of the other.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, DrawingError> {
    let axes = varying_axes(experiment);
    let mut figures = Vec::new();
    match axes.as_slice() {
        [axis] if is_ordered(axis) => {
            for panel in panels(experiment) {
                for (number, contrasts) in panel.contrasts.chunks(MAX_SERIES).enumerate() {
                    let lines = contrasts
                        .iter()
                        .map(|(name, rows)| line(axis, name, rows.iter().copied()));
                    let mut parts = vec![panel.outcome, "sweep"];
                    let number = (number + 1).to_string();
                    if panel.contrasts.len() > MAX_SERIES {
                        parts.push(&number);
                    }
                    figures.extend(figure(
                        experiment,
                        axis,
                        &panel,
                        lines.collect(),
                        &parts,
                        "contrast",
                    )?);
                }
            }
        }
        [a, b] => {
            let Some((axis, other)) = [(a, b), (b, a)].into_iter().find(|(axis, other)| {
                is_ordered(axis) && other.values.len() <= MAX_SERIES && axis.values.len() > 2
            }) else {
                return Ok(figures);
            };
            for panel in panels(experiment) {
                for (contrast, rows) in &panel.contrasts {
                    if constant_mean(rows).is_some() {
                        continue;
                    }
                    let with_unit = |value: &serde_json::Value| match &other.unit {
                        Some(unit) => format!("{} {unit}", axis_value_text(value)),
                        None => axis_value_text(value),
                    };
                    let lines = other.values.iter().map(|value| {
                        let here = rows
                            .iter()
                            .copied()
                            .filter(|r| r.at.get(&other.name) == Some(value));
                        line(axis, &with_unit(value), here)
                    });
                    let parts = [panel.outcome, contrast, "sweep"];
                    figures.extend(figure(
                        experiment,
                        axis,
                        &panel,
                        lines.collect(),
                        &parts,
                        &axis_label(other),
                    )?);
                }
            }
        }
        _ => {}
    }
    Ok(figures)
}

fn line<'a>(axis: &Axis, name: &str, rows: impl Iterator<Item = &'a Row>) -> SweepLine<'a> {
    let mut rows: Vec<(f64, &Row)> = rows
        .filter_map(|row| Some((axis_number(axis, row)?, row)))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    if rows.len() > MAX_POINTS {
        rows = extremes(&rows, MAX_POINTS / 2);
    }
    SweepLine {
        name: replace_control(name),
        rows,
    }
}

/// The rows with the lowest and the highest mean of each bin, and both ends, in order.
fn extremes<'a>(rows: &[(f64, &'a Row)], bins: usize) -> Vec<(f64, &'a Row)> {
    let size = rows.len().div_ceil(bins.max(1)).max(1);
    let mut kept: Vec<(f64, &Row)> = Vec::new();
    for (number, bin) in rows.chunks(size).enumerate() {
        let by_mean = |a: &&(f64, &Row), b: &&(f64, &Row)| a.1.mean.total_cmp(&b.1.mean);
        let mut chosen: Vec<(f64, &Row)> = Vec::new();
        chosen.extend(bin.iter().min_by(by_mean));
        chosen.extend(bin.iter().max_by(by_mean));
        if number == 0 {
            chosen.extend(bin.first());
        }
        if (number + 1) * size >= rows.len() {
            chosen.extend(bin.last());
        }
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen.dedup_by(|a, b| std::ptr::eq(a.1, b.1));
        kept.extend(chosen);
    }
    kept
}

fn figure(
    experiment: &Experiment,
    axis: &Axis,
    panel: &Panel,
    lines: Vec<SweepLine>,
    parts: &[&str],
    lines_are: &str,
) -> Result<Option<Figure>, DrawingError> {
    let rows = || lines.iter().flat_map(|line| &line.rows);
    let contrasts = distinct(rows().map(|(_, row)| row.contrast.as_str()));
    let compared: Vec<f64> = match contrasts.as_slice() {
        [contrast] => thresholds(experiment, contrast, panel.outcome),
        _ => Vec::new(),
    };
    let y_label = match contrasts.as_slice() {
        [contrast] => format!("{contrast}, {}", panel.label),
        _ => panel.label.clone(),
    };
    let curves: Vec<Curve> = lines.iter().map(SweepLine::curve).collect();
    let chart = CurveChart {
        curves: &curves,
        x_label: &axis_label(axis),
        y_label: &y_label,
        compared: &compared,
        with_zero: true,
    };
    let Some(body) = chart.draw()? else {
        return Ok(None);
    };
    let mut name = vec![experiment.name.as_str()];
    name.extend(parts);
    Ok(Some(Figure {
        name: file_name(&name),
        title: format!("{} over {}: {}", experiment.name, axis.name, y_label),
        description: curves::text_alternative(axis.unit.as_deref(), &curves),
        caption: caption(&lines, lines_are, !compared.is_empty()),
        size: curves::SIZE,
        body,
    }))
}

/// The ends of the band or, if there is none, of the interval.
fn outer_interval(row: &Row) -> (Option<f64>, Option<f64>) {
    match &row.band {
        Some(band) => (Some(band.low), Some(band.high)),
        None => (row.low, row.high),
    }
}

fn caption(lines: &[SweepLine], lines_are: &str, claims: bool) -> String {
    let rows = || lines.iter().flat_map(|line| &line.rows).map(|(_, row)| row);
    let level = match common_value(rows().map(|row| row.level)) {
        Some(level) => format!("{} ", percent(level)),
        None => String::new(),
    };
    let methods = distinct(
        rows()
            .filter_map(|row| row.band.as_ref())
            .map(|band| band.method.as_str()),
    );
    let mut text = match methods.as_slice() {
        [] => {
            format!("Mean effect; the shading is the pointwise {level}interval.")
        }
        methods => format!(
            "Mean effect; the shading is the simultaneous {}band ({}).",
            level,
            methods.join("; ")
        ),
    };
    if lines.len() > 1 {
        text += &format!(" One line for each {lines_are}.");
    }
    if claims {
        text += " Coloured horizontal lines are thresholds of claims.";
    }
    text
}
