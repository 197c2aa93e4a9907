//! Measured tracks: the mean at each place under each arm, and in each contrast, with their bands; and tracks that are predicted for single
//! sequences.

use super::canvas::DrawingError;
use super::curves::{self, Curve, CurveChart, CurvePoint, MAX_SERIES};
use super::{Figure, file_name};
use crate::display::{distinct, grid_point_text, with_unit};
use crate::number::{count, percent};
use crate::spread::spread_evenly;
use gia_base::diag::replace_control;
use gia_study::{Evaluation, Experiment, MeasuredTrack, TrackCurve};

/// Maximum number of grid points whose tracks are drawn.
const MAX_GRID_POINTS: usize = 8;

/// Maximum number of sequences whose predicted tracks are drawn.
const MAX_PREDICTED_TRACKS: usize = 12;

/// Two figures for each track and grid point: of the arms, and of the contrasts.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, DrawingError> {
    let mut figures = Vec::new();
    for name in distinct(experiment.tracks.iter().map(|track| track.outcome.as_str())) {
        let of_name = experiment
            .tracks
            .iter()
            .filter(|track| track.outcome == name);
        let of_name: Vec<&MeasuredTrack> = of_name.collect();
        let drawn = spread_evenly(&of_name, MAX_GRID_POINTS);
        let left_out = match of_name.len() > drawn.len() {
            true => format!(
                " Tracks are drawn at {} of {} grid points, spread evenly; the table and the JSON have all.",
                drawn.len(),
                count(of_name.len())
            ),
            false => String::new(),
        };
        for track in drawn {
            for (of, each_is) in [(&track.arms, "arm"), (&track.contrasts, "contrast")] {
                let of_track = figures_of(experiment, track, of, each_is)?;
                figures.extend(of_track.into_iter().map(|figure| Figure {
                    caption: figure.caption + &left_out,
                    ..figure
                }));
            }
        }
    }
    Ok(figures)
}

fn figures_of(
    experiment: &Experiment,
    track: &MeasuredTrack,
    of: &[TrackCurve],
    each_is: &str,
) -> Result<Vec<Figure>, DrawingError> {
    let mut figures = Vec::new();
    for (number, chunk) in of.chunks(MAX_SERIES).enumerate() {
        let curves: Vec<Curve> = chunk.iter().map(|curve| to_curve(track, curve)).collect();
        let outcome = with_unit(&track.outcome, &track.unit);
        let y_label = match chunk {
            [only] => format!("{}, {outcome}", only.name),
            _ => outcome,
        };
        let chart = CurveChart {
            curves: &curves,
            x_label: place_label(track.place_unit.as_deref()),
            y_label: &y_label,
            compared: &[],
            with_zero: each_is == "contrast",
        };
        let Some(body) = chart.draw()? else {
            continue;
        };
        let at = match track.at.is_empty() {
            true => String::new(),
            false => format!(" at {}", grid_point_text(&track.at, &experiment.axes)),
        };
        let number = (number + 1).to_string();
        let mut parts = vec![experiment.name.as_str(), track.outcome.as_str(), each_is];
        if !at.is_empty() {
            parts.push(&at);
        }
        if of.len() > MAX_SERIES {
            parts.push(&number);
        }
        figures.push(Figure {
            name: file_name(&parts),
            title: format!(
                "{}: {} of each {each_is}{at}",
                experiment.name, track.outcome
            ),
            description: curves::text_alternative(track.place_unit.as_deref(), &curves),
            caption: caption(track, chunk, each_is),
            size: curves::SIZE,
            body,
        });
    }
    Ok(figures)
}

/// The track that is predicted for each of the first sequences.
pub fn draw_predicted(evaluation: &Evaluation) -> Result<Vec<Figure>, DrawingError> {
    let mut figures = Vec::new();
    let unit = evaluation.place_unit.as_deref();
    for track in evaluation.tracks.iter().take(MAX_PREDICTED_TRACKS) {
        let name = replace_control(&track.sequence.name);
        let points = evaluation.places.iter().zip(&track.values);
        let points = points.map(|(place, value)| CurvePoint {
            x: *place as f64,
            mean: *value,
            ends: None,
        });
        let curve = Curve {
            name: name.clone(),
            points: points.collect(),
            parts: Vec::new(),
        };
        let curves = [curve];
        let chart = CurveChart {
            curves: &curves,
            x_label: place_label(unit),
            y_label: &with_unit(&evaluation.outcome, &evaluation.unit),
            compared: &[],
            with_zero: false,
        };
        let Some(body) = chart.draw()? else {
            continue;
        };
        figures.push(Figure {
            name: file_name(&["prediction", &evaluation.outcome, &name]),
            title: format!("{} of {name}", replace_control(&evaluation.outcome)),
            description: curves::text_alternative(unit, &curves),
            caption: "What is predicted at each place of one sequence: no replication, so no band."
                .to_string(),
            size: curves::SIZE,
            body,
        });
    }
    Ok(figures)
}

fn place_label(unit: Option<&str>) -> &'static str {
    match unit {
        Some(_) => "position (bp)",
        None => "bin",
    }
}

fn to_curve(track: &MeasuredTrack, curve: &TrackCurve) -> Curve {
    let numbers = track.places.iter().zip(&curve.mean);
    let bands = curve.low.iter().zip(&curve.high);
    let points = numbers
        .zip(bands)
        .map(|((place, mean), (low, high))| CurvePoint {
            x: *place as f64,
            mean: *mean,
            ends: low.zip(*high),
        });
    Curve {
        name: replace_control(&curve.name),
        points: points.collect(),
        parts: curve.members.iter().map(|one| one.mean.clone()).collect(),
    }
}

fn caption(track: &MeasuredTrack, curves: &[TrackCurve], each_is: &str) -> String {
    let sources = match track.sources {
        Some(sources) => format!(" of {} sources", count(sources)),
        None => String::new(),
    };
    let methods = distinct(curves.iter().map(|curve| curve.method.as_str())).join("; ");
    let ends = |curve: &TrackCurve| curve.low.iter().chain(&curve.high).any(Option::is_some);
    let band = match (curves.iter().any(ends), track.n) {
        (true, _) => format!(
            "the shading is the simultaneous {} band ({methods})",
            percent(track.level)
        ),
        (false, 1) => "one sequence has no band".to_string(),
        (false, _) => methods,
    };
    let backgrounds = match track.n {
        1 => "background",
        _ => "backgrounds",
    };
    let lines = match curves.len() {
        1 => String::new(),
        _ => format!(" One line for each {each_is}."),
    };
    let members = curves.iter().map(|curve| curve.members.len()).max();
    let members = match members.unwrap_or(0) {
        0 => String::new(),
        members => {
            format!(" Thin lines are the means under each of the {members} models of the ensemble.")
        }
    };
    format!(
        "Mean over {} {backgrounds}{sources} at each place; {band}.{lines}{members}",
        count(track.n)
    )
}
