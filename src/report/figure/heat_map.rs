//! Maps of two axes: a cell for each grid point, coloured by its mean, with its interval where there is room for it.

use plotters::prelude::*;
use serde_json::Value;

use super::canvas::{
    INK, MUTED, Refused, Side, TEXT, drawn, extent, fitted, px, tick, width_of, write,
    write_upwards,
};
use super::select::{Panel, axis_label, panels, varying};
use super::{Figure, file_name};
use crate::diag::visible;
use crate::report::number::{agreed, count, fixed, percent, short};
use crate::report::words::{only, plain};
use crate::result::{Axis, Experiment, Row};

const WIDTH: f64 = 760.0;
const TOP: f64 = 10.0;
const FOOT: f64 = 50.0;
const SCALE: f64 = 74.0;
/// Cells side by side or one above the other; of more, evenly spaced ones are drawn.
const MOST: usize = 60;
/// Cells at least so wide say their numbers.
const WIDE: f64 = 74.0;
const SMALL: f64 = 10.5;
/// On the cells themselves, whose colours are the same on a dark page.
const DARK: RGBColor = RGBColor(0x12, 0x16, 0x1B);
const LIGHT: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);

/// One figure for each outcome and contrast of a grid of two axes.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, Refused> {
    let axes = varying(experiment);
    let [down, across] = axes.as_slice() else {
        return Ok(Vec::new());
    };
    // The longer axis runs across.
    let (down, across) = match down.values.len() > across.values.len() {
        true => (across, down),
        false => (down, across),
    };
    let mut figures = Vec::new();
    for panel in panels(experiment) {
        for (contrast, rows) in &panel.contrasts {
            let map = Map::new(down, across, rows);
            figures.extend(map.figure(experiment, &panel, contrast)?);
        }
    }
    Ok(figures)
}

struct Map<'a> {
    down: &'a Axis,
    across: &'a Axis,
    /// The values that are drawn.
    down_values: Vec<&'a Value>,
    across_values: Vec<&'a Value>,
    rows: &'a [&'a Row],
}

