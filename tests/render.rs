use std::collections::HashSet;
use std::path::Path;

use gia::diag::{Code, Diagnostic, Format, Style, closest, render};
use gia::source::{SourceId, Sources, Span};
use proptest::prelude::*;

use crate::support::allocation::requested;
use crate::support::diagnostics::{every_form, span};

#[test]
fn nothing_to_say_is_nothing_said() {
    for format in [Format::Human, Format::Short, Format::Json] {
        assert_eq!(render(&[], &Sources::default(), format, Style::PLAIN), "");
    }
}

#[test]
fn the_matcher_of_the_docs_matches_the_short_form() {
    let docs = include_str!("../docs/diagnostics.md");
    let (sources, diagnostics) = every_form();
    let short = render(&diagnostics, &sources, Format::Short, Style::PLAIN);
    let expression = docs
        .lines()
        .find_map(|line| line.trim().strip_prefix("\"regexp\": "))
        .and_then(|json| serde_json::from_str::<String>(json.trim_end_matches(',')).ok())
        .expect("the page holds a problem matcher");
    // The standard regular expressions of the field differ in nothing that is used here.
    let matcher = regex::Regex::new(&expression).expect("a regular expression");
    let placed: Vec<&str> = short.lines().filter(|l| !l.starts_with("error")).collect();
    assert_eq!(placed.len(), 6);
    for line in placed {
        let found = matcher.captures(line).unwrap_or_else(|| panic!("{line}"));
        assert!(found[1].ends_with(".gia"));
        assert!(found[2].parse::<usize>().is_ok() && found[3].parse::<usize>().is_ok());
        assert!(matches!(&found[4], "error" | "warning"));
        assert!(found[5].len() == 5, "{line}");
        assert!(!found[6].is_empty());
    }
}

#[test]
fn text_cannot_steer_the_terminal() {
    let mut sources = Sources::default();
    let id = sources.add(
        "a\x1b[31m.gia",
        Path::new("."),
        "let x = \"\x1b]0;owned\x07\u{202e}\"\n",
    );
    let diagnostic = Diagnostic::error(Code::UnknownTask, "no task `\x1b[2J`")
        .at(Span::new(id, 8, 12), "\u{9b}2J");
    for format in [Format::Human, Format::Short] {
        let text = render(
            std::slice::from_ref(&diagnostic),
            &sources,
            format,
            Style::PLAIN,
        );
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers), "{text:?}");
    }
}

#[test]
fn the_close_name_is_found() {
    let names = ["gap", "GATA1", "gata2", "plain", "background"];
    let find = |wanted| closest(wanted, names);
    assert_eq!(find("gata1"), Some("GATA1"));
    assert_eq!(find("gata"), Some("gata2"));
    assert_eq!(find("gpa"), Some("gap"));
    assert_eq!(find("backgruond"), Some("background"));
    assert_eq!(find("plian"), Some("plain"));
    assert_eq!(find("plank"), None);
    assert_eq!(find("x"), None);
    assert_eq!(find(""), None);
    assert_eq!(closest("gap", ["gap"]), None);
    assert_eq!(
        closest("cot", ["cut", "cat"]),
        closest("cot", ["cat", "cut"])
    );
}

#[test]
fn every_code_has_its_own_number_and_a_meaning() {
    let mut seen = HashSet::new();
    for code in Code::ALL {
        let number = code.number();
        assert!(seen.insert(number), "{number} stands twice");
        assert_eq!(number.len(), 5, "{number}");
        assert!(number.starts_with(['E', 'W']), "{number}");
        assert!(number[1..].parse::<u16>().is_ok(), "{number}");
        let meaning = code.meaning();
        assert!(
            meaning.len() > 10 && meaning.ends_with('.'),
            "{number}: {meaning}"
        );
    }
}

