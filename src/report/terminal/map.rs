//! Character maps of a contrast over a large grid: one character for each grid point, in stacked blocks.
//!
//! Invariant: every grid point is in some cell; a cell of several shows the effect furthest from 0.

use std::collections::BTreeMap;

use serde_json::Value;
use textwrap::core::display_width;

use super::layout::{Page, with_unit};
use super::number::{count, four_digits};
use crate::bins::{Bins, extremes};
use gia_base::diag::replace_control;
use gia_study::{Axis, Experiment, Row};

/// Maximum number of contrasts that are drawn.
const MAX_MAPS: usize = 3;
/// Maximum number of cells of a map: about a hundred lines of a narrow terminal.
const MAX_CELLS: usize = 6000;
const MAX_ROWS: usize = 60;
const MAX_LABEL_WIDTH: usize = 24;
/// Number of columns between labels above the map.
const LABEL_INTERVAL: usize = 10;
/// Characters of positive effects, by ninths of the largest; negative effects are letters.
const LEVEL_CHARS: f64 = 9.0;

/// Maps of an experiment's contrasts along one axis of numbers or over any two axes, those of claims first.
pub fn show(page: &mut Page, experiment: &Experiment) {
    let varying = experiment.axes.iter().filter(|axis| axis.values.len() > 1);
    let axes: Vec<&Axis> = varying.collect();
    let one_row = Axis {
        name: String::new(),
        unit: None,
        values: vec![Value::String(String::new())],
    };
    let (down, across) = match axes.as_slice() {
        // Of names that are not in an order only the extremes tell something.
        [axis] if axis.values.iter().all(Value::is_number) => (&one_row, *axis),
        [a, b] if a.values.len() > b.values.len() => (*b, *a),
        [a, b] => (*a, *b),
        _ => return,
    };
    let claims = experiment.claims.iter();
    let claimed = claims.map(|claim| (claim.contrast.as_str(), claim.outcome.as_str()));
    let rows = experiment.rows.iter();
    let all = rows.map(|row| (row.contrast.as_str(), row.outcome.as_str()));
    let mut names: Vec<(&str, &str)> = Vec::new();
    for name in claimed.chain(all) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut drawn = 0;
    let mut left_out = 0;
    for (contrast, outcome) in names {
        let of = |row: &&Row| row.contrast == contrast && row.outcome == outcome;
        let rows: Vec<&Row> = experiment.rows.iter().filter(of).collect();
        let is_constant = rows.windows(2).all(|two| two[0].mean == two[1].mean);
        if is_constant {
            continue;
        }
        if drawn == MAX_MAPS {
            left_out += 1;
            continue;
        }
        drawn += 1;
        draw(page, down, across, &rows);
    }
    if left_out > 0 {
        page.gap();
        let contrasts = if left_out == 1 {
            "contrast"
        } else {
            "contrasts"
        };
        page.note(&format!(
            "{} more {contrasts} without a map here; `--report` draws all.",
            count(left_out)
        ));
    }
}

/// The map of a contrast.
pub fn draw(page: &mut Page, down: &Axis, across: &Axis, rows: &[&Row]) {
    let Some(first) = rows.first() else {
        return;
    };
    let down = Bins::new(down, down.values.len().div_ceil(MAX_ROWS).max(1));
    let columns = (MAX_CELLS / down.names.len().max(1)).max(1);
    let across = Bins::new(across, across.values.len().div_ceil(columns).max(1));
    let cells: BTreeMap<(usize, usize), f64> = extremes(&down, &across, rows)
        .into_iter()
        .map(|(line, column, row)| ((line, column), row.mean))
        .collect();
    let largest = cells
        .values()
        .fold(0.0, |most: f64, mean| most.max(mean.abs()));
    let zero = if page.style.unicode { '·' } else { '.' };

    page.gap();
    let title = with_unit(&first.outcome, &first.unit);
    let title = replace_control(&format!("{} of {title}", first.contrast));
    page.line(&format!("  {}", page.style.bold(&title)));
    page.note(&legend(&down, &across, &cells, largest, zero));

    let labels: Vec<String> = down.names.iter().map(|name| truncated_name(name)).collect();
    let widest = labels.iter().map(|label| display_width(label)).max();
    let margin = widest.unwrap_or(0);
    let room = page
        .style
        .width
        .saturating_sub(margin + 4)
        .max(LABEL_INTERVAL);
    let block = room / LABEL_INTERVAL * LABEL_INTERVAL;
    for start in (0..across.names.len()).step_by(block) {
        let end = (start + block).min(across.names.len());
        page.gap();
        let ruler = ruler(&across.names[start..end]);
        let ruler = page.style.dim(&format!("  {:margin$}  {ruler}", ""));
        page.line(&ruler);
        for (line, label) in labels.iter().enumerate() {
            let signs = (start..end).map(|column| match cells.get(&(line, column)) {
                Some(mean) => level_char(*mean, largest, zero),
                None => ' ',
            });
            let signs: String = signs.collect();
            let blanks = " ".repeat(margin.saturating_sub(display_width(label)));
            page.line(&format!("  {label}{blanks}  {signs}"));
        }
    }
}

