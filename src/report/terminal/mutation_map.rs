//! Saturation mutagenesis of one sequence on a terminal: bars of importance around its letters, and the letters that matter most.

use super::layout::{Column, Page, with_unit};
use super::number::{align_on_point, count, harmonised_by_uncertainty, with_decimals};
use gia_base::diag::replace_control;
use gia_study::{MutationMap, PositionImportance};

/// Positions of a block, a multiple of [`LABEL_INTERVAL`].
const MAX_BLOCK: usize = 100;
const LABEL_INTERVAL: usize = 10;
/// Maximum number of blocks that are drawn of a long sequence: those with the most important letters.
const MAX_BLOCKS: usize = 6;
/// Lines of the bars above the letters, and below them.
const LINES_ABOVE: usize = 3;
const LINES_BELOW: usize = 2;
/// Number of letters in the table.
const LISTED: usize = 10;
/// Columns before the first letter.
const MARGIN: usize = 2;

pub fn show(page: &mut Page, map: &MutationMap) {
    for of in &map.importance {
        draw(page, map, of);
        table(page, map, of);
    }
}

fn draw(page: &mut Page, map: &MutationMap, of: &PositionImportance) {
    let all = map.positions.len();
    let room = page.style.width.saturating_sub(MARGIN);
    let block = (room.min(MAX_BLOCK) / LABEL_INTERVAL * LABEL_INTERVAL).max(LABEL_INTERVAL);
    let starts: Vec<usize> = (0..all).step_by(block).collect();
    let drawn = most_important(&starts, block, &of.values);
    let largest = of.values.iter().fold(0.0f64, |most, x| most.max(x.abs()));

    page.gap();
    let title = format!(
        "importance of the letters of {} for {}",
        map.sequence,
        with_unit(&of.outcome, &of.unit)
    );
    page.line(&format!("  {}", page.style.bold(&replace_control(&title))));
    page.note(
        "Bars: minus the mean change by the other letters, above the letters where what is there raises the outcome.",
    );
    for &start in &drawn {
        let range = start..(start + block).min(all);
        page.gap();
        let ruler = ruler(map, range.clone());
        let ruler = page.style.dim(&format!("{:MARGIN$}{ruler}", ""));
        page.line(ruler.trim_end());
        let values = &of.values[range.clone()];
        for line in (0..LINES_ABOVE).rev() {
            bars(page, values, largest, line, LINES_ABOVE, 1.0);
        }
        let letters = page.style.bold(&map.reference[range]);
        page.line(&format!("{:MARGIN$}{letters}", ""));
        for line in 0..LINES_BELOW {
            bars(page, values, largest, line, LINES_ABOVE, -1.0);
        }
    }
    if drawn.len() < starts.len() {
        page.gap();
        page.note(&format!(
            "The {} of {} blocks with the most important letters; `--report` and `--figures` draw all.",
            count(drawn.len()),
            count(starts.len())
        ));
    }
}

/// The blocks to draw, in order: all of a few, else those with the letters farthest from zero.
fn most_important(starts: &[usize], block: usize, values: &[f64]) -> Vec<usize> {
    let largest = |start: usize| {
        let end = (start + block).min(values.len());
        values[start..end]
            .iter()
            .fold(0.0f64, |most, x| most.max(x.abs()))
    };
    let mut drawn = starts.to_vec();
    drawn.sort_by(|&a, &b| largest(b).total_cmp(&largest(a)));
    drawn.truncate(MAX_BLOCKS);
    drawn.sort_unstable();
    drawn
}

/// One line of bars, `line` counted from the letters; those that are `lines` high are as long as the largest. Nothing if all are shorter.
fn bars(page: &mut Page, values: &[f64], largest: f64, line: usize, lines: usize, sign: f64) {
    const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let unicode = page.style.unicode;
    let signs = values.iter().map(|x| {
        let height = (sign * x / largest.max(f64::MIN_POSITIVE)).max(0.0) * lines as f64;
        let rest = (height - line as f64).clamp(0.0, 1.0);
        match (unicode, sign > 0.0) {
            (true, true) => EIGHTHS[(rest * 8.0).round() as usize],
            // Bars that hang down have two heights only.
            (true, false) if rest >= 0.75 => '█',
            (true, false) if rest >= 0.25 => '▀',
            (false, _) if rest >= 0.5 => '#',
            _ => ' ',
        }
    });
    let text: String = signs.collect();
    if !text.trim().is_empty() {
        page.line(format!("{:MARGIN$}{text}", "").trim_end());
    }
}

/// Labels of round positions, each beginning above its letter.
fn ruler(map: &MutationMap, range: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for (column, index) in range.enumerate() {
        let label = label(map, index);
        let is_round = index == 0 || place(map, index).is_multiple_of(LABEL_INTERVAL as u64);
        if is_round && (text.is_empty() || text.len() < column) {
            text += &" ".repeat(column.saturating_sub(text.len()));
            text += &label;
        }
    }
    text
}

/// The position on its contig from 1, or in the sequence from 0.
fn place(map: &MutationMap, index: usize) -> u64 {
    let position = map.positions[index];
    map.origin
        .as_ref()
        .map_or(position, |origin| origin.start + position)
}

fn label(map: &MutationMap, index: usize) -> String {
    count(place(map, index) as usize)
}

/// The letters that matter most, each with its strongest change.
fn table(page: &mut Page, map: &MutationMap, of: &PositionImportance) {
    let mut order: Vec<usize> = (0..of.values.len()).collect();
    order.sort_by(|&a, &b| of.values[b].abs().total_cmp(&of.values[a].abs()));
    order.truncate(LISTED);
    let reference: Vec<char> = map.reference.chars().collect();
    let letters: Vec<char> = map.letters.chars().collect();
    let strongest = |index: usize| {
        let changes = &of.changes[index * letters.len()..(index + 1) * letters.len()];
        let by_size = |a: &usize, b: &usize| changes[*a].abs().total_cmp(&changes[*b].abs());
        let letter = (0..letters.len()).max_by(by_size).unwrap_or(0);
        (letters[letter], changes[letter])
    };
    let wanted: Vec<(&str, f64, Option<f64>)> = order
        .iter()
        .flat_map(|&index| [("", of.values[index], None), ("", strongest(index).1, None)])
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let numbers = |number: &dyn Fn(usize) -> f64| {
        let cells = order.iter().zip(&digits);
        let cells: Vec<String> = cells
            .map(|(&index, digits)| with_decimals(number(index), *digits))
            .collect();
        align_on_point(&cells)
    };
    let heading = match &map.origin {
        Some(origin) => format!("{}, from 1", origin.chromosome.as_str()),
        None => format!("{} (bp)", map.position_axis),
    };
    let positions = order.iter().map(|&index| label(map, index)).collect();
    let there = order
        .iter()
        .map(|&index| reference[index].to_string())
        .collect();
    let written = order
        .iter()
        .map(|&index| strongest(index).0.to_string())
        .collect();
    page.gap();
    page.table(
        &[
            Column::numbers(&replace_control(&heading), positions),
            Column::text("letter", there),
            Column::numbers("importance", numbers(&|index| of.values[index])),
            Column::text("strongest", written),
            Column::numbers("change", numbers(&|index| strongest(index).1)),
        ],
        &[],
    );
    page.gap();
    page.note(&format!(
        "The {} most important of {} letters; `--json` and `--csv` have the change by each.",
        count(order.len()),
        count(of.values.len())
    ));
}
