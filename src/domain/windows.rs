//! Windows of a genome that another file lists.
//!
//! Invariant: a window lies within its contig. What lists the windows, and what else must hold of them, is the matter of
//! [`super::bed`] and [`super::vcf`].

use std::path::Path;

use super::SequenceSet;
use super::contigs::{Contig, Contigs};
use super::genome::Stretch;
use gia_base::diag::Diagnostic;
use gia_base::file::Stamp;

/// A set of windows, and which files they come from.
pub struct Windows {
    pub set: SequenceSet,
    /// Of the genome, whose hash takes long to work out.
    pub genome_stamp: Stamp,
    pub regions_sha256: String,
    /// What is odd about the file that lists them: warnings without a place in a script.
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
