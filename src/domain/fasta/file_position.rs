//! Positions in a text file, for messages.

use std::path::Path;

/// A position in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilePosition {
    /// Byte offset.
    pub offset: u64,
    /// Line number, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
}

impl FilePosition {
    /// The position for messages: `FILE:LINE:COLUMN`.
    pub fn in_file(self, path: &Path) -> String {
        format!("{}:{}:{}", path.display(), self.line, self.column)
    }
}
