//! Text tables: lines and cells of BED and VCF files.
//!
//! Invariant: text from a file is quoted in messages only shortened, and without invisible characters.

use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Maximum number of characters of a cell that a message quotes.
const MAX_QUOTED_CHARS: usize = 40;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// First bytes of binary formats, with the name of the format and what to do. Gzip is missing because it is unpacked before.
const BINARY_FORMATS: &[(&[u8], &str)] = &[
    (b"BCF\x02", "BCF; convert it with `bcftools view -O v`"),
    (b"BCF\x04", "BCF; convert it with `bcftools view -O v`"),
    (b"BAM\x01", "BAM, which contains reads"),
    (b"CRAM", "CRAM, which contains reads"),
    (b"TBI\x01", "a tabix index; use the file that it belongs to"),
    (b"CSI\x01", "an index; use the file that it belongs to"),
    (b"\xeb\xf2\x89\x87", "bigBed; convert it with `bigBedToBed`"),
    (b"\x87\x89\xf2\xeb", "bigBed; convert it with `bigBedToBed`"),
    (
        b"\x26\xfc\x8f\x88",
        "bigWig, which contains values, not regions",
    ),
    (
        b"\x88\x8f\xfc\x26",
        "bigWig, which contains values, not regions",
    ),
    (b"\x43\x27\x41\x1a", "2bit, a genome"),
    (b"\x1a\x41\x27\x43", "2bit, a genome"),
    (
        b"PK\x03\x04",
        "a zip archive (an Excel file is one); unpack it or save it as text",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an Office file; save it as tab-separated text",
    ),
    (
        b"BZh",
        "compressed with bzip2; decompress it with `bunzip2`",
    ),
    (
        b"\xfd7zXZ\x00",
        "compressed with xz; decompress it with `unxz`",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with Zstandard; decompress it with `unzstd`",
    ),
    (b"\x89HDF", "HDF5"),
    (b"PAR1", "Parquet"),
    (b"%PDF", "PDF"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8"),
];

/// The contents of a file with columns.
pub(super) struct Table<'a> {
    path: &'a Path,
    code: Code,
    text: &'a [u8],
}

/// A line without its line break.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// Line number, from 1.
    pub number: usize,
    pub text: &'a [u8],
}

impl<'a> Table<'a> {
    /// A table from the bytes of a file. Skips a byte order mark. `wanted` is the expected format for messages, for example `BED`.
    ///
    /// # Errors
    /// `code` if the bytes are not text.
    pub fn new(path: &'a Path, bytes: &'a [u8], code: Code, wanted: &str) -> Outcome<Table<'a>> {
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let table = Table { path, code, text };
        let refused = |why: String| {
            let message = format!("`{}` is not {wanted} but {why}", path.display());
            Err(Diagnostic::error(code, message).into())
        };
        let known = BINARY_FORMATS
            .iter()
            .find(|(start, _)| text.starts_with(start));
        match known {
            // Some of these bytes could also start a text.
            Some((_, what)) if !is_text(text) => refused((*what).to_string()),
            _ if text.contains(&0) => refused("binary: it contains a zero byte".to_string()),
            _ => Ok(table),
        }
    }

    /// All lines, with line breaks of any system.
    pub fn lines(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let end = match self.text.contains(&b'\n') {
            true => b'\n',
            false => b'\r',
        };
        let lines = self.text.split(move |byte| *byte == end).enumerate();
        lines.map(|(index, text)| Line {
            number: index + 1,
            text: text.strip_suffix(b"\r").unwrap_or(text),
        })
    }

    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The place of a line, for messages: `FILE:LINE`.
    pub fn place(&self, line: Line) -> String {
        format!("{}:{}", self.path.display(), line.number)
    }

    /// An error about a line.
    pub fn at_line(&self, line: Line, why: &str) -> Diagnostic {
        Diagnostic::error(self.code, format!("`{}`: {why}", self.place(line)))
    }

    /// An error about a cell, which must be part of the line's text.
    pub fn at_cell(&self, line: Line, cell: &[u8], why: &str) -> Diagnostic {
        let column = column_of(line.text, cell);
        let place = self.place(line);
        Diagnostic::error(self.code, format!("`{place}:{column}`: {why}"))
    }
}

impl Line<'_> {
    pub fn is_blank(&self) -> bool {
        self.text.iter().all(u8::is_ascii_whitespace)
    }
}

/// Whether the head of a file is text in UTF-8.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let controls = head.iter().any(|b| *b < b' ' && !b.is_ascii_whitespace());
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        // Cut inside a character.
        Err(error) => error.error_len().is_none(),
    };
    whole && !controls
}

/// The column, in characters from 1, at which a part of a text starts.
fn column_of(text: &[u8], part: &[u8]) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = &text[..offset.min(text.len())];
    String::from_utf8_lossy(before).chars().count() + 1
}

/// A cell for quoting in a message: shortened, with invisible characters replaced.
pub(super) fn quoted(cell: &[u8]) -> String {
    let mut text = String::new();
    let mut letters = 0;
    for chunk in cell.utf8_chunks() {
        for letter in chunk.valid().chars() {
            letters += 1;
            match letter {
                '"' | '\'' | '\\' => text.push(letter),
                _ => text.extend(letter.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            letters += 1;
            text += &format!("\\x{byte:02x}");
        }
        if letters > MAX_QUOTED_CHARS {
            break;
        }
    }
    if text.chars().count() > MAX_QUOTED_CHARS {
        text = text.chars().take(MAX_QUOTED_CHARS).collect();
        text += "...";
    }
    text
}

/// Parses a whole number written only in digits.
pub(super) fn parse_whole(cell: &[u8]) -> Option<i64> {
    // Genomic positions have fewer digits, and sums of two such numbers cannot overflow.
    const MAX_DIGITS: usize = 15;
    let digits = cell.iter().all(u8::is_ascii_digit) && (1..=MAX_DIGITS).contains(&cell.len());
    digits.then(|| {
        cell.iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

/// Why a cell is not a whole number, as a relative clause.
pub(super) fn whole_number_fault(cell: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(cell);
    let trimmed = text.trim();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if trimmed.is_empty() {
        "which is empty"
    } else if is_number(trimmed) && trimmed.len() != text.len() {
        "which has a blank beside the number"
    } else if is_number(trimmed) {
        "which is larger than any genome"
    } else if trimmed.starts_with(['"', '\'']) {
        "which is in quotation marks"
    } else if trimmed.strip_prefix('-').is_some_and(is_number) {
        "which is negative"
    } else if trimmed.strip_prefix('+').is_some_and(is_number) {
        "which has a sign before it"
    } else if trimmed.contains(',') && is_number(&trimmed.replace(',', "")) {
        "which contains commas"
    } else if trimmed.parse::<f64>().is_ok() {
        "which is a decimal number"
    } else {
        "which is not a number"
    }
}
