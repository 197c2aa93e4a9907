//! The page: what it is made of, that it is whole by itself, and that a script's words stay words.

use std::collections::HashSet;

use gia::report::to_html;
use gia::study::{Study, Verdict};
use roxmltree::{Document, Node};
use serde_json::json;

use crate::support::studies;

/// The page as XML: its only elements without an end are closed.
fn as_xml(html: &str) -> String {
    let body = html.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    regex::Regex::new(r"<meta([^>]*)>")
        .expect("a pattern")
        .replace_all(body, "<meta$1/>")
        .into_owned()
}

fn named<'a>(document: &'a Document<'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    document
        .descendants()
        .filter(move |node| node.tag_name().name() == name)
}

fn text(node: Node) -> String {
    node.descendants()
        .filter_map(|n| n.text().filter(|_| n.is_text()))
        .collect()
}

/// What an accessibility check would ask of any page of ours.
fn check(html: &str) {
    let xml = as_xml(html);
    let document = Document::parse(&xml).expect("elements that close each other");
    let root = document.root_element();
    assert_eq!(root.attribute("lang"), Some("en"));
    assert!(named(&document, "title").any(|t| t.parent().is_some_and(|p| p.has_tag_name("head"))));
    assert_eq!(named(&document, "main").count(), 1);
    assert_eq!(named(&document, "h1").count(), 1);

    let mut level = 0;
    for node in document.descendants() {
        let name = node.tag_name().name();
        if let Some(this) = name
            .strip_prefix('h')
            .and_then(|rest| rest.parse::<u32>().ok())
        {
            assert!(this <= level + 1, "h{this} after h{level}: {}", text(node));
            assert!(!text(node).trim().is_empty());
            level = this;
        }
        assert!(
            !["script", "img", "link", "iframe", "object"].contains(&name),
            "{name}"
        );
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on"), "{name}");
            assert!(!["src", "action"].contains(&name), "{name}");
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }

    let ids: Vec<&str> = document
        .descendants()
        .filter_map(|n| n.attribute("id"))
        .collect();
    let distinct: HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "an id twice");
    for node in document.descendants() {
        for reference in node
            .attribute("aria-labelledby")
            .unwrap_or_default()
            .split_whitespace()
        {
            assert!(distinct.contains(reference), "{reference} labels nothing");
        }
        if let Some(target) = node.attribute("href") {
            assert!(distinct.contains(&target[1..]), "{target} leads nowhere");
        }
    }
    for svg in named(&document, "svg") {
        assert_eq!(svg.attribute("role"), Some("img"));
        let named = svg
            .attribute("aria-label")
            .is_some_and(|label| !label.is_empty());
        let told = ["title", "desc"].iter().all(|name| {
            svg.children()
                .any(|n| n.tag_name().name() == *name && !text(n).trim().is_empty())
        });
        assert!(named || told, "a figure that nobody is told of");
    }
    for table in named(&document, "table") {
        let caption = table
            .children()
            .find(|n| n.has_tag_name("caption"))
            .expect("a caption");
        assert!(!text(caption).trim().is_empty());
        let rows: Vec<Node> = table
            .descendants()
            .filter(|n| n.has_tag_name("tr"))
            .collect();
        let width = rows[0].children().count();
        for row in rows {
            assert_eq!(row.children().count(), width, "{}", text(caption));
        }
        for head in table.descendants().filter(|n| n.has_tag_name("th")) {
            assert!(matches!(head.attribute("scope"), Some("col" | "row")));
        }
    }
    let style = text(named(&document, "style").next().expect("a style"));
    for word in ["url(", "@import", "http"] {
        assert!(!style.contains(word), "{word}");
    }
}

#[test]
fn every_page_is_whole_and_can_be_read_aloud() {
    for (name, study) in studies::all() {
        let html = to_html(&study).unwrap_or_else(|e| panic!("{name}: {}", e.message));
        check(&html);
        assert_eq!(html, to_html(&study).expect("the same page"), "{name}");
    }
    check(&to_html(&studies::study(vec![])).expect("an empty study"));
}

#[test]
fn a_verdict_is_a_word_and_a_sign() {
    let html = to_html(&studies::cooperativity()).expect("a page");
    for (class, sign) in [("supported", "✓"), ("refuted", "✗"), ("undecided", "?")] {
        let expected = format!(
            "<li class=\"{class}\"><p class=\"verdict\"><span aria-hidden=\"true\">{sign}</span> {class}</p>"
        );
        assert!(html.contains(&expected), "{class}");
    }
    assert!(html.contains("3 claims: 1 supported, 1 refuted, 1 undecided"));
}

