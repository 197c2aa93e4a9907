//! Places in a file of text, as messages name them.

use std::path::Path;

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes before it.
    pub offset: u64,
    /// Counted from 1.
    pub line: u64,
    /// Bytes of the line up to it, counted from 1.
    pub column: u64,
}

impl Mark {
    /// `FILE:LINE:COLUMN`, as messages name it.
    pub fn in_file(self, path: &Path) -> String {
        format!("{}:{}:{}", path.display(), self.line, self.column)
    }
}
