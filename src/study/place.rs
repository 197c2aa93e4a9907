//! Positions in a script, readable without its text.

use serde::{Deserialize, Serialize};

use gia_base::diag;
use gia_base::source::{Sources, Span};

/// A range of a script. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
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

impl Place {
    /// The position of a span; none if the span's text is not among the sources.
    pub fn of(span: Span, sources: &Sources) -> Option<Place> {
        let place = diag::Place::of(span, sources)?;
        Some(Place {
            file: place.file.to_string(),
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
