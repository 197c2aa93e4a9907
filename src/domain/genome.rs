//! Windows of a genome: where a BED file says, from a FASTA or 2bit file.
//!
//! Invariant: windows come in the order of the BED file, each read from the strand that it names. The only place that
//! names the library of BED.

mod source;
mod twobit;

use std::path::Path;

use noodles_bed as bed;

use super::fasta::{BadLetter, FastaOptions, Reading, Record};
use super::{Alphabet, SequenceSet, file, reverse_complement};
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::file::Stamp;
use source::Genome;

/// A set of windows, and which files they come from.
pub struct Windows {
    pub set: SequenceSet,
    /// Of the genome, whose hash takes long to work out.
    pub genome_stamp: Stamp,
    pub regions_sha256: String,
}

/// A stretch of a genome that a file lists.
pub(super) struct Region {
    pub chromosome: String,
    /// Counted from 0, half open, of the window.
    pub start: i64,
    pub end: i64,
    pub reverse: bool,
    pub name: String,
}

/// Reads the windows that a BED file lists from a genome; with a width, that many bases around the middle of each.
///
/// Fails on a file that cannot be read, a line that is no BED record, a chromosome that the genome lacks, a window
/// that reaches past its chromosome, windows of unequal length, and on `N` as the options say.
pub fn windows(
    genome: &Path,
    regions: &Path,
    alphabet: Alphabet,
    options: FastaOptions,
) -> Outcome<Windows> {
    let contents = file::read(regions, Code::BadFasta)?;
    let listed = read_regions(regions, &contents.bytes, options.width)?;
    let cut = Cut::read(genome, regions, &listed)?;
    let reading = Reading {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            ..options
        },
    };
    let mut records = Vec::with_capacity(listed.len());
    for (region, letters) in listed.iter().zip(&cut.letters) {
        let mut record = cut.record(&reading, region, letters)?;
        if region.reverse {
            reverse_complement(&mut record.sequence.bases);
        }
        records.push(record);
    }
    let (sequences, dropped) = reading.settle_unknown(records)?;
    reading.check_lengths(&sequences)?;
    let set = SequenceSet {
        alphabet,
        path: regions.to_path_buf(),
        sha256: contents.sha256.clone(),
        sequences,
        dropped,
    };
    Ok(Windows {
        set,
        genome_stamp: cut.stamp(),
        regions_sha256: contents.sha256,
    })
}

/// Regions cut from a genome.
pub(super) struct Cut {
    genome: Genome,
    /// The letters of each region, in their order.
    pub letters: Vec<Vec<u8>>,
}

impl Cut {
    /// `regions` is the file that lists them, for messages.
    pub fn read(genome: &Path, regions: &Path, listed: &[Region]) -> Outcome<Cut> {
        let genome = Genome::open(genome)?;
        let letters = genome.letters(regions, listed)?;
        Ok(Cut { genome, letters })
    }

    pub fn stamp(&self) -> Stamp {
        self.genome.stamp()
    }

    /// A window as a record. A letter in it that is no base is told with its place in the genome.
    pub fn record(&self, reading: &Reading, region: &Region, letters: &[u8]) -> Outcome<Record> {
        reading
            .record(region.name.clone(), letters)?
            .map_err(|bad| {
                let index = region.start as usize + bad.index;
                let mark = self.genome.mark_of(&region.chromosome, index as u64);
                let of = format!("`{}`", region.chromosome);
                let letter = bad.letter;
                reading.bad_letter(&of, &BadLetter { index, letter }, mark)
            })
    }
}

fn bad(message: String) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadFasta, message).into()
}

fn read_regions(path: &Path, text: &[u8], width: Option<usize>) -> Outcome<Vec<Region>> {
    let shown = path.display();
    let mut regions = Vec::new();
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let number = number + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Lines for browsers, which the format's own library does not know.
        let is_header = [&b"#"[..], b"track", b"browser"]
            .iter()
            .any(|h| line.starts_with(h));
        if line.iter().all(u8::is_ascii_whitespace) || is_header {
            continue;
        }
        let broken = |why: &str| {
            bad(format!(
                "line {number} of `{shown}` is no BED record: {why}"
            ))
        };
        let mut record = bed::Record::<3>::default();
        let mut reader = bed::io::Reader::<3, _>::new(line);
        reader
            .read_record(&mut record)
            .map_err(|error| broken(&error.to_string()))?;
        let start = record
            .feature_start()
            .map_err(|error| broken(&format!("its start: {error}")))?
            .get() as i64
            - 1;
        let end = match record.feature_end() {
            Some(Ok(end)) => end.get() as i64,
            Some(Err(error)) => return Err(broken(&format!("its end: {error}"))),
            None => return Err(broken("it has no end")),
        };
        if end <= start {
            return Err(broken("it ends where it starts, or before"));
        }
        let chromosome = record.reference_sequence_name().to_string();
        let fields = record.other_fields();
        let reverse = match fields.get(2).map(|strand| strand.to_string()).as_deref() {
            None | Some("+" | "." | "") => false,
            Some("-") => true,
            Some(other) => return Err(broken(&format!("its strand is `{other}`"))),
        };
        let (start, end) = match width {
            Some(width) => {
                let from = (start + end) / 2 - width as i64 / 2;
                (from, from + width as i64)
            }
            None => (start, end),
        };
        let given = fields.get(0).map(|name| name.to_string());
        let name = match given.filter(|name| !name.is_empty() && name != ".") {
            Some(name) => name,
            None => format!(
                "{chromosome}:{start}-{end}{}",
                if reverse { "(-)" } else { "" }
            ),
        };
        regions.push(Region {
            chromosome,
            start,
            end,
            reverse,
            name,
        });
    }
    if regions.is_empty() {
        return Err(bad(format!("`{shown}` lists no region")));
    }
    Ok(regions)
}

/// The part of a chromosome that a region is, if it lies within.
fn within(region: &Region, length: u64, regions: &Path) -> Outcome<std::ops::Range<u64>> {
    if region.start < 0 || region.end > length as i64 {
        return Err(bad(format!(
            "`{}` of `{}` is {}..{} of `{}`, which has {length} bp",
            region.name,
            regions.display(),
            region.start,
            region.end,
            region.chromosome
        )));
    }
    Ok(region.start as u64..region.end as u64)
}

fn lacks(genome: &Path, chromosome: &str, known: &[&str]) -> Box<Diagnostic> {
    let message = format!("`{}` has no sequence `{chromosome}`", genome.display());
    let diagnostic = Diagnostic::error(Code::BadFasta, message);
    let help = match crate::diag::closest(chromosome, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.len() <= 6 => format!("it has `{}`", known.join("`, `")),
        None => format!("it has {}", counted(known.len(), "sequence")),
    };
    diagnostic.help(help).into()
}
