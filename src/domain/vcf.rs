//! Windows of a genome around the variants of a VCF file.
//!
//! Invariant: a window has the reference bases and carries one alternate allele, both read on the window's strand; a record with several
//! alleles gives several windows.
//! Only the columns CHROM to ALT are read.

mod header;
mod placement;
mod record;

use std::collections::BTreeMap;
use std::path::Path;

use self::header::Header;
use self::placement::{Placement, Placer};
use self::record::Allele;
pub(super) use self::record::{VcfRecord, same_bases};
use super::columns::{Table, quoted};
use super::contigs::Contigs;
use super::fasta::{FastaOptions, FastaReader};
use super::genome::{ContigRange, Genome};
use super::record_filter::{RecordError, RecordFilter};
use super::windows::{
    PastContig, PlacedRange, Windows, contig_range, missing_contig, past_help, within,
};
use super::{
    Alphabet, BadRecords, Reason, SequenceSet, Strand, UNKNOWN, UnknownBases, Variant, file,
    reverse_complement,
};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Maximum number of renamed contigs that a warning lists.
const MAX_LISTED: usize = 3;

/// What a window around a variant is laid by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WindowLayout<'a> {
    /// The variant stands at the anchor of its window, which is read on this strand.
    Variant(Strand),
    /// The variant stands at the anchor of its window, which is read on the strand of the regions of a BED file that share a base with the
    /// reference allele.
    VariantOnStrandOf(&'a Path),
    /// The first base of the nearest region of a BED file whose window holds the variant stands at the anchor, on the strand of that region.
    Regions(&'a Path),
}

/// How the records of a VCF file become windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantOptions<'a> {
    /// Width of a window in bp.
    pub width: usize,
    /// Position in the window, read on its strand, of the first base of the variant or of the region that it is laid by; None for
    /// `width div 2`. It is below `width`.
    pub anchor: Option<usize>,
    /// What a window is laid by.
    pub layout: WindowLayout<'a>,
    /// What to do with windows past an end of their contig.
    pub past: PastContig,
    /// What to do with windows and alleles with an unknown base, those beyond a contig included.
    pub unknown: UnknownBases,
    /// What to do with records and alleles that give no window.
    pub bad: BadRecords,
}

impl VariantOptions<'_> {
    fn anchor(&self) -> usize {
        self.anchor.unwrap_or(self.width / 2)
    }
}

