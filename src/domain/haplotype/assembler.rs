//! Makes the haplotype of one window, from the records near it and the letters of its contig.

use std::collections::BTreeMap;
use std::ops::Range;

use super::genotype::Genotype;
use super::genotypes::{Genotypes, KeptLine};
use super::phased_windows::Window;
use super::walk::{FixedEnd, Replacement, Stretch, stretch};
use super::{Change, HaplotypeQuery, HaplotypeWindow, WindowKey};
use crate::columns::{Line, Table, quoted};
use crate::genome::Genome;
use crate::record_filter::{RecordError, RecordFilter};
use crate::vcf::{VcfRecord, same_bases};
use crate::{Alphabet, BadRecords, Exclusions, Reason, Side, UNKNOWN, reverse_complement};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

/// The haplotype in a window, or what it takes to know it.
pub(super) enum Assembly {
    Done(HaplotypeWindow),
    /// The records that share a base with this stretch of the contig.
    NeedsRecords(Range<i64>),
    /// The letters of this stretch of the contig.
    NeedsLetters(Range<i64>),
}

/// Letters of a contig around a window.
pub(super) struct Around {
    /// First base, from 0.
    pub(super) start: i64,
    pub(super) letters: Vec<u8>,
    pub(super) contig_length: i64,
}

impl Around {
    fn end(&self) -> i64 {
        self.start + self.letters.len() as i64
    }

    /// The letters of a range, N beyond the ends of the contig. None if some are not known.
    fn get(&self, range: Range<i64>) -> Option<Vec<u8>> {
        let letter = |at: i64| match at {
            at if at < 0 || at >= self.contig_length => Some(b'N'),
            at => self
                .letters
                .get(usize::try_from(at - self.start).ok()?)
                .copied(),
        };
        range.map(letter).collect()
    }
}

/// Records that do not say what the haplotype is.
#[derive(Default)]
pub(super) struct BadLines {
    /// By line, so that one in several windows counts once.
    by_line: BTreeMap<usize, RecordError>,
}

impl BadLines {
    /// Notes a record that is left out, or refuses it.
    pub(super) fn add(&mut self, bad: BadRecords, line: Line, error: RecordError) -> Outcome<()> {
        match bad {
            BadRecords::Refuse => RecordFilter::new(bad).admit::<()>(Err(error)).map(|_| ()),
            BadRecords::Skip => {
                self.by_line.entry(line.number).or_insert(error);
                Ok(())
            }
        }
    }

    pub(super) fn finish(self, bad: BadRecords) -> Exclusions {
        let mut filter = RecordFilter::new(bad);
        for error in self.by_line.into_values() {
            filter.exclude(error);
        }
        filter.finish(Exclusions::default())
    }
}

/// Makes the haplotype of one window.
pub(super) struct Assembler<'a> {
    pub(super) query: HaplotypeQuery<'a>,
    pub(super) genotypes: &'a Genotypes,
    pub(super) genome: &'a Genome,
    /// Index of the sample.
    pub(super) sample: usize,
    pub(super) window: &'a Window,
}

/// A record as the sample has it.
struct SampleRecord<'l> {
    line: Line<'l>,
    record: VcfRecord<'l>,
    /// The genotype as the file writes it.
    genotype: &'l [u8],
    /// Number of the allele of the haplotype; 0 for the reference.
    allele: usize,
    /// The phase set, of a heterozygous genotype.
    phase_set: Option<&'l [u8]>,
}