/// Texts of the characters that columns and lines are hard to count in.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "bp",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "é",
        "漢字",
        "👩‍🔬",
        "e\u{301}",
        "\u{200b}",
        "\x1b[1m",
        "\u{85}",
        "\u{2028}",
        "\0",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_span_in_any_text_renders(
        texts in prop::collection::vec(text(), 1..3),
        labels in prop::collection::vec((0u32..3, 0u32..120, 0u32..120, text()), 0..5),
        message in text(),
        width in 0usize..130,
        unicode: bool,
        colour: bool,
    ) {
        let mut sources = Sources::default();
        for (i, text) in texts.iter().enumerate() {
            sources.add(format!("{i}.gia"), Path::new("."), text);
        }
        let mut diagnostic = Diagnostic::error(Code::Syntax, message).help("mend");
        for (source, start, end, words) in labels {
            let span = Span { source: SourceId(source), start, end };
            diagnostic = diagnostic.at(span, words);
        }
        let style = Style { colour, unicode, width };
        let human = render(std::slice::from_ref(&diagnostic), &sources, Format::Human, style);
        prop_assert!(human.contains("E0001") && human.contains("help"), "{}", human);
        prop_assert!(!human.contains("Failed to read"), "{}", human);
        let short = render(std::slice::from_ref(&diagnostic), &sources, Format::Short, style);
        prop_assert_eq!(short.lines().count(), 1);
        let json = render(std::slice::from_ref(&diagnostic), &sources, Format::Json, style);
        prop_assert_eq!(json.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(value["labels"].as_array().unwrap().len(), diagnostic.labels.len());
        if let Some(line) = value["line"].as_u64() {
            prop_assert!(line >= 1 && value["end_line"].as_u64().unwrap() >= line);
        }
    }
}

#[test]
fn places_far_apart_are_shown_without_what_lies_between() {
    let text = "# c\n".repeat(1000) + "first\n" + &"# c\n".repeat(500) + "again\n" + "# end\n";
    let mut sources = Sources::default();
    let id = sources.add("far.gia", Path::new("."), &text);
    let diagnostic = Diagnostic::error(Code::DuplicateName, "declared twice")
        .at(span(&sources, id, "again"), "again here")
        .at(span(&sources, id, "first"), "first here");
    let shown = render(&[diagnostic], &sources, Format::Human, Style::PLAIN);
    assert!(shown.lines().count() < 20, "{shown}");
    for line in [" 1001 │ first", " 1502 │ again", "[far.gia:1502:1]"] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn a_place_of_many_lines_is_cut() {
    let text = format!("let a = 1 + [\n{}]\n", " 1,\n".repeat(100_000));
    let mut sources = Sources::default();
    let id = sources.add("long.gia", Path::new("."), &text);
    let whole = Span::new(id, 12, text.len() - 1);
    let diagnostic = Diagnostic::error(Code::TypeMismatch, "not a number").at(whole, "a List");
    let shown = render(&[diagnostic], &sources, Format::Human, Style::PLAIN);
    assert!(shown.lines().count() < 30, "{shown}");
    assert!(
        shown.contains("a List") && shown.contains("[long.gia:1:13]"),
        "{shown}"
    );
}

#[test]
fn each_diagnostic_costs_the_same_wherever_it_stands() {
    let text = "# c\n".repeat(400_000) + &"let a = b\n".repeat(2000);
    let mut sources = Sources::default();
    let id = sources.add("large.gia", Path::new("."), &text);
    let first = 4 * 400_000;
    let diagnostics: Vec<Diagnostic> = (0..2000)
        .map(|i| {
            let at = first + 10 * i + 8;
            let place = Span::new(id, at, at + 1);
            Diagnostic::error(Code::UnknownName, "`b` is not declared").at(place, "unknown")
        })
        .collect();
    let (shown, bytes) = requested(|| render(&diagnostics, &sources, Format::Human, Style::PLAIN));
    // The whole text copied for each would be 3 GB.
    let each = bytes / diagnostics.len();
    assert!(each < 20_000, "{each} bytes for each diagnostic");
    assert!(shown.contains("[large.gia:402000:9]"));
}
