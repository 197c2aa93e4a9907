//! Rasterisation of figures.
//!
//! Invariant: text appears on a machine without fonts and looks the same on every machine. The font is bundled; system fonts are looked
//! for only if a letter is not in it.

use std::sync::{Arc, OnceLock};

use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{FontResolver, Options, Tree};

use gia_base::diag::{Code, Diagnostic, Outcome};

/// DejaVu Sans, Latin and Greek letters and signs; its licence is beside it.
const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
const FAMILY: &str = "DejaVu Sans";
/// Scale: output pixels per pixel of the figure.
const SCALE: f64 = 2.0;
/// Level of compression: higher ones take longer and save nothing on flat colours.
const COMPRESSION_LEVEL: u8 = 3;

/// Rasterises an SVG document to PNG.
///
/// # Errors
/// [`Code::WriteFailed`] if it is not valid SVG or has no size.
pub fn rasterise(svg: &str, size: (f64, f64)) -> Outcome<Vec<u8>> {
    with(system_fonts, svg, size)
}

/// Rasterises with the bundled font, and for letters that it lacks with other fonts.
fn with(
    others: fn() -> &'static Database,
    svg: &str,
    (width, height): (f64, f64),
) -> Outcome<Vec<u8>> {
    let refused = |why: String| {
        let message = format!("a figure cannot be drawn as PNG: {why}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    };
    let options = Options {
        fontdb: bundled_font().clone(),
        font_family: FAMILY.to_string(),
        font_resolver: with_fallback(others),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| refused(error.to_string()))?;
    let pixels = |size: f64| (size * SCALE).ceil() as u32;
    let mut pixmap = Pixmap::new(pixels(width), pixels(height))
        .ok_or_else(|| refused("it has no size".to_string()))?;
    pixmap.fill(Color::WHITE);
    let scale = SCALE as f32;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    encode(&pixmap).map_err(|error| refused(error.to_string()))
}

/// Encodes an opaque picture. Without transparency and without filters, which serve photographs, this takes half the time and the file
/// is smaller.
fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let colours = pixmap.data().chunks_exact(4);
    let colours: Vec<u8> = colours
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(DeflateCompression::Level(COMPRESSION_LEVEL));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&colours)?;
    writer.finish()?;
    Ok(bytes)
}

/// The bundled font, for all families.
fn bundled_font() -> &'static Arc<Database> {
    static FONT_DATABASE: OnceLock<Arc<Database>> = OnceLock::new();
    FONT_DATABASE.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        fonts.set_serif_family(FAMILY);
        fonts.set_monospace_family(FAMILY);
        fonts.set_cursive_family(FAMILY);
        fonts.set_fantasy_family(FAMILY);
        Arc::new(fonts)
    })
}

/// The fonts of the machine, looked for once.
fn system_fonts() -> &'static Database {
    static SYSTEM_FONTS: OnceLock<Database> = OnceLock::new();
    SYSTEM_FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        fonts
    })
}

/// Chooses fonts as usual, among other fonts too once a letter is lacking.
fn with_fallback(others: fn() -> &'static Database) -> FontResolver<'static> {
    let choose = FontResolver::default_fallback_selector();
    FontResolver {
        select_font: FontResolver::default_font_selector(),
        select_fallback: Box::new(move |letter, tried, fonts| {
            let bundled = bundled_font().len();
            if fonts.len() == bundled {
                let fonts = Arc::make_mut(fonts);
                for face in others().faces() {
                    fonts.push_face_info(face.clone());
                }
            }
            choose(letter, tried, fonts)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(text: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 90 20\" width=\"90\" height=\"20\">\
             <text x=\"2\" y=\"15\" font-family=\"sans-serif\" font-size=\"12\">{text}</text></svg>"
        )
    }

    fn none() -> &'static Database {
        static NONE: OnceLock<Database> = OnceLock::new();
        NONE.get_or_init(Database::new)
    }

    fn drawn(text: &str) -> Vec<u8> {
        with(none, &svg(text), (90.0, 20.0)).expect("a picture")
    }

    #[test]
    fn a_machine_without_fonts_draws_text() {
        let empty = drawn("");
        let texts = ["effect", "−0.87 [−1, ≤ 2]", "α …"].map(drawn);
        assert!(texts.iter().all(|png| *png != empty));
        assert!(texts[0] != texts[1] && texts[1] != texts[2]);
    }

    #[test]
    fn other_fonts_are_looked_for_only_if_a_letter_is_lacking() {
        fn untouched() -> &'static Database {
            unreachable!("the bundled font has these letters")
        }
        let picture = |fonts, text| with(fonts, &svg(text), (90.0, 20.0)).expect("a picture");
        assert_eq!(
            picture(untouched, "−0.87 [−1, ≤ 2] α …"),
            drawn("−0.87 [−1, ≤ 2] α …")
        );
        let asked = std::panic::catch_unwind(|| picture(untouched, "\u{5408}"));
        assert!(asked.is_err(), "a letter that the bundled font lacks");
    }

    #[test]
    fn a_picture_is_opaque_and_keeps_its_colours() {
        let rectangle = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 2\" width=\"4\" height=\"2\">\
             <rect width=\"2\" height=\"2\" fill=\"#0B5CAD\"/></svg>";
        let bytes = with(none, rectangle, (4.0, 2.0)).expect("a picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .expect("PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!(
            (frame.width, frame.height, frame.color_type),
            (8, 4, ColorType::Rgb)
        );
        assert_eq!(&pixels[..3], [0x0B, 0x5C, 0xAD]);
        assert_eq!(&pixels[7 * 3..8 * 3], [0xFF; 3]);
    }
}
