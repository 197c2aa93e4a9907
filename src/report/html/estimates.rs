//! The tables of an experiment: contrasts with their intervals, summaries, `show` tables, and the arms.

use maud::{Markup, html};

use super::table::{Cell, Table};
use crate::display::{axis_value_text, common_value, distinct, is_of_mean, with_unit};
use crate::figure::{logo_of_bases, logo_of_contributions, logo_of_motif};
use crate::number::{
    MISSING, count, harmonised_by_uncertainty, is_single, percent, probability, with_decimals,
};
use gia_base::diag::replace_control;
use gia_study::{ArmSummary, Axis, Experiment, GridPoint, Row, Scale, Summary};

/// Maximum number of rows; the page says how many it leaves out.
const MAX_ROWS: usize = 10_000;
/// Maximum number of rows of a table with logos.
const MAX_LOGOS: usize = 200;

/// The table of all rows, and how their numbers were made.
pub fn contrast_table(experiment: &Experiment, id: &str) -> Markup {
    let all = &experiment.rows;
    let rows = largest_effects(all);
    let caption = match is_single(&experiment.rows) {
        true => "Effects in one sequence, without replication",
        false => "Mean effects with their intervals",
    };
    let table = numbers(experiment, &rows, caption);
    html! {
        @if !all.is_empty() {
            (table.markup(&format!("{id}-rows")))
            @if all.len() > rows.len() {
                p.note { "The " (count(rows.len())) " rows with the largest effects of " (count(all.len())) ", in grid order; the CSV, Parquet and JSON of the study hold all." }
            }
            p.note { (method_notes(experiment)) }
        }
    }
}

/// All rows or, if there are too many, those with the largest effects, in the order of the grid.
fn largest_effects(all: &[Row]) -> Vec<&Row> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    if all.len() > MAX_ROWS {
        order.sort_by(|a, b| all[*b].mean.abs().total_cmp(&all[*a].mean.abs()));
        order.truncate(MAX_ROWS);
        order.sort_unstable();
    }
    order.into_iter().map(|i| &all[i]).collect()
}

/// Rows that a `show` of the script asks for, in its order.
pub fn shown_rows_table(experiment: &Experiment, rows: &[Row], title: &str, id: &str) -> Markup {
    let rows: Vec<&Row> = rows.iter().collect();
    let table = numbers(experiment, &rows, &replace_control(title));
    html! {
        (table.markup(id))
        @if rows.len() < experiment.rows.len() {
            p.note { "Selected by their means: expect the extreme rows to be less extreme with new backgrounds (winner's curse)." }
        }
    }
}

fn numbers(experiment: &Experiment, rows: &[&Row], caption: &str) -> Table {
    let mut table = Table::new(caption, rows.len());
    if common_value(rows.iter().map(|r| &r.outcome)).is_none() {
        table.text(
            "outcome",
            rows.iter()
                .map(|r| replace_control(&with_unit(&r.outcome, &r.unit))),
        );
    }
    let all = common_value(experiment.rows.iter().map(|r| &r.contrast)).is_some();
    if !all || experiment.axes.is_empty() {
        table.text(
            "contrast",
            rows.iter().map(|r| replace_control(&r.contrast)),
        );
    }
    grid_point_columns(
        &mut table,
        experiment,
        &rows.iter().map(|r| &r.at).collect::<Vec<_>>(),
        true,
    );
    let half = |low: Option<f64>, high: Option<f64>| low.zip(high).map(|(l, h)| (h - l) / 2.0);
    let wanted: Vec<(&str, f64, Option<f64>)> = rows
        .iter()
        .map(|r| (r.outcome.as_str(), r.mean, half(r.low, r.high)))
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let each = || {
        rows.iter()
            .zip(&digits)
            .map(|(row, digits)| (*row, *digits))
    };
    table.numbers("n", rows.iter().map(|r| count(r.n)));
    let has_intervals = rows.iter().any(|r| r.n > 1);
    let heading = if has_intervals {
        "mean effect"
    } else {
        "effect"
    };
    table.numbers(heading, each().map(|(r, d)| with_decimals(r.mean, d)));
    let level = common_value(rows.iter().map(|r| r.level))
        .map_or("interval".into(), |l| format!("{} interval", percent(l)));
    if has_intervals {
        table.numbers(&level, each().map(|(r, d)| interval(r.low, r.high, d)));
    }
    if rows.iter().any(|r| r.band.is_some()) {
        let band = |(r, d): (&Row, i32)| match &r.band {
            Some(band) => interval(Some(band.low), Some(band.high), d),
            None => MISSING.to_string(),
        };
        table.numbers("band over all", each().map(band));
    }
    if rows.iter().any(|r| r.members.is_some()) {
        let member = |of: &dyn Fn(&gia_study::EnsembleEstimate, i32) -> String| -> Vec<String> {
            each()
                .map(|(r, d)| r.members.as_ref().map_or(MISSING.to_string(), |m| of(m, d)))
                .collect()
        };
        table.numbers("sd of models", member(&|m, d| with_decimals(m.sd, d)));
        table.numbers(
            "same sign",
            member(&|m, _| format!("{} of {}", m.agree, m.means.len())),
        );
        table.numbers(
            "for such models",
            member(&|m, d| interval(Some(m.low), Some(m.high), d)),
        );
    }
    if rows.iter().any(|r| r.p.is_some()) {
        table.numbers(
            "p",
            rows.iter()
                .map(|r| r.p.map_or(MISSING.to_string(), probability)),
        );
    }
    if rows.iter().any(|r| r.q.is_some() && r.family.size > 1) {
        let marked = |r: &&Row| {
            let star = if r.significant == Some(true) {
                " *"
            } else {
                ""
            };
            format!("{}{star}", r.q.map_or(MISSING.to_string(), probability))
        };
        table.numbers("q", rows.iter().map(marked));
    }
    summary_table(&mut table, rows);
    table
}

