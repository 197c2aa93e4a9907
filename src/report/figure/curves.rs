//! Curves with their bands in one chart, each with a colour and a mark of its own.

use plotters::prelude::*;

use super::canvas::{
    Area, DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SERIES_COLOURS, Side,
    TEXT_HEIGHT_PX, draw_series_mark, draw_svg, fit_text, padded_range, text_style, text_width,
    tick_label, to_units, write_text, write_upwards,
};
use crate::number::four_digits;
use gia_base::diag::replace_control;

pub const SIZE: (f64, f64) = (760.0, 340.0);
const LEGEND_HEIGHT: f64 = 20.0;
const AXIS_HEIGHT: f64 = 38.0;
/// Maximum number of curves, so that they can be told apart.
pub const MAX_SERIES: usize = SERIES_COLOURS.len();
/// Maximum number of points that are drawn with marks.
const MAX_MARKED_POINTS: usize = 60;

/// One curve of a chart.
pub struct Curve {
    pub name: String,
    /// In the order of `x`.
    pub points: Vec<CurvePoint>,
    /// Curves that its means are taken over, such as those of the members of an ensemble: thin lines at the same `x`.
    pub parts: Vec<Vec<f64>>,
}

impl Curve {
    /// The thin lines.
    fn thin_lines(&self) -> impl Iterator<Item = impl Iterator<Item = (f64, f64)>> {
        self.parts.iter().map(|part| {
            let points = self.points.iter().zip(part);
            points.map(|(point, y)| (point.x, *y))
        })
    }
}

/// A point of a curve.
#[derive(Debug, Clone, Copy)]
pub struct CurvePoint {
    pub x: f64,
    pub mean: f64,
    /// The ends of its interval or band; none without one.
    pub ends: Option<(f64, f64)>,
}

/// A chart of curves.
pub struct CurveChart<'a> {
    pub curves: &'a [Curve],
    pub x_label: &'a str,
    pub y_label: &'a str,
    /// Heights of coloured horizontal lines.
    pub compared: &'a [f64],
    /// Whether 0 is always within the chart, as of differences.
    pub with_zero: bool,
}

impl CurveChart<'_> {
    /// The content of the `svg` element; none if there is nothing to draw.
    pub fn draw(&self) -> Result<Option<String>, DrawingError> {
        let lines = self.curves;
        let points = || lines.iter().flat_map(|line| &line.points);
        let heights = points().flat_map(|point| {
            let ends = point.ends.unwrap_or((point.mean, point.mean));
            [point.mean, ends.0, ends.1]
        });
        let zero = self.with_zero.then_some(0.0);
        let heights = heights.chain(zero).chain(self.compared.iter().copied());
        let parts = lines.iter().flat_map(|line| line.parts.iter().flatten());
        let heights = heights.chain(parts.copied());
        let ranges = (
            padded_range(points().map(|point| point.x), 0.02),
            padded_range(heights, 0.05),
        );
        let (Some(x), Some(y)) = ranges else {
            return Ok(None);
        };
        let with_legend = lines.len() > 1;
        let top = if with_legend {
            10.0 + LEGEND_HEIGHT
        } else {
            10.0
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
                .x_desc(replace_control(self.x_label))
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
            if y.contains(&0.0) {
                chart.draw_series([level(0.0, MUTED_COLOUR)])?;
            }
            chart.draw_series(self.compared.iter().map(|t| level(*t, SERIES_COLOURS[1])))?;
            for (i, line) in lines.iter().enumerate() {
                let colour = SERIES_COLOURS[i % SERIES_COLOURS.len()];
                let ends = || {
                    let points = line.points.iter();
                    points.filter_map(|point| Some((point.x, point.ends?)))
                };
                let above = ends().map(|(x, (_, high))| (x, high));
                let mut below: Vec<(f64, f64)> = ends().map(|(x, (low, _))| (x, low)).collect();
                below.reverse();
                let band: Vec<(f64, f64)> = above.chain(below).collect();
                chart.draw_series([Polygon::new(band, colour.mix(0.2).filled())])?;
                for thin in line.thin_lines() {
                    let style = colour.mix(0.55).stroke_width(to_units(0.75) as u32);
                    chart.draw_series(LineSeries::new(thin, style))?;
                }
                let means = line.points.iter().map(|point| (point.x, point.mean));
                chart.draw_series(LineSeries::new(
                    means,
                    colour.stroke_width(to_units(1.75) as u32),
                ))?;
                if line.points.len() <= MAX_MARKED_POINTS {
                    for point in &line.points {
                        let at = chart.backend_coord(&(point.x, point.mean));
                        area.draw(&Polygon::new(
                            draw_series_mark(i, at, to_units(3.2)),
                            colour.filled(),
                        ))?;
                    }
                }
            }
            if with_legend {
                legend(area, lines)?;
            }
            let room = SIZE.1 - top - AXIS_HEIGHT;
            let label = fit_text(&replace_control(self.y_label), TEXT_HEIGHT_PX, room);
            write_upwards(
                area,
                &label,
                (10.0, top + room / 2.0),
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )
        })?;
        Ok(Some(body))
    }
}

fn legend(area: &Area, lines: &[Curve]) -> Result<(), DrawingError> {
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

/// Text alternative: where each curve begins, ends, and is highest and lowest.
pub fn text_alternative(unit: Option<&str>, curves: &[Curve]) -> String {
    let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
    let said = |point: &CurvePoint| match point.ends {
        Some((low, high)) => format!(
            "{} [{}, {}] at {}{unit}",
            four_digits(point.mean),
            four_digits(low),
            four_digits(high),
            point.x
        ),
        None => format!("{} at {}{unit}", four_digits(point.mean), point.x),
    };
    let sentences = curves.iter().filter_map(|curve| {
        let by_mean = |a: &&CurvePoint, b: &&CurvePoint| a.mean.total_cmp(&b.mean);
        let (first, last) = (curve.points.first()?, curve.points.last()?);
        let (low, high) = (
            curve.points.iter().min_by(by_mean)?,
            curve.points.iter().max_by(by_mean)?,
        );
        Some(format!(
            "{}: {} at first, {} at last; highest {}, lowest {}.",
            curve.name,
            said(first),
            said(last),
            said(high),
            said(low)
        ))
    });
    sentences.collect::<Vec<_>>().join(" ")
}
