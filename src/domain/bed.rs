//! Windows of a genome, at the regions of a BED file.
//!
//! Invariant: windows have one length, are in the order of the BED file, and are on the strand that their line gives.

mod foreign;
mod index;
mod record;
mod strand;

pub(super) use index::RegionIndex;

use std::path::Path;

use self::record::{BedRecord, Layout};
use self::strand::Strands;
use super::columns::{Table, parse_whole, quoted, whole_number_fault};
use super::contigs::Contigs;
use super::fasta::{FastaOptions, FastaReader};
use super::genome::Genome;
use super::record_filter::{RecordError, RecordFilter};
use super::windows::{
    PastContig, PlacedRange, Windows, contig_range, laid, middle, missing_contig, past_help, within,
};
use super::{
    Alphabet, BadRecords, Reason, SequenceSet, Strand, UnknownBases, file, reverse_complement,
};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Number of columns of a narrowPeak file; the last one is the summit.
const NARROW_PEAK_COLUMNS: usize = 10;

/// The base of a region that a window is laid by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Center {
    /// Base `length div 2` of the region, read on its strand.
    #[default]
    Middle,
    /// The summit in column 10 of a narrowPeak file.
    Summit,
    /// The first base of the region, read on its strand: its 5' end.
    Start,
    /// The last base of the region, read on its strand: its 3' end.
    End,
}

/// How the lines of a BED file become windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegionOptions {
    /// Width of every window in bp; None takes the regions themselves, equally long.
    pub width: Option<usize>,
    /// The base of each region that its window is laid by; ignored without a width.
    pub center: Center,
    /// Position in the window, read on its strand, at which that base stands; None for `width div 2`. Ignored without a width.
    pub anchor: Option<usize>,
    /// What to do with windows past an end of their contig.
    pub past: PastContig,
    /// What to do with windows with an unknown base, those beyond a contig included.
    pub unknown: UnknownBases,
    /// What to do with lines that give no window.
    pub bad: BadRecords,
}

/// Reads the windows that a BED file, plain or gzip, lists from a genome.
///
/// # Errors
/// A file that cannot be read or is not BED, and regions of different lengths if no width is given. Depending on the options also: unknown
/// bases, lines that are not BED records, contigs that the genome does not have, windows that reach past their contig, and peaks without
/// a summit.
pub fn windows(
    genome: &Path,
    regions: &Path,
    alphabet: Alphabet,
    options: RegionOptions,
) -> Outcome<Windows> {
    let contents = file::read(regions, Code::BadBed)?;
    let table = Table::new(regions, &contents.bytes, Code::BadBed, "BED")?;
    let mut filter = RecordFilter::new(options.bad);
    let mut notices = Vec::new();
    let records = records(&table, &mut filter, &mut notices)?;
    let strands = Strands::of(&records);
    notices.extend(strands.notice(&table, &records));

    let source = Genome::open(genome)?;
    let hoped = || {
        let spans = records.iter().filter_map(|record| {
            let strand = strands.of_record(&table, record).ok()?;
            let (start, end) = span(&table, record, strand, options).ok()?;
            contig_range(record.contig, start, end)
        });
        spans.collect()
    };
    let placed = source.place(&records, hoped, |contigs, record| {
        let strand = strands.of_record(&table, record)?;
        let found = place(genome, contigs, &table, (record, strand), options)?;
        Ok((strand, found))
    })?;
    let mut listed = Vec::with_capacity(records.len());
    let mut stretches = Vec::with_capacity(records.len());
    let mut ranges = Vec::with_capacity(records.len());
    for (record, placed) in records.iter().zip(placed) {
        if let Some((strand, placed)) = filter.admit(placed)? {
            listed.push((record, strand));
            stretches.push(placed.inner.clone());
            ranges.push(placed);
        }
    }
    check_lengths(&table, &listed, &ranges)?;
    if listed.is_empty() {
        return Err(filter.nothing_left(regions));
    }

    let reading = FastaReader {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            unknown: options.unknown,
        },
    };
    let letters = source.letters(&stretches)?;
    let mut found = Vec::with_capacity(listed.len());
    for (((record, strand), placed), letters) in listed.iter().zip(&ranges).zip(letters) {
        let name = record.name_of(&placed.inner, *strand);
        let letters = placed.filled(letters);
        let mut record = source.record(&reading, name, placed, &letters)?;
        if *strand == Strand::Reverse {
            reverse_complement(&mut record.sequence.bases);
            if let Some(locus) = &mut record.sequence.locus {
                locus.strand = Strand::Reverse;
            }
        }
        found.push(record);
    }
    let (sequences, unknown) = reading.apply_unknown_policy(found, |number, _| {
        let (record, _) = listed.get(number)?;
        Some(table.place(record.line))
    })?;
    let set = SequenceSet {
        alphabet,
        label: None,
        path: regions.to_path_buf(),
        sha256: contents.sha256.clone(),
        excluded: filter.finish(unknown),
        sequences,
    };
    Ok(Windows {
        set,
        genome_stamp: source.stamp(),
        regions_sha256: contents.sha256,
        layout_sha256: None,
        notices,
    })
}

