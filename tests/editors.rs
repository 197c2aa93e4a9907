//! The grammars for editors know the words of the language: all of them, and no others.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::command::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the tree")
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).expect("JSON")
}

/// The words that `grammar/gia.pest` declares.
fn words() -> BTreeSet<String> {
    let grammar = read("grammar/gia.pest");
    let declared = grammar.lines().filter(|line| line.starts_with("kw_"));
    let words: BTreeSet<String> = declared
        .map(|line| line.split('"').nth(1).expect("a word").to_string())
        .collect();
    assert!(words.len() > 40, "{words:?}");
    words
}

/// The functions of the prelude that make edits, and the words of their phrases.
fn words_of_edits() -> BTreeSet<String> {
    let mut sources = gia::source::Sources::default();
    let text = read("stdlib/prelude.gia");
    let id = sources.add("prelude.gia", std::path::Path::new(""), &text);
    let (file, _) = gia::syntax::parse(id, &text);
    let mut words = BTreeSet::new();
    for item in file.items {
        let gia::syntax::tree::ItemKind::Fn(function) = item.kind else {
            continue;
        };
        if function
            .result
            .as_ref()
            .is_none_or(|result| result.name.text != "Edit")
        {
            continue;
        }
        words.insert(function.name.text.clone());
        // What stands behind a comma has no word.
        for pair in function.parameters.windows(2) {
            let again = pair[0].ty.name.text == pair[1].ty.name.text;
            if !again && pair[1].name.text != "place" {
                words.insert(pair[1].name.text.clone());
            }
        }
    }
    assert!(words.len() > 15, "{words:?}");
    words
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !text.is_empty()
}

/// The words in a regular expression: what is left of letters without its escapes.
fn words_of(expression: &str, found: &mut BTreeSet<String>) {
    let mut letters = String::new();
    let mut chars = expression.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
                letters.push(' ');
            }
            // Classes hold letters and no words.
            '[' => {
                chars.by_ref().find(|c| *c == ']');
                letters.push(' ');
            }
            c if c.is_ascii_lowercase() || c == '_' => letters.push(c),
            _ => letters.push(' '),
        }
    }
    found.extend(letters.split_whitespace().map(str::to_string));
}

fn patterns<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(text) if key == "match" => found.push(text),
                    value => patterns(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| patterns(item, found)),
        _ => {}
    }
}

#[test]
fn the_textmate_grammar_has_the_words_of_the_language() {
    let grammar = json("editors/vscode/syntaxes/gia.tmLanguage.json");
    let mut found = BTreeSet::new();
    for part in [
        "declarations",
        "statements",
        "edits",
        "clauses",
        "operators",
    ] {
        let mut expressions = Vec::new();
        patterns(&grammar["repository"][part], &mut expressions);
        assert!(!expressions.is_empty(), "{part}");
        for expression in expressions {
            words_of(expression, &mut found);
        }
    }
    assert_eq!(found, words());
}

#[test]
fn the_tree_sitter_grammar_has_the_words_of_the_language() {
    fn strings(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(rule) if rule.get("type") == Some(&"STRING".into()) => {
                let text = rule["value"].as_str().expect("a text");
                if is_word(text) {
                    found.insert(text.to_string());
                }
            }
            Value::Object(entries) => entries.values().for_each(|value| strings(value, found)),
            Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    strings(
        &json("editors/tree-sitter-gia/src/grammar.json")["rules"],
        &mut found,
    );
    let known = &words() | &words_of_edits();
    assert_eq!(found, known, "generated from grammar.js");
    // What was generated is what grammar.js says now.
    let source = read("editors/tree-sitter-gia/grammar.js");
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let quoted = code.split('\'').skip(1).step_by(2).map(str::to_string);
    let quoted: BTreeSet<String> = quoted.filter(|text| is_word(text)).collect();
    let missing: Vec<String> = known.difference(&quoted).cloned().collect();
    assert!(missing.is_empty(), "grammar.js lacks {missing:?}");
}

#[test]
fn every_word_has_a_colour_in_tree_sitter() {
    let query = read("editors/tree-sitter-gia/queries/highlights.scm");
    // Two are a node of their own, and verbs a field.
    let verbs = words_of_edits();
    assert!(query.contains("(edit verb: _"), "verbs have no colour");
    for word in words() {
        let coloured = match word.as_str() {
            "true" | "false" => query.contains("(truth)"),
            verb if verbs.contains(verb) => true,
            word => query.contains(&format!("\"{word}\"")),
        };
        assert!(coloured, "queries/highlights.scm lacks `{word}`");
    }
}

/// Editors and documents read the short form with one expression.
#[test]
fn the_problem_matcher_is_that_of_the_documents() {
    let package = json("editors/vscode/package.json");
    let matcher = &package["contributes"]["problemMatchers"][0]["pattern"]["regexp"];
    let written = matcher.to_string();
    let page = read("docs/diagnostics.md");
    assert_eq!(
        page.matches(&written).count(),
        2,
        "docs/diagnostics.md and {written}"
    );
}