/// Reads a window for each alternate allele of a VCF file, plain or gzip, from a genome.
///
/// # Errors
/// A file that cannot be read or is not VCF. Depending on the options also: unknown bases, lines that are not records, alleles that are not
/// spelled out, contigs that the genome does not have, reference alleles that differ from the genome or do not fit the window, variants
/// without the region that the layout needs, and windows that reach past their contig, with what a deletion moves into them from either side.
pub fn variants(
    path: &Path,
    genome: &Path,
    alphabet: Alphabet,
    options: VariantOptions,
) -> Outcome<Windows> {
    let contents = file::read(path, Code::BadVcf)?;
    let table = Table::new(path, &contents.bytes, Code::BadVcf, "VCF")?;
    let mut filter = RecordFilter::new(options.bad);
    let mut header = Header::default();
    let alleles = alleles(&table, &mut header, options, &mut filter)?;
    let source = Genome::open(genome)?;
    let placer = Placer::new(options)?;
    let hoped = || {
        let spans = alleles.iter().filter_map(|allele| {
            let placement = placer.place(&table, allele, allele.contig).ok()?;
            let (start, end) = placement.read(options.width);
            contig_range(allele.contig, start, end)
        });
        spans.collect()
    };
    let found = source.place(&alleles, hoped, |contigs, allele| {
        place(genome, contigs, &table, allele, &placer)
    })?;
    let mut placed = Vec::with_capacity(alleles.len());
    let mut stretches = Vec::with_capacity(alleles.len());
    let mut ranges = Vec::with_capacity(alleles.len());
    for (allele, found) in alleles.into_iter().zip(found) {
        if let Some((placement, range)) = filter.admit(found)? {
            placed.push((allele, placement));
            stretches.push(range.inner.clone());
            ranges.push(range);
        }
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
    let mut records = Vec::with_capacity(placed.len());
    let mut lines = Vec::with_capacity(placed.len());
    for (((allele, placement), range), letters) in placed.iter().zip(&ranges).zip(letters) {
        let letters = range.filled(letters);
        let start = (allele.start - range.start()) as usize;
        if filter
            .admit(agrees(genome, &table, allele, &letters, start))?
            .is_none()
        {
            continue;
        }
        let mut record = source.record(&reading, allele.name.clone(), range, &letters)?;
        let inserted = allele.alternate.iter();
        let mut inserted: Vec<u8> = inserted
            .map(|&letter| alphabet.encode(letter).unwrap_or(UNKNOWN))
            .collect();
        let bases = &mut record.sequence.bases;
        if placement.strand == Strand::Reverse {
            reverse_complement(bases);
            reverse_complement(&mut inserted);
        }
        let beyond = bases.split_off(placement.lost + options.width);
        let before = bases.drain(..placement.lost).collect();
        record.sequence.variant = Some(Box::new(Variant {
            start: placement.position,
            removed: allele.reference.len(),
            inserted,
            before,
            beyond,
        }));
        record.sequence.id = allele.id.map(|id| String::from_utf8_lossy(id).into());
        if let Some(locus) = &mut record.sequence.locus {
            // What is read beside the window is no part of it.
            (locus.range, locus.past_end) = range.locus_within(placement.lost);
            locus.strand = placement.strand;
        }
        records.push(record);
        lines.push(allele.line);
    }
    if records.is_empty() {
        return Err(filter.nothing_left(path));
    }
    let (sequences, unknown) = reading.apply_unknown_policy(records, |number, _| {
        lines.get(number).map(|line| table.place(*line))
    })?;
    let mut notices = header.notices(&table);
    let (sha256_of_layout, of_layout) = placer.finish();
    notices.extend(of_layout);
    notices.extend(same(&table, &placed));
    notices.extend(matched(path, genome, &placed, &stretches));
    let set = SequenceSet {
        alphabet,
        label: None,
        path: path.to_path_buf(),
        sha256: contents.sha256.clone(),
        excluded: filter.finish(unknown),
        sequences,
    };
    Ok(Windows {
        set,
        genome_stamp: source.stamp(),
        regions_sha256: contents.sha256,
        layout_sha256: sha256_of_layout,
        notices,
    })
}

/// The alternate alleles of a file. Fails if it has no record.
fn alleles<'a>(
    table: &Table<'a>,
    header: &mut Header<'a>,
    options: VariantOptions,
    filter: &mut RecordFilter,
) -> Outcome<Vec<Allele<'a>>> {
    let mut alleles = Vec::new();
    let mut lists = false;
    for line in table.lines() {
        if line.is_blank() {
            continue;
        }
        if line.text.starts_with(b"#") {
            header.read(table, line, lists)?;
            continue;
        }
        if !lists {
            header.end(line);
        }
        lists = true;
        let Some(record) = filter.admit(VcfRecord::read(table, line))? else {
            continue;
        };
        record.alleles(table, options, filter, &mut alleles)?;
    }
    if lists {
        return Ok(alleles);
    }
    let message = format!("`{}` contains no variants", table.path().display());
    Err(Diagnostic::error(Code::BadVcf, message).into())
}