/// The records of a file, of which there must be at least one.
fn records<'a>(
    table: &Table<'a>,
    filter: &mut RecordFilter,
    notices: &mut Vec<Diagnostic>,
) -> Outcome<Vec<BedRecord<'a>>> {
    let mut records = Vec::new();
    let mut layout = Layout::default();
    let mut lists = false;
    for line in table.lines() {
        if line.is_blank() || line.text.starts_with(b"#") {
            continue;
        }
        if record::is_for_browsers(line) {
            foreign::refuse_track(table, line)?;
            continue;
        }
        if !lists && let Some(indexed) = Layout::of_header(line) {
            layout = indexed;
            notices.push(odd(format!(
                "`{}` has a header with an index column: BED columns are counted from the second column",
                table.place(line)
            )));
            continue;
        }
        lists = true;
        records.extend(filter.admit(layout.record(table, line))?);
    }
    if lists {
        return Ok(records);
    }
    let message = format!("`{}` contains no regions", table.path().display());
    Err(Diagnostic::error(Code::BadBed, message).into())
}

/// A warning about a deviation from the BED format.
fn odd(message: String) -> Diagnostic {
    Diagnostic::warning(Code::NonstandardBed, message)
}

/// Start and end of the window of a record on its contig, not clipped to the contig.
fn span(
    table: &Table,
    record: &BedRecord,
    strand: Strand,
    options: RegionOptions,
) -> Result<(i64, i64), RecordError> {
    let Some(width) = options.width else {
        return Ok((record.start, record.end));
    };
    let base = match (options.center, strand) {
        (Center::Middle, _) => middle((record.start, record.end), strand),
        (Center::Summit, _) => summit(table, record)?,
        (Center::Start, Strand::Forward) | (Center::End, Strand::Reverse) => record.start,
        (Center::End, Strand::Forward) | (Center::Start, Strand::Reverse) => record.end - 1,
    };
    let at = options.anchor.unwrap_or(width / 2);
    Ok(laid(base, at, width, strand))
}

/// The window of a record. `genome` is the path of the genome, for messages.
fn place(
    genome: &Path,
    contigs: &Contigs,
    table: &Table,
    (record, strand): (&BedRecord, Strand),
    options: RegionOptions,
) -> Result<PlacedRange, RecordError> {
    let name = String::from_utf8_lossy(record.contig);
    // Names must match exactly, because a BED file has no bases to confirm a match by another name.
    let Some(contig) = contigs.named(&name) else {
        let (message, mend) = missing_contig(genome, contigs, &name);
        let diagnostic = table.at_cell(record.line, record.contig, &message);
        let diagnostic = diagnostic.help(mend);
        return Err(RecordError::of(
            table,
            record.line,
            Reason::UnknownContig,
            diagnostic,
        ));
    };
    let (start, end) = span(table, record, strand, options)?;
    let what = match options.width {
        Some(_) => "the window",
        None => "the region",
    };
    let past = options.past;
    within(contigs.get(contig), (start, end), past, what).map_err(|why| {
        let cell = if start < 0 { record.from } else { record.to };
        let mut diagnostic = table.at_cell(record.line, cell, &why);
        if let Some(help) = past_help(past) {
            diagnostic = diagnostic.help(help);
        }
        RecordError::of(table, record.line, Reason::PastContig, diagnostic)
    })
}

/// Position of the summit of a peak on its contig.
fn summit(table: &Table, record: &BedRecord) -> Result<i64, RecordError> {
    let line = record.line;
    let Some(cell) = record
        .summit
        .filter(|_| record.columns == NARROW_PEAK_COLUMNS)
    else {
        let why = format!(
            "the line has {} columns; the summit is the last of narrowPeak's {NARROW_PEAK_COLUMNS}",
            record.columns
        );
        return Err(RecordError::of(
            table,
            line,
            Reason::NoSummit,
            table.at_line(line, &why),
        ));
    };
    if cell == b"-1" {
        let why = "the summit (column 10) is `-1`: no summit was called";
        let diagnostic = table.at_cell(line, cell, why);
        return Err(RecordError::of(table, line, Reason::NoSummit, diagnostic));
    }
    let malformed = |why: &str| {
        let diagnostic = table.at_cell(line, cell, why);
        RecordError::of(table, line, Reason::Malformed, diagnostic)
    };
    let shown = quoted(cell);
    match parse_whole(cell) {
        Some(offset) if offset < record.end - record.start => Ok(record.start + offset),
        Some(_) => Err(malformed(&format!(
            "the summit (column 10) is `{shown}`, counted from the start, and the peak has {} bp",
            record.end - record.start
        ))),
        None => Err(malformed(&format!(
            "the summit (column 10) is `{shown}`, {}; narrowPeak has an offset from the start here",
            whole_number_fault(cell)
        ))),
    }
}

fn check_lengths(
    table: &Table,
    listed: &[(&BedRecord, Strand)],
    ranges: &[PlacedRange],
) -> Outcome<()> {
    let lengths = || ranges.iter().map(PlacedRange::length);
    let (Some(first), Some(shortest)) = (lengths().next(), lengths().min()) else {
        return Ok(());
    };
    let Some(other) = lengths().position(|length| length != first) else {
        return Ok(());
    };
    let why = format!(
        "the region has {} bp, but that of line {} has {first} bp",
        ranges[other].length(),
        listed[0].0.line.number,
    );
    let diagnostic = table.at_line(listed[other].0.line, &why);
    Err(Box::new(diagnostic.help(format!(
        "windows must have one length; `width: {shortest}bp` takes {shortest} bp around the middle of each region"
    ))))
}
