//! A span as lines and columns, and text made safe to show.

use std::borrow::Cow;

use crate::source::{Source, Sources, Span};

/// A span as a person counts: lines and columns from 1, columns in characters, the end exclusive.
pub struct Place<'a> {
    /// Name of the source, as the user gave it.
    pub file: &'a str,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1.
    pub column: usize,
    /// Line on which the span ends, from 1.
    pub end_line: usize,
    /// Column just past the last character, from 1; equal to `column` for an empty span.
    pub end_column: usize,
}

impl<'a> Place<'a> {
    /// Resolves a span; None if its text is not among the sources.
    pub fn of(span: Span, sources: &'a Sources) -> Option<Self> {
        let source = source(span, sources)?;
        let (start, end) = fitted(span, &source.text);
        let (line, column) = sources.line_column(span.source, start as u32);
        let (end_line, end_column) = sources.line_column(span.source, end as u32);
        Some(Place {
            file: &source.name,
            line,
            column,
            end_line,
            end_column,
        })
    }
}

pub fn source(span: Span, sources: &Sources) -> Option<&Source> {
    sources.iter().nth(span.source.0 as usize).map(|(_, s)| s)
}

/// The bytes of a text that a span covers, cut to the text and widened to whole characters.
pub fn fitted(span: Span, text: &str) -> (usize, usize) {
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    (start, end)
}

/// Replaces terminal control characters and those that change the reading direction by visible characters of the same number
/// of bytes, so that offsets stay valid. Keeps line breaks and tabs.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        out.push(match c {
            '\n' | '\t' => c,
            '\r' if characters.peek() == Some(&'\n') => c,
            '\r' => ' ',
            _ if c.is_ascii_control() => '?',
            // C1 controls take two bytes, as does the middle dot.
            _ if c.is_control() => '·',
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            _ => c,
        });
    }
    out
}

/// Writes control characters and those that change the reading direction as escapes (`\t`, `\n`, `\u{1b}`), for names in text
/// files.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_hidden(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character is a control character or changes the reading direction.
fn is_hidden(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || turns
}

/// The text on one line, as [`visible`] makes it, with runs of white space as one blank.
pub fn one_line(text: &str) -> String {
    let joined: Vec<&str> = text.split_whitespace().collect();
    visible(&joined.join(" "))
}
