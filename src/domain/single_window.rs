//! One window of a genome, named as browsers name it.

use std::ops::Range;
use std::path::Path;

use super::contigs::Contigs;
use super::fasta::{FastaOptions, FastaReader};
use super::genome::{ContigRange, Genome};
use super::windows::{
    PastContig, PlacedRange, Windows, laid, middle, missing_contig, past_help, within,
};
use super::{Alphabet, SequenceSet, Strand, UnknownBases, reverse_complement};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// How a region of a genome becomes a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocusOptions {
    /// Width of the window in bp, with the middle of the region at its center; None takes the region itself.
    pub width: Option<usize>,
    /// The strand that is read.
    pub strand: Strand,
    /// What to do with a window past an end of its contig.
    pub past: PastContig,
    /// What to do with an unknown base, those beyond the contig included.
    pub unknown: UnknownBases,
}

/// A region as browsers write it: `chr1:5,000-5,249`, from 1, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WrittenRegion {
    contig: String,
    /// First and last position, from 1.
    first: u64,
    last: u64,
}

/// Reads the window of a genome at a region that is written `CONTIG:FIRST-LAST`, counted from 1 with both ends included, with or without
/// commas between thousands.
///
/// # Errors
/// [`Code::BadLocus`] for a region of another form, a contig that the genome does not have, and a window that reaches past its contig; a
/// genome that cannot be read; unknown bases, unless they are kept.
pub fn locus_window(
    genome: &Path,
    region: &str,
    alphabet: Alphabet,
    options: LocusOptions,
) -> Outcome<Windows> {
    let written = WrittenRegion::parse(region)?;
    let source = Genome::open(genome)?;
    let hoped = || written.window(options).into_iter().collect();
    let mut placed = written.place(genome, &*source.contigs(hoped)?, options);
    // A `.fai` beside the genome may be wrong.
    if placed.is_err() && source.scan_whole()? {
        placed = written.place(genome, &*source.contigs(hoped)?, options);
    }
    let placed = placed?;
    let letters = source.letters(std::slice::from_ref(&placed.inner))?;
    let reading = FastaReader {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            unknown: options.unknown,
        },
    };
    let name = written_name(&placed.inner, options.strand);
    let mut records = Vec::new();
    for letters in letters {
        let letters = placed.filled(letters);
        let mut record = source.record(&reading, name.clone(), &placed, &letters)?;
        if options.strand == Strand::Reverse {
            reverse_complement(&mut record.sequence.bases);
            if let Some(locus) = &mut record.sequence.locus {
                locus.strand = Strand::Reverse;
            }
        }
        records.push(record);
    }
    let (sequences, excluded) = reading.apply_unknown_policy(records, |_, _| None)?;
    let set = SequenceSet {
        alphabet,
        path: genome.to_path_buf(),
        sha256: String::new(),
        label: Some(format!("{name} of {}", genome.display())),
        sequences,
        excluded,
    };
    Ok(Windows {
        set,
        genome_stamp: source.stamp(),
        regions_sha256: String::new(),
        layout_sha256: None,
        notices: Vec::new(),
    })
}

/// The name of a window as browsers write it, `chr1:5000-5249`, with `(-)` behind one of the reverse strand.
fn written_name(stretch: &ContigRange, strand: Strand) -> String {
    let strand = match strand {
        Strand::Forward => "",
        Strand::Reverse => "(-)",
    };
    let ContigRange { contig, range } = stretch;
    format!("{contig}:{}-{}{strand}", range.start + 1, range.end)
}

impl WrittenRegion {
    fn parse(text: &str) -> Outcome<WrittenRegion> {
        let malformed = |why: &str| {
            let message = format!("`{text}` is no region of a genome: {why}");
            let help = "write it as browsers do, counted from 1 with both ends: `chr1:5,000-5,249`";
            Box::new(Diagnostic::error(Code::BadLocus, message).help(help))
        };
        // Names of contigs may hold colons.
        let Some((contig, ends)) = text.trim().rsplit_once(':') else {
            return Err(malformed("it has no `:` behind the name of a contig"));
        };
        let Some((first, last)) = ends.split_once(['-', '\u{2013}']) else {
            return Err(malformed("it has no `-` between two positions"));
        };
        let position = |written: &str| {
            let digits = written.trim().replace([',', '_'], "");
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let number = is_number.then(|| digits.parse::<u64>().ok()).flatten();
            number.ok_or_else(|| malformed(&format!("`{}` is no position", written.trim())))
        };
        let (first, last) = (position(first)?, position(last)?);
        if contig.is_empty() {
            return Err(malformed("the name of the contig is missing"));
        }
        if first == 0 {
            return Err(malformed(
                "positions count from 1, so there is no position 0",
            ));
        }
        if last < first {
            return Err(malformed("it ends before it starts"));
        }
        Ok(WrittenRegion {
            contig: contig.to_string(),
            first,
            last,
        })
    }

    /// Half-open range of the window, from 0, not clipped to the contig.
    fn span(&self, options: LocusOptions) -> Range<i64> {
        let (start, end) = (self.first as i64 - 1, self.last as i64);
        match options.width {
            None => start..end,
            Some(width) => {
                let middle = middle((start, end), options.strand);
                let (start, end) = laid(middle, width / 2, width, options.strand);
                start..end
            }
        }
    }

    /// The window, if its ends are no negative numbers.
    fn window(&self, options: LocusOptions) -> Option<ContigRange> {
        let span = self.span(options);
        super::windows::contig_range(self.contig.as_bytes(), span.start, span.end)
    }

    fn place(
        &self,
        genome: &Path,
        contigs: &Contigs,
        options: LocusOptions,
    ) -> Outcome<PlacedRange> {
        let Some(index) = contigs.named(&self.contig) else {
            let (message, help) = missing_contig(genome, contigs, &self.contig);
            return Err(Diagnostic::error(Code::BadLocus, message).help(help).into());
        };
        let span = self.span(options);
        let what = match options.width {
            Some(_) => "the window",
            None => "the region",
        };
        let ends = (span.start, span.end);
        within(contigs.get(index), ends, options.past, what).map_err(|_| {
            let contig = contigs.get(index);
            let message = format!(
                "{what} is {}-{} of `{}`, counted from 1, which is {} bp long",
                span.start + 1,
                span.end,
                contig.name,
                contig.length
            );
            let diagnostic = Diagnostic::error(Code::BadLocus, message);
            Box::new(match past_help(options.past) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            })
        })
    }
}
