//! Heat maps over two axes: a cell for each grid point, coloured by its mean, with its interval if there is room.

use plotters::prelude::*;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, Side, TEXT_HEIGHT_PX, draw_svg, fit_text,
    padded_range, text_width, tick_label, to_units, write_text, write_upwards,
};
use super::select::{axis_label, constant_mean, panels, varying_axes};
use super::{Figure, file_name};
use crate::bins::{Bins, extremes};
use crate::display::{axis_value_text, common_value, with_unit};
use crate::number::{count, four_digits, harmonised_by_uncertainty, percent, with_decimals};
use crate::track_grid::TrackGrid;
use gia_base::diag::replace_control;
use gia_study::{Axis, Experiment, Row};

const WIDTH: f64 = 760.0;
const TOP: f64 = 10.0;
const AXIS_HEIGHT: f64 = 50.0;
const COLOUR_BAR_WIDTH: f64 = 74.0;
/// Minimum width of cells that show their numbers.
const MIN_WIDTH_WITH_NUMBERS: f64 = 74.0;
/// Height of a row without numbers, enough for its label.
const ROW_HEIGHT: f64 = 15.0;
/// Candidate widths of cells without numbers; the widest that keeps the figure low enough is used.
const CELL_WIDTHS: [f64; 4] = [6.0, 4.0, 2.5, 1.5];
const MAX_HEIGHT: f64 = 2000.0;
const MAX_ROWS: usize = 120;
const MAX_CELLS: usize = 20_000;
const SMALL_TEXT: f64 = 10.5;
/// Colour of text on cells, which keep their colours on a dark page.
const DARK_TEXT: RGBColor = RGBColor(0x12, 0x16, 0x1B);
const LIGHT_TEXT: RGBColor = RGBColor(0xFE, 0xFE, 0xFE);

/// One figure for each outcome and contrast of a two-axis grid, except for contrasts that are constant over it.
pub fn draw(experiment: &Experiment) -> Result<Vec<Figure>, DrawingError> {
    let axes = varying_axes(experiment);
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
            if constant_mean(rows).is_some() {
                continue;
            }
            let map = HeatMap::new(down, across, rows);
            let caption = map.caption("pointwise ");
            let names = [&experiment.name, panel.outcome, contrast, "map"];
            let title = format!("{}: {contrast}, {}", experiment.name, panel.label);
            figures.extend(map.figure(&names, title, caption)?);
        }
    }
    Ok(figures)
}

/// One figure for each contrast of a measured track over an axis.
pub fn draw_tracks(name: &str, grids: &[TrackGrid]) -> Result<Vec<Figure>, DrawingError> {
    let mut figures = Vec::new();
    for grid in grids {
        for (contrast, rows) in &grid.contrasts {
            let rows: Vec<&Row> = rows.iter().collect();
            let map = HeatMap::new(&grid.down, &grid.across, &rows);
            let mut caption = map.caption("simultaneous ");
            if grid.cell != (1, 1) {
                caption += &format!(
                    " Each cell is the effect furthest from 0 of {} by {} neighbouring ones.",
                    count(grid.cell.0),
                    count(grid.cell.1)
                );
            }
            let names = [name, &*grid.outcome, contrast, "track map"];
            let title = format!(
                "{name}: {contrast}, {}",
                with_unit(&grid.outcome, &grid.unit)
            );
            figures.extend(map.figure(&names, title, caption)?);
        }
    }
    Ok(figures)
}

struct HeatMap<'a> {
    down: Bins<'a>,
    across: Bins<'a>,
    /// Row and column of each cell, and the row of the study that it shows.
    cells: Vec<(usize, usize, &'a Row)>,
    layout: Layout,
}

/// Positions of cells: rows of cells in stacked blocks.
struct Layout {
    left: f64,
    wide: f64,
    high: f64,
    columns: usize,
    rows: usize,
    with_numbers: bool,
}

impl Layout {
    fn block_height(&self) -> f64 {
        (self.high * self.rows as f64).max(if self.with_numbers { 80.0 } else { 0.0 }) + AXIS_HEIGHT
    }

    fn blocks(&self, across: usize) -> usize {
        across.div_ceil(self.columns).max(1)
    }

    fn height(&self, across: usize) -> f64 {
        // The scale of colours needs some room.
        let blocks = self.blocks(across) as f64;
        TOP + (self.block_height() * blocks).max(80.0 + AXIS_HEIGHT)
    }

