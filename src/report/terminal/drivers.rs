//! The tables of `report drivers`: what backgrounds with a large effect have in common.

use super::layout::{Column, Page, common_value, distinct, with_unit};
use super::number::{MISSING, four_digits, percent, probability};
use crate::display::grid_point_text;
use crate::drivers::{
    construction_text, dropped_text, explained, more_text, rows_with_drivers, share, strongest,
    subject, tenths_text,
};
use gia_base::diag::replace_control;
use gia_study::{Driver, Drivers, Experiment, Row};

/// Number of regressions up to which each has a table of its features.
const MAX_TABLES: usize = 4;
/// Maximum number of regressions of an experiment in one table.
const MAX_LINES: usize = 60;

pub fn show(page: &mut Page, experiment: &Experiment) {
    let mut rows = rows_with_drivers(experiment);
    if rows.is_empty() {
        return;
    }
    if rows.len() <= MAX_TABLES {
        for (row, drivers) in &rows {
            regression(page, experiment, row, drivers);
        }
    } else {
        let more = rows.len().saturating_sub(MAX_LINES);
        rows.truncate(MAX_LINES);
        page.gap();
        page.paragraph(
            "Why backgrounds differ: share of the variance explained, and the strongest driver.",
        );
        page.gap();
        page.table(&overview(experiment, &rows), &[]);
        page.gap();
        let unfitted = rows.iter().filter(|(_, drivers)| drivers.r2.is_none());
        for note in distinct(unfitted.filter_map(|(_, drivers)| drivers.note.as_ref())) {
            page.note(&format!("{MISSING}: not fitted, {note}."));
        }
        if let Some(text) = more_text(more) {
            page.note(&text);
        }
    }
    let words = rows
        .iter()
        .filter_map(|(_, drivers)| construction_text(drivers));
    for text in distinct(words) {
        page.note(&text);
    }
    let fitted = rows.iter().filter(|(_, drivers)| drivers.r2.is_some());
    for method in distinct(fitted.map(|(_, drivers)| &drivers.method)) {
        page.note(&format!(
            "drivers: {method}; q over the features of a regression."
        ));
    }
}

/// One regression with its features.
fn regression(page: &mut Page, experiment: &Experiment, row: &Row, drivers: &Drivers) {
    page.gap();
    let line = format!(
        "Drivers of {}: {}.",
        subject(experiment, row),
        explained(drivers)
    );
    page.paragraph(&replace_control(&line));
    if !drivers.features.is_empty() {
        page.gap();
        page.table(&features(row, drivers), &[]);
    }
    page.gap();
    let tenths = drivers.features.iter().filter_map(tenths_text);
    let remarks = drivers.note.iter().filter(|_| drivers.r2.is_some());
    let remarks = remarks.map(|note| format!("Note: {note}."));
    for text in tenths.chain(dropped_text(drivers)).chain(remarks) {
        page.note(&replace_control(&text));
    }
}

fn features(row: &Row, drivers: &Drivers) -> Vec<Column> {
    let each = |cell: &dyn Fn(&Driver) -> String| drivers.features.iter().map(cell).collect();
    vec![
        Column::text(
            "feature",
            each(&|f| replace_control(&with_unit(&f.feature, &f.unit))),
        ),
        Column::numbers("per unit", each(&|f| four_digits(f.per_unit))),
        Column::numbers("per sd", each(&|f| four_digits(f.per_sd))),
        Column::text(
            &format!("{} interval", percent(row.level)),
            each(&|f| match (f.low, f.high) {
                (Some(low), Some(high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
                _ => MISSING.to_string(),
            }),
        ),
        Column::numbers("q", each(&|f| f.q.map_or(MISSING.to_string(), probability))),
        Column::numbers("unique", each(&|f| share(f.unique))),
    ]
}

/// A line for each of many regressions.
fn overview(experiment: &Experiment, rows: &[(&Row, &Drivers)]) -> Vec<Column> {
    let each = |cell: &dyn Fn(&Row, &Drivers) -> String| {
        let cells = rows.iter().map(|(row, drivers)| cell(row, drivers));
        cells.collect::<Vec<String>>()
    };
    let of_strongest = |drivers: &Drivers, cell: &dyn Fn(&Driver) -> String| {
        strongest(drivers).map_or(MISSING.to_string(), cell)
    };
    let or_missing = |x: Option<f64>| x.map_or(MISSING.to_string(), share);
    let mut columns = Vec::new();
    if common_value(rows.iter().map(|(row, _)| &row.contrast)).is_none() {
        let cells = each(&|row, _| replace_control(&row.contrast));
        columns.push(Column::text("drivers of", cells).blank_repeats());
    }
    if common_value(rows.iter().map(|(row, _)| &row.outcome)).is_none() {
        let cells = each(&|row, _| replace_control(&row.outcome));
        columns.push(Column::text("outcome", cells).blank_repeats());
    }
    if rows.iter().any(|(row, _)| !row.at.is_empty()) {
        let at = each(&|row, _| replace_control(&grid_point_text(&row.at, &experiment.axes)));
        columns.push(Column::text("at", at));
    }
    columns.extend([
        Column::numbers("explained", each(&|_, d| or_missing(d.r2))),
        Column::numbers(
            "cross-validated",
            each(&|_, d| or_missing(d.cross_validated_r2)),
        ),
        Column::text(
            "strongest",
            each(&|_, d| of_strongest(d, &|f| replace_control(&f.feature))),
        ),
        Column::numbers(
            "per sd",
            each(&|_, d| of_strongest(d, &|f| four_digits(f.per_sd))),
        ),
        Column::numbers(
            "unique",
            each(&|_, d| of_strongest(d, &|f| share(f.unique))),
        ),
    ]);
    columns
}
