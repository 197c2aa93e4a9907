//! Sequences of bases, and sets of them.
//!
//! Invariant: all sequences of a set have the same length.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;

use super::{
    Alphabet, Exclusions, Locus, RecordCounts, RecordKey, Side, Strand, reverse_complement,
};
use gia_base::diag::escape_control;

/// A named sequence of base codes (0 to 3, or [`super::UNKNOWN`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Name of its FASTA record, region or variant; not necessarily unique.
    pub name: String,
    /// Base codes, from the first position to the last.
    pub bases: Vec<u8>,
    /// The variant of a window from a VCF file; None for other sequences.
    pub variant: Option<Box<Variant>>,
    /// ID of the variant in its VCF file; None if it has none.
    pub id: Option<Box<str>>,
    /// The window of a genome that the sequence is; None for a record of a FASTA file.
    pub locus: Option<Box<Locus>>,
    /// Key of the whole record that `bases` are a part of; None if they are all of it.
    pub record: Option<RecordKey>,
    /// Number of bases of its record before the first of `bases`.
    pub cut: u64,
}

/// The alternate allele of a window with a variant, read on the window's strand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Variant {
    /// First position that differs, from 0.
    pub start: usize,
    /// Number of reference bases that it replaces.
    pub removed: usize,
    /// Codes of the bases that replace them.
    pub inserted: Vec<u8>,
    /// Codes of the bases that precede the window in the genome: as many as a deletion that moves the left side takes in.
    pub before: Vec<u8>,
    /// Codes of the bases that follow the window in the genome: as many as a deletion that moves the right side takes in.
    pub beyond: Vec<u8>,
}

impl Variant {
    /// Replaces the reference allele by the alternate one, in place. Where these differ in length, the bases of one side move and those of
    /// the other stay: an insertion pushes bases out at the end of that side, a deletion takes in those of the genome. The length stays.
    pub fn apply(&self, bases: &mut [u8], shifting: Side) {
        let start = self.start.min(bases.len());
        let after = (self.start + self.removed).min(bases.len());
        let mut whole = Vec::with_capacity(bases.len() + self.inserted.len() + self.beyond.len());
        if shifting == Side::Left {
            whole.extend_from_slice(&self.before);
        }
        whole.extend_from_slice(&bases[..start]);
        whole.extend_from_slice(&self.inserted);
        whole.extend_from_slice(&bases[after..]);
        if shifting == Side::Right {
            whole.extend_from_slice(&self.beyond);
        }
        // A variant that was made by hand may lack the bases that would move in.
        let length = bases.len().min(whole.len());
        match shifting {
            Side::Right => bases[..length].copy_from_slice(&whole[..length]),
            Side::Left => {
                let (to, from) = (bases.len() - length, whole.len() - length);
                bases[to..].copy_from_slice(&whole[from..]);
            }
        }
    }
}

/// A variant as a VCF file writes it, on the forward strand of the genome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenVariant<'a> {
    /// Position of the first base of the reference allele, from 1; None for a window that does not say where it lies.
    pub position: Option<u64>,
    /// ID in the file; None if it has none.
    pub id: Option<&'a str>,
    /// Letters of the reference allele.
    pub reference: String,
    /// Letters of the alternate allele.
    pub alternate: String,
}

impl Sequence {
    /// The variant that the window carries.
    pub fn written_variant(&self, alphabet: Alphabet) -> Option<WrittenVariant<'_>> {
        let variant = self.variant.as_deref()?;
        let locus = self.locus.as_deref();
        let is_reverse = locus.is_some_and(|locus| locus.strand == Strand::Reverse);
        let letters = |codes: &[u8]| {
            let mut codes = codes.to_vec();
            if is_reverse {
                reverse_complement(&mut codes);
            }
            alphabet.decode_all(&codes)
        };
        let end = (variant.start + variant.removed).min(self.bases.len());
        let position = locus.map(|locus| match locus.strand {
            Strand::Forward => locus.span().start + variant.start as i64 + 1,
            // Positions run the other way, so the last base that is read is the first of the allele.
            Strand::Reverse => locus.span().end - (variant.start + variant.removed) as i64 + 1,
        });
        Some(WrittenVariant {
            position: position.and_then(|position| u64::try_from(position).ok()),
            id: self.id.as_deref(),
            reference: letters(&self.bases[variant.start.min(end)..end]),
            alternate: letters(&variant.inserted),
        })
    }

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
    writeln!(
        out,
        ">{}\n{}",
        escape_control(name),
        alphabet.decode_all(bases)
    )
}

/// An allele as messages quote it: of a long one the first bases.
fn shortened(allele: &str) -> String {
    const MAX_SHOWN: usize = 12;
    match allele.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", &allele[..end]),
        None => allele.to_string(),
    }
}