impl<'a> Assembler<'a> {
    /// The haplotype, from the records that share a base with a stretch of the contig and the letters there.
    pub(super) fn assemble(
        &self,
        looked_at: &Range<i64>,
        around: &Around,
        bad: &mut BadLines,
    ) -> Outcome<Assembly> {
        let key = &self.window.key;
        let table = Table::new(self.query.path, &[], Code::BadVcf, "VCF")?;
        let mut errors: Vec<(Line, RecordError)> = Vec::new();
        let mut records = Vec::new();
        for kept in self.genotypes.near(&key.contig, looked_at.clone()) {
            match self.record(&table, kept, around) {
                Ok(Ok(record)) => records.push(record),
                Ok(Err(beyond)) => return Ok(Assembly::NeedsLetters(beyond)),
                Err(error) => errors.push((kept.line(), error)),
            }
        }
        self.keep_one_phase_set(&table, &mut records, &mut errors);
        let replacements = self.replacements(&table, &records, &mut errors);
        let is_forward = !key.is_reverse;
        let fixed = match (self.query.shifting, is_forward) {
            (Side::Right, true) | (Side::Left, false) => FixedEnd::Start,
            (Side::Right, false) | (Side::Left, true) => FixedEnd::End,
        };
        let found = stretch(key.start..key.end, fixed, &replacements);
        let within = 0..around.contig_length;
        let consumed = &found.consumed;
        if consumed.start < looked_at.start.min(key.start)
            || consumed.end > looked_at.end.max(key.end)
        {
            let is_beyond = consumed.start < within.start || consumed.end > within.end;
            if !is_beyond || self.window.is_filled {
                return Ok(Assembly::NeedsRecords(consumed.clone()));
            }
            return Err(self.past_contig(consumed, around.contig_length));
        }
        for (line, error) in errors {
            bad.add(self.query.bad, line, error)?;
        }
        match self.changes(fixed, &found, around) {
            Some(window) => Ok(Assembly::Done(window)),
            None => Ok(Assembly::NeedsLetters(consumed.clone())),
        }
    }

