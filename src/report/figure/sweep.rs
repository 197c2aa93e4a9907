//! Sweeps: a contrast along an axis of numbers with its simultaneous band.

use plotters::prelude::*;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SERIES_COLOURS, Side,
    TEXT_HEIGHT_PX, draw_series_mark, draw_svg, fit_text, padded_range, text_style, text_width,
    tick_label, to_units, write_text, write_upwards,
};
use super::select::{
    Panel, axis_label, axis_number, constant_mean, is_ordered, panels, thresholds, varying_axes,
};
use super::{Figure, file_name};
use crate::display::{axis_value_text, common_value, distinct};
use crate::number::{four_digits, percent};
use gia_base::diag::replace_control;
use gia_study::{Axis, Experiment, Row};

const SIZE: (f64, f64) = (760.0, 340.0);
const LEGEND_HEIGHT: f64 = 20.0;
const AXIS_HEIGHT: f64 = 38.0;
/// Maximum number of lines, so that they can be told apart.
const MAX_SERIES: usize = SERIES_COLOURS.len();
/// Maximum number of points that are drawn with marks.
const MAX_MARKED_POINTS: usize = 60;
/// Number of bins; of more points only the lowest and the highest of each bin are drawn. There are more bins than pixels, so the
/// figure looks the same.
const MAX_POINTS: usize = 2000;

/// One line of a figure.
struct SweepLine<'a> {
    name: String,
    rows: Vec<(f64, &'a Row)>,
}

/// One figure for each outcome along the one axis of numbers, with a line for each contrast; of two axes, one for each
/// contrast with a line for each value of the other.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, DrawingError> {
    let axes = varying_axes(experiment);
    let mut figures = Vec::new();
    match axes.as_slice() {
        [axis] if is_ordered(axis) => {
            for panel in panels(experiment) {
                for (number, contrasts) in panel.contrasts.chunks(MAX_SERIES).enumerate() {
                    let lines = contrasts
                        .iter()
                        .map(|(name, rows)| line(axis, name, rows.iter().copied()));
                    let mut parts = vec![panel.outcome, "sweep"];
                    let number = (number + 1).to_string();
                    if panel.contrasts.len() > MAX_SERIES {
                        parts.push(&number);
                    }
                    figures.extend(figure(
                        experiment,
                        axis,
                        &panel,
                        lines.collect(),
                        &parts,
                        "contrast",
                    )?);
                }
            }
        }
        [a, b] => {
            let Some((axis, other)) = [(a, b), (b, a)].into_iter().find(|(axis, other)| {
                is_ordered(axis) && other.values.len() <= MAX_SERIES && axis.values.len() > 2
            }) else {
                return Ok(figures);
            };
            for panel in panels(experiment) {
                for (contrast, rows) in &panel.contrasts {
                    if constant_mean(rows).is_some() {
                        continue;
                    }
                    let with_unit = |value: &serde_json::Value| match &other.unit {
                        Some(unit) => format!("{} {unit}", axis_value_text(value)),
                        None => axis_value_text(value),
                    };
                    let lines = other.values.iter().map(|value| {
                        let here = rows
                            .iter()
                            .copied()
                            .filter(|r| r.at.get(&other.name) == Some(value));
                        line(axis, &with_unit(value), here)
                    });
                    let parts = [panel.outcome, contrast, "sweep"];
                    figures.extend(figure(
                        experiment,
                        axis,
                        &panel,
                        lines.collect(),
                        &parts,
                        &axis_label(other),
                    )?);
                }
            }
        }
        _ => {}
    }
    Ok(figures)
}

fn line<'a>(axis: &Axis, name: &str, rows: impl Iterator<Item = &'a Row>) -> SweepLine<'a> {
    let mut rows: Vec<(f64, &Row)> = rows
        .filter_map(|row| Some((axis_number(axis, row)?, row)))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    if rows.len() > MAX_POINTS {
        rows = extremes(&rows, MAX_POINTS / 2);
    }
    SweepLine {
        name: replace_control(name),
        rows,
    }
}

