//! Genomes in UCSC's 2bit format: four bases a byte, and an index of the sequences.
//!
//! Invariant: every number of the file is checked against its size before use, and reads are bounded by the windows and the
//! index.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use crate::fasta::index::read_all_at;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::unreadable;

/// Magic number, in the byte order of the file.
const MAGIC: u32 = 0x1A41_2743;
/// Size of the header: magic number, version, number of sequences, and a reserved word.
const HEADER_BYTES: u64 = 16;
/// Letters of the two-bit codes, in their order.
const LETTERS: [u8; 4] = *b"TCAG";

/// Whether a file starts with the magic number of 2bit, in either byte order.
pub(super) fn is_two_bit(start: &[u8]) -> bool {
    [MAGIC.to_le_bytes(), MAGIC.to_be_bytes()]
        .iter()
        .any(|magic| start.starts_with(magic))
}

/// The index of a file.
pub(super) struct TwoBit {
    is_big_endian: bool,
    size: u64,
    pub names: Vec<String>,
    /// Byte offsets of the records, by name.
    offsets: HashMap<String, u64>,
}

/// A sequence of the file.
pub(super) struct Record {
    /// Length in bp.
    pub length: u64,
    /// Stretches of N, ascending.
    unknown: Vec<Range<u64>>,
    /// Byte offset of the packed bases.
    bases: u64,
}

/// The bytes of a file, with its path for diagnostics.
pub(super) struct Source<'a> {
    pub file: &'a File,
    pub path: &'a Path,
}

impl Source<'_> {
    fn bad(&self, what: &str) -> Box<Diagnostic> {
        let message = format!("`{}` is not a valid 2bit file: {what}", self.path.display());
        Diagnostic::error(Code::BadFasta, message).into()
    }

    fn bytes(&self, at: u64, count: u64, what: &str) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; count as usize];
        match read_all_at(self.file, &mut bytes, at) {
            Ok(true) => Ok(bytes),
            Ok(false) => Err(self.bad(&format!("it ends in {what}"))),
            Err(error) => Err(unreadable(self.path, &error)),
        }
    }
}

impl TwoBit {
    pub fn open(source: &Source, size: u64) -> Outcome<TwoBit> {
        let header = source.bytes(0, HEADER_BYTES, "its header")?;
        let is_big_endian = header.starts_with(&MAGIC.to_be_bytes());
        let mut file = TwoBit {
            is_big_endian,
            size,
            names: Vec::new(),
            offsets: HashMap::new(),
        };
        if file.word(&header[4..]) != 0 {
            return Err(source.bad("its version is not 0, the only supported one"));
        }
        let count = file.word(&header[8..]);
        let mut at = HEADER_BYTES;
        for _ in 0..count {
            let name_size = u64::from(source.bytes(at, 1, "its index")?[0]);
            let entry = source.bytes(at + 1, name_size + 4, "its index")?;
            let (name, offset) = entry.split_at(name_size as usize);
            let name = String::from_utf8_lossy(name).into_owned();
            let offset = u64::from(file.word(offset));
            at += 1 + name_size + 4;
            if file.offsets.insert(name.clone(), offset).is_some() {
                return Err(source.bad(&format!("it has two sequences `{name}`")));
            }
            file.names.push(name);
        }
        Ok(file)
    }

    fn word(&self, bytes: &[u8]) -> u32 {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        match self.is_big_endian {
            true => u32::from_be_bytes(word),
            false => u32::from_le_bytes(word),
        }
    }

    fn words(&self, source: &Source, at: u64, count: u64, what: &str) -> Outcome<Vec<u64>> {
        if count > self.size / 4 {
            return Err(source.bad(&format!("it ends in {what}")));
        }
        let bytes = source.bytes(at, 4 * count, what)?;
        let words = bytes.chunks_exact(4).map(|four| u64::from(self.word(four)));
        Ok(words.collect())
    }

    /// Reads the head of a sequence's record; None if the file has no such sequence.
    pub fn record(&self, source: &Source, name: &str) -> Outcome<Option<Record>> {
        let Some(&at) = self.offsets.get(name) else {
            return Ok(None);
        };
        let what = format!("the sequence `{name}`");
        let start = self.words(source, at, 2, &what)?;
        let (length, blocks) = (start[0], start[1]);
        let at = at + 8;
        let starts = self.words(source, at, blocks, &what)?;
        let sizes = self.words(source, at + 4 * blocks, blocks, &what)?;
        let at = at + 8 * blocks;
        // Skips the lower-case ranges.
        let masked = self.words(source, at, 1, &what)?[0];
        // A reserved word follows.
        let bases = at + 4 + 8 * masked + 4;
        if bases + length.div_ceil(4) > self.size {
            return Err(source.bad(&format!("it ends in {what}")));
        }
        let unknown: Vec<Range<u64>> = starts
            .into_iter()
            .zip(sizes)
            .map(|(start, size)| start..start + size)
            .collect();
        let is_ascending = unknown.windows(2).all(|pair| pair[0].end <= pair[1].start);
        if !is_ascending || unknown.last().is_some_and(|last| last.end > length) {
            return Err(source.bad(&format!(
                "the stretches of N of `{name}` overlap or reach past its end"
            )));
        }
        Ok(Some(Record {
            length,
            unknown,
            bases,
        }))
    }
}

impl Record {
    /// The letters of a range, which must lie within the sequence.
    pub fn letters(&self, source: &Source, range: Range<u64>) -> Outcome<Vec<u8>> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let first = range.start / 4;
        let count = range.end.div_ceil(4) - first;
        let packed = source.bytes(self.bases + first, count, "its bases")?;
        let all = packed
            .iter()
            .flat_map(|byte| [6, 4, 2, 0].map(|shift| LETTERS[usize::from(byte >> shift & 3)]));
        let skipped = (range.start - 4 * first) as usize;
        let length = (range.end - range.start) as usize;
        let mut letters: Vec<u8> = all.skip(skipped).take(length).collect();
        let after = self.unknown.partition_point(|n| n.end <= range.start);
        for stretch in &self.unknown[after..] {
            if stretch.start >= range.end {
                break;
            }
            let from = stretch.start.max(range.start) - range.start;
            let to = stretch.end.min(range.end) - range.start;
            letters[from as usize..to as usize].fill(b'N');
        }
        Ok(letters)
    }
}
