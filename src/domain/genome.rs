//! Windows of a genome from a FASTA or 2bit file.
//!
//! Invariant: letters are returned unchanged, in the order of the request.

mod collector;
mod source;
mod twobit;

use std::ops::Range;

pub(super) use source::Genome;

use super::contigs::Contigs;
use super::fasta::{BadLetter, FastaReader, Record};
use super::windows::PlacedRange;
use super::{Locus, Reason, Strand, record_filter::RecordError};
use gia_base::diag::Outcome;

/// A range of positions on a contig.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ContigRange {
    pub contig: String,
    /// Half-open, from 0.
    pub range: Range<u64>,
}

impl Genome {
    /// Finds a stretch for each of `wanted`. `place` looks one up among the contigs; `hoped` are the stretches that are likely to
    /// be found.
    pub fn place<W, T>(
        &self,
        wanted: &[W],
        hoped: impl Fn() -> Vec<ContigRange>,
        place: impl Fn(&Contigs, &W) -> Result<T, RecordError>,
    ) -> Outcome<Vec<Result<T, RecordError>>> {
        let look = |contigs: &Contigs| -> Vec<Result<T, RecordError>> {
            wanted.iter().map(|one| place(contigs, one)).collect()
        };
        let placed = look(&*self.contigs(&hoped)?);
        let is_elsewhere = |one: &Result<T, RecordError>| match one {
            Ok(_) => false,
            Err(error) => matches!(error.reason, Reason::UnknownContig | Reason::PastContig),
        };
        // The error may come from a wrong `.fai` index, so the file is scanned.
        if placed.iter().any(is_elsewhere) && self.scan_whole()? {
            return Ok(look(&*self.contigs(&hoped)?));
        }
        Ok(placed)
    }

    /// A window as a record, from its letters with those beyond the contig.
    ///
    /// # Errors
    /// A letter that is not a base, with its place in the genome.
    pub fn record(
        &self,
        reading: &FastaReader,
        name: String,
        placed: &PlacedRange,
        letters: &[u8],
    ) -> Outcome<Record> {
        let contig = &placed.inner.contig;
        let mut record = reading.record(name, letters).map_err(|bad| {
            // What is filled holds no such letter.
            let index = (placed.start() + bad.index as i64).max(0) as usize;
            let mark = self.mark_of(contig, index as u64);
            let of = format!("`{contig}`");
            let letter = bad.letter;
            reading.bad_letter(&of, &BadLetter { index, letter }, mark)
        })?;
        let (range, past_end) = placed.locus_within(0);
        record.sequence.locus = Some(Box::new(Locus {
            genome: self.path(),
            contig: contig.as_str().into(),
            range,
            past_end,
            strand: Strand::Forward,
        }));
        Ok(record)
    }
}
