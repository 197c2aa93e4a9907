//! The tables of `report drivers`: what backgrounds with a large effect have in common.

use super::layout::{Column, Page, distinct, with_unit};
use super::number::{MISSING, four_digits, percent, probability};
use crate::drivers::{
    construction_text, dropped_text, explained, more_text, share, shown_rows, subject, tenths_text,
};
use gia_base::diag::replace_control;
use gia_study::{Driver, Drivers, Experiment, Row};

pub fn show(page: &mut Page, experiment: &Experiment) {
    let (rows, more) = shown_rows(experiment);
    for (row, drivers) in &rows {
        page.gap();
        let line = format!(
            "Drivers of {}: {}.",
            subject(experiment, row),
            explained(drivers)
        );
        page.paragraph(&replace_control(&line));
        if !drivers.features.is_empty() {
            page.gap();
            page.table(&columns(row, drivers), &[]);
        }
        page.gap();
        let tenths = drivers.features.iter().filter_map(tenths_text);
        let remarks = drivers.note.iter().filter(|_| drivers.r2.is_some());
        let remarks = remarks.map(|note| format!("Note: {note}."));
        let texts = tenths.chain(dropped_text(drivers)).chain(remarks);
        for text in texts {
            page.note(&replace_control(&text));
        }
    }
    if rows.is_empty() {
        return;
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
            "drivers: {method}; q over the features of a table."
        ));
    }
    if let Some(text) = more_text(more) {
        page.note(&text);
    }
}

fn columns(row: &Row, drivers: &Drivers) -> Vec<Column> {
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
