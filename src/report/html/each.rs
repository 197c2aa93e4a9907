//! Tables of single backgrounds.

use maud::{Markup, html};

use super::table::Table;
use crate::display::{grid_point_text, with_unit};
use crate::each::{names_grid_point, names_outcome, note, tables};
use crate::number::{MISSING, four_digits, probability};
use gia_base::diag::replace_control;
use gia_study::{Experiment, UnitRow};

/// Maximum number of rows for each contrast, or for each of its outcomes; more are cut to those farthest from zero.
const MAX_ROWS: usize = 1000;

/// A table for each contrast of an experiment with `report each`.
pub fn section(experiment: &Experiment, id: &str) -> Markup {
    let Some(each) = &experiment.each else {
        return html! {};
    };
    let tables = tables(each, MAX_ROWS).into_iter().enumerate();
    let tables = tables.map(|(i, of)| {
        let caption = format!("Single backgrounds: {}", of.contrast);
        let id = format!("{id}-each-{}", i + 1);
        (
            table(experiment, &of.rows, of.contrast, &caption, &id),
            note(experiment, &of),
        )
    });
    html! {
        @for (table, note) in tables {
            (table)
            p.note { (replace_control(&note)) }
        }
    }
}

/// The rows as they are given, with the effect under the name of its contrast.
pub fn table(
    experiment: &Experiment,
    rows: &[UnitRow],
    contrast: &str,
    caption: &str,
    id: &str,
) -> Markup {
    let mut table = Table::new(replace_control(caption), rows.len());
    let text = |cell: &dyn Fn(&UnitRow) -> String| -> Vec<String> {
        rows.iter().map(|row| replace_control(&cell(row))).collect()
    };
    table.text("sequence", text(&|row| row.background.name.clone()));
    let place = |row: &UnitRow| row.background.place();
    if rows.iter().any(|row| row.background.place_is_news()) {
        table.text("place", text(&place));
    }
    if names_outcome(experiment) {
        table.text("outcome", text(&|row| with_unit(&row.outcome, &row.unit)));
    }
    if names_grid_point(rows) {
        table.text(
            "at",
            text(&|row| grid_point_text(&row.at, &experiment.axes)),
        );
    }
    table.numbers(
        &replace_control(contrast),
        rows.iter().map(|row| four_digits(row.effect)),
    );
    if rows.iter().any(|row| row.p.is_some()) {
        let cell = |p: Option<f64>| p.map_or(MISSING.to_string(), probability);
        table.numbers("p", rows.iter().map(|row| cell(row.p)));
        table.numbers("q", rows.iter().map(|row| cell(row.q)));
    }
    table.markup(id)
}
