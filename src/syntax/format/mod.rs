//! The formatter: rewrites a script in the one style of the language.
//!
//! Every token of a text is written once and in order, in the author's spelling, with its comments; the tree only says
//! what belongs together. Only blanks, line breaks, `;`, a comma before a closing bracket, and brackets around brackets
//! are added or removed.
//!
//! Invariant: the output parses to the same tree as the input, spans aside; else no output is returned.

mod clear_spans;
mod declarations;
mod expressions;
mod page;
mod printer;
mod statements;
mod tokens;

use pretty::Arena;

use super::{parse, tree};
use gia_base::diag::Diagnostic;
use gia_base::source::SourceId;

/// Maximum width of a line in columns. A line is longer only where a single word, string or comment is.
pub const MAX_LINE_COLUMNS: usize = 100;

/// Indentation of each level, in columns.
const INDENT_COLUMNS: usize = 4;

/// Why a text was not formatted.
#[derive(Debug)]
pub enum Unformatted {
    /// It does not parse; these are its syntax errors.
    Wrong(Vec<Diagnostic>),
    /// The output would parse to another tree. This is a bug of the formatter; the output is discarded.
    Changed,
}

/// Formats a script. Lines have at most [`MAX_LINE_COLUMNS`] columns where the language lets a line end, and each ends with `\n`.
///
/// # Errors
/// [`Unformatted`] if the text does not parse or cannot be formatted safely; it should then be left as it is.
pub fn format(source: SourceId, text: &str) -> Result<String, Unformatted> {
    let (mut given, diagnostics) = parse(source, text);
    if !diagnostics.is_empty() {
        return Err(Unformatted::Wrong(diagnostics));
    }
    let formatted = print(text, &given);
    let (mut made, diagnostics) = parse(source, &formatted);
    clear_spans::clear_spans(&mut given);
    clear_spans::clear_spans(&mut made);
    if diagnostics.is_empty() && given == made {
        Ok(formatted)
    } else {
        Err(Unformatted::Changed)
    }
}

fn print(text: &str, file: &tree::File) -> String {
    let arena = Arena::new();
    let mut printer = printer::Printer::new(&arena, tokens::read(text));
    let doc = printer.file(file);
    page::render(&doc, &printer.comments)
}
