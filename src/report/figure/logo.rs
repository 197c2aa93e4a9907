//! Sequence logos: the height of a stack is the information of its position, or letters are as high as their contributions, which hang
//! upside down from the line of zero where they are negative. Letters are shapes, so that no font is needed.
//!
//! The height of a column is 2 bits minus its entropy, divided among the bases by their probability; Schneider and Stephens,
//! Nucleic Acids Research 18:6097 (1990). There is no small-sample correction, since a matrix does not record its sample size.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::canvas::{self, Area, DrawingError, MUTED_COLOUR, draw_svg, to_units};
use gia_study::MotifRecord;

/// A, C, G, T.
const COLOURS: [RGBColor; 4] = [
    RGBColor(0x1A, 0x7F, 0x37),
    RGBColor(0x09, 0x57, 0xC3),
    RGBColor(0x9A, 0x5B, 0x00),
    RGBColor(0xC4, 0x1E, 0x2A),
];
/// Height in pixels of a column of two bits.
const SIZE: (f64, f64) = (11.0, 26.0);
/// Maximum number of positions of a motif that is drawn in a table.
const MAX_COLUMNS: usize = 40;
/// Height in pixels of a logo of contributions in a table.
const CONTRIBUTIONS_HEIGHT: f64 = 36.0;
/// Height in pixels below which a letter cannot be seen.
const MIN_LETTER_HEIGHT: f64 = 0.4;

/// The logo of a motif of the experiment, by name.
pub fn motif_logo(name: &str, motif: &MotifRecord) -> Option<Markup> {
    matrix_logo(name, &motif.columns, motif.alphabet == "RNA")
}

/// The logo of a probability matrix, with a text alternative; none for a motif that is too wide or an invalid matrix.
fn matrix_logo(name: &str, columns: &[[f64; 4]], rna: bool) -> Option<Markup> {
    let fine = |p: &f64| p.is_finite() && (0.0..=1.0 + 1e-6).contains(p);
    if columns.is_empty() || columns.len() > MAX_COLUMNS || !columns.as_flattened().iter().all(fine)
    {
        return None;
    }
    let size = (columns.len() as f64 * SIZE.0, SIZE.1);
    let body = draw_svg(size, |area| {
        draw_information(area, columns, rna, (0.0, 0.0), size)
    });
    Some(inline(
        &format!("sequence logo of {name}"),
        size,
        body.ok()?,
    ))
}

/// The logo of the contributions of a discovered motif, with a text alternative; none for any other motif, or one that is too wide.
pub fn contribution_logo(name: &str, motif: &MotifRecord) -> Option<Markup> {
    let columns = drawable_contributions(motif).filter(|columns| columns.len() <= MAX_COLUMNS)?;
    let size = (columns.len() as f64 * SIZE.0, CONTRIBUTIONS_HEIGHT);
    let range = contribution_range(columns);
    let rna = motif.alphabet == "RNA";
    let body = draw_svg(size, |area| {
        draw_contributions(area, columns, &range, rna, (0.0, 0.0), size)
    });
    let label = format!("contributions of the bases of {name}");
    Some(inline(&label, size, body.ok()?))
}

/// The contributions of a motif, if there are some and they are finite.
pub(super) fn drawable_contributions(motif: &MotifRecord) -> Option<&[[f64; 4]]> {
    let columns = motif.contributions.as_deref()?;
    let numbers = columns.as_flattened();
    let is_finite = numbers.iter().all(|x| x.is_finite() && x.abs() < 1e100);
    (is_finite && numbers.iter().any(|x| *x != 0.0)).then_some(columns)
}

fn inline(label: &str, size: (f64, f64), body: String) -> Markup {
    let (units_wide, units_high) = canvas::units(size);
    html! {
        svg.logo xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {units_wide} {units_high}"))
            width=(size.0) height=(size.1) role="img" aria-label=(label) {
            (PreEscaped(body))
        }
    }
}

