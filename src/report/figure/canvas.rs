//! Drawing primitives of the figures: colours, type, and a canvas with a unit of a quarter of a pixel.
//!
//! Invariant: every colour that a dark page inverts is a named constant, so that a style sheet can match it.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The drawing library refused a figure.
pub type DrawingError = DrawingAreaErrorKind<std::io::Error>;
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Canvas units per pixel: plotters rounds to whole units, which must not be visible in a curve.
const UNITS_PER_PIXEL: f64 = 4.0;

/// Foreground: text and the main marks.
pub const FOREGROUND_COLOUR: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
/// Secondary: axes and notes.
pub const MUTED_COLOUR: RGBColor = RGBColor(0x57, 0x60, 0x6A);
pub const RULE_COLOUR: RGBColor = RGBColor(0xD5, 0xDA, 0xE0);
/// The backgrounds of a design.
pub const SEQUENCE_COLOUR: RGBColor = RGBColor(0xC3, 0xCA, 0xD2);
/// Colours of series, distinguishable with red-green colour blindness; each series also has its own mark.
pub const SERIES_COLOURS: [RGBColor; 6] = [
    RGBColor(0x0B, 0x5C, 0xAD),
    RGBColor(0xB3, 0x4A, 0x00),
    RGBColor(0x00, 0x74, 0x58),
    RGBColor(0x8A, 0x3B, 0x8F),
    RGBColor(0x6B, 0x5A, 0x00),
    RGBColor(0x5B, 0x5F, 0x6B),
];

/// Height of text in pixels.
pub const TEXT_HEIGHT_PX: f64 = 12.0;
/// Width of an average and of a wide letter, in text heights.
const LETTER: f64 = 0.56;
const WIDE_LETTER: f64 = 0.7;

/// Pixels in units.
pub fn to_units(pixels: f64) -> i32 {
    (pixels * UNITS_PER_PIXEL).round() as i32
}

/// Draws on a canvas of a size in pixels and returns the content of the `svg` element, in canvas units.
pub fn draw_svg(
    (width, height): (f64, f64),
    draw: impl FnOnce(&Area) -> Result<(), DrawingError>,
) -> Result<String, DrawingError> {
    let mut text = String::new();
    {
        let size = (to_units(width) as u32, to_units(height) as u32);
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    // The element itself is written anew, with its title.
    let inside = text.split_once('>').map_or("", |(_, inside)| inside);
    let inside = inside.trim().trim_end_matches("</svg>").trim();
    Ok(inside
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", ""))
}

/// The size of a canvas in units.
pub fn units((width, height): (f64, f64)) -> (i32, i32) {
    (to_units(width), to_units(height))
}

/// Anchor of a text.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    Left,
    Middle,
    Right,
}

/// Text of a size in pixels.
pub fn text_style(size: f64, colour: &RGBColor) -> TextStyle<'static> {
    // The backend divides by this.
    ("sans-serif", f64::from(to_units(size)) * 1.24)
        .into_font()
        .color(colour)
}

/// Writes a text centred vertically on `y`; the position is in pixels.
pub fn write_text(
    area: &Area,
    text: &str,
    (x, y): (f64, f64),
    side: Side,
    size: f64,
    colour: &RGBColor,
) -> Result<(), DrawingError> {
    let h = match side {
        Side::Left => HPos::Left,
        Side::Middle => HPos::Center,
        Side::Right => HPos::Right,
    };
    let style = text_style(size, colour).pos(Pos::new(h, VPos::Center));
    area.draw(&Text::new(
        text.to_string(),
        (to_units(x), to_units(y)),
        style,
    ))
}

/// Writes a text that reads upwards, centred on a position.
pub fn write_upwards(
    area: &Area,
    text: &str,
    (x, y): (f64, f64),
    size: f64,
    colour: &RGBColor,
) -> Result<(), DrawingError> {
    let style = text_style(size, colour)
        .transform(FontTransform::Rotate270)
        .pos(Pos::new(HPos::Center, VPos::Center));
    area.draw(&Text::new(
        text.to_string(),
        (to_units(x), to_units(y)),
        style,
    ))
}

