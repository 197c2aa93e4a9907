//! What a map of mutations is drawn of: the letters of the logo, the cells of the map, their ground, and the axes.

use plotters::prelude::*;

use super::{Drawing, GAP, LEFT, LOGO_HEIGHT, MIN_LETTER_HEIGHT, ROW_HEIGHT};
use crate::figure::canvas::{
    Area, DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, Side, TEXT_HEIGHT_PX, tick_label,
    to_units, write_text, write_upwards,
};
use crate::figure::heat_map::ColourScale;
use crate::figure::logo::draw_letter;
use crate::figure::mutation_columns::{LABEL_EVERY, LABEL_GAP, half_width};

impl Drawing<'_> {
    /// The letter that stands at a position, as high as it is important.
    pub(super) fn letter(
        &self,
        area: &Area,
        position: usize,
        letter: u8,
    ) -> Result<(), DrawingError> {
        let (x, top) = self.corner(position);
        let value = self.of.values[position];
        let (zero, end) = (self.height_of(0.0), self.height_of(value));
        let base = match letter {
            b'A' => 0,
            b'C' => 1,
            b'G' => 2,
            b'T' | b'U' => 3,
            _ => return Ok(()),
        };
        if (zero - end).abs() < MIN_LETTER_HEIGHT {
            return Ok(());
        }
        // A letter of a negative number hangs from the line, upside down.
        draw_letter(
            area,
            base,
            letter == b'U',
            (x + 0.4, top + end),
            (self.wide - 0.8, zero - end),
        )
    }

    /// The interval of a letter, and the dot of one that is marked.
    pub(super) fn interval(&self, area: &Area, position: usize) -> Result<(), DrawingError> {
        let (left, top) = self.corner(position);
        let x = to_units(left + self.wide / 2.0);
        if let Some(half) = self.half_widths.get(position) {
            let value = self.of.values[position];
            let ends = [value - half, value + half].map(|end| to_units(top + self.height_of(end)));
            let line = vec![(x, ends[0]), (x, ends[1])];
            area.draw(&PathElement::new(
                line,
                FOREGROUND_COLOUR.stroke_width(to_units(0.7) as u32),
            ))?;
        }
        if self.marked.get(position).copied().unwrap_or(false) {
            let place = (x, to_units(top + 1.0));
            area.draw(&Circle::new(
                place,
                to_units(1.6),
                FOREGROUND_COLOUR.filled(),
            ))?;
        }
        Ok(())
    }

    /// What each letter changes at a position; the one that stands there is marked.
    pub(super) fn column(
        &self,
        area: &Area,
        colours: &ColourScale,
        position: usize,
        letter: u8,
    ) -> Result<(), DrawingError> {
        let (x, top) = self.corner(position);
        let first = top + LOGO_HEIGHT + GAP;
        for (row, written) in self.map.letters.bytes().enumerate() {
            let y = first + ROW_HEIGHT * row as f64;
            let corners = [
                (to_units(x), to_units(y)),
                (
                    to_units(x + self.wide - 0.75),
                    to_units(y + ROW_HEIGHT - 0.75),
                ),
            ];
            if written == letter {
                // Nothing is changed here.
                let middle = (
                    to_units(x + self.wide / 2.0 - 0.4),
                    to_units(y + ROW_HEIGHT / 2.0 - 0.4),
                );
                area.draw(&Circle::new(middle, to_units(1.6), MUTED_COLOUR.filled()))?;
                continue;
            }
            let fill = colours.of(self.of.changes[position * self.letters() + row]);
            // The ground of the map has the colour of no change.
            if fill != colours.of(0.0) {
                area.draw(&Rectangle::new(corners, fill.filled()))?;
            }
        }
        Ok(())
    }

    /// The ground of a block of the map, in the colour of no change.
    pub(super) fn ground(
        &self,
        area: &Area,
        colours: &ColourScale,
        block: usize,
    ) -> Result<(), DrawingError> {
        if self.letters() == 0 {
            return Ok(());
        }
        let shown = self.positions_of(block);
        let mut first = shown.start;
        for next in shown.start + 1..=shown.end {
            let last = next - 1;
            if next < shown.end && self.slots[next] == self.slots[last] + 1 {
                continue;
            }
            let ((left, top), (right, _)) = (self.corner(first), self.corner(last));
            let top = top + LOGO_HEIGHT + GAP;
            let right = right + self.wide - 0.75;
            let bottom = top + ROW_HEIGHT * self.letters() as f64 - 0.75;
            let corners = [
                (to_units(left), to_units(top)),
                (to_units(right), to_units(bottom)),
            ];
            area.draw(&Rectangle::new(corners, colours.of(0.0).filled()))?;
            first = next;
        }
        Ok(())
    }

    /// The line of zero, the scale of the logo, names of the letters, and labels of positions.
    pub(super) fn axes(&self, area: &Area, block: usize) -> Result<(), DrawingError> {
        let shown = self.positions_of(block);
        let (_, top) = self.corner_of_slot(block * self.columns);
        let columns = (self.all_slots() - block * self.columns).min(self.columns);
        let right = LEFT + self.wide * columns as f64;
        let zero = top + self.height_of(0.0);
        let line = vec![
            (to_units(LEFT), to_units(zero)),
            (to_units(right), to_units(zero)),
        ];
        area.draw(&PathElement::new(line, MUTED_COLOUR.stroke_width(2)))?;
        let range = &self.importance;
        for x in [range.start, 0.0, range.end] {
            let crowded =
                x != 0.0 && (self.height_of(x) - self.height_of(0.0)).abs() < TEXT_HEIGHT_PX;
            if crowded {
                continue;
            }
            let y = (top + self.height_of(x)).clamp(top + 5.0, top + LOGO_HEIGHT - 5.0);
            write_text(
                area,
                &tick_label(x, range),
                (LEFT - 7.0, y),
                Side::Right,
                10.5,
                &MUTED_COLOUR,
            )?;
        }
        let middle = top + LOGO_HEIGHT / 2.0;
        write_upwards(
            area,
            self.axis,
            (10.0, middle),
            TEXT_HEIGHT_PX,
            &FOREGROUND_COLOUR,
        )?;
        let map_top = top + LOGO_HEIGHT + GAP;
        for (row, letter) in self.map.letters.chars().enumerate() {
            let at = (LEFT - 7.0, map_top + ROW_HEIGHT * (row as f64 + 0.5) - 0.4);
            write_text(
                area,
                &letter.to_string(),
                at,
                Side::Right,
                TEXT_HEIGHT_PX,
                &MUTED_COLOUR,
            )?;
        }
        let bottom = map_top + ROW_HEIGHT * self.letters() as f64;
        let mut free_from = f64::NEG_INFINITY;
        for position in shown {
            let label = self.label(position);
            let is_labelled = self.is_labelled(position);
            let (x, _) = self.corner(position);
            let x = x + self.wide / 2.0 - 0.4;
            let half = half_width(&label);
            if !is_labelled || x - half < free_from {
                continue;
            }
            free_from = x + half + LABEL_GAP;
            let tick = vec![
                (to_units(x), to_units(bottom)),
                (to_units(x), to_units(bottom + 4.0)),
            ];
            area.draw(&PathElement::new(tick, MUTED_COLOUR.stroke_width(2)))?;
            write_text(
                area,
                &label,
                (x, bottom + 12.0),
                Side::Middle,
                TEXT_HEIGHT_PX,
                &MUTED_COLOUR,
            )?;
        }
        Ok(())
    }

    /// Whether a position is a round one, one of few, or alone.
    fn is_labelled(&self, position: usize) -> bool {
        let map = self.map;
        let is_round = map.place(position).is_multiple_of(LABEL_EVERY);
        is_round || map.positions.len() <= 20 || (position > 0 && !map.continues(position))
    }
}
