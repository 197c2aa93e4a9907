//! Figures as files: every one is SVG with its title, and PNG with something on it.

use gia::report::figures;
use gia::study::Study;
use roxmltree::Document;
use serde_json::json;

use crate::support::studies;

/// Width and height out of a PNG's header.
fn pixels(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    (number(16), number(20))
}

fn names(study: &Study) -> Vec<String> {
    let all = figures(study).unwrap_or_else(|e| panic!("{}", e.message));
    all.into_iter().map(|figure| figure.name).collect()
}

#[test]
fn the_shape_of_the_grid_chooses_the_figure() {
    assert_eq!(names(&studies::importance()), ["importance_estimates"]);
    assert_eq!(
        names(&studies::cooperativity()),
        ["cooperativity_k562__DNase_sweep"]
    );
    assert_eq!(
        names(&studies::copies()),
        [
            "copies_k562__DNase_effect_sweep",
            "copies_k562__DNase_effect_map"
        ]
    );
    assert_eq!(names(&studies::hexamers()), ["hexamers_estimates"]);
}

#[test]
fn every_figure_is_an_svg_and_a_png() {
    for (name, study) in studies::all() {
        for figure in figures(&study).unwrap_or_else(|e| panic!("{name}: {}", e.message)) {
            let svg = figure.svg();
            let document = Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}\n{svg}"));
            let root = document.root_element();
            assert_eq!(
                root.tag_name().namespace(),
                Some("http://www.w3.org/2000/svg")
            );
            let title = root.children().find(|n| n.tag_name().name() == "title");
            assert_eq!(title.and_then(|t| t.text()), Some(figure.title.as_str()));
            assert!(!figure.description.is_empty() && !figure.caption.is_empty());
            let png = figure
                .png()
                .unwrap_or_else(|e| panic!("{name}: {}", e.message));
            let (width, height) = figure.size;
            assert_eq!(
                pixels(&png),
                ((width * 2.0).ceil() as u32, (height * 2.0).ceil() as u32)
            );
        }
    }
}

#[test]
fn two_figures_never_share_a_name() {
    let mut study = studies::importance();
    let twin = study.experiments[0].clone();
    study.experiments.push(twin);
    study.experiments[1].name = "importance!".into();
    assert_eq!(
        names(&study),
        ["importance_estimates", "importance_estimates_2"]
    );
}

#[test]
fn a_figure_says_its_uncertainty() {
    let all = figures(&studies::importance()).expect("figures");
    assert!(
        all[0].description.contains("0.873 [0.846, 0.900]"),
        "{}",
        all[0].description
    );
    assert!(all[0].svg().contains("0.873 [0.846, 0.900]"));
    let sweep = figures(&studies::cooperativity()).expect("figures");
    assert!(
        sweep[0].svg().contains("<polygon opacity=\"0.2\""),
        "no band"
    );
    assert!(sweep[0].caption.contains("the shading is the pointwise"));
    let map = figures(&studies::copies()).expect("figures");
    assert!(map[1].svg().contains("[3.88, 4.16]"), "{}", map[1].svg());
}

#[test]
fn numbers_that_cannot_be_drawn_are_left_out() {
    let mut study = studies::importance();
    study.experiments[0].rows[0].mean = f64::NAN;
    assert_eq!(names(&study), Vec::<String>::new());
    let mut huge = studies::cooperativity();
    for (i, row) in huge.experiments[0].rows.iter_mut().enumerate() {
        row.mean = if i % 2 == 0 { 1e299 } else { -1e299 };
        row.at = studies::at([("gap", json!(i / 3 * 2))]);
    }
    assert_eq!(names(&huge).len(), 1);
}
