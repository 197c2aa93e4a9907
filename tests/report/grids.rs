//! Large grids: no grid point is passed over, and every row of a map has its label.

use gia::diag::Style;
use gia::report::{figures, table};
use gia::study::Study;
use serde_json::json;

use crate::support::studies::{at, experiment, lengths, names, row, study};

const SITES: [&str; 4] = ["GATA", "CACC", "CANNTG", "TGACTCA"];

/// Four sites at 249 places, with a peak of 3 and one of -2, each at a single place; a constant contrast beside it.
fn scan() -> Study {
    let axes = vec![lengths("pos", 0..249), names("site", SITES)];
    let mut scan = experiment("scan", None, axes);
    for pos in 0..249 {
        for site in SITES {
            let mean = match (pos, site) {
                (101, "CACC") => 3.0,
                (202, "TGACTCA") => -2.0,
                _ => 0.01 * f64::from(pos % 3),
            };
            let at = || at([("pos", json!(pos)), ("site", json!(site))]);
            scan.rows
                .push(row(at(), "effect", ("net", "logit"), 50, mean, 0.1));
            scan.rows
                .push(row(at(), "flat", ("net", "logit"), 50, 0.25, 0.1));
        }
    }
    study(vec![scan])
}

#[test]
fn a_terminal_shows_every_grid_point_and_the_extremes() {
    let text = table(&scan(), Style::PLAIN);
    let signs = |sign: char| {
        let cells = text.lines().filter(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.len() == 2 && SITES.contains(&words[0])
        });
        cells.map(|line| line.matches(sign).count()).sum::<usize>()
    };
    assert_eq!((signs('9'), signs('f')), (1, 1), "{text}");
    assert_eq!(signs('·') + 2, 4 * 249, "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.contains('[')).collect();
    assert!(
        rows.iter()
            .any(|line| line.contains("101") && line.contains("3.0")),
        "{text}"
    );
    assert!(
        rows.iter()
            .any(|line| line.contains("202") && line.contains("-2.0")),
        "{text}"
    );
    assert!(
        text.contains("Shown: the lowest and the highest of each"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn a_map_has_all_cells_and_labels_and_a_constant_has_none() {
    let all = figures(&scan()).unwrap_or_else(|e| panic!("{}", e.message));
    let maps: Vec<_> = all.iter().filter(|f| f.name.ends_with("map")).collect();
    assert_eq!(maps.len(), 1);
    assert!(!all.iter().any(|figure| figure.name.contains("flat")));
    let svg = maps[0].svg();
    // One rectangle a cell, beside the paper and the scale.
    assert!(
        svg.matches("<rect").count() >= 4 * 249,
        "{}",
        svg.matches("<rect").count()
    );
    let document = roxmltree::Document::parse(&svg).expect("an SVG");
    let texts = |wanted: &str| {
        let texts = document
            .descendants()
            .filter(|n| n.tag_name().name() == "text");
        texts
            .filter(|n| n.text().is_some_and(|t| t.trim() == wanted))
            .count()
    };
    assert!(texts("GATA") >= 2);
    for site in SITES {
        assert_eq!(texts(site), texts("GATA"), "{site}");
    }
    assert!(maps[0].description.contains("pos = 101") && maps[0].description.contains("pos = 202"));
}