/// The logo of a plain sequence such as `GATAAG`; none for any other text.
pub fn sequence_logo(text: &str) -> Option<Markup> {
    let column = |letter: char| {
        let base = "ACGT".find(if letter == 'U' { 'T' } else { letter })?;
        let mut column = [0.0; 4];
        column[base] = 1.0;
        Some(column)
    };
    let found: Option<Vec<[f64; 4]>> = text.chars().map(column).collect();
    // A short name may happen to be made of these letters.
    let found = found.filter(|columns| columns.len() >= 3)?;
    matrix_logo(text, &found, text.contains('U'))
}

/// Draws stacks of letters that are as high as the information of their position, two bits being the whole height.
pub(super) fn draw_information(
    area: &Area,
    columns: &[[f64; 4]],
    rna: bool,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
) -> Result<(), DrawingError> {
    let wide = width / columns.len() as f64;
    for (i, column) in columns.iter().enumerate() {
        let entropy: f64 = column
            .iter()
            .filter(|p| **p > 0.0)
            .map(|p| -p * p.log2())
            .sum();
        let bits = (2.0 - entropy).max(0.0);
        let mut bottom = top + height;
        for base in ascending(column) {
            let high = column[base] * bits / 2.0 * (height - 1.0);
            if high < MIN_LETTER_HEIGHT {
                continue;
            }
            let corner = (left + i as f64 * wide + 0.5, bottom - high);
            draw_letter(area, base, rna, corner, (wide - 1.0, high))?;
            bottom -= high;
        }
    }
    Ok(())
}

/// Sums of the negative and of the positive contributions of a position, the lowest and the highest of all positions.
pub(super) fn contribution_range(columns: &[[f64; 4]]) -> Range<f64> {
    let sum =
        |column: &[f64; 4], sign: f64| column.iter().map(|x| (sign * x).max(0.0)).sum::<f64>();
    let most = |sign: f64| columns.iter().map(|c| sum(c, sign)).fold(0.0, f64::max);
    -most(-1.0)..most(1.0)
}

/// Draws letters that are as high as their contributions: positive ones stand on the line of zero, negative ones hang from it, the
/// largest furthest from the line.
pub(super) fn draw_contributions(
    area: &Area,
    columns: &[[f64; 4]],
    range: &Range<f64>,
    rna: bool,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
) -> Result<(), DrawingError> {
    let wide = width / columns.len() as f64;
    let y_of = |x: f64| top + 0.5 + (height - 1.0) * (range.end - x) / (range.end - range.start);
    let zero = to_units(y_of(0.0));
    let line = vec![(to_units(left), zero), (to_units(left + width), zero)];
    area.draw(&PathElement::new(line, MUTED_COLOUR.stroke_width(2)))?;
    for (i, column) in columns.iter().enumerate() {
        let x = left + i as f64 * wide + 0.5;
        for sign in [1.0, -1.0] {
            let mut reached = 0.0;
            for base in ascending(&column.map(|x| sign * x)) {
                let contribution = column[base];
                let end = reached + contribution;
                let high = y_of(reached) - y_of(end);
                if sign * contribution <= 0.0 || high.abs() < MIN_LETTER_HEIGHT {
                    continue;
                }
                // A letter of a negative height hangs from its upper edge, upside down.
                draw_letter(area, base, rna, (x, y_of(end)), (wide - 1.0, high))?;
                reached = end;
            }
        }
    }
    Ok(())
}

/// The bases in the order of their numbers.
fn ascending(column: &[f64; 4]) -> [usize; 4] {
    let mut order = [0, 1, 2, 3];
    order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
    order
}

