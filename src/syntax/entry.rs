//! Parsing of text typed at a prompt: declarations, an expression, or the beginning of either.
//!
//! Invariant: an entry is incomplete only if more lines can make it right; what is wrong already is reported at once.

use pest::Parser;

use super::grammar::{Grammar, Rule};
use super::{build, errors, keywords, layout, parse, tree};
use gia_base::diag::Diagnostic;
use gia_base::source::SourceId;

/// A parsed text from a prompt.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Blank, or comments alone.
    Nothing,
    /// More lines are needed: a bracket is open, the line ends where no statement can, or a `##` line lacks its declaration.
    Incomplete,
    /// One declaration or several, all of them right.
    Declarations(tree::File),
    /// A single expression, whose value is asked for.
    Expression(tree::Expr),
    /// Syntax errors, at least one, that more lines cannot mend.
    Wrong(Vec<Diagnostic>),
}

/// Parses an entry. The end of the text counts as a line break.
pub fn entry(source: SourceId, text: &str) -> Entry {
    let text = &format!("{text}\n");
    let prepared = layout::prepare(source, text);
    if ends_with_documentation(text) {
        return Entry::Incomplete;
    }
    if prepared.code.trim().is_empty() {
        return Entry::Nothing;
    }
    // A bracket that is open at the end is no fault here, every other one is.
    let faults = prepared.faults.len() - usize::from(prepared.open && !prepared.faults.is_empty());
    if faults > 0 {
        return wrong(source, text);
    }
    let file = match Grammar::parse(Rule::file, &prepared.code) {
        Ok(_) if !prepared.open => return declarations(source, text),
        Ok(_) => return Entry::Incomplete,
        Err(error) => error,
    };
    let value = match Grammar::parse(Rule::value, &prepared.code) {
        Ok(mut pairs) => return expression(source, text, &prepared, &mut pairs),
        Err(error) => error,
    };
    let end = prepared.code.len();
    if [&file, &value]
        .iter()
        .any(|error| errors::position(error) == end)
    {
        return Entry::Incomplete;
    }
    let of_file = errors::diagnostic(source, &prepared.code, &file);
    if begins_declaration(&prepared.code) || of_file.help.is_some() {
        return match prepared.open {
            // That a bracket is open is not what is wrong.
            true => Entry::Wrong(vec![of_file]),
            false => wrong(source, text),
        };
    }
    let of_value = errors::diagnostic(source, &prepared.code, &value);
    Entry::Wrong(vec![match assigned(&prepared.code) {
        Some(name) => of_value.help(format!("a name is given with `let {name} = ...`")),
        None => of_value,
    }])
}

fn declarations(source: SourceId, text: &str) -> Entry {
    let (file, diagnostics) = parse(source, text);
    match diagnostics.is_empty() {
        true => Entry::Declarations(file),
        false => Entry::Wrong(diagnostics),
    }
}

fn wrong(source: SourceId, text: &str) -> Entry {
    Entry::Wrong(parse(source, text).1)
}

fn expression(
    source: SourceId,
    text: &str,
    prepared: &layout::Layout,
    pairs: &mut pest::iterators::Pairs<Rule>,
) -> Entry {
    let mut builder = build::Builder::new(source, text, &prepared.docs);
    let mut inside = pairs.flat_map(|value| value.into_inner());
    let expr = inside.find(|pair| pair.as_rule() == Rule::expr);
    match expr.map(|pair| builder.expr(pair)) {
        Some(expr) if builder.diagnostics.is_empty() => Entry::Expression(expr),
        _ => Entry::Wrong(builder.diagnostics),
    }
}

/// Whether the last line is a `##` line, whose declaration is still to come.
fn ends_with_documentation(text: &str) -> bool {
    let last = text.strip_suffix('\n').unwrap_or(text).lines().last();
    last.is_some_and(|line| line.trim_start().starts_with("##")) && !text.ends_with("\n\n")
}

/// Whether the first word belongs to a declaration or to what an experiment is made of.
fn begins_declaration(code: &str) -> bool {
    let word = code
        .trim_start()
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default();
    let known = [keywords::DECLARATIONS, keywords::STATEMENTS];
    known.iter().any(|list| list.contains(&word))
}

/// The name in `NAME = ...`.
fn assigned(code: &str) -> Option<&str> {
    let (name, rest) = code.trim_start().split_once('=')?;
    let name = name.trim_end();
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    (is_name && !rest.starts_with('=')).then_some(name)
}
