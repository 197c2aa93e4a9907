//! A curve with its band, drawn with characters.
//!
//! Invariant: means are drawn where they are, and straight between two; a band holds the bands of all points of its column.

use super::number::four_digits;
use gia_base::diag::{Style, replace_control};

/// Rows of the drawing, and columns at most.
const HEIGHT: usize = 11;
const MAX_WIDTH: usize = 72;
const MIN_WIDTH: usize = 20;

/// A point of a curve.
#[derive(Debug, Clone, Copy)]
pub struct ChartPoint {
    pub x: f64,
    pub mean: f64,
    /// The ends of its interval or band; the mean without one.
    pub low: f64,
    pub high: f64,
}

/// A curve with its band.
pub struct Chart {
    pub title: String,
    /// What lies along the drawing.
    pub axis: String,
    /// What its numbers are, such as `mean`.
    pub curve: &'static str,
    /// What the band is; empty without one.
    pub band: String,
    /// Points in the order of `x`.
    pub points: Vec<ChartPoint>,
    /// Whether each point has a mark.
    pub marks: bool,
}

impl Chart {
    /// The drawing with its title, axes and legend; empty if every number is the same.
    pub fn draw(&self, style: Style) -> String {
        let mut text = String::new();
        draw(&mut text, self, style);
        text
    }
}

fn draw(text: &mut String, chart: &Chart, style: Style) {
    let places = chart.points.as_slice();
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return;
    };
    let ends = |place: &ChartPoint| (place.low, place.high);
    let mut bottom = places
        .iter()
        .map(|p| ends(p).0)
        .fold(f64::INFINITY, f64::min);
    let mut top = places
        .iter()
        .map(|p| ends(p).1)
        .fold(f64::NEG_INFINITY, f64::max);
    // Zero is what a contrast is compared with, where it is not far off.
    let span = top - bottom;
    if bottom > 0.0 && bottom < span {
        bottom = 0.0;
    }
    if top < 0.0 && -top < span {
        top = 0.0;
    }
    if top <= bottom {
        return;
    }
    let labels = [top, (top + bottom) / 2.0, bottom].map(four_digits);
    let margin = labels.iter().map(String::len).max().unwrap_or(0);
    let width = style
        .width
        .saturating_sub(margin + 4)
        .clamp(MIN_WIDTH, MAX_WIDTH);
    let row_of = |value: f64| {
        let share = (top - value) / (top - bottom);
        (share * (HEIGHT - 1) as f64)
            .round()
            .clamp(0.0, (HEIGHT - 1) as f64) as usize
    };
    let signs = Glyphs::of(style);
    let has_band = !chart.band.is_empty();
    let mut cells = vec![vec![Cell::Blank; width]; HEIGHT];
    if bottom < 0.0 && top > 0.0 {
        cells[row_of(0.0)].fill(Cell::Zero);
    }
    let x_of = |column: usize| first.x + (last.x - first.x) * column as f64 / (width - 1) as f64;
    let column_of = |place: &ChartPoint| {
        let share = (place.x - first.x) / (last.x - first.x);
        ((share * (width - 1) as f64).round() as usize).min(width - 1)
    };
    let mut columns: Vec<(f64, f64, f64)> = (0..width)
        .map(|column| interpolate(places, x_of(column), ends))
        .collect();
    // Where several values share a column, its band holds the bands of all.
    for place in places {
        let (low, high) = ends(place);
        let (_, lowest, highest) = &mut columns[column_of(place)];
        *lowest = lowest.min(low);
        *highest = highest.max(high);
    }
    for (number, line) in cells.iter_mut().enumerate() {
        for (cell, (mean, low, high)) in line.iter_mut().zip(&columns) {
            if number == row_of(*mean) {
                *cell = Cell::Line;
            } else if has_band && (row_of(*high)..=row_of(*low)).contains(&number) {
                *cell = Cell::Band;
            }
        }
    }
    let marked = if chart.marks { places } else { &[] };
    for place in marked {
        cells[row_of(place.mean)][column_of(place)] = Cell::Value;
    }
    let title = replace_control(&chart.title);
    text.push_str(&format!("  {}\n", style.bold(&title)));
    for (number, line) in cells.iter().enumerate() {
        let label = match number {
            0 => &labels[0],
            _ if number == HEIGHT / 2 => &labels[1],
            _ if number == HEIGHT - 1 => &labels[2],
            _ => "",
        };
        let lead = format!("  {label:>margin$} {}", signs.axis);
        text.push_str(&style.dim(&lead));
        text.push_str(signs.line(line, style).trim_end());
        text.push('\n');
    }
    let (left, right) = (first.x.to_string(), last.x.to_string());
    let middle = replace_control(&chart.axis);
    let blank = width.saturating_sub(left.len() + right.len() + middle.len());
    let below = format!(
        "  {:>margin$}  {left}{}{middle}{}{right}",
        "",
        " ".repeat(blank / 2),
        " ".repeat(blank - blank / 2)
    );
    text.push_str(&below);
    text.push('\n');
    let mean = if chart.marks { signs.value } else { signs.line };
    let band = match has_band {
        true => format!("   {} {}", signs.band, chart.band),
        false => String::new(),
    };
    let made = format!("{mean} {}{band}", chart.curve);
    text.push_str(&style.dim(&format!("  {:>margin$}  {made}", "")));
    text.push('\n');
}

/// Mean and interval at a place on the axis.
fn interpolate(
    places: &[ChartPoint],
    x: f64,
    ends: impl Fn(&ChartPoint) -> (f64, f64),
) -> (f64, f64, f64) {
    let of = |place: &ChartPoint| {
        let (low, high) = ends(place);
        (place.mean, low, high)
    };
    let after = places.iter().position(|place| place.x >= x);
    match after {
        Some(0) => of(&places[0]),
        Some(after) => {
            let (left, right) = (&places[after - 1], &places[after]);
            let share = (x - left.x) / (right.x - left.x);
            let (a, b) = (of(left), of(right));
            let mix = |a: f64, b: f64| a + (b - a) * share;
            (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
        }
        None => places.last().map_or((0.0, 0.0, 0.0), of),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Cell {
    Blank,
    Zero,
    Band,
    Line,
    Value,
}

/// The characters that cells are drawn with.
struct Glyphs {
    axis: char,
    zero: char,
    band: char,
    line: char,
    value: char,
}

impl Glyphs {
    fn of(style: Style) -> Glyphs {
        let [axis, zero, band, line, value] = match style.unicode {
            true => ['│', '┄', '░', '─', '●'],
            false => ['|', '.', ':', '-', '*'],
        };
        Glyphs {
            axis,
            zero,
            band,
            line,
            value,
        }
    }

    /// A line of the drawing; neighbours of one kind are painted together.
    fn line(&self, cells: &[Cell], style: Style) -> String {
        let mut text = String::new();
        for run in cells.chunk_by(|a, b| a == b) {
            let sign = match run[0] {
                Cell::Blank => ' ',
                Cell::Zero => self.zero,
                Cell::Band => self.band,
                Cell::Line => self.line,
                Cell::Value => self.value,
            };
            let run_text = sign.to_string().repeat(run.len());
            text.push_str(&match run[0] {
                Cell::Blank => run_text,
                Cell::Zero => style.dim(&run_text),
                Cell::Band => style.blue(&run_text),
                Cell::Line => style.cyan(&run_text),
                Cell::Value => style.bold(&run_text),
            });
        }
        text
    }
}
