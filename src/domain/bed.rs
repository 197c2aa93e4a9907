//! Windows of a genome, at the regions of a BED file.
//!
//! Invariant: windows come in the order of the BED file, each read from the strand that its line names, and are equally
//! long.

mod foreign;
mod record;
mod strand;

use std::path::Path;

use self::record::{BedRecord, Layout};
use self::strand::Strands;
use super::columns::{Table, quoted, whole, why_not_whole};
use super::contigs::Contigs;
use super::fasta::{FastaOptions, Reading};
use super::genome::{Genome, Stretch};
use super::sieve::{Flaw, Sieve};
use super::windows::{Windows, lacks, stretch_of, within};
use super::{Alphabet, Bad, Reason, SequenceSet, Unknown, file, reverse_complement};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Columns of a narrowPeak file; the last one is the summit.
const NARROW_PEAK: usize = 10;

/// The center of a window that is wider or narrower than its region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Center {
    /// The middle of the region.
    #[default]
    Middle,
    /// The summit that a narrowPeak file names in column 10.
    Summit,
}

/// How the lines of a BED file become windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RegionOptions {
    /// Width of every window in bp, around the center of its region; None takes the regions themselves, equally long.
    pub width: Option<usize>,
    /// Where the window of a region is centered; ignored without a width.
    pub center: Center,
    /// What becomes of windows with an unknown base.
    pub unknown: Unknown,
    /// What becomes of lines that give no window.
    pub bad: Bad,
}

/// Reads the windows that a BED file, plain or gzip, lists from a genome.
///
/// Fails on a file that cannot be read or is no BED, on regions of unequal length where no width is given, and on `N` as the
/// options say. Fails, or leaves the line out, as the options say: on a line that is no BED record, a contig that the
/// genome lacks, a window that reaches past its contig, and a peak without the summit that is asked for.
pub fn windows(
    genome: &Path,
    regions: &Path,
    alphabet: Alphabet,
    options: RegionOptions,
) -> Outcome<Windows> {
    let contents = file::read(regions, Code::BadBed)?;
    let table = Table::new(regions, &contents.bytes, Code::BadBed, "BED")?;
    let mut sieve = Sieve::new(options.bad);
    let mut notices = Vec::new();
    let records = records(&table, &mut sieve, &mut notices)?;
    let strands = Strands::of(&records);
    notices.extend(strands.notice(&table, &records));

    let source = Genome::open(genome)?;
    let hoped = || {
        let spans = records.iter().filter_map(|record| {
            let (start, end) = span(&table, record, options).ok()?;
            stretch_of(record.contig, start, end)
        });
        spans.collect()
    };
    let placed = source.place(&records, hoped, |contigs, record| {
        let reverse = strands.reverse(&table, record)?;
        let found = place(genome, contigs, &table, record, options)?;
        Ok((reverse, found))
    })?;
    let mut listed = Vec::with_capacity(records.len());
    let mut stretches = Vec::with_capacity(records.len());
    for (record, placed) in records.iter().zip(placed) {
        if let Some((reverse, stretch)) = sieve.pass(placed)? {
            listed.push((record, reverse));
            stretches.push(stretch);
        }
    }
    check_lengths(&table, &listed, &stretches)?;
    if listed.is_empty() {
        return Err(sieve.nothing_left(regions));
    }

    let reading = Reading {
        path: genome,
        alphabet,
        options: FastaOptions {
            width: None,
            unknown: options.unknown,
        },
    };
    let letters = source.letters(&stretches)?;
    let mut found = Vec::with_capacity(listed.len());
    for (((record, reverse), stretch), letters) in listed.iter().zip(&stretches).zip(letters) {
        let name = record.name_of(stretch, *reverse);
        let mut record = source.record(&reading, name, stretch, &letters)?;
        if *reverse {
            reverse_complement(&mut record.sequence.bases);
        }
        found.push(record);
    }
    let (sequences, unknown) = reading.settle_unknown(found, |number, _| {
        let (record, _) = listed.get(number)?;
        Some(table.place(record.line))
    })?;
    let set = SequenceSet {
        alphabet,
        path: regions.to_path_buf(),
        sha256: contents.sha256.clone(),
        excluded: sieve.finish(unknown),
        sequences,
    };
    Ok(Windows {
        set,
        genome_stamp: source.stamp(),
        regions_sha256: contents.sha256,
        notices,
    })
}

