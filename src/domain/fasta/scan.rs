//! The FASTA format, defined once for sets of sequences and for genomes.
//!
//! A line that starts with `>` names a record by its first word; blanks before the word are skipped. Every other line
//! holds letters of the record. White space at the ends of a line and blank lines are ignored, as are a byte order mark at
//! the start and Ctrl-Z at the end of the file. Anything else that is not a letter is an error with its line and column, since
//! it would count as a position. The sink decides which letters are bases.

use std::io::Read;
use std::path::Path;

use memchr::{memchr, memchr2};

use super::errors::{self, bad, no_letter, printable};
use super::file_position::FilePosition;
use crate::file::unpacking;
use gia_base::diag::{Code, Outcome};

/// Size of a read, in bytes.
const CHUNK_BYTES: usize = 1 << 20;
/// Size of a read from the middle of a record, in bytes.
const RESUMED_CHUNK_BYTES: usize = 1 << 14;
/// Maximum length of a name, in bytes.
const MAX_NAME_BYTES: usize = 1 << 16;
/// End-of-file mark of CP/M and MS-DOS.
const CTRL_Z: u8 = 0x1a;
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Whether a sink wants more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wants {
    More,
    Nothing,
}

/// Receives the records of a file, in order.
pub(crate) trait Sink {
    /// Starts a record. `at` is the place of its `>`.
    fn header(&mut self, name: &str, at: FilePosition) -> Outcome<Wants>;

    /// Receives ASCII letters of the current record, all of one line. `at` is the place of the first; a line may come in pieces.
    fn letters(&mut self, letters: &[u8], at: FilePosition) -> Outcome<Wants>;
}

/// State of the scanner between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing but white space on this line so far.
    LineStart,
    /// In the first word of a line that starts with `>`, or in the blanks before it.
    Name(FilePosition),
    /// After the first word.
    Description,
    /// After a carriage return of a line that starts with `>`.
    DescriptionEnd(FilePosition),
    Letters,
    /// In white space after letters: where it begins, and its first byte.
    Blank(FilePosition, u8),
    /// After Ctrl-Z.
    End(FilePosition),
}

/// Reads a FASTA file into a sink, in pieces. `path` is for messages.
///
/// # Errors
/// [`Code::BadFasta`] and [`Code::UnknownBase`], with line and column, for input that is not FASTA; errors of the sink and of
/// reading.
pub(crate) fn scan(path: &Path, input: impl Read, sink: &mut dyn Sink) -> Outcome<()> {
    Scanner::new(path).run(input, sink)
}

/// Resumes in the middle of a record, at the letter whose place is `at`.
pub(crate) fn resume(
    path: &Path,
    at: FilePosition,
    input: impl Read,
    sink: &mut dyn Sink,
) -> Outcome<()> {
    let mut scanner = Scanner::new(path);
    scanner.offset = at.offset;
    scanner.line = at.line;
    scanner.line_start = at.offset + 1 - at.column;
    scanner.in_record = true;
    scanner.chunk_bytes = RESUMED_CHUNK_BYTES;
    scanner.run(input, sink)
}

struct Scanner<'a> {
    path: &'a Path,
    state: State,
    offset: u64,
    line: u64,
    /// Offset of the line's first byte.
    line_start: u64,
    in_record: bool,
    name: Vec<u8>,
    chunk_bytes: usize,
}

