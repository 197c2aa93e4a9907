//! Windows of a genome at the regions of a BED file or the variants of a VCF file.
//!
//! Invariant: a window lies within its contig.
//!
//! Position `L div 2` of a sequence of `L` bases, read on its own strand, is its center: of a window, of a region, and of the sequences that
//! edits and outputs see.

use std::path::Path;

use super::contigs::{Contig, Contigs};
use super::genome::ContigRange;
use super::{SequenceSet, Strand};
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

/// The range `start..end` of a contig, or a message if it does not lie within the contig. `what` names it in the message.
pub(super) fn within(
    contig: &Contig,
    start: i64,
    end: i64,
    what: &str,
) -> Result<ContigRange, String> {
    match contig_range(contig.name.as_bytes(), start, end) {
        Some(stretch) if stretch.range.end <= contig.length => Ok(stretch),
        _ => Err(format!(
            "{what} is {start}..{end} of `{}`, which is {} bp long",
            contig.name, contig.length
        )),
    }
}

/// The message and the help for a contig that the genome does not have.
pub(super) fn missing_contig(genome: &Path, contigs: &Contigs, name: &str) -> (String, String) {
    let quoted = super::columns::quoted(name.as_bytes());
    let message = format!("`{}` has no sequence `{quoted}`", genome.display());
    (message, contigs.suggest(name))
}