/// The records of a file. Fails where it lists none.
fn records<'a>(
    table: &Table<'a>,
    sieve: &mut Sieve,
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
                "`{}` names the columns behind an index, as a table of another program does: BED's columns are taken from there",
                table.place(line)
            )));
            continue;
        }
        lists = true;
        records.extend(sieve.pass(layout.record(table, line))?);
    }
    if lists {
        return Ok(records);
    }
    let message = format!("`{}` lists no region", table.path().display());
    Err(Diagnostic::error(Code::BadBed, message).into())
}

/// A warning about a part of the file that BED does not provide for.
fn odd(message: String) -> Diagnostic {
    Diagnostic::warning(Code::OddBed, message)
}

/// Where the stretch of a record starts and ends on its contig, wherever that ends.
fn span(table: &Table, record: &BedRecord, options: RegionOptions) -> Result<(i64, i64), Flaw> {
    let Some(width) = options.width else {
        return Ok((record.start, record.end));
    };
    let center = match options.center {
        Center::Middle => (record.start + record.end) / 2,
        Center::Summit => summit(table, record)?,
    };
    let start = center - width as i64 / 2;
    Ok((start, start + width as i64))
}

/// The stretch of a record. `genome` is its path, for messages.
fn place(
    genome: &Path,
    contigs: &Contigs,
    table: &Table,
    record: &BedRecord,
    options: RegionOptions,
) -> Result<Stretch, Flaw> {
    let name = String::from_utf8_lossy(record.contig);
    // Nothing in a BED file would tell whether a contig of another name is the right one.
    let Some(contig) = contigs.named(&name) else {
        let (message, mend) = lacks(genome, contigs, &name);
        let diagnostic = table.at_cell(record.line, record.contig, &message);
        let diagnostic = diagnostic.help(mend);
        return Err(Flaw::of(
            table,
            record.line,
            Reason::UnknownContig,
            diagnostic,
        ));
    };
    let (start, end) = span(table, record, options)?;
    let what = match options.width {
        Some(_) => "the window",
        None => "the region",
    };
    within(contigs.get(contig), start, end, what).map_err(|why| {
        let past = if start < 0 { record.from } else { record.to };
        let diagnostic = table.at_cell(record.line, past, &why);
        Flaw::of(table, record.line, Reason::PastContig, diagnostic)
    })
}

/// Where a peak's summit stands on its contig.
fn summit(table: &Table, record: &BedRecord) -> Result<i64, Flaw> {
    let line = record.line;
    let Some(cell) = record.summit.filter(|_| record.columns == NARROW_PEAK) else {
        let why = format!(
            "the line has {} columns; the summit is the last of narrowPeak's {NARROW_PEAK}",
            record.columns
        );
        return Err(Flaw::of(
            table,
            line,
            Reason::NoSummit,
            table.at_line(line, &why),
        ));
    };
    if cell == b"-1" {
        let why = "the summit (column 10) is `-1`: none was called";
        let diagnostic = table.at_cell(line, cell, why);
        return Err(Flaw::of(table, line, Reason::NoSummit, diagnostic));
    }
    let malformed = |why: &str| {
        let diagnostic = table.at_cell(line, cell, why);
        Flaw::of(table, line, Reason::Malformed, diagnostic)
    };
    let shown = quoted(cell);
    match whole(cell) {
        Some(offset) if offset < record.end - record.start => Ok(record.start + offset),
        Some(_) => Err(malformed(&format!(
            "the summit (column 10) is `{shown}`, counted from the start, and the peak has {} bp",
            record.end - record.start
        ))),
        None => Err(malformed(&format!(
            "the summit (column 10) is `{shown}`, {}; narrowPeak wants a whole number there, counted from the start",
            why_not_whole(cell)
        ))),
    }
}

fn check_lengths(
    table: &Table,
    listed: &[(&BedRecord, bool)],
    stretches: &[Stretch],
) -> Outcome<()> {
    let length = |stretch: &Stretch| stretch.range.end - stretch.range.start;
    let lengths = || stretches.iter().map(length);
    let (Some(first), Some(shortest)) = (lengths().next(), lengths().min()) else {
        return Ok(());
    };
    let Some(other) = lengths().position(|length| length != first) else {
        return Ok(());
    };
    let why = format!(
        "the region has {} bp, and that of line {} has {first} bp",
        length(&stretches[other]),
        listed[0].0.line.number,
    );
    let diagnostic = table.at_line(listed[other].0.line, &why);
    Err(Box::new(diagnostic.help(format!(
        "windows are equally long: `width: {shortest}bp` takes {shortest} bp around the middle of each region"
    ))))
}
