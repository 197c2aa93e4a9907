//! Measured tracks over one axis of numbers as a grid: the axis by the places of the track, such as what a mutation at each position changes of
//! the contribution of each other one.

use std::ops::Range;

use gia_study::{
    Axis, Experiment, GridPoint, InfluenceMap, InfluencedSequence, MeasuredTrack, Row, SharedStr,
    TestFamily, TrackCurve,
};
use serde_json::Value;

use super::display::distinct;

/// Minimum number of grid points of a map; fewer are curves.
const MIN_GRID_POINTS: usize = 8;
/// Maximum number of cells along each axis, of which a figure shows at most so many.
const MAX_CELLS: [usize; 2] = [120, 500];

/// A track over an axis.
pub struct TrackGrid {
    /// Name of the track.
    pub outcome: SharedStr,
    /// Scale of its numbers.
    pub unit: Option<SharedStr>,
    /// The axis of the experiment.
    pub down: Axis,
    /// The places.
    pub across: Axis,
    /// Number of grid points, and of places, that a cell stands for.
    pub cell: (usize, usize),
    /// A cell for each contrast, grid point and place: of several, the one furthest from 0.
    pub contrasts: Vec<(SharedStr, Vec<Row>)>,
}

/// The grids of an experiment's tracks; none unless a single axis varies, and that over many numbers.
pub fn track_grids(experiment: &Experiment) -> Vec<TrackGrid> {
    let mut varying = experiment.axes.iter().filter(|axis| axis.values.len() > 1);
    let (Some(axis), None) = (varying.next(), varying.next()) else {
        return Vec::new();
    };
    if axis.values.len() < MIN_GRID_POINTS || !axis.values.iter().all(Value::is_number) {
        return Vec::new();
    }
    let outcomes = distinct(experiment.tracks.iter().map(|track| &track.outcome));
    let grids = outcomes.into_iter().filter_map(|outcome| {
        let of = experiment.tracks.iter();
        let of: Vec<&MeasuredTrack> = of.filter(|track| track.outcome == *outcome).collect();
        track_grid(axis, &of)
    });
    grids.collect()
}

/// What each base of a sequence contributes to each place of a track: places by positions.
pub fn influence_grid(map: &InfluenceMap, of: &InfluencedSequence) -> TrackGrid {
    let length = of.letters.chars().count();
    let cell = (
        of.values.len().div_ceil(MAX_CELLS[0]).max(1),
        length.div_ceil(MAX_CELLS[1]).max(1),
    );
    let first = of.cut as usize;
    let down = Axis {
        name: "place of the track".to_string(),
        unit: map.place_unit.clone(),
        values: map
            .places
            .iter()
            .step_by(cell.0)
            .map(|place| Value::from(*place))
            .collect(),
    };
    let across = Axis {
        name: "position".to_string(),
        unit: Some("bp".to_string()),
        values: (first..first + length)
            .step_by(cell.1)
            .map(Value::from)
            .collect(),
    };
    let contrast = SharedStr::from("contribution");
    let outcome = SharedStr::from(map.outcome.as_str());
    let unit = map.unit.as_deref().map(SharedStr::from);
    let mut rows = Vec::with_capacity(down.values.len() * across.values.len());
    for (places, value) in of.values.chunks(cell.0).zip(&down.values) {
        for (start, position) in (0..length).step_by(cell.1).zip(&across.values) {
            let of_cell = start..length.min(start + cell.1);
            let numbers = places.iter().flat_map(|numbers| &numbers[of_cell.clone()]);
            let furthest =
                |one: f64, other: &f64| if other.abs() > one.abs() { *other } else { one };
            let at = [
                (down.name.clone(), value.clone()),
                (across.name.clone(), position.clone()),
            ];
            rows.push(Row {
                unit: unit.clone(),
                ..row_of(
                    GridPoint::from_iter(at),
                    &contrast,
                    &outcome,
                    numbers.fold(0.0, furthest),
                )
            });
        }
    }
    TrackGrid {
        outcome,
        unit,
        down,
        across,
        cell,
        contrasts: vec![(contrast, rows)],
    }
}

