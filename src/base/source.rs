//! The source texts of a program, and spans in them.
//!
//! Tokens, tree nodes and diagnostics refer to text in a [`Sources`] by a [`Span`] of byte offsets.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Index of a text within its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A half-open range of bytes in one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The text that the bytes belong to.
    pub source: SourceId,
    /// Offset of the first byte, from 0.
    pub start: u32,
    /// Offset just past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of bytes `start..end` of a text. Offsets are stored in 32 bits; a larger one is truncated.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Span {
            source,
            start: start as u32,
            end: end as u32,
        }
    }

    /// The smallest span that covers both; they must lie in the same text.
    pub fn to(self, other: Span) -> Span {
        Span {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The byte offsets as a range, for indexing the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One text with the name it is shown under.
#[derive(Debug, Clone)]
pub struct Source {
    /// As the user named it: a path, or `<stdlib/syntax.gia>` for a module of the standard library.
    pub name: String,
    /// The folder that relative paths in the text start from.
    pub folder: PathBuf,
    /// The whole text, with its line breaks as they were read.
    pub text: Arc<str>,
    /// Byte offsets of the line starts, computed on first use.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        })
    }

    /// The line that holds a byte, numbered from 0.
    pub fn line_of(&self, offset: usize) -> usize {
        let started = self.lines().partition_point(|start| *start <= offset);
        started.saturating_sub(1)
    }

    /// Byte range of a line, numbered from 0, without its line break; the empty range at the end of the text for a line past
    /// the last one.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let lines = self.lines();
        let start = lines.get(line).copied().unwrap_or(self.text.len());
        let next = lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let text = &self.text[start..next.max(start)];
        start..start + text.trim_end_matches('\r').len()
    }
}

/// All texts that a program was read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    items: Vec<Source>,
}

impl Sources {
    /// Adds a text and returns its index. `folder` is where relative paths in the text start from.
    pub fn add(&mut self, name: impl Into<String>, folder: &Path, text: &str) -> SourceId {
        self.items.push(Source {
            name: name.into(),
            folder: folder.to_path_buf(),
            text: text.into(),
            lines: OnceLock::new(),
        });
        SourceId(self.items.len() as u32 - 1)
    }

    /// The text with this index.
    ///
    /// # Panics
    /// If the index is not one of these sources.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.items[id.0 as usize]
    }

    /// All texts with their indices, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..).map(SourceId).zip(self.items.iter())
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        &self.get(span.source).text[span.range()]
    }

    /// Line and column of a byte offset, both counted from 1, the column in characters.
    pub fn line_column(&self, source: SourceId, offset: u32) -> (usize, usize) {
        let text = &self.get(source).text;
        let mut at = (offset as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let lines = self.get(source).lines();
        let line = lines.partition_point(|start| *start <= at);
        let start = lines[line - 1];
        (line, text[start..at].chars().count() + 1)
    }
}
