//! The line editor of a session: syntax highlighting, completion, hints, and detection of incomplete entries.
//!
//! Invariant: highlighted text is as wide as the text typed.

use std::borrow::Cow;
use std::path::PathBuf;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::candidate::Candidate;
use super::complete::complete;
use super::hint::{InlineHint, hint};
use gia_base::diag::Style;
use gia_base::source::Sources;
use gia_check::{DescriptionTopic, VisibleName};
use gia_syntax::{Entry, Lexeme, entry, lexemes};

/// Completion, hints and highlighting for the line editor.
pub struct LineHelper {
    pub names: Rc<Vec<VisibleName>>,
    pub folder: PathBuf,
    pub style: Style,
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, found) = complete(line, at, &self.names, &self.folder);
        let pair = |found: Candidate| Pair {
            display: found.displayed,
            replacement: found.text,
        };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hint for InlineHint {
    fn display(&self) -> &str {
        &self.displayed
    }

    fn completion(&self) -> Option<&str> {
        self.inserted.as_deref()
    }
}

impl Hinter for LineHelper {
    type Hint = InlineHint;

    fn hint(&self, line: &str, at: usize, _: &Context) -> Option<InlineHint> {
        match at == line.len() {
            true => hint(line, &self.names, &self.folder),
            false => None,
        }
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match is_complete(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

/// Whether an entry is complete, valid or not; an incomplete one continues on the next line.
pub fn is_complete(text: &str) -> bool {
    if text.trim_start().starts_with(':') {
        return true;
    }
    let mut sources = Sources::default();
    let source = sources.add("entry", std::path::Path::new(""), text);
    !matches!(entry(source, text), Entry::Incomplete)
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.style.colour {
            return Cow::Borrowed(line);
        }
        Cow::Owned(highlight(line, &self.names, self.style))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.style.bold(prompt))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.style.dim(hint))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

/// A text with syntax highlighting as ANSI escapes.
pub fn highlight(text: &str, names: &[VisibleName], style: Style) -> String {
    if text.trim_start().starts_with(':') {
        let end = text.trim_end().find(' ').unwrap_or(text.len());
        return style.bold(&text[..end]) + &text[end..];
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut end = 0;
    for (range, lexeme) in lexemes(text) {
        out.push_str(&text[end..range.start]);
        let token = &text[range.clone()];
        out.push_str(&match lexeme {
            Lexeme::Keyword => style.magenta(token),
            Lexeme::Number => style.yellow(token),
            Lexeme::Text => style.green(token),
            Lexeme::Comment | Lexeme::Documentation => style.dim(token),
            Lexeme::Name if is_function(token, names) => style.blue(token),
            Lexeme::Name if names.iter().any(|named| named.own && named.name == token) => {
                style.cyan(token)
            }
            Lexeme::Name | Lexeme::Sign => token.to_string(),
        });
        end = range.end;
    }
    out.push_str(&text[end..]);
    out
}

fn is_function(name: &str, names: &[VisibleName]) -> bool {
    let named = names.iter().find(|named| named.name == name);
    named.is_some_and(|named| matches!(named.value.what, DescriptionTopic::Function { .. }))
}
