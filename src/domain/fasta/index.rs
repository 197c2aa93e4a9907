//! Index of the letters of each record of a FASTA file, for reading windows without the rest.
//!
//! Invariant: an index from a scan is correct for every letter of the file. One read from `.fai` is checked around each record and
//! each window, and gives [`Window::Mismatch`] if the file is laid out differently.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::errors::bad;
use super::file_position::FilePosition;
use super::scan::{Sink, Wants, is_blank, resume};
use gia_base::diag::Outcome;

/// Letters between checkpoints of a record with lines of unequal length.
const CHECKPOINT_LETTERS: u64 = 8192;

/// Records by name, with their layout.
pub(crate) struct FastaIndex {
    pub contigs: Vec<Contig>,
    by_name: HashMap<String, usize>,
}

/// A record of a genome.
pub(crate) struct Contig {
    pub name: String,
    /// Length in bp.
    pub length: u64,
    pub layout: Layout,
}

/// Layout of the letters of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Lines of equal length, except for the last, which may be shorter.
    Lines(Lines),
    /// Lines of any length: the offsets of some letters, ascending, the first letter among them.
    Checkpoints(Vec<Checkpoint>),
}

/// The numbers of a `.fai` line, except for the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Offset of the first letter, in bytes.
    pub offset: u64,
    /// Letters of a line.
    pub letters: u64,
    /// Bytes from the start of a line to that of the next.
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub letters_before: u64,
    pub at: FilePosition,
}

/// Result of reading a window.
pub(crate) enum Window {
    Letters(Vec<u8>),
    /// The file is not laid out as the index says.
    Mismatch,
}

impl FastaIndex {
    pub fn new(contigs: Vec<Contig>) -> FastaIndex {
        let names = contigs.iter().enumerate();
        let by_name = names.map(|(i, contig)| (contig.name.clone(), i)).collect();
        FastaIndex { contigs, by_name }
    }

    pub fn contig(&self, name: &str) -> Option<&Contig> {
        self.by_name.get(name).map(|&i| &self.contigs[i])
    }
}

impl Contig {
    /// Reads a range of letters, which must lie within the contig.
    pub fn read(&self, file: &File, path: &Path, range: Range<u64>) -> Outcome<Window> {
        let refused = |error: io::Error| gia_base::file::unreadable(path, &error);
        if range.is_empty() {
            return Ok(Window::Letters(Vec::new()));
        }
        match &self.layout {
            Layout::Lines(lines) => lines.read(file, range, self.length).map_err(refused),
            Layout::Checkpoints(checkpoints) => {
                let behind = checkpoints.partition_point(|c| c.letters_before <= range.start);
                let Some(from) = behind.checked_sub(1).and_then(|i| checkpoints.get(i)) else {
                    return Ok(Window::Mismatch);
                };
                let wanted = (range.end - range.start) as usize;
                let mut taker = RangeCollector {
                    skip: range.start - from.letters_before,
                    wanted,
                    found: Vec::with_capacity(wanted),
                };
                let input = From {
                    file,
                    offset: from.at.offset,
                };
                resume(path, from.at, input, &mut taker)?;
                Ok(match taker.found.len() == wanted {
                    true => Window::Letters(taker.found),
                    false => Window::Mismatch,
                })
            }
        }
    }
}

impl Lines {
    /// Byte offset of a letter, numbered from 0.
    pub fn offset_of(&self, letter: u64) -> u64 {
        self.offset + letter / self.letters * self.bytes + letter % self.letters
    }

    fn read(&self, file: &File, range: Range<u64>, length: u64) -> io::Result<Window> {
        let start = self.offset_of(range.start);
        let end = self.offset_of(range.end - 1) + 1;
        let mut bytes = vec![0; (end - start) as usize];
        if !read_all_at(file, &mut bytes, start)? {
            return Ok(Window::Mismatch);
        }
        let first_line = range.start / self.letters;
        let last_line = (range.end - 1) / self.letters;
        // Also checks the line breaks around the window.
        let edges = [
            first_line.checked_sub(1),
            ((last_line + 1) * self.letters < length).then_some(last_line),
        ];
        for line in edges.into_iter().flatten() {
            if !self.ends_rightly(file, line)? {
                return Ok(Window::Mismatch);
            }
        }
        let mut letters = Vec::with_capacity((range.end - range.start) as usize);
        let mut column = range.start % self.letters;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let here = ((self.letters - column) as usize).min(rest.len());
            letters.extend_from_slice(&rest[..here]);
            let gap = ((self.bytes - self.letters) as usize).min(rest.len() - here);
            if gap > 0 && !is_line_end(&rest[here..here + gap]) {
                return Ok(Window::Mismatch);
            }
            rest = &rest[here + gap..];
            column = 0;
        }
        Ok(match letters.iter().all(u8::is_ascii_alphabetic) {
            true => Window::Letters(letters),
            false => Window::Mismatch,
        })
    }

    /// Whether a line, which is not the last, ends where the index says.
    fn ends_rightly(&self, file: &File, line: u64) -> io::Result<bool> {
        let mut gap = vec![0; (self.bytes - self.letters) as usize];
        let offset = self.offset + line * self.bytes + self.letters;
        Ok(read_all_at(file, &mut gap, offset)? && is_line_end(&gap))
    }
}