/// The table of summaries that `report` adds to each row.
fn summary_table(table: &mut Table, rows: &[&Row]) {
    let words = distinct(
        rows.iter()
            .flat_map(|r| &r.summaries)
            .map(|s| s.summary.as_str()),
    );
    for word in words {
        let found: Vec<Option<&Summary>> = rows
            .iter()
            .map(|r| r.summaries.iter().find(|s| s.summary == word))
            .collect();
        let wanted: Vec<(&str, f64, Option<f64>)> = found
            .iter()
            .map(|s| {
                let half = s.and_then(|s| Some((s.high? - s.low?) / 2.0));
                (word, s.and_then(|s| s.value).unwrap_or(0.0), half)
            })
            .collect();
        let digits = harmonised_by_uncertainty(&wanted);
        let with_interval = found.iter().flatten().any(|s| s.low.is_some());
        if with_interval || !is_of_mean(word) {
            let both = found.iter().zip(&digits).map(|(s, d)| match s {
                Some(Summary {
                    value: Some(x),
                    low,
                    high,
                    ..
                }) if with_interval => {
                    format!("{} {}", with_decimals(*x, *d), interval(*low, *high, *d))
                }
                Some(Summary { value: Some(x), .. }) => with_decimals(*x, *d),
                _ => MISSING.to_string(),
            });
            table.numbers(word, both);
        }
        if found.iter().flatten().any(|s| s.p.is_some()) {
            let p = found
                .iter()
                .map(|s| s.and_then(|s| s.p).map_or(MISSING.to_string(), probability));
            table.numbers(&format!("{word} p"), p);
        }
    }
}

pub fn interval(low: Option<f64>, high: Option<f64>, digits: i32) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!(
            "[{}, {}]",
            with_decimals(low, digits),
            with_decimals(high, digits)
        ),
        _ => MISSING.to_string(),
    }
}

/// A column for each axis and, on request, logos of motifs and sequences.
fn grid_point_columns(
    table: &mut Table,
    experiment: &Experiment,
    at: &[&GridPoint],
    with_logos: bool,
) {
    for axis in &experiment.axes {
        let values: Vec<String> = at
            .iter()
            .map(|at| {
                at.get(&axis.name).map_or(MISSING.to_string(), |value| {
                    replace_control(&axis_value_text(value))
                })
            })
            .collect();
        let header = with_unit(&axis.name, &axis.unit);
        if axis.values.iter().all(serde_json::Value::is_number) {
            table.numbers(&header, values.clone());
        } else {
            table.text(&header, values.clone());
            if with_logos {
                logos(table, experiment, axis, &values);
            }
        }
    }
}

