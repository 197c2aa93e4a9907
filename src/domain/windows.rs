//! Windows of a genome that another file lists.
//!
//! Invariant: a window lies within its contig. [`super::bed`] and [`super::vcf`] read the lists and check all else.

use std::path::Path;

use super::SequenceSet;
use super::contigs::{Contig, Contigs};
use super::genome::Stretch;
use gia_base::diag::Diagnostic;
use gia_base::file::Stamp;

/// Windows of a genome, and the files that they come from.
pub struct Windows {
    /// The windows, in the order of the file that lists them.
    pub set: SequenceSet,
    /// Stamp of the genome, whose hash takes long to compute.
    pub genome_stamp: Stamp,
    /// SHA-256 of the BED or VCF file that lists the windows, lower-case hex.
    pub regions_sha256: String,
    /// Warnings about the file that lists the windows, without a place in a script.
    pub notices: Vec<Diagnostic>,
}

/// A stretch of a contig that this is the name of, wherever it ends; none where the stretch starts before it.
pub(super) fn stretch_of(contig: &[u8], start: i64, end: i64) -> Option<Stretch> {
    let range = u64::try_from(start).ok()?..u64::try_from(end).ok()?;
    let contig = String::from_utf8_lossy(contig).into_owned();
    Some(Stretch { contig, range })
}

/// The stretch of a contig, or in words why there is none. `what` is what a message calls it.
pub(super) fn within(contig: &Contig, start: i64, end: i64, what: &str) -> Result<Stretch, String> {
    match stretch_of(contig.name.as_bytes(), start, end) {
        Some(stretch) if stretch.range.end <= contig.length => Ok(stretch),
        _ => Err(format!(
            "{what} is {start}..{end} of `{}`, which has {} bp",
            contig.name, contig.length
        )),
    }
}

/// Why no window lies on a contig of this name, in words, and a mend.
pub(super) fn lacks(genome: &Path, contigs: &Contigs, name: &str) -> (String, String) {
    let quoted = super::columns::quoted(name.as_bytes());
    let message = format!("`{}` has no sequence `{quoted}`", genome.display());
    (message, contigs.suggest(name))
}
