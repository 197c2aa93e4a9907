//! The section of `report drivers`: what backgrounds with a large effect have in common.

use maud::{Markup, html};

use super::experiment::figure;
use super::table::Table;
use crate::Figure;
use crate::display::{distinct, with_unit};
use crate::drivers::{
    construction_text, dropped_text, explained, more_text, share, shown_rows, subject, tenths_text,
};
use crate::number::{MISSING, four_digits, percent, probability};
use gia_base::diag::replace_control;
use gia_study::{Drivers, Experiment, Row};

/// `figures` has a figure for each regression shown, or none for one without tenths.
pub fn section(
    experiment: &Experiment,
    figures: &[Option<Figure>],
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Markup {
    let (rows, more) = shown_rows(experiment);
    let constructions = distinct(rows.iter().filter_map(|(_, d)| construction_text(d)));
    let fitted = rows.iter().filter(|(_, drivers)| drivers.r2.is_some());
    let methods = distinct(fitted.map(|(_, drivers)| &drivers.method));
    html! {
        @if !rows.is_empty() {
            h3 { "Drivers" }
            @for (i, (row, drivers)) in rows.iter().enumerate() {
                p { strong { (replace_control(&subject(experiment, row))) } ": " (replace_control(&explained(drivers))) "." }
                @if !drivers.features.is_empty() {
                    (table(experiment, row, drivers, &format!("{id}-drivers-{}", i + 1)))
                }
                @if let Some(Some(of_tenths)) = figures.get(i) { (figure(of_tenths, &number())) }
                @for text in drivers.features.iter().filter_map(tenths_text) { p.note { (replace_control(&text)) } }
                @if let Some(text) = dropped_text(drivers) { p.note { (replace_control(&text)) } }
                @if let (Some(note), Some(_)) = (&drivers.note, drivers.r2) { p.note { (replace_control(note)) "." } }
            }
            @for text in constructions { p.note { (text) } }
            @for method in methods { p.note { "drivers: " (replace_control(method)) "; q over the features of a regression." } }
            @if let Some(text) = more_text(more) { p.note { (text) } }
        }
    }
}

fn table(experiment: &Experiment, row: &Row, drivers: &Drivers, id: &str) -> Markup {
    let all = &drivers.features;
    let caption = format!("Drivers of {}", replace_control(&subject(experiment, row)));
    let mut table = Table::new(caption, all.len());
    table.text(
        "feature",
        all.iter()
            .map(|f| replace_control(&with_unit(&f.feature, &f.unit))),
    );
    table.numbers("mean", all.iter().map(|f| four_digits(f.mean)));
    table.numbers("sd", all.iter().map(|f| four_digits(f.sd)));
    table.numbers("per unit", all.iter().map(|f| four_digits(f.per_unit)));
    table.numbers("per sd", all.iter().map(|f| four_digits(f.per_sd)));
    table.numbers(
        &format!("{} interval", percent(row.level)),
        all.iter().map(|f| match (f.low, f.high) {
            (Some(low), Some(high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
            _ => MISSING.to_string(),
        }),
    );
    let or_missing = |p: Option<f64>| p.map_or(MISSING.to_string(), probability);
    table.numbers("p", all.iter().map(|f| or_missing(f.p)));
    table.numbers("q", all.iter().map(|f| or_missing(f.q)));
    table.numbers("unique", all.iter().map(|f| share(f.unique)));
    table.markup(id)
}
