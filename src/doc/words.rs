//! The words of the language, as the tables of the manual explain them and its scripts show them.
//!
//! Invariant: the manual is the one text; a word that no table explains has no entry.

use super::{Entry, Origin};

const MANUAL: &str = include_str!("../../docs/language.md");

/// Lines of scripts that are shown for one word.
const MOST_EXAMPLES: usize = 3;

/// A row of a table: how something is written, and what is said of it.
struct Row {
    form: String,
    text: String,
}

/// What the manual's tables say of a word: each way to write it, and what each does.
pub fn entry(word: &str) -> Option<Entry> {
    let found: Vec<Row> = rows().filter(|row| first_word(&row.form) == word).collect();
    if word.is_empty() || found.is_empty() {
        return None;
    }
    let mut forms = Vec::new();
    let mut texts = Vec::new();
    for row in found {
        if !forms.contains(&row.form) {
            forms.push(row.form);
        }
        if !texts.contains(&row.text) {
            texts.push(row.text);
        }
    }
    Some(Entry {
        name: word.to_string(),
        origin: Origin::Language,
        forms,
        text: texts.join("\n"),
        examples: examples(word),
    })
}

/// Words that have an entry.
pub fn names() -> impl Iterator<Item = &'static str> {
    MANUAL
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(first_word)
        .filter(|word| !word.is_empty())
}

/// The letters, digits and `_` that a text begins with.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Rows of the tables. What the row says comes first, the cells between it and the form behind, in brackets.
fn rows() -> impl Iterator<Item = Row> {
    MANUAL.lines().filter_map(|line| {
        let (form, _) = line.strip_prefix("| `")?.split_once('`')?;
        let cells = line.trim_end_matches('|').split(" | ").map(str::trim);
        let mut said: Vec<String> = cells.skip(1).filter(|c| !c.is_empty()).map(plain).collect();
        let mut text = said.pop()?;
        if !said.is_empty() {
            text = format!("{text} ({})", said.join("; "));
        }
        Some(Row {
            form: form.to_string(),
            text,
        })
    })
}

/// Lines of the manual's scripts that begin with a word.
fn examples(word: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut script = false;
    for line in MANUAL.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            script = kind == "gia";
            continue;
        }
        let line = line.trim();
        let shown = script && first_word(line) == word && !line.ends_with('{');
        if shown && found.len() < MOST_EXAMPLES && found.iter().all(|known| known != line) {
            found.push(line.to_string());
        }
    }
    found
}

/// Markdown without its links.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        let parts = link.split_once("](").and_then(|(shown, after)| {
            let (_, behind) = after.split_once(')')?;
            (!shown.contains('[')).then_some((shown, behind))
        });
        if let Some((shown, behind)) = parts {
            out.push_str(shown);
            rest = behind;
        } else {
            out.push('[');
            rest = link;
        }
    }
    out + rest
}
