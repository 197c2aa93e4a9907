//! Text to tree. Knows the grammar and nothing of what names mean.
//!
//! Invariant: every span in a tree lies within the text it was parsed from.

mod build;
mod errors;
mod layout;
pub mod tree;

use pest::Parser;

use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};

/// The pest layer, private to this folder: everything else sees the tree alone.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/gia.pest"]
    pub struct Grammar;
}

use grammar::{Grammar, Rule};

/// Syntax errors after which a text is given up.
const MOST_ERRORS: usize = 20;

/// Parses one text. After an error it goes on with the next declaration, so a file with several mistakes gets several
/// diagnostics; the tree then holds the declarations that could be read.
pub fn parse(source: SourceId, text: &str) -> (tree::File, Vec<Diagnostic>) {
    let prepared = layout::prepare(text);
    let mut code = prepared.code;
    let mut diagnostics = Vec::new();
    loop {
        match Grammar::parse(Rule::file, &code) {
            Ok(pairs) => {
                let mut builder = build::Builder::new(source, text, &prepared.docs);
                let file = builder.file(pairs);
                diagnostics.extend(builder.diagnostics);
                return (file, diagnostics);
            }
            Err(error) => {
                let at = errors::position(&error);
                diagnostics.push(errors::diagnostic(source, &code, &error));
                if diagnostics.len() == MOST_ERRORS {
                    return (tree::File::default(), diagnostics);
                }
                blank_declaration(&mut code, at);
            }
        }
    }
}

/// Parses a single expression, for tests and one-line uses.
pub fn parse_expression(source: SourceId, text: &str) -> Result<tree::Expr, Vec<Diagnostic>> {
    let wrapped = format!("let it = {text}");
    let (file, diagnostics) = parse(source, &wrapped);
    match file.items.into_iter().next().map(|item| item.kind) {
        Some(tree::ItemKind::Let(binding)) if diagnostics.is_empty() => Ok(binding.value),
        _ => Err(diagnostics),
    }
}

/// Blanks the declaration that holds the byte `at`: from the last line before it that starts a declaration to the next.
fn blank_declaration(code: &mut String, at: usize) {
    const STARTS: &[&str] = &[
        "use",
        "set",
        "fn",
        "experiment",
        "let",
        "model",
        "motif",
        "null",
        "construct",
        "query",
    ];
    let starts_declaration = |line: &str| {
        STARTS.iter().any(|word| {
            line.strip_prefix(word)
                .is_some_and(|rest| rest.starts_with([' ', '\t']))
        })
    };
    let mut from = 0;
    let mut to = code.len();
    let mut offset = 0;
    for line in code.split_inclusive('\n') {
        let is_start = starts_declaration(line);
        if is_start && offset <= at {
            from = offset;
        } else if is_start && offset > at {
            to = offset;
            break;
        }
        offset += line.len();
    }
    // An error at the very end of the text lies in the last declaration.
    let blank: String = code[from..to]
        .bytes()
        .map(|b| if b == b'\n' { '\n' } else { ' ' })
        .collect();
    code.replace_range(from..to, &blank);
}

fn span(source: SourceId, inner: pest::Span) -> Span {
    Span::new(source, inner.start(), inner.end())
}