/// A warning about alternate alleles that equal the reference.
fn same(table: &Table, placed: &[(Allele, Placement)]) -> Option<Diagnostic> {
    let alleles = || placed.iter().map(|(allele, _)| allele);
    let is_same = |allele: &&Allele| allele.reference.eq_ignore_ascii_case(allele.alternate);
    let first = alleles().find(is_same)?;
    let others = alleles().filter(is_same).count() - 1;
    let place = table.place(first.line);
    let also = match others {
        0 => String::new(),
        n => format!(", as do {} more", gia_base::diag::count(n)),
    };
    let message = format!(
        "`{place}`: the alternate allele `{}` is the reference allele, so `apply variant` changes nothing{also}",
        quoted(first.alternate)
    );
    Some(Diagnostic::warning(Code::SameAllele, message))
}

/// The window of an allele, between as many bases on either side as the allele is shorter than the reference. `genome` is its path,
/// for messages.
fn place(
    genome: &Path,
    contigs: &Contigs,
    table: &Table,
    allele: &Allele,
    placer: &Placer,
) -> Result<(Placement, PlacedRange), RecordError> {
    let name = String::from_utf8_lossy(allele.contig);
    let line = allele.line;
    // The reference allele confirms the contig, so its name may follow another convention.
    let contig = contigs.named(&name).or_else(|| contigs.matching(&name));
    let Some(contig) = contig else {
        let (message, mend) = missing_contig(genome, contigs, &name);
        let diagnostic = table.at_cell(line, allele.contig, &message).help(mend);
        return Err(RecordError::of(
            table,
            line,
            Reason::UnknownContig,
            diagnostic,
        ));
    };
    let contig = contigs.get(contig);
    let placement = placer.place(table, allele, contig.name.as_bytes())?;
    let (start, end) = placement.read(placer.options.width);
    let what = match placement.lost {
        0 => "the window",
        _ => "the window, with what may move in behind the deletion from either side,",
    };
    let past = placer.options.past;
    match within(contig, (start, end), past, what) {
        Ok(range) => Ok((placement, range)),
        Err(why) => {
            let mut diagnostic = table.at_cell(line, allele.position, &why);
            if let Some(help) = past_help(past) {
                diagnostic = diagnostic.help(help);
            }
            Err(RecordError::of(table, line, Reason::PastContig, diagnostic))
        }
    }
}

/// Checks that the genome has the reference allele at its position, which is `start` in these letters.
fn agrees(
    genome: &Path,
    table: &Table,
    allele: &Allele,
    letters: &[u8],
    start: usize,
) -> Result<(), RecordError> {
    let found = letters.get(start..start + allele.reference.len());
    let found = found.unwrap_or_default();
    if same_bases(found, allele.reference) {
        return Ok(());
    }
    let why = format!(
        "the reference allele is `{}`, and `{}` has `{}` at {}:{}",
        quoted(allele.reference),
        genome.display(),
        quoted(found).to_uppercase(),
        quoted(allele.contig),
        allele.start + 1
    );
    let diagnostic = table
        .at_cell(allele.line, allele.reference, &why)
        .help("the file belongs to another genome or to another assembly");
    Err(RecordError::of(
        table,
        allele.line,
        Reason::OtherReference,
        diagnostic,
    ))
}

/// One warning about all contigs that were matched under another name.
fn matched(
    path: &Path,
    genome: &Path,
    placed: &[(Allele, Placement)],
    stretches: &[ContigRange],
) -> Option<Diagnostic> {
    let pairs = placed.iter().zip(stretches);
    let renamed: BTreeMap<&[u8], &str> = pairs
        .map(|((allele, _), stretch)| (allele.contig, stretch.contig.as_str()))
        .filter(|(from, to)| *from != to.as_bytes())
        .collect();
    if renamed.is_empty() {
        return None;
    }
    let pairs: Vec<String> = renamed
        .iter()
        .take(MAX_LISTED)
        .map(|(from, to)| format!("`{}` is `{to}`", quoted(from)))
        .collect();
    let more = match renamed.len() - pairs.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let message = format!(
        "`{}` and `{}` call contigs by different names: {}{more}",
        path.display(),
        genome.display(),
        pairs.join(", ")
    );
    Some(Diagnostic::warning(Code::MatchedContigs, message))
}
