//! The table of curve summaries of `report ... over AXIS`.

use super::layout::{Column, Page, common_value, distinct};
use super::number::{MISSING, four_digits, percent};
use gia_study::{CurveEstimate, Experiment, GridPoint};

pub fn show(page: &mut Page, experiment: &Experiment) {
    let curves = &experiment.curves;
    if curves.is_empty() {
        return;
    }
    let mut columns = vec![Column::text(
        "along the axis",
        cells_of_estimates(curves, |curve, part| match part {
            None => format!("{} over {}", curve.curve, curve.axis),
            Some(part) => format!("  {}", curve.parts[part].part),
        }),
    )];
    let first = |number: fn(&CurveEstimate) -> String| {
        cells_of_estimates(curves, move |curve, part| match part {
            None => number(curve),
            Some(_) => String::new(),
        })
    };
    if common_value(curves.iter().map(|curve| &curve.contrast)).is_none() {
        columns.push(Column::text(
            "contrast",
            first(|curve| curve.contrast.clone()),
        ));
    }
    if common_value(curves.iter().map(|curve| &curve.outcome)).is_none() {
        columns.push(Column::text(
            "outcome",
            first(|curve| curve.outcome.clone()),
        ));
    }
    if curves.iter().any(|curve| !curve.at.is_empty()) {
        columns.push(Column::text("at", first(|curve| place(&curve.at))));
    }
    columns.push(Column::text(
        "value",
        cells_of_estimates(curves, |curve, part| {
            let (value, unit) = match part {
                None => (curve.value, &curve.unit),
                Some(part) => (Some(curve.parts[part].value), &curve.parts[part].unit),
            };
            match (value, unit) {
                (None, _) => MISSING.to_string(),
                (Some(value), Some(unit)) => format!("{} {unit}", four_digits(value)),
                (Some(value), None) => four_digits(value),
            }
        }),
    ));
    let level = curves.first().map_or(0.95, |curve| curve.level);
    columns.push(Column::text(
        &format!("{} interval", percent(level)),
        cells_of_estimates(curves, |curve, part| {
            let ends = match part {
                None => (curve.low, curve.high),
                Some(part) => (curve.parts[part].low, curve.parts[part].high),
            };
            match ends {
                (Some(low), Some(high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
                (Some(low), None) => format!("from {}", four_digits(low)),
                _ => MISSING.to_string(),
            }
        }),
    ));
    page.gap();
    page.table(&columns, &[]);
    page.gap();
    for curve in curves {
        if let Some(note) = &curve.note {
            let mut of = vec![format!("{} over {}", curve.curve, curve.axis)];
            if common_value(curves.iter().map(|curve| &curve.contrast)).is_none() {
                of.push(format!("of {}", curve.contrast));
            }
            if common_value(curves.iter().map(|curve| &curve.outcome)).is_none() {
                of.push(format!("for {}", curve.outcome));
            }
            if !curve.at.is_empty() {
                of.push(format!("at {}", place(&curve.at)));
            }
            page.note(&format!("{}: {note}.", of.join(" ")));
        }
    }
    for (word, method) in distinct(curves.iter().map(|curve| (&curve.curve, &curve.method))) {
        page.note(&format!("{word}: {method}."));
    }
}

/// A cell for each curve, and one for each of its parts.
fn cells_of_estimates(
    curves: &[CurveEstimate],
    cell: impl Fn(&CurveEstimate, Option<usize>) -> String,
) -> Vec<String> {
    let mut cells = Vec::new();
    for curve in curves {
        cells.push(cell(curve, None));
        cells.extend((0..curve.parts.len()).map(|part| cell(curve, Some(part))));
    }
    cells
}

/// `n = 3, net = a`.
fn place(at: &GridPoint) -> String {
    let parts = at.iter().map(|(axis, value)| match value.as_str() {
        Some(name) => format!("{axis} = {name}"),
        None => format!("{axis} = {value}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}
