//! The table of single backgrounds.

use super::comparison::grid_point_text;
use super::layout::{Column, Page, with_unit};
use super::number::{align_on_point, harmonised_by_uncertainty, probability, with_decimals};
use crate::each::{names_grid_point, names_outcome, note, tables};
use gia_base::diag::replace_control;
use gia_study::{Experiment, UnitRow};

/// Maximum number of rows for each contrast, or for each of its outcomes; more are cut to those farthest from zero.
const MAX_ROWS: usize = 20;

pub fn show(page: &mut Page, experiment: &Experiment) {
    let Some(each) = &experiment.each else {
        return;
    };
    for of in tables(each, MAX_ROWS) {
        page.gap();
        table(page, experiment, &of.rows, of.contrast);
        page.gap();
        page.note(&note(experiment, &of));
    }
}

/// The rows as they are given, with the effect under the name of its contrast.
pub fn table(page: &mut Page, experiment: &Experiment, rows: &[UnitRow], contrast: &str) {
    let text = |header: &str, cell: &dyn Fn(&UnitRow) -> String| {
        Column::text(
            header,
            rows.iter().map(|row| replace_control(&cell(row))).collect(),
        )
    };
    let mut columns = vec![text("sequence", &|row| row.background.name.clone())];
    let place = |row: &UnitRow| row.background.place();
    if rows.iter().any(|row| row.background.place_is_news()) {
        columns.push(text("place", &place));
    }
    if names_outcome(experiment) {
        columns.push(text("outcome", &|row| with_unit(&row.outcome, &row.unit)));
    }
    if names_grid_point(rows) {
        columns.push(text("at", &|row| grid_point_text(&row.at)));
    }
    let wanted: Vec<(&str, f64, Option<f64>)> = rows
        .iter()
        .map(|row| (&*row.outcome, row.effect, None))
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let effects = rows.iter().zip(&digits);
    let effects: Vec<String> = effects
        .map(|(row, digits)| with_decimals(row.effect, *digits))
        .collect();
    columns.push(Column::numbers(contrast, align_on_point(&effects)));
    if rows.iter().any(|row| row.p.is_some()) {
        let cell = |p: Option<f64>| p.map_or(String::new(), probability);
        columns.push(Column::numbers(
            "p",
            rows.iter().map(|row| cell(row.p)).collect(),
        ));
        columns.push(Column::numbers(
            "q",
            rows.iter().map(|row| cell(row.q)).collect(),
        ));
    }
    page.table(&columns, &[]);
}
