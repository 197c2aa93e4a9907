//! Figures of `report drivers`: the mean of a contrast in tenths of the backgrounds by a feature, with intervals.

use plotters::prelude::*;

use super::canvas::{
    Area, DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SERIES_COLOURS,
    TEXT_HEIGHT_PX, draw_series_mark, draw_svg, fit_text, padded_range, text_style, tick_label,
    to_units, write_upwards,
};
use super::{Figure, file_name};
use crate::display::with_unit;
use crate::drivers::{share, shown_rows, subject, tenths_text};
use crate::number::percent;
use gia_base::diag::replace_control;
use gia_study::{Driver, Drivers, Experiment, Row};

const PANEL_WIDTH: f64 = 250.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 38.0;

/// A figure for each regression that is shown; none for one without tenths.
pub fn draw(experiment: &Experiment) -> Result<Vec<Option<Figure>>, DrawingError> {
    let (rows, _) = shown_rows(experiment);
    rows.into_iter()
        .map(|(row, drivers)| regression(experiment, row, drivers))
        .collect()
}

fn regression(
    experiment: &Experiment,
    row: &Row,
    drivers: &Drivers,
) -> Result<Option<Figure>, DrawingError> {
    let panels = drivers.features.iter().filter(|f| f.tenths.len() > 1);
    let mut panels: Vec<&Driver> = panels.collect();
    panels.sort_by(|a, b| b.unique.total_cmp(&a.unique));
    let tenths = panels.iter().flat_map(|driver| &driver.tenths);
    let ends = tenths.flat_map(|t| [Some(t.mean), t.low, t.high]).flatten();
    let Some(range) = padded_range(ends, 0.08) else {
        return Ok(None);
    };
    let size = (PANEL_WIDTH * panels.len() as f64, HEIGHT);
    let label = replace_control(&with_unit(
        &format!("{} of {}", row.contrast, row.outcome),
        &row.unit,
    ));
    let body = draw_svg(size, |area| {
        for (i, (area, driver)) in area
            .split_evenly((1, panels.len()))
            .iter()
            .zip(&panels)
            .enumerate()
        {
            panel(area, driver, range.clone())?;
            if i == 0 {
                let middle = (HEIGHT - BOTTOM) / 2.0;
                let label = fit_text(&label, TEXT_HEIGHT_PX, HEIGHT - BOTTOM);
                write_upwards(
                    area,
                    &label,
                    (10.0, middle),
                    TEXT_HEIGHT_PX,
                    &FOREGROUND_COLOUR,
                )?;
            }
        }
        Ok(())
    })?;
    let subject = subject(experiment, row);
    let texts: Vec<String> = panels
        .iter()
        .filter_map(|driver| tenths_text(driver))
        .collect();
    let explained = drivers.r2.map(share).unwrap_or_default();
    Ok(Some(Figure {
        name: file_name(&[&experiment.name, "drivers", &subject]),
        title: format!("{}: drivers of {subject}", experiment.name),
        description: texts.join(" "),
        caption: format!(
            "Mean in tenths of the backgrounds by each feature, with its {} interval; a horizontal bar spans the values of a tenth. \
             All features together explain {explained} of the variance between backgrounds.",
            percent(row.level),
        ),
        size,
        body,
    }))
}

fn panel(area: &Area, driver: &Driver, range: std::ops::Range<f64>) -> Result<(), DrawingError> {
    let values = driver
        .tenths
        .iter()
        .flat_map(|tenth| [tenth.from, tenth.to]);
    let Some(across) = padded_range(values, 0.05) else {
        return Ok(());
    };
    let mut chart = ChartBuilder::on(area)
        .margin_top(to_units(12.0))
        .margin_right(to_units(14.0))
        .set_label_area_size(LabelAreaPosition::Left, to_units(LEFT))
        .set_label_area_size(LabelAreaPosition::Bottom, to_units(BOTTOM))
        .build_cartesian_2d(across.clone(), range.clone())?;
    let name = replace_control(&with_unit(&driver.feature, &driver.unit));
    chart
        .configure_mesh()
        .x_labels(5)
        .y_labels(6)
        .x_label_formatter(&|x| tick_label(*x, &across))
        .y_label_formatter(&|y| tick_label(*y, &range))
        .label_style(text_style(TEXT_HEIGHT_PX - 1.0, &MUTED_COLOUR))
        .axis_desc_style(text_style(TEXT_HEIGHT_PX, &FOREGROUND_COLOUR))
        .x_desc(fit_text(&name, TEXT_HEIGHT_PX, PANEL_WIDTH - LEFT - 14.0))
        .axis_style(MUTED_COLOUR.stroke_width(to_units(1.0) as u32))
        .bold_line_style(RULE_COLOUR.stroke_width(to_units(1.0) as u32))
        .light_line_style(TRANSPARENT)
        .draw()?;
    let thin = SERIES_COLOURS[0].stroke_width(to_units(1.0) as u32);
    let bar = SERIES_COLOURS[0].stroke_width(to_units(1.75) as u32);
    for tenth in &driver.tenths {
        let middle = tenth.from + (tenth.to - tenth.from) / 2.0;
        let span = vec![(tenth.from, tenth.mean), (tenth.to, tenth.mean)];
        chart.draw_series([PathElement::new(span, thin)])?;
        if let (Some(low), Some(high)) = (tenth.low, tenth.high) {
            chart.draw_series([PathElement::new(vec![(middle, low), (middle, high)], bar)])?;
        }
        let mark = draw_series_mark(0, (0, 0), to_units(3.6));
        let mark = Polygon::new(mark, SERIES_COLOURS[0].filled());
        chart.draw_series([EmptyElement::at((middle, tenth.mean)) + mark])?;
    }
    Ok(())
}
