//! Windows of a genome at the regions of a BED file or the variants of a VCF file.
//!
//! Invariant: a window lies within its contig, unless it is to be filled beyond.
//!
//! Position `L div 2` of a sequence of `L` bases, read on its own strand, is its center: of a window, of a region, and of the sequences that
//! edits and outputs see.

use std::ops::Range;
use std::path::Path;

use super::contigs::{Contig, Contigs};
use super::genome::ContigRange;
use super::{PastEnd, SequenceSet, Strand};
use gia_base::diag::Diagnostic;
use gia_base::file::Stamp;

/// Windows of a genome, with their provenance.
pub struct Windows {
    /// The windows, in the order of the file that lists them.
    pub set: SequenceSet,
    /// Stamp of the genome file, in place of its hash, which takes long to compute.
    pub genome_stamp: Stamp,
    /// SHA-256 of the BED or VCF file that lists the windows, lower-case hex.
    pub regions_sha256: String,
    /// SHA-256 of the BED file that windows around variants are laid by or take their strand from; None without one.
    pub layout_sha256: Option<String>,
    /// Warnings about the file that lists the windows, without a place in a script.
    pub notices: Vec<Diagnostic>,
}

/// Start and end on the contig of a window of `width` bases in which base `base` of the contig stands at position `at`, read on a strand;
/// not clipped to the contig.
pub(super) fn laid(base: i64, at: usize, width: usize, strand: Strand) -> (i64, i64) {
    let (at, width) = (at as i64, width as i64);
    let start = match strand {
        Strand::Forward => base - at,
        // Positions run against those of the contig.
        Strand::Reverse => base + at + 1 - width,
    };
    (start, start + width)
}

/// The base of a contig that is in the middle of a region: number `length div 2` of those that are read on the strand, from 0.
pub(super) fn middle((start, end): (i64, i64), strand: Strand) -> i64 {
    let half = (end - start) / 2;
    match strand {
        Strand::Forward => start + half,
        Strand::Reverse => end - 1 - half,
    }
}

/// The range `start..end` of a contig, given by name; None if it starts before the contig. The end is not checked.
pub(super) fn contig_range(contig: &[u8], start: i64, end: i64) -> Option<ContigRange> {
    let range = u64::try_from(start).ok()?..u64::try_from(end).ok()?;
    let contig = String::from_utf8_lossy(contig).into_owned();
    Some(ContigRange { contig, range })
}

/// What to do with windows that reach past an end of their contig.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PastContig {
    /// The record gives no window.
    #[default]
    Refuse,
    /// What lies beyond the contig is filled with unknown bases. A window that lies beyond as a whole is refused.
    Fill,
}

/// A range of a contig, perhaps with a part beyond the ends of the contig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlacedRange {
    /// The part that lies within the contig.
    pub inner: ContigRange,
    /// Start and end, from 0, half open; may be beyond the contig.
    span: Range<i64>,
    contig_length: i64,
    past: PastContig,
}

impl PlacedRange {
    /// A range that lies within its contig.
    pub fn inside(range: ContigRange) -> PlacedRange {
        let (start, end) = (range.range.start as i64, range.range.end as i64);
        PlacedRange {
            inner: range,
            span: start..end,
            contig_length: end,
            past: PastContig::Refuse,
        }
    }

    /// Number of bases, those beyond the contig included.
    pub fn length(&self) -> u64 {
        (self.span.end - self.span.start) as u64
    }

    /// Its letters from those of the inner part: N beyond the contig.
    pub fn filled(&self, letters: Vec<u8>) -> Vec<u8> {
        let before = self.inner.range.start as i64 - self.span.start;
        let after = self.span.end - self.inner.range.end as i64;
        if before == 0 && after == 0 {
            return letters;
        }
        let mut filled = vec![b'N'; before as usize];
        filled.extend(letters);
        filled.resize(filled.len() + after as usize, b'N');
        filled
    }

    /// Start on the contig; negative before its first base.
    pub fn start(&self) -> i64 {
        self.span.start
    }

    /// Where the window lies that has so many bases less on either side.
    pub fn locus_within(&self, margin: usize) -> (Range<u64>, PastEnd) {
        let (start, end) = (
            self.span.start + margin as i64,
            self.span.end - margin as i64,
        );
        let from = start.clamp(0, self.contig_length);
        let to = end.clamp(from, self.contig_length);
        let past_end = match self.past {
            PastContig::Refuse => PastEnd::Refused,
            PastContig::Fill => PastEnd::Filled {
                before: (from - start).max(0) as u64,
                after: (end - to).max(0) as u64,
            },
        };
        (from as u64..to as u64, past_end)
    }
}

/// The range `start..end` of a contig, or a message if it does not lie within the contig and is not filled. `what` names it in the message.
pub(super) fn within(
    contig: &Contig,
    (start, end): (i64, i64),
    past: PastContig,
    what: &str,
) -> Result<PlacedRange, String> {
    let length = contig.length as i64;
    let (from, to) = (start.clamp(0, length), end.clamp(0, length));
    let is_allowed = match past {
        PastContig::Refuse => (from, to) == (start, end),
        PastContig::Fill => from < to,
    };
    let inner = contig_range(contig.name.as_bytes(), from, to);
    match inner.filter(|_| is_allowed) {
        Some(inner) => Ok(PlacedRange {
            inner,
            span: start..end,
            contig_length: length,
            past,
        }),
        None => Err(format!(
            "{what} is {start}..{end} of `{}`, which is {} bp long",
            contig.name, contig.length
        )),
    }
}

/// The help for a window past its contig, where that may be filled.
pub(super) fn past_help(past: PastContig) -> Option<&'static str> {
    match past {
        PastContig::Refuse => Some("`past: \"N\"` fills what lies beyond with N"),
        PastContig::Fill => None,
    }
}

/// The message and the help for a contig that the genome does not have.
pub(super) fn missing_contig(genome: &Path, contigs: &Contigs, name: &str) -> (String, String) {
    let quoted = super::columns::quoted(name.as_bytes());
    let message = format!("`{}` has no sequence `{quoted}`", genome.display());
    (message, contigs.suggest(name))
}