#[test]
fn the_page_holds_what_the_table_holds() {
    let html = to_html(&studies::importance()).expect("a page");
    for part in [
        "How strongly does the model respond to one GATA1 site?",
        "effect &gt; 0",
        "the interval [0.846, 0.900] lies above 0",
        "0.873",
        "gia run spacing.gia",
        studies::MODEL,
        "paired Student t",
        "peaks.bed",
        "1,000 kept, 1,203 left out: 1,201 with an unknown base (peak_3, peak_8, peak_9, ...)",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

/// A study whose every word tries to be something else.
fn hostile() -> Study {
    let mean = "<script>alert(1)</script>\"'><b onload=x>\u{1b}[2J\u{202e}&";
    let mut study = studies::copies();
    let e = &mut study.experiments[0];
    e.name = mean.into();
    e.left_out = studies::importance().experiments[0].left_out.clone();
    e.left_out[0].path = mean.into();
    e.left_out[0].reasons[0].first = vec![mean.into()];
    e.doc = Some(format!("{mean}\n\n{mean}"));
    e.axes[0].name = mean.into();
    e.axes[0].values = vec![json!(mean), json!(format!("{mean} 2"))];
    for (i, row) in e.rows.iter_mut().enumerate() {
        let value = match i < 4 {
            true => mean.to_string(),
            false => format!("{mean} 2"),
        };
        let copies = ("copies".to_string(), json!(i % 4 + 1));
        row.at = [copies, (mean.to_string(), json!(value))]
            .into_iter()
            .collect();
        (row.contrast, row.outcome, row.unit) = (mean.into(), mean.into(), Some(mean.into()));
    }
    for arm in &mut e.arms {
        (arm.arm, arm.outcome) = (mean.into(), mean.into());
    }
    e.claims = vec![studies::claim(
        mean,
        Verdict::Refuted,
        mean,
        &e.rows[0],
        mean,
    )];
    study.provenance.command = mean.into();
    study.provenance.script.path = mean.into();
    study
}

#[test]
fn words_of_a_script_stay_words() {
    let html = to_html(&hostile()).expect("a page");
    check(&html);
    assert!(html.contains("&lt;script&gt;alert(1)"));
    assert!(!html.contains('\x1b') && !html.contains('\u{202e}'));
}

#[test]
fn numbers_that_are_none_break_no_page() {
    let mut study = studies::cooperativity();
    let rows = &mut study.experiments[0].rows;
    (rows[0].low, rows[0].high) = (None, None);
    rows[1].mean = f64::NAN;
    rows[2].high = Some(f64::INFINITY);
    check(&to_html(&study).expect("a page"));
    let mut flat = studies::copies();
    for row in &mut flat.experiments[0].rows {
        (row.mean, row.low, row.high) = (0.0, Some(0.0), Some(0.0));
    }
    check(&to_html(&flat).expect("a page"));
}

#[test]
fn ten_thousand_rows_are_a_small_page() {
    let mut study = studies::cooperativity();
    let e = &mut study.experiments[0];
    let template: Vec<_> = e.rows[..3].to_vec();
    e.axes = vec![studies::lengths("gap", 0..3334)];
    e.rows = (0..3334)
        .flat_map(|gap| {
            template.iter().cloned().map(move |mut row| {
                row.at = studies::at([("gap", json!(gap))]);
                row.mean += f64::from(gap).sin();
                row
            })
        })
        .collect();
    let rows = e.rows.len();
    assert!(rows >= 10_000);
    let html = to_html(&study).expect("a page");
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    check(&html);
}

#[test]
fn motifs_and_sequences_have_logos_in_their_own_letters() {
    let mut study = studies::copies();
    let e = &mut study.experiments[0];
    e.motifs = ["DNA", "RNA"]
        .into_iter()
        .zip(["AP1 (MA0099.4)", "rc(AP1)"])
        .map(|(alphabet, motif)| gia::study::MotifRecord {
            motif: motif.into(),
            alternate: None,
            alphabet: alphabet.into(),
            columns: vec![[0.0, 0.0, 0.0, 1.0]; 3],
            contributions: None,
            seqlets: None,
        })
        .collect();
    let html = to_html(&study).expect("a page");
    check(&html);
    let logo = |name: &str| {
        let (_, rest) = html
            .split_once(&format!("aria-label=\"sequence logo of {name}\""))
            .expect("a logo");
        rest.split_once("</svg>")
            .expect("its end")
            .0
            .matches("<polygon")
            .count()
    };
    // T has two shapes, U has three.
    assert_eq!((logo("AP1 (MA0099.4)"), logo("rc(AP1)")), (6, 9));
    let words = to_html(&studies::hexamers()).expect("a page");
    check(&words);
}