/// The rows with the lowest and the highest mean of each bin, and both ends, in order.
fn extremes<'a>(rows: &[(f64, &'a Row)], bins: usize) -> Vec<(f64, &'a Row)> {
    let size = rows.len().div_ceil(bins.max(1)).max(1);
    let mut kept: Vec<(f64, &Row)> = Vec::new();
    for (number, bin) in rows.chunks(size).enumerate() {
        let by_mean = |a: &&(f64, &Row), b: &&(f64, &Row)| a.1.mean.total_cmp(&b.1.mean);
        let mut chosen: Vec<(f64, &Row)> = Vec::new();
        chosen.extend(bin.iter().min_by(by_mean));
        chosen.extend(bin.iter().max_by(by_mean));
        if number == 0 {
            chosen.extend(bin.first());
        }
        if (number + 1) * size >= rows.len() {
            chosen.extend(bin.last());
        }
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen.dedup_by(|a, b| std::ptr::eq(a.1, b.1));
        kept.extend(chosen);
    }
    kept
}

fn figure(
    experiment: &Experiment,
    axis: &Axis,
    panel: &Panel,
    lines: Vec<SweepLine>,
    parts: &[&str],
    lines_are: &str,
) -> Result<Option<Figure>, DrawingError> {
    let rows = || lines.iter().flat_map(|line| &line.rows);
    let contrasts = distinct(rows().map(|(_, row)| row.contrast.as_str()));
    let compared: Vec<f64> = match contrasts.as_slice() {
        [contrast] => thresholds(experiment, contrast, panel.outcome),
        _ => Vec::new(),
    };
    let heights = rows().flat_map(|(_, row)| {
        let (low, high) = outer_interval(row);
        [Some(row.mean), low, high].into_iter().flatten()
    });
    let heights = padded_range(heights.chain([0.0]).chain(compared.iter().copied()), 0.05);
    let (Some(x), Some(y)) = (padded_range(rows().map(|(x, _)| *x), 0.02), heights) else {
        return Ok(None);
    };
    let with_legend = lines.len() > 1;
    let top = if with_legend {
        10.0 + LEGEND_HEIGHT
    } else {
        10.0
    };
    let y_label = match contrasts.as_slice() {
        [contrast] => format!("{contrast}, {}", panel.label),
        _ => panel.label.clone(),
    };
    let body = draw_svg(SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(to_units(top))
            .margin_right(to_units(14.0))
            .set_label_area_size(LabelAreaPosition::Left, to_units(66.0))
            .set_label_area_size(LabelAreaPosition::Bottom, to_units(AXIS_HEIGHT))
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .x_labels(10)
            .y_labels(7)
            .x_label_formatter(&|v| tick_label(*v, &x))
            .y_label_formatter(&|v| tick_label(*v, &y))
            .label_style(text_style(TEXT_HEIGHT_PX - 1.0, &MUTED_COLOUR))
            .axis_desc_style(text_style(TEXT_HEIGHT_PX, &FOREGROUND_COLOUR))
            .x_desc(replace_control(&axis_label(axis)))
            .axis_style(MUTED_COLOUR.stroke_width(to_units(1.0) as u32))
            .bold_line_style(RULE_COLOUR.stroke_width(to_units(1.0) as u32))
            .light_line_style(TRANSPARENT)
            .draw()?;
        let level = |t: f64, colour: RGBColor| {
            PathElement::new(
                vec![(x.start, t), (x.end, t)],
                colour.stroke_width(to_units(1.25) as u32),
            )
        };
        chart.draw_series([level(0.0, MUTED_COLOUR)])?;
        chart.draw_series(compared.iter().map(|t| level(*t, SERIES_COLOURS[1])))?;
        for (i, line) in lines.iter().enumerate() {
            let colour = SERIES_COLOURS[i % SERIES_COLOURS.len()];
            let whole = line
                .rows
                .iter()
                .filter(|(_, row)| outer_interval(row).0.is_some());
            let whole: Vec<&(f64, &Row)> = whole.collect();
            let above = whole
                .iter()
                .filter_map(|(x, row)| Some((*x, outer_interval(row).1?)));
            let below = whole
                .iter()
                .rev()
                .filter_map(|(x, row)| Some((*x, outer_interval(row).0?)));
            let band: Vec<(f64, f64)> = above.chain(below).collect();
            chart.draw_series([Polygon::new(band, colour.mix(0.2).filled())])?;
            let means = line.rows.iter().map(|(x, row)| (*x, row.mean));
            chart.draw_series(LineSeries::new(
                means,
                colour.stroke_width(to_units(1.75) as u32),
            ))?;
            if line.rows.len() <= MAX_MARKED_POINTS {
                for (x, row) in &line.rows {
                    let at = chart.backend_coord(&(*x, row.mean));
                    area.draw(&Polygon::new(
                        draw_series_mark(i, at, to_units(3.2)),
                        colour.filled(),
                    ))?;
                }
            }
        }
        if with_legend {
            legend(area, &lines)?;
        }
        let room = SIZE.1 - top - AXIS_HEIGHT;
        let label = fit_text(&replace_control(&y_label), TEXT_HEIGHT_PX, room);
        write_upwards(
            area,
            &label,
            (10.0, top + room / 2.0),
            TEXT_HEIGHT_PX,
            &FOREGROUND_COLOUR,
        )
    })?;
    let mut name = vec![experiment.name.as_str()];
    name.extend(parts);
    Ok(Some(Figure {
        name: file_name(&name),
        title: format!("{} over {}: {}", experiment.name, axis.name, y_label),
        description: text_alternative(axis, &lines),
        caption: caption(&lines, lines_are, !compared.is_empty()),
        size: SIZE,
        body,
    }))
}

