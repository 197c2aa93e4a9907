//! Windows of a genome around the variants of a VCF file.
//!
//! Invariant: a window is the reference, and carries one other allele; a record with several gives several windows. The
//! only place that names the library of VCF.

use std::path::Path;

use noodles_vcf as vcf;

use super::fasta::{FastaOptions, Reading, Unknown};
use super::genome::{Cut, Region};
use super::{Alphabet, SequenceSet, UNKNOWN, Variant, Windows, file};
use crate::diag::{Code, Diagnostic, Outcome, counted};

/// One allele of one record.
struct Allele {
    line: usize,
    chromosome: String,
    /// Counted from 0.
    start: i64,
    reference: Vec<u8>,
    alternate: Vec<u8>,
    name: String,
}

/// Reads a window of `width` bases for each alternate allele of a VCF file, plain or gzip, from a genome. The variant's
/// first base stands at `width` div 2.
///
/// Fails on a file that cannot be read, a record that is no VCF, an allele that is not spelled out (dropped or kept
/// `N`s excepted, as the options say for both), a reference allele that the genome does not have there, one that does not fit the
/// window, and a window that reaches past its chromosome.
pub fn variants(
    path: &Path,
    genome: &Path,
    width: usize,
    alphabet: Alphabet,
    unknown: Unknown,
) -> Outcome<Windows> {
    let contents = file::read(path, Code::BadVcf)?;
    let (alleles, unspelled) = read_alleles(path, &contents.bytes, unknown)?;
    let before = (width / 2) as i64;
    let listed: Vec<Region> = alleles
        .iter()
        .map(|allele| {
            let lost = allele
                .reference
                .len()
                .saturating_sub(allele.alternate.len());
            Region {
                chromosome: allele.chromosome.clone(),
                start: allele.start - before,
                end: allele.start - before + (width + lost) as i64,
                reverse: false,
                name: allele.name.clone(),
            }
        })
        .collect();
    let cut = Cut::read(genome, path, &listed)?;
    let reading = Reading {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            unknown,
        },
    };
    let mut records = Vec::with_capacity(alleles.len());
    for ((allele, region), letters) in alleles.iter().zip(&listed).zip(&cut.letters) {
        let shown = path.display();
        let line = allele.line;
        let start = width / 2;
        let end = start + allele.reference.len();
        if end > width {
            return Err(bad(format!(
                "line {line} of `{shown}`: a reference allele of {} bp does not fit the right half of a window of {width} bp",
                allele.reference.len()
            )));
        }
        let found = letters.get(start..end).unwrap_or_default();
        if !found.eq_ignore_ascii_case(&allele.reference) {
            return Err(Box::new(
                Diagnostic::error(
                    Code::BadVcf,
                    format!(
                        "line {line} of `{shown}`: the reference allele is {}, and `{}` has {} at {}:{}",
                        String::from_utf8_lossy(&allele.reference),
                        genome.display(),
                        String::from_utf8_lossy(found).to_uppercase(),
                        allele.chromosome,
                        allele.start + 1
                    ),
                )
                .help("the file was made for another genome, or for another version of it"),
            ));
        }
        let mut record = cut.record(&reading, region, letters)?;
        let beyond = record.sequence.bases.split_off(width);
        let inserted = allele.alternate.iter();
        record.sequence.variant = Some(Box::new(Variant {
            start,
            removed: allele.reference.len(),
            inserted: inserted
                .map(|&letter| alphabet.encode(letter).unwrap_or(UNKNOWN))
                .collect(),
            beyond,
        }));
        records.push(record);
    }
    let (sequences, dropped) = reading.settle_unknown(records)?;
    let set = SequenceSet {
        alphabet,
        path: path.to_path_buf(),
        sha256: contents.sha256.clone(),
        sequences,
        dropped: dropped + unspelled,
    };
    Ok(Windows {
        set,
        genome_stamp: cut.stamp(),
        regions_sha256: contents.sha256,
    })
}

fn bad(message: String) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadVcf, message).into()
}

/// The alleles that are spelled out, and how many others were left out.
fn read_alleles(path: &Path, text: &[u8], unknown: Unknown) -> Outcome<(Vec<Allele>, usize)> {
    let shown = path.display();
    if !text.starts_with(b"##fileformat=VCF") {
        return Err(bad(format!(
            "`{shown}` has no VCF header: its first line is not `##fileformat=VCFv4...`"
        )));
    }
    let mut reader = vcf::io::Reader::new(text);
    reader.read_header().map_err(|error| {
        bad(format!(
            "the header of `{shown}` is not that of a VCF: {error}"
        ))
    })?;
    let left = reader.get_ref().len();
    let mut line = 1 + text[..text.len() - left]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count();
    let mut alleles = Vec::new();
    let mut unspelled = 0;
    let mut record = vcf::Record::default();
    loop {
        let broken = |why: String| bad(format!("line {line} of `{shown}` is no VCF record: {why}"));
        let read = reader
            .read_record(&mut record)
            .map_err(|error| broken(error.to_string()))?;
        if read == 0 {
            break;
        }
        let position = match record.variant_start() {
            Some(Ok(position)) => position.get() as i64,
            Some(Err(error)) => return Err(broken(format!("its position: {error}"))),
            None => return Err(broken("its position is 0, a telomere".into())),
        };
        let reference = record.reference_bases().as_bytes().to_vec();
        let id: Option<String> = {
            use vcf::variant::record::Ids;
            record.ids().iter().next().map(str::to_string)
        };
        let listed = record.alternate_bases();
        let listed: &str = listed.as_ref();
        for alternate in listed.split(',') {
            let spelled = |allele: &[u8]| {
                !allele.is_empty() && allele.iter().all(|b| b"ACGTNacgtn".contains(b))
            };
            let whole = spelled(alternate.as_bytes()) && spelled(&reference);
            if !whole && unknown == Unknown::Drop {
                unspelled += 1;
                continue;
            }
            if !whole {
                let alleles = format!("{}>{alternate}", String::from_utf8_lossy(&reference));
                return Err(Box::new(
                    Diagnostic::error(
                        Code::BadVcf,
                        format!(
                            "line {line} of `{shown}`: `{alleles}` is not spelled out in bases"
                        ),
                    )
                    .help("`unknown: \"drop\"` leaves such alleles out"),
                ));
            }
            let place = format!(
                "{}:{position}:{}>{alternate}",
                record.reference_sequence_name(),
                String::from_utf8_lossy(&reference)
            );
            alleles.push(Allele {
                line,
                chromosome: record.reference_sequence_name().to_string(),
                start: position - 1,
                reference: reference.clone(),
                alternate: alternate.as_bytes().to_vec(),
                name: match &id {
                    Some(id) => format!("{id}:{place}"),
                    None => place,
                },
            });
        }
        line += 1;
    }
    if alleles.is_empty() {
        return Err(bad(match unspelled {
            0 => format!("`{shown}` lists no variant"),
            n => format!(
                "none of the {} of `{shown}` is spelled out in bases",
                counted(n, "allele")
            ),
        }));
    }
    Ok((alleles, unspelled))
}
