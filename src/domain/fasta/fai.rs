//! The index beside a FASTA file, as `samtools faidx` writes it.
//!
//! Invariant: an index is returned only if its records leave no gaps: each starts right after a line with its name, and ends right
//! before the next heading or the end of the file.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::index::{Contig, FastaIndex, Layout, Lines, read_all_at};
use super::scan::is_blank;
use gia_base::file::{InputKind, Stamp, open_input, read_input};

/// Maximum length of a heading with the white space before it, in bytes.
const MAX_HEADER_BYTES: u64 = 1 << 16;
/// Maximum length of white space at the end of a line, in bytes.
const MAX_LINE_END_BYTES: u64 = 16;

/// The index of a file; None unless one exists, is not older than the file, and fits it.
pub(crate) fn beside(path: &Path, file: &File, stamp: &Stamp) -> Option<FastaIndex> {
    let mut name = path.as_os_str().to_owned();
    name.push(".fai");
    let beside = PathBuf::from(name);
    let (_, metadata) = open_input(&beside, InputKind::Data).ok()?;
    if !stamp.is_no_newer_than(&Stamp::of(&metadata)) {
        return None;
    }
    let text = String::from_utf8(read_input(&beside, InputKind::Data).ok()?).ok()?;
    let mut contigs = text.lines().map(contig).collect::<Option<Vec<_>>>()?;
    contigs.sort_by_key(|(_, lines)| lines.offset);
    let mut names = HashSet::new();
    if contigs.is_empty() || !contigs.iter().all(|(c, _)| names.insert(c.name.as_str())) {
        return None;
    }
    let mut end = 0;
    for (contig, lines) in &contigs {
        if !follows(file, end, lines.offset, &contig.name) {
            return None;
        }
        end = match contig.length {
            0 => lines.offset,
            length => lines.offset_of(length - 1) + 1,
        };
    }
    let rest = stamp
        .size()
        .checked_sub(end)
        .filter(|rest| *rest <= MAX_HEADER_BYTES)?;
    let mut bytes = vec![0; rest as usize];
    let is_read = read_all_at(file, &mut bytes, end).ok()?;
    let is_end = is_read && bytes.iter().all(|&byte| is_blank(byte) || byte == b'\n');
    let contigs = contigs.into_iter().map(|(contig, _)| contig);
    is_end.then(|| FastaIndex::new(contigs.collect()))
}

/// Parses a line: name, length, offset, and letters and bytes of each line of the record.
fn contig(line: &str) -> Option<(Contig, Lines)> {
    let mut fields = line.split('\t');
    let name = fields.next().filter(|name| !name.is_empty())?.to_string();
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (length, offset, letters, bytes) = (number()?, number()?, number()?, number()?);
    // A sixth field means FASTQ.
    if fields.next().is_some() {
        return None;
    }
    let lines = Lines {
        offset,
        letters,
        bytes,
    };
    let fits = letters > 0 && bytes > letters && bytes - letters <= MAX_LINE_END_BYTES;
    // Ensures that letter offsets cannot overflow.
    let last = length
        .checked_div(letters)
        .and_then(|rows| rows.checked_mul(bytes));
    let is_sound = length == 0 || (fits && last?.checked_add(bytes)?.checked_add(offset).is_some());
    let layout = match length {
        0 => Layout::Checkpoints(Vec::new()),
        _ => Layout::Lines(lines),
    };
    is_sound.then_some((
        Contig {
            name,
            length,
            layout,
        },
        lines,
    ))
}

/// Whether a heading with this name ends at `offset`, with nothing but white space between `end` and the heading.
fn follows(file: &File, end: u64, offset: u64, name: &str) -> bool {
    let Some(size) = offset
        .checked_sub(end)
        .filter(|size| *size <= MAX_HEADER_BYTES)
    else {
        return false;
    };
    let mut bytes = vec![0; size as usize];
    if !read_all_at(file, &mut bytes, end).is_ok_and(|is_read| is_read) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return false;
    };
    let text = match end {
        0 => text.strip_prefix('\u{feff}').unwrap_or(text),
        _ => text,
    };
    let Some((before, line)) = text.split_once('>') else {
        return false;
    };
    let starts_a_line = before.is_empty() && end == 0 || before.ends_with('\n');
    let is_one_line = line.ends_with('\n') && line.matches('\n').count() == 1;
    before.trim().is_empty()
        && starts_a_line
        && is_one_line
        && line.split_whitespace().next() == Some(name)
}