fn track_grid(axis: &Axis, tracks: &[&MeasuredTrack]) -> Option<TrackGrid> {
    let first = *tracks.first()?;
    let (points, places) = (axis.values.len(), first.places.len());
    let is_whole =
        tracks.len() == points && tracks.iter().all(|track| track.places == first.places);
    if !is_whole || places < 2 {
        return None;
    }
    let cell = (
        points.div_ceil(MAX_CELLS[0]).max(1),
        places.div_ceil(MAX_CELLS[1]).max(1),
    );
    let name = match axis.name.as_str() {
        "place" => "place of the track",
        _ => "place",
    };
    let across = Axis {
        name: name.to_string(),
        unit: first.place_unit.clone(),
        values: first
            .places
            .iter()
            .step_by(cell.1)
            .map(|place| Value::from(*place))
            .collect(),
    };
    let down = Axis {
        values: axis.values.iter().step_by(cell.0).cloned().collect(),
        ..axis.clone()
    };
    let cells = |number: usize| {
        let mut rows = Vec::with_capacity(down.values.len() * across.values.len());
        for (tracks, value) in tracks.chunks(cell.0).zip(&down.values) {
            for (start, place) in (0..places).step_by(cell.1).zip(&across.values) {
                let of_cell = start..places.min(start + cell.1);
                let (track, index) = furthest_from_zero(tracks, number, of_cell);
                let at = [
                    (axis.name.clone(), value.clone()),
                    (name.to_string(), place.clone()),
                ];
                rows.push(row(
                    GridPoint::from_iter(at),
                    track,
                    &track.contrasts[number],
                    index,
                ));
            }
        }
        rows
    };
    let contrasts = first.contrasts.iter().enumerate();
    let contrasts = contrasts.map(|(number, contrast)| (contrast.name.clone(), cells(number)));
    Some(TrackGrid {
        outcome: first.outcome.clone(),
        unit: first.unit.clone(),
        contrasts: contrasts.collect(),
        down: down.clone(),
        across: across.clone(),
        cell,
    })
}

/// Of these places of some tracks, the one whose contrast of this number is furthest from 0.
fn furthest_from_zero<'t>(
    tracks: &[&'t MeasuredTrack],
    number: usize,
    places: Range<usize>,
) -> (&'t MeasuredTrack, usize) {
    let mut furthest = (tracks[0], places.start);
    let size = |(track, index): (&MeasuredTrack, usize)| track.contrasts[number].mean[index].abs();
    for &track in tracks {
        for index in places.clone() {
            if size((track, index)) > size(furthest) {
                furthest = (track, index);
            }
        }
    }
    furthest
}

fn row(at: GridPoint, track: &MeasuredTrack, curve: &TrackCurve, index: usize) -> Row {
    Row {
        unit: track.unit.clone(),
        n: track.n,
        sources: track.sources,
        sd: curve.sd[index],
        low: curve.low[index],
        high: curve.high[index],
        level: track.level,
        method: curve.method.clone(),
        ..row_of(at, &curve.name, &track.outcome, curve.mean[index])
    }
}

/// A cell without an interval.
fn row_of(at: GridPoint, contrast: &SharedStr, outcome: &SharedStr, mean: f64) -> Row {
    Row {
        at,
        contrast: contrast.clone(),
        outcome: outcome.clone(),
        unit: None,
        n: 1,
        sources: None,
        freedom: None,
        mean,
        sd: None,
        se: None,
        low: None,
        high: None,
        level: 0.0,
        method: SharedStr::from(""),
        p: None,
        q: None,
        significant: None,
        family: TestFamily {
            method: SharedStr::from(""),
            size: 0,
            of: SharedStr::from(""),
        },
        band: None,
        members: None,
        summaries: Vec::new(),
        drivers: None,
    }
}