    /// The upper left corner of a cell.
    fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        let (block, column) = (column / self.columns, column % self.columns);
        (
            self.left + self.wide * column as f64,
            TOP + self.block_height() * block as f64 + self.high * row as f64,
        )
    }
}

impl<'a> HeatMap<'a> {
    fn new(down: &'a Axis, across: &'a Axis, rows: &[&'a Row]) -> HeatMap<'a> {
        let down = Bins::new(down, down.values.len().div_ceil(MAX_ROWS).max(1));
        let widest = down.names.iter().map(|n| text_width(n, TEXT_HEIGHT_PX));
        let left = widest.fold(0.0, f64::max).min(150.0) + 34.0;
        let room = WIDTH - left - COLOUR_BAR_WIDTH;
        let layout = |high: f64, wide: f64, columns: usize| Layout {
            left,
            wide,
            high,
            columns,
            rows: down.names.len(),
            with_numbers: wide >= MIN_WIDTH_WITH_NUMBERS,
        };
        let all = across.values.len();
        let most = (MAX_CELLS / down.names.len().max(1)).max(1);
        let wide = room / all.max(1) as f64;
        let chosen = match wide >= MIN_WIDTH_WITH_NUMBERS {
            true => Some(layout(38.0, wide.min(120.0), all)),
            false => CELL_WIDTHS.iter().find_map(|&narrowest| {
                let most_columns = (room / narrowest) as usize;
                let blocks = all.div_ceil(most_columns.max(1));
                // Blocks of one width, the last as full as it gets; of several each begins at a round place where there is room.
                let even = all.div_ceil(blocks.max(1));
                let columns = match even.next_multiple_of(10) {
                    round if blocks > 1 && round <= most_columns => round,
                    _ => even,
                };
                let layout = layout(ROW_HEIGHT, (room / columns as f64).min(26.0), columns);
                (all <= most && layout.height(all) <= MAX_HEIGHT).then_some(layout)
            }),
        };
        let (across, layout) = match chosen {
            Some(layout) => (Bins::new(across, 1), layout),
            None => {
                let narrowest = CELL_WIDTHS[CELL_WIDTHS.len() - 1];
                let columns = ((room / narrowest) as usize).min(most).max(1);
                let bins = Bins::new(across, all.div_ceil(columns));
                let columns = bins.names.len();
                (bins, layout(ROW_HEIGHT, room / columns as f64, columns))
            }
        };
        HeatMap {
            cells: extremes(&down, &across, rows),
            down,
            across,
            layout,
        }
    }

    fn is_binned(&self) -> bool {
        self.down.size > 1 || self.across.size > 1
    }

    fn figure(
        &self,
        names: &[&str],
        title: String,
        caption: String,
    ) -> Result<Option<Figure>, DrawingError> {
        let cells = &self.cells;
        let Some(range) = padded_range(cells.iter().map(|(_, _, row)| row.mean), 0.0) else {
            return Ok(None);
        };
        let colours = ColourScale::over(&range);
        let layout = &self.layout;
        let (wide, high) = (layout.wide, layout.high);
        let size = (WIDTH, layout.height(self.across.names.len()));
        let wanted: Vec<(&str, f64, Option<f64>)> = cells
            .iter()
            .map(|(_, _, r)| ("", r.mean, r.low.zip(r.high).map(|(l, h)| (h - l) / 2.0)))
            .collect();
        let digits = harmonised_by_uncertainty(&wanted);
        // Between cells that are wide enough a gap tells them apart.
        let gap = if wide >= 6.0 { 0.75 } else { 0.0 };
        let body = draw_svg(size, |area| {
            for ((line, column, row), digits) in cells.iter().zip(&digits) {
                let (x, y) = layout.corner(*line, *column);
                let fill = colours.of(row.mean);
                let corners = [
                    (to_units(x), to_units(y)),
                    (to_units(x + wide - gap), to_units(y + high - 0.75)),
                ];
                area.draw(&Rectangle::new(corners, fill.filled()))?;
                let ink = if luminance(fill) > 0.22 {
                    DARK_TEXT
                } else {
                    LIGHT_TEXT
                };
                let middle = (x + wide / 2.0, y + high / 2.0);
                if layout.with_numbers {
                    let mean = with_decimals(row.mean, *digits).replace('-', "−");
                    write_text(
                        area,
                        &mean,
                        (middle.0, middle.1 - 7.0),
                        Side::Middle,
                        TEXT_HEIGHT_PX,
                        &ink,
                    )?;
                    let interval = match (row.low, row.high) {
                        (Some(l), Some(h)) => {
                            format!(
                                "[{}, {}]",
                                with_decimals(l, *digits),
                                with_decimals(h, *digits)
                            )
                        }
                        _ => "no interval".to_string(),
                    };
                    let interval =
                        fit_text(&interval.replace('-', "−"), SMALL_TEXT - 1.0, wide - 2.0);
                    write_text(
                        area,
                        &interval,
                        (middle.0, middle.1 + 8.0),
                        Side::Middle,
                        SMALL_TEXT - 1.0,
                        &ink,
                    )?;
                } else if holds_zero(row) {
                    let dot = to_units((wide.min(high) * 0.13).clamp(0.6, 2.5));
                    area.draw(&Circle::new(
                        (to_units(middle.0), to_units(middle.1)),
                        dot,
                        ink.filled(),
                    ))?;
                }
            }
            self.labels(area)?;
            let scale_height = (size.1 - TOP - AXIS_HEIGHT).clamp(80.0, 240.0);
            colours.draw_colour_bar(
                area,
                &range,
                (layout.left + wide * layout.columns as f64 + 16.0, TOP),
                scale_height,
            )
        })?;
        Ok(Some(Figure {
            name: file_name(names),
            title,
            description: self.text_alternative(),
            caption,
            size,
            body,
        }))
    }

    /// Labels of rows and columns and the axis titles, for each block.
    fn labels(&self, area: &super::canvas::Area) -> Result<(), DrawingError> {
        let layout = &self.layout;
        let across = &self.across.names;
        let widest = across
            .iter()
            .map(|n| text_width(n, TEXT_HEIGHT_PX))
            .fold(0.0, f64::max)
            + 8.0;
        let every = (widest.min(120.0) / layout.wide).ceil().max(1.0) as usize;
        for block in 0..layout.blocks(across.len()) {
            let first = block * layout.columns;
            let last = (first + layout.columns).min(across.len());
            let (_, top) = layout.corner(0, first);
            let bottom = top + layout.high * layout.rows as f64;
            for (i, name) in self.down.names.iter().enumerate() {
                let at = (layout.left - 7.0, top + layout.high * (i as f64 + 0.5));
                let name = fit_text(name, TEXT_HEIGHT_PX, layout.left - 32.0);
                write_text(area, &name, at, Side::Right, TEXT_HEIGHT_PX, &MUTED_COLOUR)?;
            }
            for (i, name) in across[first..last].iter().enumerate().step_by(every) {
                let x = layout.left + layout.wide * (i as f64 + 0.5);
                let name = fit_text(name, TEXT_HEIGHT_PX, layout.wide * every as f64 - 4.0);
                write_text(
                    area,
                    &name,
                    (x, bottom + 12.0),
                    Side::Middle,
                    TEXT_HEIGHT_PX,
                    &MUTED_COLOUR,
                )?;
            }
            let middle = layout.left + layout.wide * (last - first) as f64 / 2.0;
            write_text(
                area,
                &replace_control(&axis_label(self.across.axis)),
                (middle, bottom + 30.0),
                Side::Middle,
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )?;
            let label = replace_control(&axis_label(self.down.axis));
            let label = fit_text(&label, TEXT_HEIGHT_PX, (bottom - top).max(60.0));
            write_upwards(
                area,
                &label,
                (10.0, (top + bottom) / 2.0),
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )?;
        }
        Ok(())
    }

    /// `kind` says which intervals, such as `pointwise `.
    fn caption(&self, kind: &str) -> String {
        let rows = || self.cells.iter().map(|(_, _, row)| row);
        let level = match common_value(rows().map(|row| row.level)) {
            Some(level) => format!("{} ", percent(level)),
            None => String::new(),
        };
        let has_intervals = rows().any(|row| row.low.is_some());
        let mut text = match (self.layout.with_numbers, has_intervals) {
            (_, false) => "Mean effect.".to_string(),
            (true, true) => format!("Mean effect, with its {kind}{level}interval below."),
            (false, true) => {
                let halves = rows().filter_map(|r| Some((r.high? - r.low?) / 2.0));
                let widest = halves.fold(0.0, f64::max);
                format!(
                    "Mean effect. A dot marks a cell whose {kind}{level}interval contains 0. Every interval lies within {} of its mean; the table has all.",
                    four_digits(widest)
                )
            }
        };
        let across = &self.across;
        if self.layout.blocks(across.names.len()) > 1 {
            text += &format!(" `{}` continues from block to block.", across.axis.name);
        }
        if self.is_binned() {
            let sizes = [&self.down, &self.across].map(|bins| {
                let (size, name) = (count(bins.size), &bins.axis.name);
                match bins.size {
                    1 => format!("one value of `{name}`"),
                    _ => format!("{size} values of `{name}`"),
                }
            });
            text += &format!(
                " Each cell stands for {} and shows the effect furthest from 0 among them.",
                sizes.join(" and ")
            );
        }
        text
    }

    fn text_alternative(&self) -> String {
        let by_mean =
            |a: &&(usize, usize, &Row), b: &&(usize, usize, &Row)| a.2.mean.total_cmp(&b.2.mean);
        let axes = [self.down.axis, self.across.axis];
        let said = |(_, _, row): &(usize, usize, &Row)| {
            let interval = match (row.low, row.high) {
                (Some(low), Some(high)) => {
                    format!(" [{}, {}]", four_digits(low), four_digits(high))
                }
                _ => String::new(),
            };
            let places = axes.iter().filter_map(|axis| {
                let value = row.at.get(&axis.name)?;
                Some(format!("{} = {}", axis.name, axis_value_text(value)))
            });
            let places: Vec<String> = places.collect();
            format!(
                "{}{interval} at {}",
                four_digits(row.mean),
                places.join(", ")
            )
        };
        let cells = &self.cells;
        match (cells.iter().max_by(by_mean), cells.iter().min_by(by_mean)) {
            (Some(high), Some(low)) => format!("Highest: {}. Lowest: {}.", said(high), said(low)),
            _ => String::new(),
        }
    }
}

fn holds_zero(row: &Row) -> bool {
    row.low
        .zip(row.high)
        .is_some_and(|(low, high)| low <= 0.0 && high >= 0.0)
}

/// Diverging scale from blue over white to orange if means have both signs, else sequential from white to blue or orange.
pub(super) struct ColourScale {
    low: f64,
    high: f64,
}

const BLUE: [f64; 3] = [11.0, 76.0, 150.0];
const ORANGE: [f64; 3] = [166.0, 66.0, 0.0];
const WHITE: [f64; 3] = [246.0, 246.0, 244.0];

impl ColourScale {
    pub(super) fn over(range: &std::ops::Range<f64>) -> ColourScale {
        let far = range.start.abs().max(range.end.abs());
        if range.start < 0.0 && range.end > 0.0 {
            // As strong a colour for as far from 0.
            return ColourScale {
                low: -far,
                high: far,
            };
        }
        ColourScale {
            low: range.start.min(0.0),
            high: range.end.max(0.0),
        }
    }

    pub(super) fn of(&self, x: f64) -> RGBColor {
        let (share, end) = match x < 0.0 {
            true => (x / self.low.min(-f64::MIN_POSITIVE), ORANGE),
            false => (x / self.high.max(f64::MIN_POSITIVE), BLUE),
        };
        let share = share.clamp(0.0, 1.0);
        let part = |i: usize| (WHITE[i] + (end[i] - WHITE[i]) * share).round() as u8;
        RGBColor(part(0), part(1), part(2))
    }

    /// The colour bar.
    pub(super) fn draw_colour_bar(
        &self,
        area: &super::canvas::Area,
        range: &std::ops::Range<f64>,
        (x, top): (f64, f64),
        high: f64,
    ) -> Result<(), DrawingError> {
        const COLOUR_BAR_STEPS: usize = 32;
        let step = high / COLOUR_BAR_STEPS as f64;
        let at = |share: f64| range.start + (range.end - range.start) * share;
        for i in 0..COLOUR_BAR_STEPS {
            let colour = self.of(at(1.0 - (i as f64 + 0.5) / COLOUR_BAR_STEPS as f64));
            let y = top + step * i as f64;
            let corners = [
                (to_units(x), to_units(y)),
                (to_units(x + 12.0), to_units(y + step + 0.5)),
            ];
            area.draw(&Rectangle::new(corners, colour.filled()))?;
        }
        for (share, nudge) in [(0.0, -5.0), (0.5, 0.0), (1.0, 5.0)] {
            let y = top + high * (1.0 - share) + nudge;
            let text = tick_label(at(share), range);
            write_text(
                area,
                &text,
                (x + 16.0, y),
                Side::Left,
                SMALL_TEXT,
                &MUTED_COLOUR,
            )?;
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
