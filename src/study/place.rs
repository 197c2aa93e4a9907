//! A place in a script, as a person finds it, without the script's text.

use serde::{Deserialize, Serialize};

use gia_base::diag;
use gia_base::source::{Sources, Span};

/// Lines and columns from 1, columns in characters; the end column is the first one behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// As the user named it.
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl Place {
    /// Nothing where the span's text is not among the sources.
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
