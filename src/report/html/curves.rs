//! The table of curve summaries of `report ... over AXIS`.

use maud::{Markup, html};

use super::table::Table;
use crate::display::{distinct, grid_point_text};
use crate::number::{MISSING, four_digits, percent};
use gia_base::diag::replace_control;
use gia_study::{CurveEstimate, Experiment};

/// One number of a curve: its name, value, ends and unit.
struct CurveTableRow<'a> {
    curve: &'a CurveEstimate,
    name: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    unit: Option<&'a str>,
}

pub fn table(experiment: &Experiment, id: &str) -> Markup {
    let lines: Vec<CurveTableRow> = experiment.curves.iter().flat_map(table_rows).collect();
    let mut table = Table::new("Along the axis", lines.len());
    table.text(
        "along the axis",
        lines.iter().map(|line| replace_control(&line.name)),
    );
    table.text(
        "contrast",
        lines
            .iter()
            .map(|line| replace_control(&line.curve.contrast)),
    );
    table.text(
        "outcome",
        lines
            .iter()
            .map(|line| replace_control(&line.curve.outcome)),
    );
    if lines.iter().any(|line| !line.curve.at.is_empty()) {
        table.text(
            "at",
            lines
                .iter()
                .map(|line| replace_control(&grid_point_text(&line.curve.at, &experiment.axes))),
        );
    }
    table.numbers(
        "value",
        lines.iter().map(|line| match (line.value, line.unit) {
            (None, _) => MISSING.to_string(),
            (Some(value), Some(unit)) => {
                format!("{} {}", four_digits(value), replace_control(unit))
            }
            (Some(value), None) => four_digits(value),
        }),
    );
    let level = experiment.curves.first().map_or(0.95, |curve| curve.level);
    table.numbers(
        &format!("{} interval", percent(level)),
        lines.iter().map(|line| match (line.low, line.high) {
            (Some(low), Some(high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
            (Some(low), None) => format!("from {}", four_digits(low)),
            _ => MISSING.to_string(),
        }),
    );
    let notes = experiment
        .curves
        .iter()
        .filter_map(|c| Some((c, c.note.as_ref()?)));
    let methods = distinct(experiment.curves.iter().map(|c| (&c.curve, &c.method)));
    html! {
        @if !lines.is_empty() {
            (table.markup(&format!("{id}-curves")))
            @for (curve, note) in notes {
                p.note { (replace_control(&curve.curve)) " over " (replace_control(&curve.axis)) " of " (replace_control(&curve.contrast)) ": " (replace_control(note)) "." }
            }
            @for (curve, method) in methods {
                p.note { (replace_control(curve)) ": " (replace_control(method)) "." }
            }
        }
    }
}

fn table_rows(curve: &CurveEstimate) -> Vec<CurveTableRow<'_>> {
    let mut lines = vec![CurveTableRow {
        curve,
        name: format!("{} over {}", curve.curve, curve.axis),
        value: curve.value,
        low: curve.low,
        high: curve.high,
        unit: curve.unit.as_deref(),
    }];
    lines.extend(curve.parts.iter().map(|part| CurveTableRow {
        curve,
        name: format!("{} over {}: {}", curve.curve, curve.axis, part.part),
        value: Some(part.value),
        low: part.low,
        high: part.high,
        unit: part.unit.as_deref(),
    }));
    lines
}