/// Draws a letter with its upper left corner at a place and of a size in pixels; upside down below the place if the height is negative.
pub(super) fn draw_letter(
    area: &Area,
    base: usize,
    rna: bool,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
) -> Result<(), DrawingError> {
    for shape in letter_shapes(base, rna) {
        let corner = |(x, y): &(f64, f64)| (to_units(left + x * width), to_units(top + y * height));
        let corners: Vec<(i32, i32)> = shape.iter().map(corner).collect();
        area.draw(&Polygon::new(corners, COLOURS[base].filled()))?;
    }
    Ok(())
}

type Shape = Vec<(f64, f64)>;

/// The shapes of a letter in a square of side 1, y downwards.
fn letter_shapes(base: usize, rna: bool) -> Vec<Shape> {
    match base {
        0 => vec![
            vec![
                (0.0, 1.0),
                (0.40, 0.0),
                (0.60, 0.0),
                (0.54, 0.16),
                (0.20, 1.0),
            ],
            vec![
                (1.0, 1.0),
                (0.60, 0.0),
                (0.40, 0.0),
                (0.46, 0.16),
                (0.80, 1.0),
            ],
            vec![(0.26, 0.60), (0.74, 0.60), (0.80, 0.76), (0.20, 0.76)],
        ],
        1 => vec![arc(0.14, 0.86)],
        2 => vec![
            arc(0.14, 1.0),
            vec![(0.52, 0.50), (1.0, 0.50), (1.0, 0.66), (0.52, 0.66)],
            vec![(0.80, 0.55), (1.0, 0.55), (1.0, 1.0), (0.84, 1.0)],
        ],
        _ if rna => vec![
            vec![(0.0, 0.0), (0.2, 0.0), (0.2, 0.66), (0.0, 0.66)],
            vec![(1.0, 0.0), (0.8, 0.0), (0.8, 0.66), (1.0, 0.66)],
            half_arc(),
        ],
        _ => vec![
            vec![(0.0, 0.0), (1.0, 0.0), (1.0, 0.17), (0.0, 0.17)],
            vec![(0.40, 0.1), (0.60, 0.1), (0.60, 1.0), (0.40, 1.0)],
        ],
    }
}

/// An arc from the upper right over the left to the lower right, in turns of the circle, clockwise from the right.
fn arc(gap_above: f64, until: f64) -> Shape {
    let at = |turn: f64, size: f64| {
        let angle = turn * std::f64::consts::TAU;
        (
            0.5 + 0.5 * size * angle.cos(),
            0.5 - 0.5 * size * angle.sin(),
        )
    };
    let turns = |i: usize| gap_above + (until - gap_above) * i as f64 / 24.0;
    let outer = (0..=24).map(|i| at(turns(i), 1.0));
    let inner = (0..=24).rev().map(|i| at(turns(i), 0.62));
    outer.chain(inner).collect()
}

fn half_arc() -> Shape {
    let at = |i: usize, wide: f64, high: f64| {
        let angle = std::f64::consts::PI * i as f64 / 16.0;
        (0.5 + wide * angle.cos(), 0.64 + high * angle.sin())
    };
    let outer = (0..=16).map(|i| at(i, 0.5, 0.36));
    let inner = (0..=16).rev().map(|i| at(i, 0.3, 0.2));
    outer.chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sequences_have_a_logo() {
        assert!(sequence_logo("GATAAG").is_some());
        assert!(sequence_logo("GGCUAG").is_some());
        for text in ["", "A", "CTCF", "rc(GATAAG)", "gataag"] {
            assert!(sequence_logo(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_column_without_information_has_no_letter() {
        let even = matrix_logo("even", &[[0.25; 4]], false)
            .expect("a motif")
            .into_string();
        assert!(!even.contains("<polygon"), "{even}");
        let sure = matrix_logo("sure", &[[1.0, 0.0, 0.0, 0.0]], false)
            .expect("a motif")
            .into_string();
        assert_eq!(
            sure.matches("<polygon").count(),
            letter_shapes(0, false).len()
        );
        assert!(matrix_logo("none", &[[f64::NAN, 0.0, 0.0, 1.0]], false).is_none());
    }
}
