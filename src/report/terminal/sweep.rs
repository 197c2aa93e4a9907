//! A contrast along an axis of numbers, drawn: its mean at each value, with the band of its intervals.
//!
//! Invariant: what is drawn are the rows of the table, the band being their intervals; between two values it is drawn straight.

use serde_json::Value;

use super::chart::{Chart, ChartPoint};
use super::layout::with_unit;
use super::number::percent;
use gia_base::diag::Style;
use gia_study::{Axis, Experiment, Row};

/// Minimum number of values that are drawn; fewer are read faster in the table.
const MIN_POINTS: usize = 4;
/// Maximum number of contrasts that are drawn.
const MAX_CHARTS: usize = 3;

/// One value of the axis and the row there.
struct AxisPoint<'r> {
    x: f64,
    row: &'r Row,
}

/// Draws the contrasts of a sweep, those of claims first; empty for an experiment that is no sweep.
pub fn sweep(experiment: &Experiment, style: Style) -> Option<String> {
    let [axis] = experiment.axes.as_slice() else {
        return None;
    };
    if axis.values.len() < MIN_POINTS || !axis.values.iter().all(Value::is_number) {
        return None;
    }
    let mut names: Vec<(&str, &str)> = Vec::new();
    let claimed = experiment
        .claims
        .iter()
        .map(|claim| (claim.contrast.as_str(), claim.outcome.as_str()));
    let rows = experiment.rows.iter();
    let all = rows.map(|row| (row.contrast.as_str(), row.outcome.as_str()));
    for name in claimed.chain(all) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text = String::new();
    let mut drawn = 0;
    for (contrast, outcome) in names {
        let places = axis_points(experiment, axis, contrast, outcome);
        // A contrast that the axis makes no difference to is no curve.
        let moves = places
            .windows(2)
            .any(|two| two[0].row.mean != two[1].row.mean);
        if places.len() < MIN_POINTS || !moves || drawn == MAX_CHARTS {
            continue;
        }
        drawn += 1;
        text.push('\n');
        text.push_str(&chart(&places, axis).draw(style));
    }
    (drawn > 0).then_some(text)
}

fn axis_points<'r>(
    experiment: &'r Experiment,
    axis: &Axis,
    contrast: &str,
    outcome: &str,
) -> Vec<AxisPoint<'r>> {
    let rows = experiment.rows.iter();
    let of = rows.filter(|row| row.contrast == contrast && row.outcome == outcome);
    let mut places: Vec<AxisPoint> = of
        .filter_map(|row| {
            let x = row.at.get(&axis.name)?.as_f64()?;
            Some(AxisPoint { x, row })
        })
        .collect();
    places.sort_by(|a, b| a.x.total_cmp(&b.x));
    places
}

fn chart(places: &[AxisPoint], axis: &Axis) -> Chart {
    let point = |place: &AxisPoint| ChartPoint {
        x: place.x,
        mean: place.row.mean,
        low: place.row.low.unwrap_or(place.row.mean),
        high: place.row.high.unwrap_or(place.row.mean),
    };
    let row = places.first().map(|place| place.row);
    let mut with_interval = places.iter().filter(|place| place.row.low.is_some());
    Chart {
        title: row.map_or(String::new(), |row| {
            format!("{} of {}", row.contrast, with_unit(&row.outcome, &row.unit))
        }),
        axis: with_unit(&axis.name, &axis.unit),
        curve: "mean",
        band: with_interval.next().map_or(String::new(), |place| {
            format!("{} interval of each", percent(place.row.level))
        }),
        points: places.iter().map(point).collect(),
        marks: true,
    }
}
