//! Source locations: spans as lines and columns.

use crate::source::{Source, Sources, Span};

/// A span as lines and columns, both from 1; columns count characters, and the end is exclusive.
pub struct SourceLocation<'a> {
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

impl<'a> SourceLocation<'a> {
    /// Resolves a span; None if its text is not one of the sources.
    pub fn of(span: Span, sources: &'a Sources) -> Option<Self> {
        let source = source(span, sources)?;
        let (start, end) = clamp_to_text(span, &source.text);
        let (line, column) = sources.line_column(span.source, start as u32);
        let (end_line, end_column) = sources.line_column(span.source, end as u32);
        Some(SourceLocation {
            file: &source.name,
            line,
            column,
            end_line,
            end_column,
        })
    }
}

/// The text that a span points into; None if it is not one of the sources.
pub fn source(span: Span, sources: &Sources) -> Option<&Source> {
    sources.iter().nth(span.source.0 as usize).map(|(_, s)| s)
}

/// The byte range of a span, clamped to the text and widened to character boundaries.
pub fn clamp_to_text(span: Span, text: &str) -> (usize, usize) {
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
