//! A contrast along an axis of numbers, drawn: its mean at each value, with the band of its intervals.
//!
//! Invariant: what is drawn are the rows of the table, the band being their intervals; between two values it is drawn straight.

use serde_json::Value;

use super::layout::with_unit;
use super::number::{four_digits, percent};
use gia_base::diag::{Style, replace_control};
use gia_study::{Axis, Experiment, Row};

/// Rows of the drawing, and columns at most.
const HEIGHT: usize = 11;
const MAX_WIDTH: usize = 72;
const MIN_WIDTH: usize = 20;
/// Minimum number of values that are drawn; fewer are read faster in the table.
const MIN_POINTS: usize = 4;
/// Maximum number of contrasts that are drawn.
const MAX_CHARTS: usize = 3;

/// One value of the axis and the row there.
struct AxisPoint<'r> {
    x: f64,
    row: &'r Row,
}

/// Draws the contrasts of a sweep, those of claims first; empty for an experiment that is no sweep.
pub fn sweep(experiment: &Experiment, style: Style) -> Option<String> {
    let [axis] = experiment.axes.as_slice() else {
        return None;
    };
    if axis.values.len() < MIN_POINTS || !axis.values.iter().all(Value::is_number) {
        return None;
    }
    let mut names: Vec<(&str, &str)> = Vec::new();
    let claimed = experiment
        .claims
        .iter()
        .map(|claim| (claim.contrast.as_str(), claim.outcome.as_str()));
    let rows = experiment.rows.iter();
    let all = rows.map(|row| (row.contrast.as_str(), row.outcome.as_str()));
    for name in claimed.chain(all) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut text = String::new();
    let mut drawn = 0;
    for (contrast, outcome) in names {
        let places = axis_points(experiment, axis, contrast, outcome);
        // A contrast that the axis makes no difference to is no curve.
        let moves = places
            .windows(2)
            .any(|two| two[0].row.mean != two[1].row.mean);
        if places.len() < MIN_POINTS || !moves || drawn == MAX_CHARTS {
            continue;
        }
        drawn += 1;
        text.push('\n');
        draw(&mut text, &places, axis, style);
    }
    (drawn > 0).then_some(text)
}

fn axis_points<'r>(
    experiment: &'r Experiment,
    axis: &Axis,
    contrast: &str,
    outcome: &str,
) -> Vec<AxisPoint<'r>> {
    let rows = experiment.rows.iter();
    let of = rows.filter(|row| row.contrast == contrast && row.outcome == outcome);
    let mut places: Vec<AxisPoint> = of
        .filter_map(|row| {
            let x = row.at.get(&axis.name)?.as_f64()?;
            Some(AxisPoint { x, row })
        })
        .collect();
    places.sort_by(|a, b| a.x.total_cmp(&b.x));
    places
}

fn draw(text: &mut String, places: &[AxisPoint], axis: &Axis, style: Style) {
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return;
    };
    let ends = |place: &AxisPoint| {
        let mean = place.row.mean;
        (
            place.row.low.unwrap_or(mean),
            place.row.high.unwrap_or(mean),
        )
    };
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
    let mut cells = vec![vec![Cell::Blank; width]; HEIGHT];
    if bottom < 0.0 && top > 0.0 {
        cells[row_of(0.0)].fill(Cell::Zero);
    }
    let x_of = |column: usize| first.x + (last.x - first.x) * column as f64 / (width - 1) as f64;
    let column_of = |place: &AxisPoint| {
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
            } else if (row_of(*high)..=row_of(*low)).contains(&number) {
                *cell = Cell::Band;
            }
        }
    }
    for place in places {
        cells[row_of(place.row.mean)][column_of(place)] = Cell::Value;
    }
    let row = first.row;
    let title = format!("{} of {}", row.contrast, with_unit(&row.outcome, &row.unit));
    text.push_str(&format!("  {}\n", style.bold(&replace_control(&title))));
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
    let middle = with_unit(&axis.name, &axis.unit);
    let blank = width.saturating_sub(left.len() + right.len() + middle.len());
    let below = format!(
        "  {:>margin$}  {left}{}{middle}{}{right}",
        "",
        " ".repeat(blank / 2),
        " ".repeat(blank - blank / 2)
    );
    text.push_str(&below);
    text.push('\n');
    let made = format!(
        "{} mean   {} {} interval of each",
        signs.value,
        signs.band,
        percent(row.level)
    );
    text.push_str(&style.dim(&format!("  {:>margin$}  {made}", "")));
    text.push('\n');
}

/// Mean and interval at a place on the axis.
fn interpolate(
    places: &[AxisPoint],
    x: f64,
    ends: impl Fn(&AxisPoint) -> (f64, f64),
) -> (f64, f64, f64) {
    let of = |place: &AxisPoint| {
        let (low, high) = ends(place);
        (place.row.mean, low, high)
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
