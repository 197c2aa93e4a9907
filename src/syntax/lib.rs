//! Text to tree. Knows the grammar and nothing of what names mean.
//!
//! Invariant: every span in a tree lies within the text it was parsed from.

mod build;
mod entry;
mod errors;
pub mod format;
pub mod keywords;
mod layout;
mod lexeme;
mod spoken;
pub mod tree;
mod upgrade;
mod walk;

use std::ops::Range;

use pest::Parser;

use gia_base::diag::{Code, Diagnostic};
use gia_base::source::{SourceId, Span};

/// The pest layer, private to this folder: everything else sees the tree alone.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/gia.pest"]
    pub struct Grammar;
}

pub use entry::{Entry, entry};
pub use lexeme::{Lexeme, lexemes, without_comments};

pub use spoken::{SpokenCall, spoken_call};

use grammar::{Grammar, Rule};

/// Number of syntax errors after which parsing stops.
const MAX_SYNTAX_ERRORS: usize = 20;

/// Parses one text. After an error, parsing resumes at the next declaration, so a file with several mistakes gets several
/// diagnostics. The tree then holds the declarations that could be parsed, and the names of those that could not.
pub fn parse(source: SourceId, text: &str) -> (tree::File, Vec<Diagnostic>) {
    let (mut file, mut diagnostics) = parse_any_version(source, text);
    let old = upgrade::old_spellings(&file, text);
    // What an old spelling would mean now is not asked.
    let holds_old = |item: &tree::Item| {
        let mut spans = old.iter().filter_map(Diagnostic::span);
        spans.any(|span| item.span.start <= span.start && span.end <= item.span.end)
    };
    if !old.is_empty() {
        let (lost, items) = file.items.into_iter().partition(holds_old);
        file.items = items;
        let lost: Vec<tree::Item> = lost;
        let texts = lost.iter().map(|item| &text[item.span.range()]);
        file.lost.extend(texts.filter_map(build::declared_name));
    }
    diagnostics.extend(old);
    (file, diagnostics)
}

/// The text in the present spelling; none if it holds no old one.
///
/// # Errors
/// The syntax errors of the text.
pub fn upgrade(source: SourceId, text: &str) -> Result<Option<String>, Vec<Diagnostic>> {
    let (file, diagnostics) = parse_any_version(source, text);
    match diagnostics.is_empty() {
        true => Ok(upgrade::upgraded(&file, text)),
        false => Err(diagnostics),
    }
}

/// Parses one text whose spelling may be an old one.
fn parse_any_version(source: SourceId, text: &str) -> (tree::File, Vec<Diagnostic>) {
    let prepared = layout::prepare(source, text);
    let mut code = prepared.code;
    let mut lost = Vec::new();
    let mut diagnostics = Vec::new();
    for (item, diagnostic) in prepared.faults {
        diagnostics.push(diagnostic);
        lost.extend(blank_out_item(&mut code, &prepared.items[item]));
    }
    loop {
        match Grammar::parse(Rule::file, &code) {
            Ok(pairs) => {
                let mut builder = build::Builder::new(source, text, &prepared.docs);
                let mut file = builder.file(pairs);
                file.lost.extend(lost);
                diagnostics.extend(builder.diagnostics);
                return (file, diagnostics);
            }
            Err(error) => {
                let at = errors::position(&error);
                let item = prepared
                    .items
                    .iter()
                    .find(|item| item.contains(&at))
                    .or(prepared.items.last());
                diagnostics.push(errors::diagnostic(source, &code, &error));
                match item {
                    Some(item)
                        if diagnostics.len() < MAX_SYNTAX_ERRORS
                            && !code[item.clone()].trim().is_empty() =>
                    {
                        lost.extend(blank_out_item(&mut code, item));
                    }
                    _ => return (tree::File::default(), diagnostics),
                }
            }
        }
    }
}

/// Overwrites a declaration that cannot be parsed with blanks, and returns the name that it declares.
fn blank_out_item(code: &mut String, item: &Range<usize>) -> Option<String> {
    let name = build::declared_name(&code[item.clone()]);
    let blank: String = code[item.clone()]
        .bytes()
        .map(|b| if b == b'\n' { '\n' } else { ' ' })
        .collect();
    code.replace_range(item.clone(), &blank);
    name
}

/// Parses a single expression.
///
/// # Errors
/// The syntax errors of the text, or one error if it holds more than one expression.
pub fn parse_expression(source: SourceId, text: &str) -> Result<tree::Expr, Vec<Diagnostic>> {
    let wrapped = format!("let it = {text}");
    let (file, diagnostics) = parse(source, &wrapped);
    let mut items = file.items.into_iter().map(|item| item.kind);
    match (items.next(), items.next()) {
        (Some(tree::ItemKind::Let(binding)), None) if diagnostics.is_empty() => Ok(binding.value),
        (_, Some(_)) if diagnostics.is_empty() => {
            let after = Span::new(source, wrapped.len(), wrapped.len());
            Err(vec![
                Diagnostic::error(Code::Syntax, "more than one expression").at(after, "here"),
            ])
        }
        _ => Err(diagnostics),
    }
}

fn span(source: SourceId, inner: pest::Span) -> Span {
    Span::new(source, inner.start(), inner.end())
}
