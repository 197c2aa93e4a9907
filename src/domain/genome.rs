//! Windows of a genome: where a BED file says, from a FASTA or 2bit file.
//!
//! Invariant: windows come in the order of the BED file, each read from the strand that it names. The only place that
//! names the libraries of BED and 2bit.

use std::collections::HashMap;
use std::path::Path;

use noodles_bed as bed;
use noodles_fasta::io::Reader as FastaReader;
use noodles_fasta::record::Definition;
use twobit::TwoBitFile;

use super::fasta::{FastaOptions, Reading};
use super::{Alphabet, SequenceSet, file, reverse_complement};
use crate::diag::{Code, Diagnostic, Outcome, counted};

/// First bytes of a 2bit file, in either order of bytes.
const TWO_BIT: [[u8; 4]; 2] = [0x1A41_2743_u32.to_le_bytes(), 0x1A41_2743_u32.to_be_bytes()];

/// A set of windows, and the hashes of both files.
pub struct Windows {
    pub set: SequenceSet,
    pub genome_sha256: String,
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
    let (letters, genome_sha256) = letters_of(genome, regions, &listed)?;
    let reading = Reading {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            ..options
        },
    };
    let mut records = Vec::with_capacity(listed.len());
    for (region, letters) in listed.iter().zip(letters) {
        let mut record = reading.record(region.name.clone(), &letters)?;
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
        genome_sha256,
        regions_sha256: contents.sha256,
    })
}

/// The letters of each region, and the hash of the genome's file. `regions` is the file that lists them, for messages.
pub(super) fn letters_of(
    genome: &Path,
    regions: &Path,
    listed: &[Region],
) -> Outcome<(Vec<Vec<u8>>, String)> {
    if is_two_bit(genome)? {
        let letters = from_two_bit(genome, regions, listed)?;
        Ok((letters, crate::file::sha256_of(genome)?))
    } else {
        from_fasta(genome, regions, listed)
    }
}

fn bad(message: String) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadFasta, message).into()
}

fn is_two_bit(path: &Path) -> Outcome<bool> {
    use std::io::Read;
    let refused = |error: std::io::Error| crate::file::unreadable(path, &error);
    let mut start = [0; 4];
    let mut file = std::fs::File::open(path).map_err(refused)?;
    let read = file.read(&mut start).map_err(refused)?;
    Ok(read == start.len() && TWO_BIT.contains(&start))
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
fn within(region: &Region, length: usize, regions: &Path) -> Outcome<std::ops::Range<usize>> {
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
    Ok(region.start as usize..region.end as usize)
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

fn from_two_bit(genome: &Path, regions: &Path, listed: &[Region]) -> Outcome<Vec<Vec<u8>>> {
    let broken = |error: twobit::Error| bad(format!("`{}`: {error}", genome.display()));
    let mut file = TwoBitFile::open(genome).map_err(broken)?;
    let names = file.chrom_names();
    let lengths: HashMap<String, usize> = names.iter().cloned().zip(file.chrom_sizes()).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::with_capacity(listed.len());
    for region in listed {
        let Some(&length) = lengths.get(&region.chromosome) else {
            return Err(lacks(genome, &region.chromosome, &known));
        };
        let range = within(region, length, regions)?;
        let letters = file
            .read_sequence(&region.chromosome, range)
            .map_err(broken)?;
        found.push(letters.into_bytes());
    }
    Ok(found)
}

fn from_fasta(genome: &Path, regions: &Path, listed: &[Region]) -> Outcome<(Vec<Vec<u8>>, String)> {
    let contents = file::read(genome, Code::BadFasta)?;
    let shown = genome.display();
    let broken = |error: std::io::Error| bad(format!("`{shown}` is not FASTA: {error}"));
    let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, region) in listed.iter().enumerate() {
        wanted.entry(&region.chromosome).or_default().push(i);
    }
    let mut found = vec![Vec::new(); listed.len()];
    let mut known = Vec::new();
    let mut reader = FastaReader::new(contents.bytes.as_slice());
    let mut letters = Vec::new();
    loop {
        let mut definition = Definition::default();
        if reader.read_definition(&mut definition).map_err(broken)? == 0 {
            break;
        }
        letters.clear();
        reader.read_sequence(&mut letters).map_err(broken)?;
        let name = definition.name().to_string();
        for i in wanted.remove(name.as_str()).unwrap_or_default() {
            let range = within(&listed[i], letters.len(), regions)?;
            found[i] = letters[range].to_vec();
        }
        known.push(name);
    }
    let mut missing: Vec<&str> = wanted.into_keys().collect();
    missing.sort_unstable();
    if let Some(chromosome) = missing.first() {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(lacks(genome, chromosome, &known));
    }
    Ok((found, contents.sha256))
}
