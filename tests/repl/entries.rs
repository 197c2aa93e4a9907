//! Which texts are whole, and which of those are right.

use std::path::Path;

use gia::source::Sources;
use gia::syntax::{Entry, Lexeme, entry, lexemes};

#[track_caller]
fn read(text: &str) -> Entry {
    let mut sources = Sources::default();
    let id = sources.add("entry", Path::new(""), text);
    let read = entry(id, text);
    if let Entry::Wrong(diagnostics) = &read {
        assert!(!diagnostics.is_empty(), "{text:?} is wrong without a word");
        for label in diagnostics.iter().flat_map(|d| &d.labels) {
            assert!(
                label.span.end as usize <= text.len() + 1,
                "{text:?}: {label:?}"
            );
        }
    }
    read
}

#[test]
fn more_is_to_come() {
    for text in [
        "let x =",
        "let x = 1 +",
        "net[\"a\"] -",
        "max(1,",
        "max(1, 2",
        "[1, 2",
        "f(",
        "let pair = [A,\n  10bp,",
        "additive({A: 1,",
        "additive({A: 1",
        "experiment e {",
        "experiment e {\n    background random",
        "experiment e {\n    background random\n",
        "experiment e {\n    vary gap in",
        "experiment e {\n    arm one { embed A at 1bp",
        "experiment e {\n    arm one {\n        embed A at 1bp\n    }",
        "experiment {",
        "## What does it do?",
        "let a = 1\n## And this?",
        "1bp to 10bp step",
        "not",
        "fn f(a: Motif) ->",
    ] {
        assert_eq!(read(text), Entry::Incomplete, "{text:?}");
    }
}

#[test]
fn nothing_is_to_be_done() {
    for text in [
        "",
        "  ",
        "\n\n",
        "# a remark",
        "  # a remark\n",
        "## left alone\n",
        ";",
        "\t",
    ] {
        assert!(
            matches!(read(text), Entry::Nothing) || text == ";",
            "{text:?}: {:?}",
            read(text)
        );
    }
}

