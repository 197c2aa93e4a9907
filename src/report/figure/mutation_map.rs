//! Saturation mutagenesis of one sequence: a logo of importance above a map of what each letter changes.

mod marks;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, Side, TEXT_HEIGHT_PX, draw_svg, padded_range, write_text,
};
use super::heat_map::ColourScale;
use super::mutation_columns::{CELL_WIDTHS, label, lines, slots};
use super::{Figure, file_name};
use crate::display::with_unit;
use crate::number::four_digits;
use gia_base::diag::replace_control;
use gia_study::{Experiment, MutationMap, PositionImportance};

/// How a map that is wider than a page is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapLayout {
    /// One row, in a window that scrolls.
    Scrolling,
    /// Blocks below each other, each as wide as a page.
    Wrapped,
}

const LEFT: f64 = 74.0;
const RIGHT: f64 = 86.0;
const TOP: f64 = 10.0;
const LOGO_HEIGHT: f64 = 84.0;
const GAP: f64 = 8.0;
const ROW_HEIGHT: f64 = 13.0;
const AXIS_HEIGHT: f64 = 40.0;
/// Width of a figure in blocks, and of one of many.
const WIDTHS: [f64; 2] = [760.0, 1280.0];
/// Number of blocks from which on the wider layout is used.
const MANY_BLOCKS: usize = 5;
/// Height in pixels below which a letter cannot be seen.
const MIN_LETTER_HEIGHT: f64 = 0.4;
/// Height of a line of the heading, and the width of a letter in it.
const HEADING_LINE: f64 = 18.0;
const HEADING_LETTER: f64 = 7.6;
/// Number of letters that a line of the heading holds at least, also of a narrow map.
const MIN_HEADING_LETTERS: usize = 40;

/// One figure for each outcome and contrast of the map.
pub fn draw(experiment: &Experiment, layout: MapLayout) -> Result<Vec<Figure>, DrawingError> {
    let Some(map) = &experiment.mutation_map else {
        return Ok(Vec::new());
    };
    let several = map.importance.len() > 1;
    let figures = map.importance.iter().filter_map(|of| {
        let drawing = Drawing::new(map, of, layout, &[])?;
        let mut parts = vec![experiment.name.as_str(), "mutations"];
        if several {
            parts = vec![&experiment.name, &of.outcome, &of.contrast, "mutations"];
        }
        let outcome = with_unit(&of.outcome, &of.unit);
        let words = Words {
            heading: format!("{}: {}, {outcome}", experiment.name, map.sequence),
            file: file_name(&parts),
            axis: "importance",
            caption: "Above, the importance of each letter: minus the mean change of the outcome by the other letters. Below, the change by each letter; a \
                      dot marks the one that is there. One sequence: no replication, so no intervals;"
                .to_string(),
            extremes: "The most important letters",
        };
        Some(drawing.figure(&words))
    });
    figures.collect()
}

/// What stands around a map.
pub(super) struct Words {
    /// The title.
    pub heading: String,
    /// The name of the file without its extension.
    pub file: String,
    /// What the height of a letter is.
    pub axis: &'static str,
    /// How to read it; what positions count is added.
    pub caption: String,
    /// What the letters farthest from 0 are.
    pub extremes: &'static str,
}

pub(super) struct Drawing<'a> {
    map: &'a MutationMap,
    of: &'a PositionImportance,
    /// Half the width of the interval of each letter; empty without intervals.
    half_widths: &'a [f64],
    /// The letters with a dot above; empty for none.
    marked: Vec<bool>,
    /// What the height of a letter is.
    axis: &'static str,
    /// Width of a position.
    wide: f64,
    /// The column of each position, over all blocks; they leave room for a label where a position does not stand beside the last one.
    slots: Vec<usize>,
    /// Columns of a block.
    columns: usize,
    layout: MapLayout,
    /// Lines of the heading, which a page has outside of the figure.
    heading: Vec<String>,
    importance: std::ops::Range<f64>,
    changes: std::ops::Range<f64>,
}

