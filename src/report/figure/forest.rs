//! Forest plots: one line for each estimate, with a mark at the mean and a bar over its interval.

use plotters::prelude::*;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SERIES_COLOURS, Side,
    TEXT_HEIGHT_PX, draw_series_mark, draw_svg, fit_text, padded_range, text_style, text_width,
    tick_label, to_units, write_text,
};
use super::select::{Panel, panels, thresholds};
use super::{Figure, file_name};
use crate::display::{common_value, grid_point_text};
use crate::number::{count, harmonised_by_uncertainty, percent, with_decimals};
use gia_base::diag::replace_control;
use gia_study::{Experiment, Row};

const WIDTH: f64 = 760.0;
const ROW_HEIGHT: f64 = 22.0;
const TOP: f64 = 12.0;
const AXIS_HEIGHT: f64 = 38.0;
/// Maximum number of rows.
const MAX_ROWS: usize = 40;
/// Number of rows kept from either end if there are too many.
const ROWS_AT_EACH_END: usize = 12;
const MAX_NAME_WIDTH: f64 = 250.0;

/// One figure for each outcome.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, DrawingError> {
    let all = panels(experiment);
    let single = all.len() == 1;
    let mut figures = Vec::new();
    for panel in &all {
        figures.extend(outcome(experiment, panel, single)?);
    }
    Ok(figures)
}

fn outcome(
    experiment: &Experiment,
    panel: &Panel,
    single: bool,
) -> Result<Option<Figure>, DrawingError> {
    let all: Vec<&Row> = panel
        .contrasts
        .iter()
        .flat_map(|(_, rows)| rows.iter().copied())
        .collect();
    let (rows, cut) = extreme_rows(&all);
    let ends = rows
        .iter()
        .flat_map(|r| [Some(r.mean), r.low, r.high])
        .flatten();
    let lines: Vec<f64> = match panel.contrasts.as_slice() {
        [(contrast, _)] => thresholds(experiment, contrast, panel.outcome),
        _ => Vec::new(),
    };
    let Some(range) = padded_range(ends.chain([0.0]).chain(lines.iter().copied()), 0.06) else {
        return Ok(None);
    };
    let wanted: Vec<(&str, f64, Option<f64>)> = rows
        .iter()
        .map(|r| {
            (
                r.outcome.as_str(),
                r.mean,
                r.low.zip(r.high).map(|(l, h)| (h - l) / 2.0),
            )
        })
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let names: Vec<String> = rows
        .iter()
        .map(|row| row_label(experiment, panel, row))
        .collect();
    let numbers: Vec<String> = rows
        .iter()
        .zip(&digits)
        .map(|(row, d)| estimate_text(row, *d))
        .collect();
    let widest = |texts: &[String]| {
        texts
            .iter()
            .map(|t| text_width(t, TEXT_HEIGHT_PX))
            .fold(0.0, f64::max)
    };
    let left = widest(&names).min(MAX_NAME_WIDTH) + 18.0;
    let right = widest(&numbers) + 14.0;
    let size = (WIDTH, TOP + ROW_HEIGHT * rows.len() as f64 + AXIS_HEIGHT);
    let body = draw_svg(size, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(to_units(TOP))
            .set_label_area_size(LabelAreaPosition::Left, to_units(left))
            .set_label_area_size(LabelAreaPosition::Bottom, to_units(AXIS_HEIGHT))
            .margin_right(to_units(right))
            .build_cartesian_2d(range.clone(), 0.0..rows.len() as f64)?;
        chart
            .configure_mesh()
            .disable_y_axis()
            .disable_y_mesh()
            .x_labels(8)
            .x_label_formatter(&|x| tick_label(*x, &range))
            .x_label_style(text_style(TEXT_HEIGHT_PX - 1.0, &MUTED_COLOUR))
            .axis_desc_style(text_style(TEXT_HEIGHT_PX, &FOREGROUND_COLOUR))
            .x_desc(fit_text(
                &replace_control(&panel.label),
                TEXT_HEIGHT_PX,
                WIDTH - left - right,
            ))
            .axis_style(MUTED_COLOUR.stroke_width(to_units(1.0) as u32))
            .bold_line_style(RULE_COLOUR.stroke_width(to_units(1.0) as u32))
            .light_line_style(TRANSPARENT)
            .draw()?;
        let full = rows.len() as f64;
        let upright = |x: f64, colour: RGBColor| {
            PathElement::new(
                vec![(x, 0.0), (x, full)],
                colour.stroke_width(to_units(1.5) as u32),
            )
        };
        chart.draw_series([upright(0.0, MUTED_COLOUR)])?;
        chart.draw_series(lines.iter().map(|t| upright(*t, SERIES_COLOURS[1])))?;
        for (i, row) in rows.iter().enumerate() {
            let y = full - i as f64 - 0.5;
            if let (Some(low), Some(high)) = (row.low, row.high) {
                let bar = SERIES_COLOURS[0].stroke_width(to_units(2.0) as u32);
                chart.draw_series([PathElement::new(vec![(low, y), (high, y)], bar)])?;
                for end in [low, high] {
                    let (x, middle) = chart.backend_coord(&(end, y));
                    let cap = vec![(x, middle - to_units(4.0)), (x, middle + to_units(4.0))];
                    area.draw(&PathElement::new(cap, bar))?;
                }
            }
            let at = chart.backend_coord(&(row.mean, y));
            area.draw(&Polygon::new(
                draw_series_mark(0, at, to_units(4.0)),
                SERIES_COLOURS[0].filled(),
            ))?;
            let middle = TOP + ROW_HEIGHT * (i as f64 + 0.5);
            let shown = fit_text(&names[i], TEXT_HEIGHT_PX, left - 12.0);
            write_text(
                area,
                &shown,
                (left - 10.0, middle),
                Side::Right,
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )?;
            write_text(
                area,
                &numbers[i],
                (WIDTH - 4.0, middle),
                Side::Right,
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )?;
        }
        Ok(())
    })?;
    let mut parts = vec![experiment.name.as_str()];
    if !single {
        parts.push(panel.outcome);
    }
    parts.push("estimates");
    Ok(Some(Figure {
        name: file_name(&parts),
        title: format!("Estimates of {}: {}", experiment.name, panel.label),
        description: text_alternative(&rows, &names, &numbers),
        caption: caption(&rows, all.len(), cut, !lines.is_empty()),
        size,
        body,
    }))
}

