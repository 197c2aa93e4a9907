//! Text in PNG figures, whatever fonts the machine has and prefers.

use std::path::Path;
use std::process::Command;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

const SCRIPT: &str = "model net = additive({\"ACGT\": 1.0})\n\
    experiment probe {\n\
    \x20   vary gap in [0bp, 10bp, 20bp]\n\
    \x20   background uniform(length: 60bp)\n\
    \x20   sample 20\n\
    \x20   embed [\"ACGT\", gap, \"ACG\"] at 5bp\n\
    \x20   measure net\n\
    }\n";

/// The SVG and PNG of a sweep, drawn by `gia` with a fontconfig of its own.
fn sweep(folder: &Path, fontconfig: &str) -> (String, Vec<u8>) {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("written");
    };
    write("probe.gia", SCRIPT);
    write("fonts.conf", fontconfig);
    let output = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["run", "probe.gia", "--quiet", "--figures", "figures"])
        .current_dir(folder)
        .env("FONTCONFIG_FILE", folder.join("fonts.conf"))
        .env("HOME", folder)
        .output()
        .expect("the built program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let read = |ending: &str| {
        let path = folder.join(format!("figures/probe_net_sweep.{ending}"));
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let svg = String::from_utf8(read("svg")).expect("UTF-8");
    (svg, read("png"))
}

/// Pixels that text covers: those that differ from the figure drawn with no font at all.
fn text_pixels(svg: &str, png: &[u8]) -> usize {
    let drawn = Pixmap::decode_png(png).expect("a PNG");
    let tree = Tree::from_str(svg, &Options::default()).expect("an SVG");
    let mut bare = Pixmap::new(drawn.width(), drawn.height()).expect("a size");
    resvg::render(&tree, Transform::from_scale(2.0, 2.0), &mut bare.as_mut());
    let pairs = drawn.pixels().iter().zip(bare.pixels());
    pairs.filter(|(drawn, bare)| drawn != bare).count()
}

#[test]
fn png_figures_have_text_whatever_fontconfig_says() {
    let config =
        |rules: &str| format!("<?xml version=\"1.0\"?>\n<fontconfig>{rules}</fontconfig>\n");
    let prefer = |generic: &str, prefer: &str| {
        format!(
            "<alias><family>{generic}</family><prefer><family>{prefer}</family></prefer></alias>"
        )
    };
    let empty = "<dir>/nowhere/fonts</dir>";
    let missing = prefer("sans-serif", "No Such Font");
    let spelled = prefer("sans serif", "No Such Font");
    let mut seen: Option<Vec<u8>> = None;
    for (what, text) in [
        (
            "a missing font, no other",
            config(&format!("{missing}{empty}")),
        ),
        (
            "a missing font beside others",
            config(&format!("{missing}<dir>/usr/share/fonts</dir>")),
        ),
        ("another spelling", config(&format!("{spelled}{empty}"))),
        ("no font", config(empty)),
        ("no configuration", "not XML".to_string()),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (svg, png) = sweep(folder.path(), &text);
        let pixels = text_pixels(&svg, &png);
        assert!(pixels > 2000, "{what}: {pixels} pixels of text");
        let first = seen.get_or_insert_with(|| png.clone());
        assert!(*first == png, "{what}: another picture than with the first");
    }
}
