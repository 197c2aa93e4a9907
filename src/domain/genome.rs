//! Stretches of a genome, from a FASTA or 2bit file.
//!
//! Invariant: letters come as the file has them, in the order in which they are asked for.

mod collector;
mod source;
mod twobit;

use std::ops::Range;

pub(super) use source::Genome;

use super::contigs::Contigs;
use super::fasta::{BadLetter, Reading, Record};
use super::{Reason, sieve::Flaw};
use gia_base::diag::Outcome;

/// A part of a contig.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stretch {
    pub contig: String,
    /// Counted from 0, half open.
    pub range: Range<u64>,
}

impl Genome {
    /// Finds a stretch for each of `wanted`. `place` looks one up among the contigs; `hoped` are the stretches that are likely to
    /// be found.
    pub fn place<W, T>(
        &self,
        wanted: &[W],
        hoped: impl Fn() -> Vec<Stretch>,
        place: impl Fn(&Contigs, &W) -> Result<T, Flaw>,
    ) -> Outcome<Vec<Result<T, Flaw>>> {
        let look = |contigs: &Contigs| -> Vec<Result<T, Flaw>> {
            wanted.iter().map(|one| place(contigs, one)).collect()
        };
        let placed = look(&*self.contigs(&hoped)?);
        let is_elsewhere = |one: &Result<T, Flaw>| match one {
            Ok(_) => false,
            Err(flaw) => matches!(flaw.reason, Reason::UnknownContig | Reason::PastContig),
        };
        // An index beside the file is not to be trusted: the file itself tells.
        if placed.iter().any(is_elsewhere) && self.scan_whole()? {
            return Ok(look(&*self.contigs(&hoped)?));
        }
        Ok(placed)
    }

    /// A window as a record. A letter in it that is no base is told with its place in the genome.
    pub fn record(
        &self,
        reading: &Reading,
        name: String,
        stretch: &Stretch,
        letters: &[u8],
    ) -> Outcome<Record> {
        reading.record(name, letters).map_err(|bad| {
            let index = stretch.range.start as usize + bad.index;
            let mark = self.mark_of(&stretch.contig, index as u64);
            let of = format!("`{}`", stretch.contig);
            let letter = bad.letter;
            reading.bad_letter(&of, &BadLetter { index, letter }, mark)
        })
    }
}