/// Whether bytes are the white space between one line and the next.
fn is_line_end(bytes: &[u8]) -> bool {
    let is_end = |byte: &u8| *byte == b'\n';
    bytes.iter().filter(|byte| is_end(byte)).count() == 1
        && bytes.iter().all(|byte| is_end(byte) || is_blank(*byte))
}

/// Fills `bytes` from an offset; false if the file ends before.
pub(crate) fn read_all_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(bytes, at) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a file from an offset without moving the file's own position.
pub(crate) struct From<'a> {
    pub file: &'a File,
    pub offset: u64,
}

impl Read for From<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(bytes, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Collects a range of letters of one record.
struct RangeCollector {
    skip: u64,
    wanted: usize,
    found: Vec<u8>,
}

impl Sink for RangeCollector {
    fn header(&mut self, _: &str, _: FilePosition) -> Outcome<Wants> {
        Ok(Wants::Nothing)
    }

    fn letters(&mut self, letters: &[u8], _: FilePosition) -> Outcome<Wants> {
        let skipped = self.skip.min(letters.len() as u64);
        self.skip -= skipped;
        let letters = &letters[skipped as usize..];
        let taken = letters.len().min(self.wanted - self.found.len());
        self.found.extend_from_slice(&letters[..taken]);
        Ok(match self.found.len() == self.wanted {
            true => Wants::Nothing,
            false => Wants::More,
        })
    }
}

/// Builds an index from a scan.
pub(crate) struct Indexer<'a> {
    path: &'a Path,
    /// Records so far; the last one may be incomplete.
    contigs: Vec<Contig>,
    /// Line number of the heading of each name.
    headers: HashMap<String, u64>,
    current: Shape,
}

/// Line lengths of the current record so far.
#[derive(Default)]
struct Shape {
    first: Option<u64>,
    /// Letters of the first line, set when it is complete.
    line_letters: Option<u64>,
    /// Bytes of the first line with its line break, set when the second one begins.
    line_bytes: Option<u64>,
    /// Of the line that is being read: its number, and its letters so far.
    line: u64,
    letters_here: u64,
    /// Number of complete lines.
    rows: u64,
    is_irregular: bool,
    checkpoints: Vec<Checkpoint>,
}

impl<'a> Indexer<'a> {
    pub fn new(path: &'a Path) -> Indexer<'a> {
        Indexer {
            path,
            contigs: Vec::new(),
            headers: HashMap::new(),
            current: Shape::default(),
        }
    }

    pub fn finish(mut self) -> FastaIndex {
        self.complete();
        FastaIndex::new(self.contigs)
    }

    fn complete(&mut self) {
        let shape = std::mem::take(&mut self.current);
        if let Some(contig) = self.contigs.last_mut() {
            contig.layout = shape.layout(contig.length);
        }
    }
}

impl Sink for Indexer<'_> {
    fn header(&mut self, name: &str, at: FilePosition) -> Outcome<Wants> {
        self.complete();
        if let Some(first) = self.headers.insert(name.to_string(), at.line) {
            let what = format!("a second contig is called `{name}`; the first is at line {first}");
            return Err(bad(self.path, at, &what));
        }
        self.contigs.push(Contig {
            name: name.to_string(),
            length: 0,
            layout: Layout::Checkpoints(Vec::new()),
        });
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], at: FilePosition) -> Outcome<Wants> {
        if let Some(contig) = self.contigs.last_mut() {
            self.current.add(letters.len() as u64, at, contig.length);
            contig.length += letters.len() as u64;
        }
        Ok(Wants::More)
    }
}

impl Shape {
    fn add(&mut self, count: u64, at: FilePosition, before: u64) {
        match self.first {
            None => {
                self.first = Some(at.offset);
                self.line = at.line;
            }
            Some(first) if at.line != self.line => {
                let letters = *self.line_letters.get_or_insert(self.letters_here);
                let bytes = *self.line_bytes.get_or_insert(at.offset - first);
                self.rows += 1;
                self.is_irregular |= self.letters_here != letters
                    || at.offset != first + self.rows * bytes
                    // A blank line would count as white space at the end of the line before.
                    || at.line != self.line + 1;
                self.line = at.line;
                self.letters_here = 0;
            }
            Some(_) => {}
        }
        self.letters_here += count;
        let newest = self.checkpoints.last().map_or(0, |c| c.letters_before);
        if self.checkpoints.is_empty() {
            self.checkpoints.push(Checkpoint {
                letters_before: before,
                at,
            });
        }
        let mut next = newest + CHECKPOINT_LETTERS;
        while next < before + count {
            let into = next.saturating_sub(before);
            self.checkpoints.push(Checkpoint {
                letters_before: before + into,
                at: FilePosition {
                    offset: at.offset + into,
                    column: at.column + into,
                    ..at
                },
            });
            next = before + into + CHECKPOINT_LETTERS;
        }
    }

    fn layout(self, length: u64) -> Layout {
        let Some(offset) = self.first else {
            return Layout::Checkpoints(Vec::new());
        };
        let letters = self.line_letters.unwrap_or(length);
        if self.is_irregular || self.letters_here > letters {
            return Layout::Checkpoints(self.checkpoints);
        }
        Layout::Lines(Lines {
            offset,
            letters,
            bytes: self.line_bytes.unwrap_or(length + 1),
        })
    }
}
