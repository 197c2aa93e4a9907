//! Rasterisation of figures.
//!
//! Invariant: text appears on a machine without fonts and looks the same on every machine. The font is bundled; system fonts only
//! serve for letters that it lacks.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use gia_base::diag::{Code, Diagnostic, Outcome};

/// DejaVu Sans, Latin and Greek letters and signs; its licence is beside it.
const FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-subset.ttf");
const FAMILY: &str = "DejaVu Sans";
/// Scale: output pixels per pixel of the figure.
const SCALE: f64 = 2.0;

/// Rasterises an SVG document to PNG.
///
/// # Errors
/// [`Code::WriteFailed`] if it is not valid SVG or has no size.
pub fn rasterise(svg: &str, size: (f64, f64)) -> Outcome<Vec<u8>> {
    with(fonts().clone(), svg, size)
}

fn with(fonts: Arc<Database>, svg: &str, (width, height): (f64, f64)) -> Outcome<Vec<u8>> {
    let refused = |why: String| {
        let message = format!("a figure cannot be drawn as PNG: {why}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    };
    let options = Options {
        fontdb: fonts,
        font_family: FAMILY.to_string(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| refused(error.to_string()))?;
    let pixels = |size: f64| (size * SCALE).ceil() as u32;
    let mut pixmap = Pixmap::new(pixels(width), pixels(height))
        .ok_or_else(|| refused("it has no size".to_string()))?;
    let scale = SCALE as f32;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| refused(error.to_string()))
}

fn fonts() -> &'static Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    FONTS.get_or_init(|| {
        let mut fonts = bundled();
        fonts.load_system_fonts();
        // Loading also takes the names of families from fontconfig, which may prefer a font that is not installed.
        use_bundled_family(&mut fonts);
        Arc::new(fonts)
    })
}

fn bundled() -> Database {
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    use_bundled_family(&mut fonts);
    fonts
}

/// Maps every generic font family to the bundled font.
fn use_bundled_family(fonts: &mut Database) {
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_serif_family(FAMILY);
    fonts.set_monospace_family(FAMILY);
    fonts.set_cursive_family(FAMILY);
    fonts.set_fantasy_family(FAMILY);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_fonts_draws_text() {
        let svg = |text: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 90 20\" width=\"90\" height=\"20\">\
                 <text x=\"2\" y=\"15\" font-family=\"sans-serif\" font-size=\"12\">{text}</text></svg>"
            )
        };
        let drawn =
            |text: &str| with(Arc::new(bundled()), &svg(text), (90.0, 20.0)).expect("a picture");
        let empty = drawn("");
        let texts = ["effect", "−0.87 [−1, ≤ 2]", "α …"].map(drawn);
        assert!(texts.iter().all(|png| *png != empty));
        assert!(texts[0] != texts[1] && texts[1] != texts[2]);
    }
}
