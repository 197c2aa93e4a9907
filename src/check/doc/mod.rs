//! Reference documentation of the language: for each name its signature, documentation and example, taken from the sources that
//! declare it, and the pages made of them.
//!
//! Invariant: no documentation is written here; it stands in `stdlib/`, in `docs/language.md` and beside each code.

pub mod codes;
mod markdown;
mod pages;
mod word_entries;

use std::fmt::{self, Write};
use std::path::Path;

pub use pages::{Page, pages};

use crate::PRELUDE;
use gia_base::diag::{closest, wrap_example, wrap_lines, wrap_signature, wrapping};
use gia_base::source::Sources;
use gia_syntax::tree::{ExprKind, ItemKind, Kind};

/// The documentation of one function of the standard library, or of one word of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name or word that it documents.
    pub name: String,
    /// Where the name is declared, which says whether a script needs `use`.
    pub origin: Origin,
    /// Its signature or spelling: `fn rc(of: Construct) -> Construct`, `embed C at P`. A word may be written in several ways.
    pub forms: Vec<String>,
    /// What it does, in sentences.
    pub text: String,
    /// Complete statements that use it; empty if there is no example.
    pub examples: Vec<String>,
}

/// Where a name is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the prelude, which every script sees.
    Prelude,
    /// In a module of the standard library, which `use` brings into scope; its name.
    Module(&'static str),
    /// Nowhere: it is a word of the language itself.
    Language,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Origin::Prelude => f.write_str("a function that every script sees"),
            Origin::Module(module) => write!(f, "a function that `use {module}` brings"),
            Origin::Language => f.write_str("a word of the language"),
        }
    }
}

impl Entry {
    /// The first sentence of its text.
    pub fn summary(&self) -> &str {
        match self.text.find(". ") {
            Some(end) => &self.text[..=end],
            None => &self.text,
        }
    }

    /// The result type of a function.
    fn result(&self) -> Option<&str> {
        let (_, result) = self.forms.first()?.rsplit_once("-> ")?;
        Some(result)
    }

    /// The entry as plain text for a terminal, wrapped at `columns` (at least 20).
    pub fn to_plain_text(&self, columns: usize) -> String {
        let mut out = String::new();
        for form in &self.forms {
            let columns = columns.max(20);
            let wrapped = match form.starts_with("fn ") {
                true => wrap_signature(form, columns),
                false => wrap_lines(form, columns),
            };
            let _ = writeln!(out, "{wrapped}");
        }
        out.push('\n');
        for paragraph in self.text.split('\n') {
            let _ = writeln!(
                out,
                "{}",
                textwrap::fill(paragraph, wrapping(columns.max(20)))
            );
        }
        if !self.examples.is_empty() {
            out.push_str("\nexample\n");
            for example in &self.examples {
                let columns = columns.saturating_sub(4).max(20);
                let lines = example.lines().map(|line| wrap_example(line, columns));
                for line in lines.collect::<Vec<_>>().join("\n").lines() {
                    let _ = writeln!(out, "{}", format!("    {line}").trim_end());
                }
            }
        }
        let _ = writeln!(out, "\n{}", self.origin);
        out
    }
}

/// The documentation of a function of the standard library, or else of a word of the language; none for an unknown name.
pub fn find_entry(name: &str) -> Option<Entry> {
    let function = functions().into_iter().find(|entry| entry.name == name);
    let word = word_entries::word_entry(name);
    match (function, word) {
        // An edit is a function, and the manual shows how a phrase says it.
        (Some(function), Some(word)) if function.result() == Some("Edit") => Some(Entry {
            forms: function.forms.into_iter().chain(word.forms).collect(),
            examples: function.examples.into_iter().chain(word.examples).collect(),
            ..function
        }),
        (Some(function), _) => Some(function),
        (None, word) => word
            .or_else(|| word_entries::phrase_word_entry(name, &edits()))
            .or_else(|| word_entries::topic_entry(name)),
    }
}

/// The functions that make edits.
fn edits() -> Vec<Entry> {
    let mut functions = functions();
    functions.retain(|entry| entry.result() == Some("Edit"));
    functions
}

/// How a word of the language is written with what follows it: `sample N`; none for a word that no table of the manual explains.
pub fn form_of_word(word: &str) -> Option<String> {
    word_entries::word_entry(word)?.forms.into_iter().next()
}

/// The documentation of a built-in value such as `center`, or else of a word of that name; none for an unknown name.
pub fn find_value_entry(name: &str) -> Option<Entry> {
    word_entries::topic_entry(name).or_else(|| word_entries::word_entry(name))
}

/// The documented name closest to a misspelt one; none if there is no similar name.
pub fn closest_entry(name: &str) -> Option<String> {
    let mut names: Vec<String> = functions().into_iter().map(|entry| entry.name).collect();
    names.extend(word_entries::documented_words().map(String::from));
    closest(name, names.iter().map(String::as_str)).map(String::from)
}

/// Every function of the standard library: the prelude first, then each module, in the order of their text.
pub fn functions() -> Vec<Entry> {
    let modules = crate::modules().map(|(name, text)| (Origin::Module(name), text));
    std::iter::once((Origin::Prelude, PRELUDE))
        .chain(modules)
        .flat_map(|(origin, text)| functions_of(origin, text))
        .collect()
}

fn functions_of(origin: Origin, text: &str) -> Vec<Entry> {
    let mut sources = Sources::default();
    let id = sources.add("", Path::new(""), text);
    let (file, _) = gia_syntax::parse(id, text);
    let mut entries = Vec::new();
    for item in file.items {
        let ItemKind::Fn(function) = item.kind else {
            continue;
        };
        let end = function
            .body
            .as_ref()
            .map_or(item.span.end, |body| body.span.start);
        let head = &text[item.span.start as usize..end as usize];
        // A declaration without a body may reach up to the next one, over the comments in between.
        let own = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let lines: Vec<&str> = head.lines().take_while(own).collect();
        let mut form = lines.join("\n").trim_end_matches([' ', '=']).to_string();
        let body = function.body.as_ref().map(|body| &body.kind);
        if let (None, Some(ExprKind::Experiment(_))) = (&function.result, body) {
            form.push_str(" -> Experiment");
        }
        let doc = item.doc.unwrap_or_default();
        let (examples, text): (Vec<_>, Vec<_>) = doc.lines().partition(|line| is_example(line));
        entries.push(Entry {
            name: function.name.text,
            origin,
            forms: vec![form],
            text: text.join(" "),
            examples: examples.into_iter().map(String::from).collect(),
        });
    }
    entries
}

/// Whether a line of documentation is an example: a statement that declares the name `example`, or a `show`.
pub fn is_example(line: &str) -> bool {
    let mut words = line.split(' ');
    match words.next() {
        Some("show") => true,
        Some(word) => Kind::is_keyword(word) && words.next() == Some("example"),
        None => false,
    }
}
