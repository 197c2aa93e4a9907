//! A text in the one style of the language.
//!
//! Every token of a text is written once and in order, in the author's spelling, with its comments; the tree only says
//! what belongs together. All that comes and goes is blanks, line breaks, `;`, a comma before a closing bracket, and
//! brackets around brackets.
//!
//! Invariant: what is returned parses to the same tree as what was given, places aside; else nothing is returned.

mod bare;
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

/// Columns of a line; only a word, a text or a comment that is longer makes a longer one.
pub const WIDTH: usize = 100;

/// Columns that a level is indented by.
const STEP: usize = 4;

/// Why a text was not formatted.
#[derive(Debug)]
pub enum Unformatted {
    /// It does not parse.
    Wrong(Vec<Diagnostic>),
    /// What came out would say something else; a fault of the formatter, found before it did harm.
    Changed,
}

/// A text in the one style: lines of at most [`WIDTH`] columns where the language lets a line end, each ended by `\n`.
///
/// # Errors
/// [`Unformatted`]; the text is then to be left as it is.
pub fn format(source: SourceId, text: &str) -> Result<String, Unformatted> {
    let (mut given, diagnostics) = parse(source, text);
    if !diagnostics.is_empty() {
        return Err(Unformatted::Wrong(diagnostics));
    }
    let formatted = print(text, &given);
    let (mut made, diagnostics) = parse(source, &formatted);
    bare::forget_places(&mut given);
    bare::forget_places(&mut made);
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