/// Approximate width of a text in pixels.
pub fn text_width(text: &str, size: f64) -> f64 {
    let wide = |c: char| c.is_uppercase() || c.is_ascii_digit() || "=+−—%mw".contains(c);
    let letters = text
        .chars()
        .map(|c| if wide(c) { WIDE_LETTER } else { LETTER });
    letters.sum::<f64>() * size
}

/// The text, cut to an approximate width in pixels.
pub fn fit_text(text: &str, size: f64, pixels: f64) -> String {
    if text_width(text, size) <= pixels {
        return text.to_string();
    }
    let mut room = pixels - text_width("…", size);
    let fits = |c: &char| {
        room -= text_width(c.encode_utf8(&mut [0; 4]), size);
        room >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

/// A non-empty range that holds all numbers with a margin; none if there are no numbers or some are not finite.
pub fn padded_range(
    numbers: impl IntoIterator<Item = f64>,
    margin: f64,
) -> Option<std::ops::Range<f64>> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for x in numbers {
        // Beyond these a difference may not be finite.
        if x.is_nan() || x.abs() > 1e300 {
            return None;
        }
        (low, high) = (low.min(x), high.max(x));
    }
    if low > high {
        return None;
    }
    let size = low.abs().max(high.abs());
    let mut span = high - low;
    if span <= size * 1e-9 || span < 1e-300 {
        span = if size > 1e-290 { size } else { 1.0 };
    }
    Some(low - span * margin..high + span * margin)
}

/// Label of a number on an axis, with the digits that the step between labels needs.
pub fn tick_label(x: f64, range: &std::ops::Range<f64>) -> String {
    let span = range.end - range.start;
    // A step is at least a twentieth of the whole.
    let decimals = (1.3 - span.log10()).ceil().clamp(0.0, 12.0) as usize;
    if !(1e-4..1e6).contains(&span) {
        return format!("{x:.1e}");
    }
    let text = format!("{x:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    match text {
        "-0" | "" => "0".to_string(),
        text => text.replace('-', "−"),
    }
}

/// Marks of series, so that colour alone never distinguishes them.
pub fn draw_series_mark(series: usize, at: (i32, i32), size: i32) -> Vec<(i32, i32)> {
    let (x, y) = at;
    let around = |corners: usize, turn: f64, stretch: f64| -> Vec<(i32, i32)> {
        (0..corners)
            .map(|i| {
                let angle = turn + i as f64 * std::f64::consts::TAU / corners as f64;
                let reach = f64::from(size) * stretch;
                (
                    x + (reach * angle.cos()).round() as i32,
                    y + (reach * angle.sin()).round() as i32,
                )
            })
            .collect()
    };
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    match series % 6 {
        0 => around(24, 0.0, 1.0),
        1 => around(4, FRAC_PI_4, 1.25),
        2 => around(3, -FRAC_PI_2, 1.35),
        3 => around(4, 0.0, 1.3),
        4 => around(3, FRAC_PI_2, 1.35),
        _ => around(6, 0.0, 1.15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_is_never_empty() {
        assert_eq!(padded_range([], 0.1), None);
        assert_eq!(padded_range([1.0, f64::NAN], 0.1), None);
        assert_eq!(padded_range([f64::INFINITY], 0.1), None);
        for numbers in [
            vec![0.0],
            vec![2.0, 2.0],
            vec![-1e-310],
            vec![1e299, -1e299],
        ] {
            let range = padded_range(numbers.iter().copied(), 0.05).expect("finite numbers");
            assert!(range.start < range.end, "{numbers:?}: {range:?}");
            assert!(numbers.iter().all(|x| range.contains(x)), "{numbers:?}");
        }
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(tick_label(0.30000000000000004, &(0.0..1.0)), "0.3");
        assert_eq!(tick_label(-2.0, &(-10.0..10.0)), "−2");
        assert_eq!(tick_label(-1e-17, &(-1.0..1.0)), "0");
        assert_eq!(tick_label(0.0012, &(0.0..0.004)), "0.0012");
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fit_text("short", 12.0, 100.0), "short");
        let cut = fit_text("a name that is far too long", 12.0, 70.0);
        assert!(
            cut.ends_with('…') && text_width(&cut, 12.0) <= 70.0,
            "{cut}"
        );
    }
}