    /// A record with the allele of the haplotype; or the stretch of its reference allele, if the letters do not reach far enough to compare it.
    fn record(
        &self,
        table: &Table,
        kept: &'a KeptLine,
        around: &Around,
    ) -> Result<Result<SampleRecord<'a>, Range<i64>>, RecordError> {
        let line = kept.line();
        let record = VcfRecord::read(table, line)?;
        let range = record.range();
        let beyond =
            range.start.max(0) < around.start || range.end.min(around.contig_length) > around.end();
        if beyond {
            let end = range.end.min(around.contig_length);
            return Ok(Err(range.start.max(0)..end));
        }
        let letters = around.get(range.clone()).unwrap_or_default();
        if range.end > around.contig_length || !same_bases(&letters, record.reference()) {
            let why = format!(
                "the reference allele is `{}`, and `{}` has `{}` at {}:{}",
                quoted(record.reference()),
                self.genome.path().display(),
                quoted(&letters).to_uppercase(),
                self.window.key.contig,
                range.start + 1
            );
            let diagnostic = table
                .at_cell(line, record.reference(), &why)
                .help("the file belongs to another genome or to another assembly");
            return Err(RecordError::of(
                table,
                line,
                Reason::OtherReference,
                diagnostic,
            ));
        }
        let mut cells = line.text.split(|byte| *byte == b'\t');
        let format = cells.nth(8).unwrap_or_default();
        let Some(cell) = cells.nth(self.sample) else {
            let why = format!(
                "the line has {}, and the column of `{}` is number {}",
                pluralize(line.text.split(|byte| *byte == b'\t').count(), "column"),
                self.query.sample,
                self.sample + 10
            );
            let diagnostic = table.at_line(line, &why);
            return Err(RecordError::of(table, line, Reason::Malformed, diagnostic));
        };
        let field = |name: &[u8]| {
            let index = format
                .split(|byte| *byte == b':')
                .position(|key| key == name)?;
            cell.split(|byte| *byte == b':').nth(index)
        };
        let sample = self.query.sample;
        let Some(genotype) = field(b"GT") else {
            let why = format!("the record has no genotype (GT) of `{sample}`");
            return Err(no_haplotype(table, line, cell, Reason::NoGenotype, &why));
        };
        let shown = quoted(genotype);
        let Some(parsed) = Genotype::parse(genotype) else {
            let why = format!("the genotype of `{sample}` is `{shown}`, which is none");
            let diagnostic = table.at_cell(line, genotype, &why);
            return Err(RecordError::of(table, line, Reason::Malformed, diagnostic));
        };
        let allele = parsed
            .allele_of(self.query.number)
            .map_err(|(reason, why)| {
                let why = format!("the genotype of `{sample}` is `{shown}`, which {why}");
                no_haplotype(table, line, genotype, reason, &why)
            })?;
        if allele.number > record.alternates().count() {
            let why = format!(
                "the genotype of `{sample}` is `{shown}`, and the record has {}",
                pluralize(record.alternates().count(), "alternate allele")
            );
            let diagnostic = table.at_cell(line, genotype, &why);
            return Err(RecordError::of(table, line, Reason::Malformed, diagnostic));
        }
        let phase_set = match field(b"PS") {
            None | Some(b"." | b"") => &b""[..],
            Some(set) => set,
        };
        Ok(Ok(SampleRecord {
            line,
            genotype,
            allele: allele.number,
            phase_set: allele.is_heterozygous.then_some(phase_set),
            record,
        }))
    }

    /// Leaves out the heterozygous records of all phase sets but that of most records in the window, of equally many the first. Records beyond the
    /// window, which only a deletion brings in, do not count, so both haplotypes keep one set.
    fn keep_one_phase_set(
        &self,
        table: &Table,
        records: &mut Vec<SampleRecord<'a>>,
        errors: &mut Vec<(Line<'a>, RecordError)>,
    ) {
        let mut sizes: Vec<(&[u8], usize)> = Vec::new();
        let window = self.window.key.start..self.window.key.end;
        for record in records.iter() {
            let Some(set) = record.phase_set else {
                continue;
            };
            let range = record.record.range();
            let count = usize::from(range.start < window.end && window.start < range.end);
            match sizes.iter_mut().find(|(known, _)| *known == set) {
                Some((_, size)) => *size += count,
                None => sizes.push((set, count)),
            }
        }
        let most = sizes.iter().map(|(_, size)| *size).max();
        let kept = sizes.iter().find(|(_, size)| Some(*size) == most);
        let Some((kept, _)) = kept.filter(|_| sizes.len() > 1).copied() else {
            return;
        };
        records.retain(|record| {
            let Some(set) = record.phase_set.filter(|set| *set != kept) else {
                return true;
            };
            let shown = |set: &[u8]| match set {
                b"" => "none".to_string(),
                _ => format!("`{}`", quoted(set)),
            };
            let key = &self.window.key;
            let why = format!(
                "the phase set of `{}` is {} here, and {} elsewhere in the window {}:{}-{}, so the file does not tell which alleles are on one haplotype",
                self.query.sample,
                shown(set),
                shown(kept),
                key.contig,
                key.start + 1,
                key.end
            );
            let error = no_haplotype(table, record.line, record.genotype, Reason::OtherPhaseSet, &why);
            errors.push((record.line, error));
            false
        });
    }

    /// What the alleles replace, ascending. Of alleles that overlap, the first is kept.
    fn replacements(
        &self,
        table: &Table,
        records: &[SampleRecord<'a>],
        errors: &mut Vec<(Line<'a>, RecordError)>,
    ) -> Vec<Replacement> {
        let mut found: Vec<Replacement> = Vec::new();
        let mut deleted_elsewhere = Vec::new();
        for one in records.iter().filter(|one| one.allele > 0) {
            let SampleRecord { line, record, .. } = one;
            let Some(allele) = record.alternates().nth(one.allele - 1) else {
                continue;
            };
            if allele == b"*" {
                deleted_elsewhere.push(one);
                continue;
            }
            if let Err(error) = record.check_spelled_out(table, allele, self.query.sample) {
                errors.push((*line, error));
                continue;
            }
            let range = record.range();
            let Some(new) = Replacement::of_alleles(range.start, record.reference(), allele) else {
                continue;
            };
            // Records that are in the file twice.
            if found.contains(&new) {
                continue;
            }
            if found.iter().any(|other| other.overlaps(&new)) {
                let why = format!(
                    "the allele `{}` overlaps one that haplotype {} of `{}` has from an earlier record",
                    quoted(allele),
                    self.query.number,
                    self.query.sample
                );
                let error = no_haplotype(table, *line, allele, Reason::OverlapsAnother, &why);
                errors.push((*line, error));
                continue;
            }
            found.push(new);
        }
        for one in deleted_elsewhere {
            let start = one.record.range().start;
            let is_deleted = |other: &Replacement| {
                other.range.start <= start
                    && start < other.range.end
                    && other.letters.len() < (other.range.end - other.range.start) as usize
            };
            if !found.iter().any(is_deleted) {
                let why = "the allele `*` of ALT is a deletion that another record describes, and no other record of this haplotype does";
                let diagnostic = table.at_cell(one.line, one.genotype, why);
                let error = RecordError::of(table, one.line, Reason::NotSpelledOut, diagnostic);
                errors.push((one.line, error));
            }
        }
        found.sort_by_key(Replacement::order);
        found
    }

    /// The haplotype ends before its window is full.
    fn past_contig(&self, consumed: &Range<i64>, length: i64) -> Box<Diagnostic> {
        let key = &self.window.key;
        let missing = (consumed.end - length).max(-consumed.start);
        let message = format!(
            "haplotype {} of `{}` has deletions in the window {}:{}-{}, and `{}` ends {missing} bp before the window is full again",
            self.query.number,
            self.query.sample,
            key.contig,
            key.start + 1,
            key.end,
            key.contig,
        );
        let diagnostic = Diagnostic::error(Code::NoHaplotype, message);
        diagnostic
            .help("windows that are read with `past: \"N\", unknown: \"keep\"` are filled with N there")
            .into()
    }

    /// The stretch as changes of the window, on its strand. None if letters are missing.
    fn changes(
        &self,
        fixed: FixedEnd,
        found: &Stretch,
        around: &Around,
    ) -> Option<HaplotypeWindow> {
        let WindowKey { start, end, .. } = self.window.key;
        let alphabet = Alphabet::Dna;
        let code = |letter: &u8| alphabet.encode(*letter).unwrap_or(UNKNOWN);
        let codes = |letters: &[u8]| letters.iter().map(code).collect::<Vec<u8>>();
        let mut changes = Vec::new();
        let mut fill = Vec::new();
        // The part of the stretch that is beyond the window.
        let mut beyond = match fixed {
            FixedEnd::Start => end..found.consumed.end,
            FixedEnd::End => found.consumed.start..start,
        };
        let mut replaced_beyond = Vec::new();
        for one in &found.replaced {
            let Range {
                start: from,
                end: to,
            } = one.range;
            let is_within = match fixed {
                FixedEnd::Start => from < end,
                FixedEnd::End => to > start,
            };
            if !is_within {
                replaced_beyond.push(one);
                continue;
            }
            match fixed {
                FixedEnd::Start => beyond.start = beyond.start.max(to),
                FixedEnd::End => beyond.end = beyond.end.min(from),
            }
            let within = from.max(start)..to.min(end);
            changes.push(Change {
                start: (within.start - start) as usize,
                removed: (within.end - within.start) as usize,
                inserted: codes(&one.letters),
            });
        }
        if beyond.start < beyond.end || !replaced_beyond.is_empty() {
            let mut position = beyond.start;
            for one in replaced_beyond {
                fill.extend(codes(&around.get(position..one.range.start)?));
                fill.extend(codes(&one.letters));
                position = one.range.end;
            }
            fill.extend(codes(&around.get(position..beyond.end)?));
        }
        if self.window.key.is_reverse {
            let width = (end - start) as usize;
            for change in &mut changes {
                change.start = width - change.start - change.removed;
                reverse_complement(&mut change.inserted);
            }
            changes.reverse();
            reverse_complement(&mut fill);
        }
        Some(HaplotypeWindow {
            alleles: found.replaced.len(),
            changes,
            fill,
        })
    }
}

/// A record whose genotype does not say what the haplotype is.
fn no_haplotype(table: &Table, line: Line, cell: &[u8], reason: Reason, why: &str) -> RecordError {
    let diagnostic = Diagnostic {
        code: Code::NoHaplotype,
        ..table.at_cell(line, cell, why)
    };
    let helps = [
        (
            Reason::Unphased,
            "phase the genotypes, as WhatsHap, SHAPEIT and Beagle do",
        ),
        (Reason::OtherPhaseSet, "take narrower windows"),
    ];
    let help = helps.iter().find(|(of, _)| *of == reason);
    let diagnostic = match help {
        Some((_, help)) => diagnostic.help(*help),
        None => diagnostic,
    };
    RecordError::of(table, line, reason, diagnostic)
}