/// Character of a number: `1` to `9` if positive, `a` to `i` if negative, in ninths of the largest, rounded.
fn level_char(mean: f64, largest: f64, zero: char) -> char {
    let level = (mean.abs() / largest * LEVEL_CHARS).round();
    if !(1.0..=LEVEL_CHARS).contains(&level) {
        return zero;
    }
    let first = if mean > 0.0 { b'1' } else { b'a' };
    char::from(first + (level as u8 - 1))
}

fn legend(
    down: &Bins,
    across: &Bins,
    cells: &BTreeMap<(usize, usize), f64>,
    largest: f64,
    zero: char,
) -> String {
    let of = |bins: &Bins| with_unit(&bins.axis.name, &bins.axis.unit);
    let mut axes = format!("Across: {}", of(across));
    if !down.axis.name.is_empty() {
        axes = format!("Down: {}. {axes}", of(down));
    }
    let (top, letters) = (four_digits(largest), cells.values().any(|mean| *mean < 0.0));
    let digits = cells.values().any(|mean| *mean > 0.0);
    let scale = match (digits, letters) {
        (true, true) => format!("`1` to `9`: ninths of {top}; `a` to `i`: of -{top}"),
        (false, true) => format!("`a` to `i`: ninths of -{top}"),
        _ => format!("`1` to `9`: ninths of {top}"),
    };
    let mut text = format!("{axes}. {scale}; `{zero}`: nearer to 0.");
    if down.size > 1 || across.size > 1 {
        text += &format!(
            " Each sign is the effect furthest from 0 of {} neighbouring grid points.",
            count(down.size * across.size)
        );
    }
    text
}

/// Labels of every tenth column, if there is room.
fn ruler(names: &[String]) -> String {
    let mut line = String::new();
    for (column, name) in names.iter().enumerate().step_by(LABEL_INTERVAL) {
        let used = display_width(&line);
        // One blank at least between two values.
        if used > column || (column > 0 && used == column) {
            continue;
        }
        line.push_str(&" ".repeat(column - used));
        line.push_str(&truncated_name(name));
    }
    line
}

/// A name, truncated if it is long.
fn truncated_name(name: &str) -> String {
    if display_width(name) <= MAX_LABEL_WIDTH {
        return name.to_string();
    }
    let mut text = String::new();
    for c in name.chars() {
        if display_width(&text) + 2 > MAX_LABEL_WIDTH {
            break;
        }
        text.push(c);
    }
    text + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_tell_size_and_direction() {
        let signs: String = [-9.0, -1.0, -0.4, 0.0, 0.4, 0.6, 4.4, 9.0]
            .map(|mean| level_char(mean, 9.0, '.'))
            .iter()
            .collect();
        assert_eq!(signs, "ia...149");
        assert_eq!(level_char(0.0, 0.0, '.'), '.');
    }

    #[test]
    fn values_above_the_map_do_not_run_into_each_other() {
        let names: Vec<String> = (0..35).map(|i| (1_000_000 * i).to_string()).collect();
        assert_eq!(ruler(&names), "0         10000000  20000000  30000000");
        let long: Vec<String> = (0..25).map(|i| format!("a rather long name {i}")).collect();
        assert_eq!(ruler(&long), "a rather long name 0");
    }
}