impl<'a> Map<'a> {
    fn new(down: &'a Axis, across: &'a Axis, rows: &'a [&'a Row]) -> Map<'a> {
        let spaced = |axis: &'a Axis| {
            axis.values
                .iter()
                .step_by(axis.values.len().div_ceil(MOST))
                .collect()
        };
        Map {
            down,
            across,
            down_values: spaced(down),
            across_values: spaced(across),
            rows,
        }
    }

    /// Place in the map and row, of all that are drawn.
    fn cells(&self) -> Vec<(usize, usize, &'a Row)> {
        let place = |values: &[&Value], axis: &Axis, row: &Row| {
            let value = row.at.get(&axis.name)?;
            values.iter().position(|v| *v == value)
        };
        let cell = |row: &&'a Row| {
            let line = place(&self.down_values, self.down, row)?;
            Some((line, place(&self.across_values, self.across, row)?, *row))
        };
        self.rows.iter().filter_map(cell).collect()
    }

    fn figure(
        &self,
        experiment: &Experiment,
        panel: &Panel,
        contrast: &str,
    ) -> Result<Option<Figure>, Refused> {
        let cells = self.cells();
        let Some(range) = extent(cells.iter().map(|(_, _, row)| row.mean), 0.0) else {
            return Ok(None);
        };
        let colours = Colours::over(&range);
        let names: Vec<String> = self
            .down_values
            .iter()
            .map(|v| visible(&plain(v)))
            .collect();
        let widest = names
            .iter()
            .map(|n| width_of(n, TEXT))
            .fold(0.0, f64::max)
            .min(150.0);
        let left = widest + 34.0;
        let wide = (WIDTH - left - SCALE) / self.across_values.len() as f64;
        let wide = wide.min(120.0);
        let numbers = wide >= WIDE;
        let high = if numbers { 38.0 } else { wide.clamp(9.0, 26.0) };
        let map_high = high * self.down_values.len() as f64;
        let size = (WIDTH, TOP + map_high.max(80.0) + FOOT);
        let wanted: Vec<(&str, f64, Option<f64>)> = cells
            .iter()
            .map(|(_, _, r)| ("", r.mean, r.low.zip(r.high).map(|(l, h)| (h - l) / 2.0)))
            .collect();
        let digits = agreed(&wanted);
        let body = drawn(size, |area| {
            for ((line, column, row), digits) in cells.iter().zip(&digits) {
                let (x, y) = (left + wide * *column as f64, TOP + high * *line as f64);
                let fill = colours.of(row.mean);
                let corners = [(px(x), px(y)), (px(x + wide - 0.75), px(y + high - 0.75))];
                area.draw(&Rectangle::new(corners, fill.filled()))?;
                let ink = if luminance(fill) > 0.22 { DARK } else { LIGHT };
                let middle = (x + wide / 2.0, y + high / 2.0);
                if numbers {
                    let mean = fixed(row.mean, *digits).replace('-', "−");
                    write(
                        area,
                        &mean,
                        (middle.0, middle.1 - 7.0),
                        Side::Middle,
                        TEXT,
                        &ink,
                    )?;
                    let interval = match (row.low, row.high) {
                        (Some(l), Some(h)) => {
                            format!("[{}, {}]", fixed(l, *digits), fixed(h, *digits))
                        }
                        _ => "no interval".to_string(),
                    };
                    let interval = fitted(&interval.replace('-', "−"), SMALL - 1.0, wide - 2.0);
                    write(
                        area,
                        &interval,
                        (middle.0, middle.1 + 8.0),
                        Side::Middle,
                        SMALL - 1.0,
                        &ink,
                    )?;
                } else if holds_zero(row) {
                    let dot = px((wide.min(high) * 0.13).clamp(1.0, 2.5));
                    area.draw(&Circle::new(
                        (px(middle.0), px(middle.1)),
                        dot,
                        ink.filled(),
                    ))?;
                }
            }
            self.names(area, &names, (left, wide, high), map_high)?;
            colours.scale(
                area,
                &range,
                (left + wide * self.across_values.len() as f64 + 16.0, TOP),
                map_high.max(80.0),
            )
        })?;
        Ok(Some(Figure {
            name: file_name(&[&experiment.name, panel.outcome, contrast, "map"]),
            title: format!("{}: {contrast}, {}", experiment.name, panel.label),
            description: self.described(&cells),
            caption: self.caption(&cells, numbers),
            size,
            body,
        }))
    }

    fn names(
        &self,
        area: &super::canvas::Area,
        down: &[String],
        (left, wide, high): (f64, f64, f64),
        map_high: f64,
    ) -> Result<(), Refused> {
        let every = (13.0 / high).ceil().max(1.0) as usize;
        for (i, name) in down.iter().enumerate().step_by(every) {
            let y = TOP + high * (i as f64 + 0.5);
            write(
                area,
                &fitted(name, TEXT, left - 32.0),
                (left - 7.0, y),
                Side::Right,
                TEXT,
                &MUTED,
            )?;
        }
        let across: Vec<String> = self
            .across_values
            .iter()
            .map(|v| visible(&plain(v)))
            .collect();
        let widest = across.iter().map(|n| width_of(n, TEXT)).fold(0.0, f64::max) + 8.0;
        let every = (widest.min(120.0) / wide).ceil().max(1.0) as usize;
        for (i, name) in across.iter().enumerate().step_by(every) {
            let x = left + wide * (i as f64 + 0.5);
            let name = fitted(name, TEXT, wide * every as f64 - 4.0);
            write(
                area,
                &name,
                (x, TOP + map_high + 12.0),
                Side::Middle,
                TEXT,
                &MUTED,
            )?;
        }
        let middle = left + wide * self.across_values.len() as f64 / 2.0;
        let below = TOP + map_high + 32.0;
        write(
            area,
            &visible(&axis_label(self.across)),
            (middle, below),
            Side::Middle,
            TEXT,
            &INK,
        )?;
        let label = fitted(&visible(&axis_label(self.down)), TEXT, map_high.max(60.0));
        write_upwards(area, &label, (10.0, TOP + map_high / 2.0), TEXT, &INK)
    }

    fn caption(&self, cells: &[(usize, usize, &Row)], numbers: bool) -> String {
        let level = match only(cells.iter().map(|(_, _, row)| row.level)) {
            Some(level) => format!("{} ", percent(level)),
            None => String::new(),
        };
        let mut text = match numbers {
            true => format!("Mean effect, below it the {level}interval of each cell by itself."),
            false => {
                let halves = cells
                    .iter()
                    .filter_map(|(_, _, r)| Some((r.high? - r.low?) / 2.0));
                let widest = halves.fold(0.0, f64::max);
                format!(
                    "Mean effect. A dot: the {level}interval of that cell by itself holds 0. No interval reaches further than {} from its mean; all are in the table.",
                    short(widest)
                )
            }
        };
        let all = self.down.values.len() * self.across.values.len();
        if self.down_values.len() * self.across_values.len() < all {
            text += &format!(
                " {} of {} grid points, evenly spaced.",
                count(cells.len()),
                count(all)
            );
        }
        text
    }

    fn described(&self, cells: &[(usize, usize, &Row)]) -> String {
        let by_mean =
            |a: &&(usize, usize, &Row), b: &&(usize, usize, &Row)| a.2.mean.total_cmp(&b.2.mean);
        let said = |(line, column, row): &(usize, usize, &Row)| {
            let interval = match (row.low, row.high) {
                (Some(low), Some(high)) => format!(" [{}, {}]", short(low), short(high)),
                _ => String::new(),
            };
            let (down, across) = (
                plain(self.down_values[*line]),
                plain(self.across_values[*column]),
            );
            format!(
                "{}{interval} at {} = {down}, {} = {across}",
                short(row.mean),
                self.down.name,
                self.across.name
            )
        };
        match (cells.iter().max_by(by_mean), cells.iter().min_by(by_mean)) {
            (Some(high), Some(low)) => format!("Highest: {}. Lowest: {}.", said(high), said(low)),
            _ => String::new(),
        }
    }
}

