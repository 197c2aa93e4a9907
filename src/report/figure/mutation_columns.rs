//! Where the positions of a mutation map stand in its figure, and what they are called.

use super::canvas::TEXT_HEIGHT_PX;
use crate::number::count;
use gia_study::MutationMap;

/// Width of a position, and the narrower one of maps of many blocks.
pub const CELL_WIDTHS: [f64; 2] = [11.0, 8.0];
/// Labels stand at multiples of this many positions.
pub const LABEL_EVERY: u64 = 10;
/// Space between two labels of positions.
pub const LABEL_GAP: f64 = 6.0;
/// Pixels that rounding may take from the space between two labels.
const ROUNDING: f64 = 0.01;

/// What a position is called.
pub fn label(map: &MutationMap, position: usize) -> String {
    count(map.place(position) as usize)
}

/// Half of the width of a label.
pub fn half_width(label: &str) -> f64 {
    label.len() as f64 * TEXT_HEIGHT_PX * 0.35
}

/// The column of each position: beside the last one if it stands there in the sequence, else far enough from it for a label of its own.
pub fn slots(map: &MutationMap) -> Vec<usize> {
    let mut slots: Vec<usize> = Vec::new();
    // Where the last label ends, in columns of the narrowest width.
    let mut free = 0.0f64;
    for position in 0..map.positions.len() {
        let half = half_width(&label(map, position));
        let next = match slots.last() {
            None => 0,
            Some(last) if map.continues(position) => last + 1,
            Some(last) => {
                let column = ((free + half + ROUNDING) / CELL_WIDTHS[1]).ceil().max(0.0);
                (last + 2).max(column as usize)
            }
        };
        let is_labelled = map.positions.len() <= 20
            || !map.continues(position)
            || map.place(position).is_multiple_of(LABEL_EVERY);
        let from = next as f64 * CELL_WIDTHS[1];
        if is_labelled && (position == 0 || from - half >= free) {
            free = from + half + LABEL_GAP;
        }
        slots.push(next);
    }
    slots
}

/// A text in lines of so many letters at most, broken at blanks, or within a word that is longer.
pub fn lines(text: &str, letters: usize) -> Vec<String> {
    let options =
        textwrap::Options::new(letters).word_separator(textwrap::WordSeparator::AsciiSpace);
    textwrap::wrap(text, options)
        .into_iter()
        .map(String::from)
        .collect()
}