impl<'a> Drawing<'a> {
    pub(super) fn new(
        map: &'a MutationMap,
        of: &'a PositionImportance,
        layout: MapLayout,
        half_widths: &'a [f64],
    ) -> Option<Drawing<'a>> {
        let slots = slots(map);
        let all = slots.last().map_or(0, |last| last + 1);
        let with_zero = |numbers: &[f64]| padded_range(numbers.iter().copied().chain([0.0]), 0.0);
        let columns_of =
            |i: usize| (((WIDTHS[i] - LEFT - RIGHT) / CELL_WIDTHS[i]) as usize / 10 * 10).max(10);
        let is_long = all.div_ceil(columns_of(0)) >= MANY_BLOCKS;
        let (wide, columns) = match layout {
            MapLayout::Scrolling => (CELL_WIDTHS[0], all),
            MapLayout::Wrapped => {
                let i = usize::from(is_long);
                (CELL_WIDTHS[i], columns_of(i).min(all))
            }
        };
        let ends = of.values.iter().zip(half_widths);
        let ends = ends.flat_map(|(value, half)| [value - half, value + half]);
        let reached: Vec<f64> = of.values.iter().copied().chain(ends).collect();
        Some(Drawing {
            map,
            of,
            half_widths,
            marked: Vec::new(),
            axis: "",
            wide,
            slots,
            columns: columns.max(1),
            layout,
            heading: Vec::new(),
            importance: with_zero(&reached)?,
            changes: with_zero(&of.changes)?,
        })
    }

    /// The same with a dot above some letters.
    pub(super) fn marked(self, marked: Vec<bool>) -> Drawing<'a> {
        Drawing { marked, ..self }
    }

    fn letters(&self) -> usize {
        self.map.letters.len()
    }

    fn block_height(&self) -> f64 {
        LOGO_HEIGHT + GAP + ROW_HEIGHT * self.letters() as f64 + AXIS_HEIGHT
    }

    /// Left edge of a position, and upper edge of its block.
    fn corner(&self, position: usize) -> (f64, f64) {
        self.corner_of_slot(self.slots[position])
    }

    fn corner_of_slot(&self, slot: usize) -> (f64, f64) {
        let (block, column) = (slot / self.columns, slot % self.columns);
        (
            LEFT + self.wide * column as f64,
            self.top() + self.block_height() * block as f64,
        )
    }

    /// Upper edge of the first block.
    fn top(&self) -> f64 {
        TOP + HEADING_LINE * self.heading.len() as f64
    }

    /// Number of columns of all blocks.
    fn all_slots(&self) -> usize {
        self.slots.last().map_or(0, |last| last + 1)
    }

    /// The positions that a block shows.
    fn positions_of(&self, block: usize) -> std::ops::Range<usize> {
        let before = |slot: usize| self.slots.partition_point(|&at| at < slot);
        before(block * self.columns)..before((block + 1) * self.columns)
    }

    /// Height in the logo of a number, from the upper edge of its block.
    fn height_of(&self, x: f64) -> f64 {
        let range = &self.importance;
        LOGO_HEIGHT * (range.end - x) / (range.end - range.start)
    }

    pub(super) fn figure(mut self, words: &Words) -> Result<Figure, DrawingError> {
        let blocks = self.all_slots().div_ceil(self.columns);
        self.axis = words.axis;
        let width = LEFT + self.wide * self.columns as f64 + RIGHT;
        if self.layout == MapLayout::Wrapped {
            let room = (width / HEADING_LETTER) as usize;
            let heading = replace_control(&words.heading);
            self.heading = lines(&heading, room.max(MIN_HEADING_LETTERS));
        }
        let widest = self.heading.iter().map(|line| line.chars().count()).max();
        let width = width.max(10.0 + HEADING_LETTER * widest.unwrap_or(0) as f64);
        let size = (width, self.top() + self.block_height() * blocks as f64);
        let colours = ColourScale::over(&self.changes);
        let body = draw_svg(size, |area| {
            for (line, text) in self.heading.iter().enumerate() {
                let at = (10.0, TOP + HEADING_LINE * line as f64 + 4.0);
                write_text(
                    area,
                    text,
                    at,
                    Side::Left,
                    TEXT_HEIGHT_PX,
                    &FOREGROUND_COLOUR,
                )?;
            }
            for block in 0..blocks {
                self.ground(area, &colours, block)?;
                self.axes(area, block)?;
            }
            for (position, letter) in self.map.reference.bytes().enumerate() {
                self.letter(area, position, letter)?;
                self.interval(area, position)?;
                self.column(area, &colours, position, letter)?;
            }
            if self.letters() == 0 {
                return Ok(());
            }
            let (right, _) = self.corner_of_slot(self.columns.saturating_sub(1));
            let top = self.top() + LOGO_HEIGHT + GAP;
            let high = ROW_HEIGHT * self.letters() as f64;
            colours.draw_colour_bar(area, &self.changes, (right + self.wide + 14.0, top), high)
        })?;
        Ok(Figure {
            name: words.file.clone(),
            title: words.heading.clone(),
            description: self.text_alternative(words.extremes),
            caption: self.caption(&words.caption, blocks),
            size,
            body,
        })
    }

    /// What a position is called.
    fn label(&self, position: usize) -> String {
        label(self.map, position)
    }

    fn caption(&self, words: &str, blocks: usize) -> String {
        let counted = format!("positions {}", self.map.counted());
        let counted = match words.ends_with('.') {
            true => counted.replacen('p', "P", 1),
            false => counted,
        };
        let continues = match blocks {
            1 => "",
            _ => ", from block to block",
        };
        format!("{words} {counted}{continues}.")
    }

    fn text_alternative(&self, extremes: &str) -> String {
        let mut order: Vec<usize> = (0..self.of.values.len()).collect();
        order.sort_by(|&a, &b| self.of.values[b].abs().total_cmp(&self.of.values[a].abs()));
        let letters: Vec<char> = self.map.reference.chars().collect();
        let said = order.iter().take(5).map(|&position| {
            let label = self.label(position);
            format!(
                "{} at {label}, {}",
                letters[position],
                four_digits(self.of.values[position])
            )
        });
        format!("{extremes}: {}.", said.collect::<Vec<_>>().join("; "))
    }
}
