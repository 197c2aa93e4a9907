//! Saturation mutagenesis of one sequence on a terminal: bars of importance around its letters, and the letters that matter most.

use std::ops::Range;

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
    let bars = Bars {
        heading: "importance of the letters of",
        note: "Bars: minus the mean change by the other letters, above the letters where what is there raises the outcome.",
    };
    for of in &map.importance {
        draw(page, map, of, &bars);
        table(page, map, of);
    }
}

/// What bars around letters are.
pub(super) struct Bars {
    /// What stands before the name of the sequence.
    pub heading: &'static str,
    /// How they are read.
    pub note: &'static str,
}

pub(super) fn draw(page: &mut Page, map: &MutationMap, of: &PositionImportance, what: &Bars) {
    let room = page.style.width.saturating_sub(MARGIN);
    let wide = (room.min(MAX_BLOCK) / LABEL_INTERVAL * LABEL_INTERVAL).max(LABEL_INTERVAL);
    let blocks = blocks(map, wide);
    let drawn = most_important(&blocks, &of.values);
    let largest = of.values.iter().fold(0.0f64, |most, x| most.max(x.abs()));

    page.gap();
    let title = format!(
        "{} {} for {}",
        what.heading,
        replace_control(&map.sequence),
        with_unit(&of.outcome, &of.unit)
    );
    for line in page.wrapped(&title, "  ", "  ") {
        page.line(&page.style.bold(&line));
    }
    page.note(what.note);
    if map.cut > 0 || map.origin.as_ref().is_some_and(|origin| origin.reverse) {
        page.note(&format!("Positions {}.", map.counted()));
    }
    for block in drawn.iter().map(|&number| &blocks[number]) {
        page.gap();
        let ruler = ruler(map, block);
        let ruler = page.style.dim(&format!("{:MARGIN$}{ruler}", ""));
        page.line(ruler.trim_end());
        let values = block.spread(of.values[block.range()].iter().copied(), 0.0);
        for line in (0..LINES_ABOVE).rev() {
            bars(page, &values, largest, line, LINES_ABOVE, 1.0);
        }
        let letters = block.spread(map.reference[block.range()].chars(), ' ');
        let letters = page.style.bold(&String::from_iter(letters));
        page.line(&format!("{:MARGIN$}{letters}", ""));
        for line in 0..LINES_BELOW {
            bars(page, &values, largest, line, LINES_ABOVE, -1.0);
        }
    }
    if drawn.len() < blocks.len() {
        page.gap();
        page.note(&format!(
            "The {} of {} blocks with the most important letters; `--report` and `--figures` draw all.",
            count(drawn.len()),
            count(blocks.len())
        ));
    }
}

/// Letters that are drawn below each other's bars on one line.
struct Block {
    /// Index of the first letter.
    first: usize,
    /// The column of each letter; they leave room for a label where the next letter does not stand beside the last one.
    columns: Vec<usize>,
}

impl Block {
    fn range(&self) -> Range<usize> {
        self.first..self.first + self.columns.len()
    }

    /// Something for each letter at its column.
    fn spread<T: Copy>(&self, of: impl Iterator<Item = T>, empty: T) -> Vec<T> {
        let mut row = vec![empty; self.columns.last().map_or(0, |last| last + 1)];
        for (&column, item) in self.columns.iter().zip(of) {
            row[column] = item;
        }
        row
    }
}

/// The letters in blocks that are at most so wide.
fn blocks(map: &MutationMap, wide: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // The column behind the last label and a blank.
    let mut free = 0;
    for index in 0..map.positions.len() {
        let last = blocks.last().and_then(|block| block.columns.last());
        let next = match last {
            None => 0,
            Some(last) if map.continues(index) => last + 1,
            Some(last) => (last + 2).max(free),
        };
        let label = label(map, index).len();
        let needed = if map.continues(index) { 1 } else { label };
        match blocks.last_mut() {
            Some(block) if next + needed <= wide => block.columns.push(next),
            _ => blocks.push(Block {
                first: index,
                columns: vec![0],
            }),
        }
        if is_labelled(map, index) {
            let last = blocks.last().and_then(|block| block.columns.last());
            free = last.map_or(0, |last| last + label + 1);
        }
    }
    blocks
}

/// Numbers of the blocks to draw, in order: all of a few, else those with the letters farthest from zero.
fn most_important(blocks: &[Block], values: &[f64]) -> Vec<usize> {
    let largest = |number: usize| {
        values[blocks[number].range()]
            .iter()
            .fold(0.0f64, |most, x| most.max(x.abs()))
    };
    let mut drawn: Vec<usize> = (0..blocks.len()).collect();
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

/// Labels of round positions and of the first one of each stretch, each beginning above its letter.
fn ruler(map: &MutationMap, block: &Block) -> String {
    let mut text = String::new();
    for (index, &column) in block.range().zip(&block.columns) {
        let label = label(map, index);
        if is_labelled(map, index) && (text.is_empty() || text.len() < column) {
            text += &" ".repeat(column.saturating_sub(text.len()));
            text += &label;
        }
    }
    text
}

fn is_labelled(map: &MutationMap, index: usize) -> bool {
    !map.continues(index) || map.place(index).is_multiple_of(LABEL_INTERVAL as u64)
}

pub(super) fn label(map: &MutationMap, index: usize) -> String {
    count(map.place(index) as usize)
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
        None if map.cut > 0 => format!("{} in the record (bp)", map.position_axis),
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