impl<'a> Scanner<'a> {
    fn new(path: &'a Path) -> Scanner<'a> {
        Scanner {
            path,
            state: State::LineStart,
            offset: 0,
            line: 1,
            line_start: 0,
            in_record: false,
            name: Vec::new(),
            chunk_bytes: CHUNK_BYTES,
        }
    }

    fn run(mut self, mut input: impl Read, sink: &mut dyn Sink) -> Outcome<()> {
        let mut chunk = vec![0; self.chunk_bytes];
        let mut is_first = !self.in_record;
        loop {
            let size = fill(&mut input, &mut chunk)
                .map_err(|error| unpacking(self.path, Code::BadFasta, &error))?;
            let mut bytes = &chunk[..size];
            if is_first {
                errors::refuse_other_formats(self.path, bytes)?;
                if bytes.starts_with(BYTE_ORDER_MARK) {
                    bytes = &bytes[BYTE_ORDER_MARK.len()..];
                    self.offset += BYTE_ORDER_MARK.len() as u64;
                    self.line_start = self.offset;
                }
                is_first = false;
            }
            if self.take(bytes, sink)? == Wants::Nothing {
                return Ok(());
            }
            if size < chunk.len() {
                return self.finish(sink);
            }
        }
    }

    fn mark(&self) -> FilePosition {
        FilePosition {
            offset: self.offset,
            line: self.line,
            column: self.offset - self.line_start + 1,
        }
    }

    fn take(&mut self, mut bytes: &[u8], sink: &mut dyn Sink) -> Outcome<Wants> {
        while let Some(&byte) = bytes.first() {
            let taken = match self.state {
                State::Name(at) => self.take_name(at, bytes, sink)?,
                State::Description => (self.take_description(bytes), Wants::More),
                State::DescriptionEnd(at) => match byte {
                    b'\n' => (self.end_line(), Wants::More),
                    byte if is_blank(byte) => (1, Wants::More),
                    _ => return Err(errors::lone_carriage_return(self.path, at)),
                },
                State::End(at) => match byte {
                    CTRL_Z | 0 | b'\n' => (1, Wants::More),
                    byte if is_blank(byte) => (1, Wants::More),
                    _ => {
                        let what = "unexpected text after the end-of-file mark (Ctrl-Z)";
                        return Err(bad(self.path, at, what));
                    }
                },
                State::LineStart | State::Letters | State::Blank(..) => match byte {
                    b'\n' => (self.end_line(), Wants::More),
                    byte if is_blank(byte) => {
                        if self.state == State::Letters {
                            self.state = State::Blank(self.mark(), byte);
                        }
                        (1, Wants::More)
                    }
                    CTRL_Z => {
                        self.state = State::End(self.mark());
                        (1, Wants::More)
                    }
                    b'>' if self.offset == self.line_start => {
                        self.state = State::Name(self.mark());
                        self.name.clear();
                        (1, Wants::More)
                    }
                    _ => self.take_letters(bytes, sink)?,
                },
            };
            let (count, wants) = taken;
            self.offset += count as u64;
            if byte == b'\n' && count == 1 {
                self.line_start = self.offset;
            }
            if wants == Wants::Nothing {
                return Ok(wants);
            }
            bytes = &bytes[count..];
        }
        Ok(Wants::More)
    }

    /// Starts the next line at a line feed; returns its length, one byte.
    fn end_line(&mut self) -> usize {
        self.line += 1;
        self.state = State::LineStart;
        1
    }

    fn take_name(
        &mut self,
        at: FilePosition,
        bytes: &[u8],
        sink: &mut dyn Sink,
    ) -> Outcome<(usize, Wants)> {
        let end = bytes
            .iter()
            .position(|&byte| byte == b'\n' || is_blank(byte));
        let word = &bytes[..end.unwrap_or(bytes.len())];
        self.name.extend_from_slice(word);
        if self.name.len() > MAX_NAME_BYTES {
            return Err(bad(self.path, at, "the name of this record is too long"));
        }
        match end {
            // A blank before the name.
            Some(0) if self.name.is_empty() && bytes[0] != b'\n' && bytes[0] != b'\r' => {
                return Ok((1, Wants::More));
            }
            Some(_) => self.state = State::Description,
            None => {}
        }
        let wants = match self.state {
            State::Description => self.begin(at, sink)?,
            _ => Wants::More,
        };
        // The byte after the name is read again as part of the description, since it may be a line feed.
        match word.len() {
            0 => Ok((self.take_description(bytes), wants)),
            count => Ok((count, wants)),
        }
    }

    /// Passes the completed name of a record to the sink.
    fn begin(&mut self, at: FilePosition, sink: &mut dyn Sink) -> Outcome<Wants> {
        if self.name.is_empty() {
            return Err(bad(self.path, at, "this record has no name"));
        }
        self.in_record = true;
        let name = String::from_utf8_lossy(&self.name);
        sink.header(&name, at)
    }

    /// Skips the description after a name, up to a line feed or a carriage return.
    fn take_description(&mut self, bytes: &[u8]) -> usize {
        match memchr2(b'\n', b'\r', bytes) {
            None => bytes.len(),
            Some(0) if bytes[0] == b'\n' => self.end_line(),
            Some(0) => {
                self.state = State::DescriptionEnd(self.mark());
                1
            }
            Some(end) => end,
        }
    }

    fn take_letters(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Outcome<(usize, Wants)> {
        let at = self.mark();
        if let State::Blank(blank, byte) = self.state {
            return Err(match byte {
                b'\r' => errors::lone_carriage_return(self.path, blank),
                b'\t' => no_letter(self.path, blank, "unexpected tab in a sequence"),
                _ => no_letter(self.path, blank, "unexpected blank in a sequence"),
            });
        }
        let line = &bytes[..memchr(b'\n', bytes).unwrap_or(bytes.len())];
        // Fast path: the rest of the line consists of letters.
        let count = match line.iter().all(u8::is_ascii_alphabetic) {
            true => line.len(),
            false => line
                .iter()
                .position(|byte| !byte.is_ascii_alphabetic())
                .unwrap_or(line.len()),
        };
        if !self.in_record {
            return Err(errors::no_heading(self.path, at, bytes[0]));
        }
        if count == 0 {
            let what = format!("{} is not a base", printable(bytes[0]));
            return Err(no_letter(self.path, at, &what));
        }
        self.state = State::Letters;
        Ok((count, sink.letters(&line[..count], at)?))
    }

    /// Handles the end of the file, which may be in the middle of a line.
    fn finish(&mut self, sink: &mut dyn Sink) -> Outcome<()> {
        if let State::Name(at) = self.state {
            self.begin(at, sink)?;
        }
        match (self.in_record, self.offset) {
            (true, _) => Ok(()),
            (false, 0) => Err(errors::no_record(self.path, "is empty")),
            (false, _) => Err(errors::no_record(self.path, "holds no record")),
        }
    }
}

/// Reads until the buffer is full or the input ends; returns the number of bytes.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut size = 0;
    while size < buffer.len() {
        match input.read(&mut buffer[size..]) {
            Ok(0) => break,
            Ok(read) => size += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(size)
}

/// White space within a line.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}
