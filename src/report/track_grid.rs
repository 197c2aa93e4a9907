//! Measured tracks over one axis of numbers as a grid: the axis by the places of the track, such as what a mutation at each position changes of
//! the contribution of each other one.

use std::ops::Range;

use gia_study::{
    Axis, Experiment, GridPoint, MeasuredTrack, Row, SharedStr, TestFamily, TrackCurve,
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
        at,
        contrast: curve.name.clone(),
        outcome: track.outcome.clone(),
        unit: track.unit.clone(),
        n: track.n,
        sources: track.sources,
        freedom: None,
        mean: curve.mean[index],
        sd: curve.sd[index],
        se: None,
        low: curve.low[index],
        high: curve.high[index],
        level: track.level,
        method: curve.method.clone(),
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