/// The ends of the band or, if there is none, of the interval.
fn outer_interval(row: &Row) -> (Option<f64>, Option<f64>) {
    match &row.band {
        Some(band) => (Some(band.low), Some(band.high)),
        None => (row.low, row.high),
    }
}

fn legend(area: &super::canvas::Area, lines: &[SweepLine]) -> Result<(), DrawingError> {
    let room = (SIZE.0 - 90.0) / lines.len() as f64;
    let mut x = 74.0;
    for (i, line) in lines.iter().enumerate() {
        let colour = SERIES_COLOURS[i % SERIES_COLOURS.len()];
        let y = 6.0 + LEGEND_HEIGHT / 2.0;
        let stroke = vec![
            (to_units(x), to_units(y)),
            (to_units(x + 18.0), to_units(y)),
        ];
        area.draw(&PathElement::new(
            stroke,
            colour.stroke_width(to_units(1.75) as u32),
        ))?;
        area.draw(&Polygon::new(
            draw_series_mark(i, (to_units(x + 9.0), to_units(y)), to_units(3.6)),
            colour.filled(),
        ))?;
        let name = fit_text(&line.name, TEXT_HEIGHT_PX, room - 36.0);
        write_text(
            area,
            &name,
            (x + 23.0, y),
            Side::Left,
            TEXT_HEIGHT_PX,
            &FOREGROUND_COLOUR,
        )?;
        x += 23.0 + text_width(&name, TEXT_HEIGHT_PX) + 20.0;
    }
    Ok(())
}

fn caption(lines: &[SweepLine], lines_are: &str, claims: bool) -> String {
    let rows = || lines.iter().flat_map(|line| &line.rows).map(|(_, row)| row);
    let level = match common_value(rows().map(|row| row.level)) {
        Some(level) => format!("{} ", percent(level)),
        None => String::new(),
    };
    let methods = distinct(
        rows()
            .filter_map(|row| row.band.as_ref())
            .map(|band| band.method.as_str()),
    );
    let mut text = match methods.as_slice() {
        [] => {
            format!("Mean effect; the shading is the pointwise {level}interval.")
        }
        methods => format!(
            "Mean effect; the shading is the simultaneous {}band ({}).",
            level,
            methods.join("; ")
        ),
    };
    if lines.len() > 1 {
        text += &format!(" One line for each {lines_are}.");
    }
    if claims {
        text += " Coloured horizontal lines are thresholds of claims.";
    }
    text
}

/// Text alternative: where each line begins, ends, and is highest and lowest.
fn text_alternative(axis: &Axis, lines: &[SweepLine]) -> String {
    let unit = axis
        .unit
        .as_deref()
        .map_or(String::new(), |unit| format!(" {unit}"));
    let said = |(x, row): &(f64, &Row)| {
        let (low, high) = outer_interval(row);
        match (low, high) {
            (Some(low), Some(high)) => format!(
                "{} [{}, {}] at {x}{unit}",
                four_digits(row.mean),
                four_digits(low),
                four_digits(high)
            ),
            _ => format!("{} at {x}{unit}", four_digits(row.mean)),
        }
    };
    let sentences = lines.iter().filter_map(|line| {
        let by_mean = |a: &&(f64, &Row), b: &&(f64, &Row)| a.1.mean.total_cmp(&b.1.mean);
        let (first, last) = (line.rows.first()?, line.rows.last()?);
        let (low, high) = (
            line.rows.iter().min_by(by_mean)?,
            line.rows.iter().max_by(by_mean)?,
        );
        Some(format!(
            "{}: {} at first, {} at last; highest {}, lowest {}.",
            line.name,
            said(first),
            said(last),
            said(high),
            said(low)
        ))
    });
    sentences.collect::<Vec<_>>().join(" ")
}
