//! The columns of a study's table.

use super::axes::AxisColumn;
use super::{Cells, Column};
use crate::display::distinct;
use crate::drivers::strongest;
use gia_study::{Drivers, EnsembleEstimate, Experiment, Row, Study, Summary};

/// A row and the experiment that it belongs to.
type Line<'a> = (&'a Experiment, &'a Row);

/// All columns: the identity of a row, its grid point, its numbers, and what its experiment adds.
pub fn all_columns(study: &Study) -> Vec<Column> {
    let experiments = study.experiments.iter();
    let lines: Vec<Line> = experiments
        .flat_map(|e| e.rows.iter().map(move |row| (e, row)))
        .collect();
    let models: Vec<&str> = study
        .provenance
        .models
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    let models = Some(models.join(", ")).filter(|models| !models.is_empty());

    let mut columns = vec![text("experiment", &lines, |(e, _)| Some(e.name.clone()))];
    let points = || lines.iter().map(|(_, row)| &row.at);
    let axes = AxisColumn::all(study);
    columns.extend(axes.iter().map(|axis| axis.filled(points())));
    columns.extend([
        text("contrast", &lines, |(_, row)| Some(row.contrast.clone())),
        text("outcome", &lines, |(_, row)| Some(row.outcome.clone())),
        text("unit", &lines, |(_, row)| row.unit.clone()),
        text("model", &lines, |_| models.clone()),
        whole("n", &lines, |(_, row)| Some(row.n)),
        number("effect", &lines, |(_, row)| Some(row.mean)),
        number("low", &lines, |(_, row)| row.low),
        number("high", &lines, |(_, row)| row.high),
        number("level", &lines, |(_, row)| Some(row.level)),
        number("sd", &lines, |(_, row)| row.sd),
        number("se", &lines, |(_, row)| row.se),
        number("p", &lines, |(_, row)| row.p),
        number("q", &lines, |(_, row)| row.q),
        Column {
            name: "significant".into(),
            unit: None,
            cells: Cells::Truth(lines.iter().map(|(_, row)| row.significant).collect()),
        },
        text("method", &lines, |(_, row)| Some(row.method.clone())),
        text("correction", &lines, |(_, row)| {
            Some(row.family.method.clone())
        }),
        whole("family_size", &lines, |(_, row)| Some(row.family.size)),
    ]);
    if lines.iter().any(|(_, row)| row.sources.is_some()) {
        columns.extend([
            whole("sources", &lines, |(_, row)| row.sources),
            number("freedom", &lines, |(_, row)| row.freedom),
        ]);
    }
    if lines.iter().any(|(_, row)| row.band.is_some()) {
        columns.extend([
            number("band_low", &lines, |(_, row)| {
                row.band.as_ref().map(|b| b.low)
            }),
            number("band_high", &lines, |(_, row)| {
                row.band.as_ref().map(|b| b.high)
            }),
        ]);
    }
    if lines.iter().any(|(_, row)| row.members.is_some()) {
        columns.extend(members(&lines));
    }
    columns.extend(summaries(&lines));
    if lines.iter().any(|(_, row)| row.drivers.is_some()) {
        columns.extend(drivers(&lines));
    }
    columns
}

fn column(name: &str, cells: Cells) -> Column {
    Column {
        name: name.to_string(),
        unit: None,
        cells,
    }
}

fn text<T: Into<String>>(name: &str, lines: &[Line], cell: impl Fn(&Line) -> Option<T>) -> Column {
    let cell = |line: &Line| cell(line).map(Into::into);
    column(name, Cells::Text(lines.iter().map(cell).collect()))
}

fn number(name: &str, lines: &[Line], cell: impl Fn(&Line) -> Option<f64>) -> Column {
    column(name, Cells::Number(lines.iter().map(cell).collect()))
}

fn whole(name: &str, lines: &[Line], cell: impl Fn(&Line) -> Option<usize>) -> Column {
    let cell = |line: &Line| cell(line).and_then(|n| i64::try_from(n).ok());
    column(name, Cells::Whole(lines.iter().map(cell).collect()))
}

/// The columns of ensembles.
fn members(lines: &[Line]) -> Vec<Column> {
    let of = |name: &str, of: fn(&EnsembleEstimate) -> f64| {
        number(name, lines, |(_, row)| row.members.as_deref().map(of))
    };
    vec![
        of("models_sd", |m| m.sd),
        of("models_effect", |m| m.mean),
        of("models_low", |m| m.low),
        of("models_high", |m| m.high),
        whole("models_agreeing", lines, |(_, row)| {
            row.members.as_ref().map(|m| m.agree)
        }),
    ]
}

/// The columns of drivers: how much is explained, and the feature that explains most of it alone.
fn drivers(lines: &[Line]) -> Vec<Column> {
    let of = |name: &str, of: fn(&Drivers) -> Option<f64>| {
        number(name, lines, |(_, row)| row.drivers.as_deref().and_then(of))
    };
    let name = |drivers: &Drivers| Some(strongest(drivers)?.feature.clone());
    vec![
        of("drivers_r2", |d| d.r2),
        of("drivers_adjusted_r2", |d| d.adjusted_r2),
        of("drivers_cross_validated_r2", |d| d.cross_validated_r2),
        text("strongest_driver", lines, |(_, row)| {
            row.drivers.as_deref().and_then(name)
        }),
    ]
}

/// Up to four columns for each word of `report`: `median`, `median_low`, `median_high`, `median_p`.
fn summaries(lines: &[Line]) -> Vec<Column> {
    let all = lines.iter().flat_map(|(_, row)| &row.summaries);
    let words = distinct(all.map(|summary| summary.summary.as_str()));
    let mut columns = Vec::new();
    for word in words {
        type Part = (&'static str, fn(&Summary) -> Option<f64>);
        let parts: [Part; 4] = [
            ("", |s| s.value),
            ("_low", |s| s.low),
            ("_high", |s| s.high),
            ("_p", |s| s.p),
        ];
        for (suffix, part) in parts {
            let cell = |(_, row): &Line| {
                row.summaries
                    .iter()
                    .find(|s| s.summary == word)
                    .and_then(part)
            };
            let column = number(&format!("{word}{suffix}"), lines, cell);
            if matches!(&column.cells, Cells::Number(cells) if cells.iter().any(Option::is_some)) {
                columns.push(column);
            }
        }
    }
    columns
}
