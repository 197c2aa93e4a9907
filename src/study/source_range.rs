//! Ranges of a script by file, line and column.

use serde::{Deserialize, Serialize};

use gia_base::diag;
use gia_base::source::{Sources, Span};

/// A range of a script, readable without the source text. Lines and columns count from 1; columns are characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRange {
    /// The file as the user named it.
    pub file: String,
    /// First line.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column after the last character, in the last line.
    pub end_column: usize,
}

impl SourceRange {
    /// The range of a span; none if its file is not among the sources.
    pub fn of(span: Span, sources: &Sources) -> Option<SourceRange> {
        let range = diag::SourceLocation::of(span, sources)?;
        Some(SourceRange {
            file: range.file.to_string(),
            line: range.line,
            column: range.column,
            end_line: range.end_line,
            end_column: range.end_column,
        })
    }
}

impl std::fmt::Display for SourceRange {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
