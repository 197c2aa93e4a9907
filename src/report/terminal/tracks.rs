//! Measured tracks: the curve of each contrast with its band, and where it is highest and lowest; and tracks that are predicted for single
//! sequences.

use super::chart::{Chart, ChartPoint};
use super::layout::{Page, with_unit};
use super::map;
use super::number::{count, four_digits, percent};
use crate::display::{distinct, grid_point_text};
use crate::spread::spread_evenly;
use crate::track_grid::{TrackGrid, track_grids};
use gia_study::{Evaluation, Experiment, MeasuredTrack, Row, TrackCurve};

/// Maximum number of curves that are drawn; the page, the table and the JSON have all.
const MAX_CHARTS: usize = 4;

pub fn show(page: &mut Page, experiment: &Experiment) {
    fn curves_of(track: &MeasuredTrack) -> impl Iterator<Item = (&MeasuredTrack, &TrackCurve)> {
        track.contrasts.iter().map(move |curve| (track, curve))
    }
    let grids = track_grids(experiment);
    if !grids.is_empty() {
        show_grids(page, &grids);
        return;
    }
    let curves: Vec<_> = experiment.tracks.iter().flat_map(curves_of).collect();
    let contrasts = experiment.tracks.iter().map(|track| track.contrasts.len());
    let points = MAX_CHARTS / contrasts.max().unwrap_or(1).max(1);
    let drawn = spread_evenly(&experiment.tracks, points.max(1));
    let drawn: Vec<_> = drawn.into_iter().flat_map(curves_of).collect();
    for (track, curve) in drawn.iter().take(MAX_CHARTS) {
        page.gap();
        show_chart(page, &chart(experiment, track, curve), &curve.mean);
        page.note(&extremes(track, curve));
    }
    if curves.is_empty() {
        return;
    }
    page.gap();
    if curves.len() > drawn.len().min(MAX_CHARTS) {
        page.note(&format!(
            "{} of {} curves are drawn; the table and the JSON of the study have all.",
            count(drawn.len().min(MAX_CHARTS)),
            count(curves.len())
        ));
    }
    let with_band = curves.iter().filter(|(_, curve)| has_band(curve));
    for method in distinct(with_band.map(|(_, curve)| curve.method.as_str())) {
        page.note(&format!("Bands: {method}."));
    }
}

/// A map of each contrast over the axis and the places.
fn show_grids(page: &mut Page, grids: &[TrackGrid]) {
    let mut maps = grids.iter().flat_map(|grid| {
        let of_grid = grid.contrasts.iter();
        of_grid.map(move |(_, rows)| (grid, rows))
    });
    for (grid, rows) in maps.by_ref().take(MAX_CHARTS) {
        let rows: Vec<&Row> = rows.iter().collect();
        map::draw(page, &grid.down, &grid.across, &rows);
        if grid.cell != (1, 1) {
            page.note(&format!(
                "Each cell is the effect furthest from 0 of {} by {} neighbouring ones; the JSON has all.",
                count(grid.cell.0),
                count(grid.cell.1)
            ));
        }
    }
    let more = match maps.count() {
        0 => String::new(),
        more => format!("{} more without a map here. ", count(more)),
    };
    page.gap();
    page.note(&format!(
        "{more}`--report` draws curves with their bands too."
    ));
}