fn logos(table: &mut Table, experiment: &Experiment, axis: &Axis, values: &[String]) {
    if values.len() > MAX_LOGOS {
        return;
    }
    let motif = |value: &String| experiment.motifs.iter().find(|m| m.motif == *value);
    let logo = |value: &String| match motif(value) {
        Some(motif) => logo_of_motif(value, motif),
        None => logo_of_bases(value),
    };
    let contributions = |value: &String| logo_of_contributions(value, motif(value)?);
    let mut column = |what: &str, found: Vec<Option<Markup>>| {
        if found.iter().any(Option::is_some) {
            let cells = found
                .into_iter()
                .map(|logo| logo.map_or(Cell::Text("–".into()), Cell::Drawn));
            table.drawn(&format!("{} {what}", axis.name), cells.collect());
        }
    };
    column("logo", values.iter().map(logo).collect());
    column("contributions", values.iter().map(contributions).collect());
}

/// The outcome under each arm, before any comparison.
pub fn arm_table(experiment: &Experiment, id: &str) -> Markup {
    let arms: Vec<&ArmSummary> = experiment.arms.iter().take(MAX_ROWS).collect();
    let mut table = Table::new("Outcomes under each arm, before any comparison", arms.len());
    table.text("arm", arms.iter().map(|arm| replace_control(&arm.arm)));
    if common_value(arms.iter().map(|arm| &arm.outcome)).is_none() {
        table.text(
            "outcome",
            arms.iter()
                .map(|arm| replace_control(&with_unit(&arm.outcome, &arm.unit))),
        );
    }
    grid_point_columns(
        &mut table,
        experiment,
        &arms.iter().map(|arm| &arm.at).collect::<Vec<_>>(),
        false,
    );
    let error = |arm: &ArmSummary| arm.sd.map(|sd| 1.96 * sd / (arm.n.max(1) as f64).sqrt());
    let wanted: Vec<(&str, f64, Option<f64>)> = arms
        .iter()
        .map(|arm| (arm.outcome.as_str(), arm.mean, error(arm)))
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    table.numbers("n", arms.iter().map(|arm| count(arm.n)));
    table.numbers(
        "mean",
        arms.iter()
            .zip(&digits)
            .map(|(arm, d)| with_decimals(arm.mean, *d)),
    );
    let sd = arms.iter().zip(&digits).map(|(arm, d)| {
        arm.sd
            .map_or(MISSING.to_string(), |sd| with_decimals(sd, *d))
    });
    table.numbers("sd between backgrounds", sd);
    table.markup(&format!("{id}-arms"))
}

/// Notes on the methods of intervals, p and q.
fn method_notes(experiment: &Experiment) -> String {
    let rows = &experiment.rows;
    let methods = distinct(rows.iter().map(|row| row.method.as_str()));
    let mut sentences = vec![format!("Interval and p: {}.", methods.join("; "))];
    let families = rows.iter().filter(|r| r.q.is_some() && r.family.size > 1);
    let families = distinct(families.map(|r| {
        (
            r.family.method.as_str(),
            r.family.size,
            r.family.of.as_str(),
        )
    }));
    if !families.is_empty() {
        let methods = distinct(families.iter().map(|f| f.0)).join(", ");
        let over: Vec<String> = families
            .iter()
            .take(3)
            .map(|f| format!("{} tests ({})", count(f.1), f.2))
            .collect();
        let more = match families.len().saturating_sub(3) {
            0 => String::new(),
            more => format!(" and {more} more families"),
        };
        let tested = rows.iter().filter(|r| r.significant.is_some()).count();
        let found = rows.iter().filter(|r| r.significant == Some(true)).count();
        sentences.push(format!(
            "q: p adjusted by {methods} over {}{more}.",
            over.join("; ")
        ));
        sentences.push(format!(
            "*: q ≤ {}, in {} of {} tests.",
            experiment.fdr,
            count(found),
            count(tested)
        ));
    }
    let bands = distinct(
        rows.iter()
            .filter_map(|r| r.band.as_ref())
            .map(|b| b.method.as_str()),
    );
    if !bands.is_empty() {
        sentences.push(format!("Band over all: {}.", bands.join("; ")));
    }
    let of_summaries = rows.iter().flat_map(|r| &r.summaries);
    for (summary, method) in distinct(of_summaries.map(|s| (s.summary.as_str(), s.method.as_str())))
    {
        sentences.push(format!("{summary}: {method}."));
    }
    for scale in &experiment.scales {
        let meaning = match scale.scale {
            Scale::Additive => "that effects add",
            Scale::Log => "that effects multiply, the outcome being a logarithm",
            Scale::Logit => "that odds multiply, the outcome being a logit",
        };
        sentences.push(format!(
            "An interaction of 0 of {} means {meaning}.",
            scale.outcome
        ));
    }
    replace_control(&sentences.join(" "))
}
