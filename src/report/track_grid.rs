//! Measured tracks over one axis of numbers as a grid: the axis by the places of the track, such as what a mutation at each position changes of
//! the contribution of each other one.

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
    let first = of.cut as usize;
    let cells = Cells::new(
        axis(
            "place of the track",
            map.place_unit.clone(),
            map.places.iter().copied(),
        ),
        axis(
            "position",
            Some("bp".to_string()),
            first..first + of.letters.chars().count(),
        ),
    );
    let contrast = SharedStr::from("contribution");
    let outcome = SharedStr::from(map.outcome.as_str());
    let unit = map.unit.as_deref().map(SharedStr::from);
    let rows = cells.rows(
        |place, position| of.values[place][position],
        |at, (place, position)| Row {
            unit: unit.clone(),
            ..row_of(at, &contrast, &outcome, of.values[place][position])
        },
    );
    cells.grid(outcome, unit.clone(), vec![(contrast.clone(), rows)])
}

fn track_grid(varying: &Axis, tracks: &[&MeasuredTrack]) -> Option<TrackGrid> {
    let first = *tracks.first()?;
    let (points, places) = (varying.values.len(), first.places.len());
    let is_whole =
        tracks.len() == points && tracks.iter().all(|track| track.places == first.places);
    if !is_whole || places < 2 {
        return None;
    }
    let name = match varying.name.as_str() {
        "place" => "place of the track",
        _ => "place",
    };
    let across = axis(name, first.place_unit.clone(), first.places.iter().copied());
    let cells = Cells::new(varying.clone(), across);
    let contrasts = first.contrasts.iter().enumerate();
    let contrasts = contrasts.map(|(number, contrast)| {
        let rows = cells.rows(
            |point, place| tracks[point].contrasts[number].mean[place],
            |at, (point, place)| row(at, tracks[point], &tracks[point].contrasts[number], place),
        );
        (contrast.name.clone(), rows)
    });
    let contrasts = contrasts.collect();
    Some(cells.grid(first.outcome.clone(), first.unit.clone(), contrasts))
}

fn axis<T: Into<Value>>(
    name: &str,
    unit: Option<String>,
    values: impl IntoIterator<Item = T>,
) -> Axis {
    Axis {
        name: name.to_string(),
        unit,
        values: values.into_iter().map(T::into).collect(),
    }
}

/// The cells of a map over two axes, each of which stands for neighbouring values.
struct Cells {
    /// Number of values of each axis.
    size: (usize, usize),
    /// Number of values of each axis that a cell stands for.
    cell: (usize, usize),
    /// The axes with the first value of each cell.
    down: Axis,
    across: Axis,
}

impl Cells {
    fn new(mut down: Axis, mut across: Axis) -> Cells {
        let size = (down.values.len(), across.values.len());
        let cell = (
            size.0.div_ceil(MAX_CELLS[0]).max(1),
            size.1.div_ceil(MAX_CELLS[1]).max(1),
        );
        down.values = down.values.into_iter().step_by(cell.0).collect();
        across.values = across.values.into_iter().step_by(cell.1).collect();
        Cells {
            size,
            cell,
            down,
            across,
        }
    }

    /// A row for each cell: of its numbers, by their indices on both axes, that of the one furthest from 0.
    fn rows(
        &self,
        number: impl Fn(usize, usize) -> f64,
        row: impl Fn(GridPoint, (usize, usize)) -> Row,
    ) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.down.values.len() * self.across.values.len());
        let lines = (0..self.size.0).step_by(self.cell.0);
        for (line, down) in lines.zip(&self.down.values) {
            let columns = (0..self.size.1).step_by(self.cell.1);
            for (column, across) in columns.zip(&self.across.values) {
                let mut furthest = (line, column);
                for i in line..self.size.0.min(line + self.cell.0) {
                    for j in column..self.size.1.min(column + self.cell.1) {
                        if number(i, j).abs() > number(furthest.0, furthest.1).abs() {
                            furthest = (i, j);
                        }
                    }
                }
                let at = [
                    (self.down.name.clone(), down.clone()),
                    (self.across.name.clone(), across.clone()),
                ];
                rows.push(row(GridPoint::from_iter(at), furthest));
            }
        }
        rows
    }

    fn grid(
        self,
        outcome: SharedStr,
        unit: Option<SharedStr>,
        contrasts: Vec<(SharedStr, Vec<Row>)>,
    ) -> TrackGrid {
        TrackGrid {
            outcome,
            unit,
            down: self.down,
            across: self.across,
            cell: self.cell,
            contrasts,
        }
    }
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