/// The track that is predicted for each of the first sequences.
pub fn show_predicted(page: &mut Page, evaluation: &Evaluation) {
    page.gap();
    page.title(&evaluation.evaluation);
    for left_out in &evaluation.left_out {
        page.gap();
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    let unit = evaluation.place_unit.as_deref();
    for track in evaluation.tracks.iter().take(MAX_CHARTS) {
        page.gap();
        let outcome = with_unit(&evaluation.outcome, &evaluation.unit);
        let points = evaluation.places.iter().zip(&track.values);
        let points = points.map(|(place, value)| ChartPoint {
            x: *place as f64,
            mean: *value,
            low: *value,
            high: *value,
        });
        let chart = Chart {
            title: format!("{outcome} of {}", track.sequence.name),
            axis: axis(unit),
            curve: "prediction",
            band: String::new(),
            points: points.collect(),
            marks: false,
        };
        show_chart(page, &chart, &track.values);
        let place = |index: usize| {
            let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
            let value = four_digits(track.values[index]);
            format!("{value} at {}{unit}", evaluation.places[index])
        };
        if let Some((highest, lowest)) = extreme_places(&track.values) {
            page.note(&format!(
                "highest {}, lowest {}; sum {}.",
                place(highest),
                place(lowest),
                four_digits(track.values.iter().sum())
            ));
        }
    }
    let more = evaluation.tracks.len().saturating_sub(MAX_CHARTS);
    if more > 0 {
        page.gap();
        page.note(&format!(
            "{} of {} tracks are not drawn; `--json` has all.",
            count(more),
            count(evaluation.tracks.len())
        ));
    }
}

fn axis(unit: Option<&str>) -> String {
    match unit {
        Some(unit) => format!("position ({unit})"),
        None => "bin".to_string(),
    }
}

/// A curve, or its one number if all are the same.
fn show_chart(page: &mut Page, chart: &Chart, values: &[f64]) {
    let drawn = chart.draw(page.style);
    match drawn.is_empty() {
        true => {
            let first = values.first().map_or(String::new(), |x| four_digits(*x));
            page.note(&format!("{}: {first} at every place.", chart.title));
        }
        false => drawn.lines().for_each(|line| page.line(line)),
    }
}

/// The places of the highest and of the lowest number, of equal ones the first; none of no numbers.
fn extreme_places(values: &[f64]) -> Option<(usize, usize)> {
    let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
    let places = 0..values.len();
    let highest = places.clone().rev().max_by(by_value)?;
    Some((highest, places.min_by(by_value)?))
}

fn chart(experiment: &Experiment, track: &MeasuredTrack, curve: &TrackCurve) -> Chart {
    let at = match track.at.is_empty() {
        true => String::new(),
        false => format!(" at {}", grid_point_text(&track.at, &experiment.axes)),
    };
    let sources = match track.sources {
        Some(sources) => format!(" of {} sources", count(sources)),
        None => String::new(),
    };
    let outcome = with_unit(&track.outcome, &track.unit);
    let numbers = track.places.iter().zip(&curve.mean);
    let bands = curve.low.iter().zip(&curve.high);
    let points = numbers
        .zip(bands)
        .map(|((place, mean), (low, high))| ChartPoint {
            x: *place as f64,
            mean: *mean,
            low: low.unwrap_or(*mean),
            high: high.unwrap_or(*mean),
        });
    Chart {
        title: format!(
            "{} of {outcome}{at}, n = {}{sources}",
            curve.name,
            count(track.n)
        ),
        axis: axis(track.place_unit.as_deref()),
        curve: "mean",
        band: match has_band(curve) {
            true => format!("{} band over all places", percent(track.level)),
            false => String::new(),
        },
        points: points.collect(),
        marks: false,
    }
}

/// Whether a curve has a band: that of one sequence, or of backgrounds without spread, has none.
fn has_band(curve: &TrackCurve) -> bool {
    curve.low.iter().chain(&curve.high).any(Option::is_some)
}

/// Where a curve is highest and lowest, and at how many places its band excludes 0.
fn extremes(track: &MeasuredTrack, curve: &TrackCurve) -> String {
    let unit = track
        .place_unit
        .as_deref()
        .map_or(String::new(), |unit| format!(" {unit}"));
    let place = |index: usize| {
        let band = match (curve.low[index], curve.high[index]) {
            (Some(low), Some(high)) => format!(" [{}, {}]", four_digits(low), four_digits(high)),
            _ => String::new(),
        };
        let mean = four_digits(curve.mean[index]);
        format!("{mean}{band} at {}{unit}", track.places[index])
    };
    let apart = curve.low.iter().zip(&curve.high);
    let apart = apart.filter(|(low, high)| {
        low.is_some_and(|low| low > 0.0) || high.is_some_and(|high| high < 0.0)
    });
    let band = match (has_band(curve), track.n) {
        (true, _) => format!(
            "the band excludes 0 at {} of {} places",
            count(apart.count()),
            count(curve.mean.len())
        ),
        (false, 1) => "one sequence has no band".to_string(),
        (false, _) => curve.method.to_string(),
    };
    match extreme_places(&curve.mean) {
        Some((highest, lowest)) => format!(
            "highest {}, lowest {}; {band}.",
            place(highest),
            place(lowest)
        ),
        _ => String::new(),
    }
}
