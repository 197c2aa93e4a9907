//! Sequence logos: the height of a stack is the information of its position. Letters are shapes, so that no font is needed.
//!
//! The height of a column is 2 bits minus its entropy, divided among the bases by their probability; Schneider and Stephens,
//! Nucleic Acids Research 18:6097 (1990). There is no small-sample correction, since a matrix does not record its sample size.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::canvas::{self, Area, DrawingError, draw_svg, to_units};
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
    let (width, height) = (columns.len() as f64 * SIZE.0, SIZE.1);
    let body = draw(columns, rna, (width, height)).ok()?;
    let (units_wide, units_high) = canvas::units((width, height));
    Some(html! {
        svg.logo xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {units_wide} {units_high}"))
            width=(width) height=(height) role="img" aria-label=(format!("sequence logo of {name}")) {
            (PreEscaped(body))
        }
    })
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

fn draw(
    columns: &[[f64; 4]],
    rna: bool,
    (width, height): (f64, f64),
) -> Result<String, DrawingError> {
    draw_svg((width, height), |area| {
        for (i, column) in columns.iter().enumerate() {
            let entropy: f64 = column
                .iter()
                .filter(|p| **p > 0.0)
                .map(|p| -p * p.log2())
                .sum();
            let bits = (2.0 - entropy).max(0.0);
            let mut order: Vec<usize> = (0..4).collect();
            order.sort_by(|a, b| column[*a].total_cmp(&column[*b]));
            let mut bottom = height;
            for base in order {
                let high = column[base] * bits / 2.0 * (height - 1.0);
                if high < 0.4 {
                    continue;
                }
                let corner = (i as f64 * SIZE.0 + 0.5, bottom - high);
                draw_letter(area, base, rna, corner, (SIZE.0 - 1.0, high))?;
                bottom -= high;
            }
        }
        Ok(())
    })
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
