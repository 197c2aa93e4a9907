//! The columns of a study's table.

use std::borrow::Cow;

use super::axes::AxisColumn;
use super::{Cells, Column};
use crate::display::distinct;
use crate::drivers::strongest;
use gia_study::{
    ConfidenceBand, Drivers, EnsembleEstimate, Experiment, MeasuredTrack, Row, Study, Summary,
    TestFamily, TrackCurve,
};

/// A row with the experiment that it belongs to and, of a track, its place.
struct Line<'a> {
    experiment: &'a Experiment,
    row: Cow<'a, Row>,
    place: Option<Place<'a>>,
}

/// A place of a measured track.
struct Place<'a> {
    at: i64,
    unit: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn of_row(experiment: &'a Experiment, row: &'a Row) -> Line<'a> {
        Line {
            experiment,
            row: Cow::Borrowed(row),
            place: None,
        }
    }

    /// A line for each place of a contrast of a track. Its interval is the band; there is no test.
    fn of_track(
        experiment: &'a Experiment,
        track: &'a MeasuredTrack,
        curve: &'a TrackCurve,
    ) -> impl Iterator<Item = Line<'a>> {
        let band = |index: usize| {
            Some(ConfidenceBand {
                low: curve.low[index]?,
                high: curve.high[index]?,
                method: curve.method.clone(),
            })
        };
        track
            .places
            .iter()
            .enumerate()
            .map(move |(index, &at)| Line {
                experiment,
                row: Cow::Owned(Row {
                    at: track.at.clone(),
                    contrast: curve.name.clone(),
                    outcome: track.outcome.clone(),
                    unit: track.unit.clone(),
                    n: track.n,
                    sources: track.sources,
                    freedom: None,
                    mean: curve.mean[index],
                    sd: curve.sd[index],
                    se: None,
                    low: None,
                    high: None,
                    level: track.level,
                    method: curve.method.clone(),
                    p: None,
                    q: None,
                    significant: None,
                    family: TestFamily {
                        method: "".into(),
                        size: 0,
                        of: "".into(),
                    },
                    band: band(index),
                    members: None,
                    summaries: Vec::new(),
                    drivers: None,
                }),
                place: Some(Place {
                    at,
                    unit: track.place_unit.as_deref(),
                }),
            })
    }
}

/// All columns: the identity of a row, its grid point, its numbers, and what its experiment adds.
pub fn all_columns(study: &Study) -> Vec<Column> {
    let experiments = study.experiments.iter();
    let lines: Vec<Line> = experiments
        .flat_map(|e| {
            let tracks = e.tracks.iter().flat_map(move |track| {
                let curves = track.contrasts.iter();
                curves.flat_map(move |curve| Line::of_track(e, track, curve))
            });
            e.rows
                .iter()
                .map(move |row| Line::of_row(e, row))
                .chain(tracks)
        })
        .collect();
    let models: Vec<&str> = study
        .provenance
        .models
        .iter()
        .map(|m| m.name.as_str())
        .collect();
    let models = Some(models.join(", ")).filter(|models| !models.is_empty());

    let mut columns = vec![text("experiment", &lines, |line| {
        Some(line.experiment.name.clone())
    })];
    let points = || lines.iter().map(|line| &line.row.at);
    let axes = AxisColumn::all(study);
    columns.extend(axes.iter().map(|axis| axis.filled(points())));
    columns.extend([
        text("contrast", &lines, |line| Some(line.row.contrast.clone())),
        text("outcome", &lines, |line| Some(line.row.outcome.clone())),
        text("unit", &lines, |line| line.row.unit.clone()),
        text("model", &lines, |_| models.clone()),
        whole("n", &lines, |line| Some(line.row.n)),
        number("effect", &lines, |line| Some(line.row.mean)),
        number("low", &lines, |line| line.row.low),
        number("high", &lines, |line| line.row.high),
        number("level", &lines, |line| Some(line.row.level)),
        number("sd", &lines, |line| line.row.sd),
        number("se", &lines, |line| line.row.se),
        number("p", &lines, |line| line.row.p),
        number("q", &lines, |line| line.row.q),
        Column {
            name: "significant".into(),
            unit: None,
            cells: Cells::Truth(lines.iter().map(|line| line.row.significant).collect()),
        },
        text("method", &lines, |line| Some(line.row.method.clone())),
        text("correction", &lines, |line| {
            line.place.is_none().then(|| line.row.family.method.clone())
        }),
        whole("family_size", &lines, |line| {
            line.place.is_none().then_some(line.row.family.size)
        }),
    ]);
    if lines.iter().any(|line| line.place.is_some()) {
        columns.push(places(&lines));
    }
    if lines.iter().any(|line| line.row.sources.is_some()) {
        columns.extend([
            whole("sources", &lines, |line| line.row.sources),
            number("freedom", &lines, |line| line.row.freedom),
        ]);
    }
    if lines.iter().any(|line| line.row.band.is_some()) {
        columns.extend([
            number("band_low", &lines, |line| {
                line.row.band.as_ref().map(|b| b.low)
            }),
            number("band_high", &lines, |line| {
                line.row.band.as_ref().map(|b| b.high)
            }),
        ]);
    }
    if lines.iter().any(|line| line.row.members.is_some()) {
        columns.extend(members(&lines));
    }
    columns.extend(summaries(&lines));
    if lines.iter().any(|line| line.row.drivers.is_some()) {
        columns.extend(drivers(&lines));
    }
    columns
}

/// The places of tracks, with their unit if they have one in common.
fn places(lines: &[Line]) -> Column {
    let units = lines.iter().filter_map(|line| line.place.as_ref());
    let units = distinct(units.map(|place| place.unit));
    Column {
        unit: match units.as_slice() {
            [unit] => unit.map(String::from),
            _ => None,
        },
        ..column(
            "place",
            Cells::Whole(
                lines
                    .iter()
                    .map(|line| line.place.as_ref().map(|place| place.at))
                    .collect(),
            ),
        )
    }
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
        number(name, lines, |line| line.row.members.as_deref().map(of))
    };
    vec![
        of("models_sd", |m| m.sd),
        of("models_effect", |m| m.mean),
        of("models_low", |m| m.low),
        of("models_high", |m| m.high),
        whole("models_agreeing", lines, |line| {
            line.row.members.as_ref().map(|m| m.agree)
        }),
    ]
}

/// The columns of drivers: how much is explained, and the feature that explains most of it alone.
fn drivers(lines: &[Line]) -> Vec<Column> {
    let of = |name: &str, of: fn(&Drivers) -> Option<f64>| {
        number(name, lines, |line| line.row.drivers.as_deref().and_then(of))
    };
    let name = |drivers: &Drivers| Some(strongest(drivers)?.feature.clone());
    vec![
        of("drivers_r2", |d| d.r2),
        of("drivers_adjusted_r2", |d| d.adjusted_r2),
        of("drivers_cross_validated_r2", |d| d.cross_validated_r2),
        text("strongest_driver", lines, |line| {
            line.row.drivers.as_deref().and_then(name)
        }),
    ]
}

/// Up to four columns for each word of `report`: `median`, `median_low`, `median_high`, `median_p`.
fn summaries(lines: &[Line]) -> Vec<Column> {
    let all = lines.iter().flat_map(|line| &line.row.summaries);
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
            let cell = |line: &Line| {
                line.row
                    .summaries
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