/// A set of sequences, in the order of the file or the script that lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    /// The alphabet of all sequences.
    pub alphabet: Alphabet,
    /// The file that lists the sequences: FASTA, BED or VCF; of a locus, the genome. Empty for a sequence that a script spells out.
    pub path: PathBuf,
    /// SHA-256 of the file that lists them, lower-case hex; empty if no file does.
    pub sha256: String,
    /// What reports call the set if it is not the whole of its file, such as `"peak7" of peaks.fa`.
    pub label: Option<String>,
    /// The sequences, all of the same length.
    pub sequences: Vec<Sequence>,
    /// Records of the file that were left out, by reason.
    pub excluded: Exclusions,
}

impl SequenceSet {
    /// A set of one sequence without a name.
    pub fn of_one(alphabet: Alphabet, bases: Vec<u8>) -> SequenceSet {
        SequenceSet {
            alphabet,
            path: PathBuf::new(),
            sha256: String::new(),
            label: None,
            sequences: vec![Sequence {
                name: String::new(),
                bases,
                variant: None,
                id: None,
                locus: None,
                record: None,
                cut: 0,
            }],
            excluded: Exclusions::default(),
        }
    }

    /// Length of every sequence, in base pairs; 0 for an empty set, which no reader returns.
    pub fn length(&self) -> usize {
        self.sequences
            .first()
            .map_or(0, |sequence| sequence.bases.len())
    }

    /// One sequence of the set, counted from 0, as a set of its own; None if there are not as many.
    pub fn only(&self, index: usize) -> Option<SequenceSet> {
        let sequence = self.sequences.get(index)?;
        let label = format!("\"{}\" of {}", sequence.name, self.title());
        Some(self.part(vec![sequence.clone()], label))
    }

    /// The first `count` sequences as a set of their own; None if there are not as many.
    pub fn head(&self, count: usize) -> Option<SequenceSet> {
        let first = self.sequences.get(..count)?;
        let label = format!("the first {count} of {}", self.title());
        Some(self.part(first.to_vec(), label))
    }

    /// The sequences that are none of these, nor the reverse complement of one, as a set of their own; the same variants count as the same
    /// sequence only where they have the same alleles. None if none is left.
    pub(super) fn without(&self, these: &[&Sequence]) -> Option<SequenceSet> {
        let key = |of: &Sequence| (RecordKey::of_bases(&of.bases), of.variant.clone());
        let these: HashSet<_> = these.iter().map(|sequence| key(sequence)).collect();
        let kept = self.sequences.iter();
        let kept: Vec<Sequence> = kept
            .filter(|sequence| !these.contains(&key(sequence)))
            .cloned()
            .collect();
        match kept.len() {
            0 => None,
            all if all == self.sequences.len() => Some(self.clone()),
            count => {
                let label = format!("{count} others of {}", self.title());
                Some(self.part(kept, label))
            }
        }
    }

    /// Each window with a variant as two sequences, with the reference allele and with the alternate one, whose names say which.
    /// Where the alleles differ in length, the right side of the window moves. A sequence without a variant stays as it is.
    pub fn with_both_alleles(&self) -> SequenceSet {
        let mut sequences = Vec::with_capacity(2 * self.sequences.len());
        for sequence in &self.sequences {
            let written = sequence.written_variant(self.alphabet);
            let (Some(variant), Some(written)) = (sequence.variant.as_deref(), written) else {
                sequences.push(sequence.clone());
                continue;
            };
            let of_allele = |role: &str, allele: &str| Sequence {
                name: format!("{} ({role} {})", sequence.name, shortened(allele)),
                variant: None,
                ..sequence.clone()
            };
            let reference = of_allele("reference", &written.reference);
            let mut alternate = of_allele("alternate", &written.alternate);
            variant.apply(&mut alternate.bases, Side::Right);
            sequences.extend([reference, alternate]);
        }
        SequenceSet {
            sequences,
            label: self.label.clone(),
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            excluded: self.excluded.clone(),
            alphabet: self.alphabet,
        }
    }

    fn part(&self, sequences: Vec<Sequence>, label: String) -> SequenceSet {
        SequenceSet {
            sequences,
            label: Some(label),
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            excluded: self.excluded.clone(),
            alphabet: self.alphabet,
        }
    }

    /// What reports call the set: its label, or the path of its file.
    pub fn title(&self) -> String {
        match &self.label {
            Some(label) => label.clone(),
            None => self.path.display().to_string(),
        }
    }

    /// Number of windows that have unknown bases beyond the ends of their contig.
    pub fn filled(&self) -> usize {
        let loci = self.sequences.iter().filter_map(|one| one.locus.as_deref());
        loci.filter(|locus| locus.past_end.filled() != (0, 0))
            .count()
    }

    /// How many records were kept and excluded.
    pub fn record_counts(&self) -> RecordCounts {
        RecordCounts {
            path: self.path.clone(),
            kept: self.sequences.len(),
            filled: self.filled(),
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