/// All rows or, if there are too many, those with the highest and the lowest means.
fn extreme_rows<'a>(all: &[&'a Row]) -> (Vec<&'a Row>, bool) {
    if all.len() <= MAX_ROWS {
        return (all.to_vec(), false);
    }
    let mut order = all.to_vec();
    order.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    let low = order.split_off(order.len() - ROWS_AT_EACH_END);
    order.truncate(ROWS_AT_EACH_END);
    order.extend(low);
    (order, true)
}

/// Label of a row, which distinguishes it from the others.
fn row_label(experiment: &Experiment, panel: &Panel, row: &Row) -> String {
    let here = grid_point_text(&row.at, &experiment.axes);
    let text = match (panel.contrasts.len(), here.is_empty()) {
        (_, true) => row.contrast.to_string(),
        (1, false) => here,
        (_, false) => format!("{}, {here}", row.contrast),
    };
    replace_control(&text)
}

/// `0.87 [0.85, 0.90]`.
fn estimate_text(row: &Row, digits: i32) -> String {
    let mean = with_decimals(row.mean, digits);
    let text = match (row.low, row.high) {
        (Some(low), Some(high)) => {
            format!(
                "{mean} [{}, {}]",
                with_decimals(low, digits),
                with_decimals(high, digits)
            )
        }
        _ => format!("{mean} (no interval)"),
    };
    text.replace('-', "−")
}

fn caption(rows: &[&Row], all: usize, cut: bool, claims: bool) -> String {
    let level = match common_value(rows.iter().map(|r| r.level)) {
        Some(level) => format!("{} ", percent(level)),
        None => String::new(),
    };
    let mut text = format!("Mean effect and pointwise {level}interval; the vertical line is at 0");
    if claims {
        text += ", coloured lines are thresholds of claims";
    }
    text.push('.');
    if cut {
        text += &format!(
            " The {ROWS_AT_EACH_END} highest and the {ROWS_AT_EACH_END} lowest of {}: selected as extremes, so expect them to be less extreme with new backgrounds (winner's curse).",
            count(all)
        );
    }
    text
}

fn text_alternative(rows: &[&Row], names: &[String], numbers: &[String]) -> String {
    let lines = names.iter().zip(numbers).take(rows.len());
    let lines: Vec<String> = lines
        .map(|(name, number)| format!("{name}: {number}"))
        .collect();
    format!("{}.", lines.join("; "))
}
