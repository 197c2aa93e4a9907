//! Sequences of bases, and sets of them.
//!
//! Invariant: the sequences of a set are as long as each other. [`super::fasta`] reads them.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Alphabet, Exclusions, Intake};
use gia_base::diag::escaped;

/// A named sequence, one code a base (0 to 3, or [`super::UNKNOWN`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Name of the FASTA record, or of the region or variant that the window stands for; not necessarily unique.
    pub name: String,
    /// Base codes, from the first position to the last.
    pub bases: Vec<u8>,
    /// The variant that a window carries; None for other sequences.
    pub variant: Option<Box<Variant>>,
}

/// The alternate allele of a window around a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// First position that differs, from 0.
    pub start: usize,
    /// Number of reference bases that it replaces.
    pub removed: usize,
    /// Codes of the bases that replace them.
    pub inserted: Vec<u8>,
    /// Codes of the bases that follow the window in the genome, as many as the allele is shorter than the reference.
    pub beyond: Vec<u8>,
}

impl Variant {
    /// Writes the allele into a sequence, in place; what lies right of it moves, and the length stays.
    pub fn apply(&self, bases: &mut [u8]) {
        let behind = self.start + self.removed;
        let moved: Vec<u8> = bases.get(behind..).unwrap_or_default().to_vec();
        let whole = self.inserted.iter().chain(&moved).chain(&self.beyond);
        for (base, &new) in bases.iter_mut().skip(self.start).zip(whole) {
            *base = new;
        }
    }
}

impl Sequence {
    /// Writes a FASTA record, the bases in upper case on one line, control characters of the name as escapes.
    pub fn write_fasta(&self, alphabet: Alphabet, out: &mut impl Write) -> io::Result<()> {
        write_record(&self.name, &self.bases, alphabet, out)
    }
}

/// Writes a FASTA record, the bases in upper case on one line, control characters of the name as escapes.
pub fn write_record(
    name: &str,
    bases: &[u8],
    alphabet: Alphabet,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, ">{}\n{}", escaped(name), alphabet.decode_all(bases))
}

/// Real sequences in the order of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    /// The alphabet that the sequences are written in.
    pub alphabet: Alphabet,
    /// The file that lists the sequences: FASTA, BED or VCF.
    pub path: PathBuf,
    /// SHA-256 of the file as it lies on disk, lower-case hex.
    pub sha256: String,
    /// The sequences, equally long.
    pub sequences: Vec<Sequence>,
    /// Records of the file that were left out, by reason.
    pub excluded: Exclusions,
}

impl SequenceSet {
    /// Length of every sequence, in base pairs; 0 for an empty set, which no reader makes.
    pub fn length(&self) -> usize {
        self.sequences
            .first()
            .map_or(0, |sequence| sequence.bases.len())
    }

    /// How many records became sequences, and how many did not.
    pub fn intake(&self) -> Intake {
        Intake {
            path: self.path.clone(),
            kept: self.sequences.len(),
            excluded: self.excluded.clone(),
        }
    }

    /// Writes all sequences as FASTA, the bases of each in upper case on one line.
    pub fn write_fasta(&self, out: &mut impl Write) -> io::Result<()> {
        self.sequences
            .iter()
            .try_for_each(|sequence| sequence.write_fasta(self.alphabet, out))
    }
}