fn holds_zero(row: &Row) -> bool {
    row.low
        .zip(row.high)
        .is_none_or(|(low, high)| low <= 0.0 && high >= 0.0)
}

/// From blue over white to orange where means have both signs, else from white to blue or orange.
struct Colours {
    low: f64,
    high: f64,
}

const BLUE: [f64; 3] = [11.0, 76.0, 150.0];
const ORANGE: [f64; 3] = [166.0, 66.0, 0.0];
const WHITE: [f64; 3] = [246.0, 246.0, 244.0];

impl Colours {
    fn over(range: &std::ops::Range<f64>) -> Colours {
        let far = range.start.abs().max(range.end.abs());
        if range.start < 0.0 && range.end > 0.0 {
            // As strong a colour for as far from 0.
            return Colours {
                low: -far,
                high: far,
            };
        }
        Colours {
            low: range.start.min(0.0),
            high: range.end.max(0.0),
        }
    }

    fn of(&self, x: f64) -> RGBColor {
        let (share, end) = match x < 0.0 {
            true => (x / self.low.min(-f64::MIN_POSITIVE), ORANGE),
            false => (x / self.high.max(f64::MIN_POSITIVE), BLUE),
        };
        let share = share.clamp(0.0, 1.0);
        let part = |i: usize| (WHITE[i] + (end[i] - WHITE[i]) * share).round() as u8;
        RGBColor(part(0), part(1), part(2))
    }

    /// The scale beside the map.
    fn scale(
        &self,
        area: &super::canvas::Area,
        range: &std::ops::Range<f64>,
        (x, top): (f64, f64),
        high: f64,
    ) -> Result<(), Refused> {
        const STEPS: usize = 32;
        let step = high / STEPS as f64;
        let at = |share: f64| range.start + (range.end - range.start) * share;
        for i in 0..STEPS {
            let colour = self.of(at(1.0 - (i as f64 + 0.5) / STEPS as f64));
            let y = top + step * i as f64;
            let corners = [(px(x), px(y)), (px(x + 12.0), px(y + step + 0.5))];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
        }
        for (share, nudge) in [(0.0, -5.0), (0.5, 0.0), (1.0, 5.0)] {
            let y = top + high * (1.0 - share) + nudge;
            let text = tick(at(share), range);
            write(area, &text, (x + 16.0, y), Side::Left, SMALL, &MUTED)?;
        }
        Ok(())
    }
}

/// Relative luminance, as WCAG 2 defines it.
fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}