#[test]
fn declarations_are_told_from_expressions() {
    for (text, count) in [
        ("let x = 1", 1),
        ("let x = 1; let y = 2", 2),
        ("use syntax\nlet a = 1\n\nlet b = [\n 1,\n 2\n]", 3),
        ("## Why?\nexperiment e {\n    background random\n}", 1),
        ("show top 3 of e.effect", 1),
        ("set seed = 3 # a remark", 1),
        ("fn f(a: Number) = a", 1),
    ] {
        match read(text) {
            Entry::Declarations(file) => assert_eq!(file.items.len(), count, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
    for text in [
        "x",
        "net[\"CTCF\"]",
        "1 + 2 * width(m)",
        "[A, 10bp, rc(B)]",
        "max(\n  1,\n  2\n)",
        "x # a remark",
        "reference",
        "insert",
        "experiment {\n    background random\n}",
        "-3",
        "(1 +\n 2)",
        "gap > 3bp and true",
    ] {
        assert!(
            matches!(read(text), Entry::Expression(_)),
            "{text:?}: {:?}",
            read(text)
        );
    }
}

#[test]
fn what_is_wrong_is_told_at_once() {
    for (text, word) in [
        ("let x", "E0001"),
        ("let = 3", "E0001"),
        ("x y", "E0001"),
        ("let t = \"abc", "never closed"),
        (")", "closes nothing"),
        ("f(]", "does not close"),
        ("experiment e {\n    sample 3 4", "E0001"),
        ("experiment e {\n    vary gap", "E0001"),
        ("x = 3", "let x = ..."),
        ("def f(x) = 3", "fn"),
        ("vary gap in 1 to 3", "experiment"),
        ("1 ++", "E0001"),
        ("let a = 1e999", "too large"),
        ("f(1\nlet b = 2", "never closed"),
        ("modl net = load(\"a\")", "model"),
    ] {
        let Entry::Wrong(diagnostics) = read(text) else {
            panic!("{text:?}: {:?}", read(text));
        };
        let said: Vec<String> = diagnostics
            .iter()
            .map(|d| {
                format!(
                    "{} {} {:?} {:?}",
                    d.code.number(),
                    d.message,
                    d.labels,
                    d.help
                )
            })
            .collect();
        assert!(said.concat().contains(word), "{text:?}: {said:?}");
    }
}

/// Whatever is a beginning of a right entry, line by line, is never wrong before its end.
#[test]
fn the_lines_of_a_right_script_are_never_wrong() {
    let paths = ["experiments/ctcf_pu1/ctcf_pu1.gia", "stdlib/syntax.gia"];
    for path in paths {
        let text =
            std::fs::read_to_string(crate::support::command::root().join(path)).expect("a script");
        let mut entered = String::new();
        let mut count = 0;
        for line in text.lines() {
            entered.push_str(line);
            match read(&entered) {
                Entry::Incomplete => entered.push('\n'),
                Entry::Wrong(diagnostics) => panic!("{path}: {entered:?}: {diagnostics:?}"),
                _ => {
                    entered.clear();
                    count += 1;
                }
            }
        }
        assert!(
            entered.is_empty() && count > 10,
            "{path}: {count} entries, {entered:?} is left"
        );
    }
}

#[test]
fn lexemes_cover_a_text() {
    let text = "## Why?\nexperiment e { # so\n vary gap in 0bp to 1.5kb step 10bp; insert A at 400bp..460bp }\n\
                let insert = dna\"ACG\\\"T\" ** 41% - \"open";
    let found = lexemes(text);
    let mut end = 0;
    for (range, _) in &found {
        assert!(
            range.start >= end && text[end..range.start].trim().is_empty(),
            "{range:?}"
        );
        end = range.end;
    }
    assert!(text[end..].trim().is_empty());
    let of = |kind: Lexeme| -> Vec<&str> {
        let of_kind = found.iter().filter(|(_, lexeme)| *lexeme == kind);
        of_kind.map(|(range, _)| &text[range.clone()]).collect()
    };
    assert_eq!(
        of(Lexeme::Keyword),
        [
            "experiment",
            "vary",
            "in",
            "to",
            "step",
            "insert",
            "at",
            "let"
        ]
    );
    assert_eq!(
        of(Lexeme::Number),
        ["0bp", "1.5kb", "10bp", "400bp", "460bp", "41%"]
    );
    assert_eq!(of(Lexeme::Text), ["dna\"ACG\\\"T\"", "\"open"]);
    assert_eq!(of(Lexeme::Documentation), ["## Why?"]);
    assert_eq!(of(Lexeme::Comment), ["# so"]);
    assert_eq!(of(Lexeme::Name), ["e", "gap", "A", "insert"]);
}

proptest::proptest! {
    /// No text makes the reader of entries or the colours panic.
    #[test]
    fn any_text_is_read(text in "[a-z(){}\\[\\]\"#;:=+.,0-9 \n\u{e9}\u{1f9ec}]{0,40}") {
        read(&text);
        lexemes(&text);
        for (at, _) in text.char_indices() {
            gia::repl::complete(&text, at, &[], Path::new(""));
        }
        gia::repl::hint(&text, &[], Path::new(""));
        gia::repl::highlight(&text, &[], gia::diag::Style::PLAIN);
    }
}

#[test]
fn the_words_are_those_of_the_grammar() {
    use gia::syntax::keywords::{DECLARATIONS, JOINING, KEYWORDS, STATEMENTS};
    let grammar = std::fs::read_to_string(crate::support::command::root().join("grammar/gia.pest"));
    let grammar = grammar.expect("the grammar");
    let of_grammar: Vec<&str> = grammar
        .lines()
        .filter_map(|line| line.strip_prefix("kw_")?.split('"').nth(1))
        .collect();
    assert!(of_grammar.len() > 40);
    let reserved = grammar
        .split_once("keyword = {")
        .expect("the reserved words")
        .1;
    let reserved = reserved.split_once('}').expect("their end").0;
    for word in [DECLARATIONS, JOINING, KEYWORDS, STATEMENTS].concat() {
        assert!(
            of_grammar.contains(&word),
            "`{word}` is no word of the grammar"
        );
    }
    for word in &of_grammar {
        let is_reserved = reserved
            .split_whitespace()
            .any(|name| name == format!("kw_{word}"));
        assert_eq!(is_reserved, KEYWORDS.contains(word), "`{word}`");
    }
    for word in [DECLARATIONS, STATEMENTS].concat() {
        assert!(
            gia::doc::find_entry(word).is_some(),
            "`{word}` is not explained"
        );
    }
}
