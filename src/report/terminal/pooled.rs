//! The table of effects over the null models of an axis.

use super::comparison::grid_point_text;
use super::layout::{Column, Page, common_value, distinct, with_unit};
use super::number::{MISSING, align_on_point, harmonised_by_uncertainty, percent, with_decimals};
use gia_study::{Experiment, PooledEffect};

/// Maximum number of rows that are listed; the JSON has all.
const MAX_ROWS: usize = 60;

pub fn show(page: &mut Page, experiment: &Experiment) {
    let all = &experiment.pooled;
    let Some(first) = all.first() else {
        return;
    };
    let shown = &all[..all.len().min(MAX_ROWS)];
    let text = |header: &str, cell: &dyn Fn(&PooledEffect) -> String| {
        Column::text(header, shown.iter().map(cell).collect())
    };
    let mut columns = Vec::new();
    if common_value(shown.iter().map(|effect| &effect.outcome)).is_none() {
        let outcome = |e: &PooledEffect| with_unit(&e.outcome, &e.unit);
        columns.push(text("outcome", &outcome).blank_repeats());
    }
    let over = format!("over {}", first.axis);
    columns.push(text(&over, &|e| e.contrast.to_string()));
    if shown.iter().any(|e| !e.at.is_empty()) {
        columns.push(text("at", &|e| grid_point_text(&e.at)));
    }
    let wanted: Vec<(&str, f64, Option<f64>)> = shown
        .iter()
        .map(|e| {
            let half = e.low.zip(e.high).map(|(low, high)| 0.5 * (high - low));
            (&*e.outcome, e.mean, half)
        })
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let cells = |number: &dyn Fn(&PooledEffect) -> Option<f64>| -> Vec<String> {
        let cells = shown.iter().zip(&digits);
        let cells = cells
            .map(|(e, digits)| number(e).map_or(MISSING.into(), |x| with_decimals(x, *digits)));
        align_on_point(&cells.collect::<Vec<_>>())
    };
    let (low, high) = (cells(&|e| e.low), cells(&|e| e.high));
    let ends = low.iter().zip(&high).zip(shown);
    let intervals = ends.map(|((low, high), e)| match e.low {
        Some(_) => format!("[{low}, {high}]"),
        None => MISSING.to_string(),
    });
    columns.push(Column::numbers("mean effect", cells(&|e| Some(e.mean))));
    columns.push(Column::numbers(
        &format!("{} interval", percent(first.level)),
        intervals.collect(),
    ));
    columns.push(Column::numbers("sd of nulls", cells(&|e| Some(e.between))));
    columns.push(text("same sign", &|e| {
        format!("{} of {}", e.agree, e.nulls.len())
    }));
    page.gap();
    page.table(&columns, &[]);
    page.gap();
    if shown.len() < all.len() {
        page.note(&format!("{} of {} rows are shown.", shown.len(), all.len()));
    }
    let methods = distinct(shown.iter().map(|e| &*e.method));
    page.note(&format!(
        "Over {}: the mean effect over null models like these, each counting the same; sd of nulls: between null models, without the \
         errors of their means. Interval: {}.",
        first.axis,
        methods.join("; ")
    ));
}
