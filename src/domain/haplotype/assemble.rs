//! From the records of a VCF file to what a haplotype changes in windows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use super::genotype::Genotype;
use super::genotypes::{Genotypes, KeptLine, Stretches};
use super::walk::{FixedEnd, Replacement, Stretch, stretch};
use super::{Change, Haplotype, HaplotypeQuery, HaplotypeWindow, WindowKey};
use crate::columns::{Line, Table, quoted};
use crate::genome::{ContigRange, Genome};
use crate::record_filter::{RecordError, RecordFilter};
use crate::vcf::{VcfRecord, same_bases};
use crate::{
    Alphabet, BadRecords, Exclusions, Reason, Sequence, Side, UNKNOWN, reverse_complement,
};
use gia_base::diag::{Code, Diagnostic, Outcome, count, pluralize};
use gia_base::file::file_changed;

/// Maximum number of renamed or missing contigs that a warning lists.
const MAX_LISTED: usize = 3;

/// A hash of the windows of a genome that sequences are.
pub fn hash_of_windows(sequences: &[Sequence]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("gia v1 windows");
    for locus in sequences.iter().filter_map(|one| one.locus.as_deref()) {
        let WindowKey {
            contig,
            start,
            end,
            is_reverse,
        } = WindowKey::of(locus);
        let genome = locus.genome.as_os_str().as_encoded_bytes();
        for text in [genome, contig.as_bytes()] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        hasher.update(&start.to_le_bytes());
        hasher.update(&end.to_le_bytes());
        hasher.update(&[u8::from(is_reverse), u8::from(locus.past_end.is_filled())]);
    }
    *hasher.finalize().as_bytes()
}

/// A VCF file and windows of a genome, from which haplotypes are made.
pub struct PhasedWindows {
    genome: Genome,
    windows: Vec<Window>,
    /// Number of sequences that are one of the windows.
    sequences: usize,
    genotypes: Option<Genotypes>,
    /// Number of bases on either side of the windows for which records are known.
    reach: i64,
    /// Whether the warnings about the file were given.
    is_noticed: bool,
}

/// A window of the genome.
struct Window {
    key: WindowKey,
    /// Number of sequences that are this window.
    sequences: usize,
    /// Whether bases beyond the ends of the contig are filled with N.
    is_filled: bool,
}

/// The haplotype in a window, or what it takes to know it.
enum Assembly {
    Done(HaplotypeWindow),
    /// The records that share a base with this stretch of the contig.
    NeedsRecords(Range<i64>),
    /// The letters of this stretch of the contig.
    NeedsLetters(Range<i64>),
}

/// A window whose haplotype is not known yet.
struct Pending {
    /// Index of the window.
    window: usize,
    /// Records that share a base with this stretch of the contig are of the haplotype.
    records: Range<i64>,
    /// The stretch of the contig whose letters are read.
    letters: Range<i64>,
}

impl Pending {
    /// What is pending once more is known; None if that is nothing new.
    fn with(self, need: &Assembly) -> Option<Pending> {
        let joined = |a: &Range<i64>, b: &Range<i64>| a.start.min(b.start)..a.end.max(b.end);
        let (records, letters) = match need {
            Assembly::Done(_) => return None,
            Assembly::NeedsRecords(more) => {
                let records = joined(&self.records, more);
                let letters = joined(&self.letters, &records);
                (records, letters)
            }
            Assembly::NeedsLetters(more) => (self.records.clone(), joined(&self.letters, more)),
        };
        let is_new = records != self.records || letters != self.letters;
        is_new.then_some(Pending {
            window: self.window,
            records,
            letters,
        })
    }
}

/// Letters of a contig around a window.
struct Around {
    /// First base, from 0.
    start: i64,
    letters: Vec<u8>,
    contig_length: i64,
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
struct BadLines {
    /// By line, so that one in several windows counts once.
    by_line: BTreeMap<usize, RecordError>,
}

impl PhasedWindows {
    /// The windows that some sequences of one genome are.
    ///
    /// # Errors
    /// No window, or a genome that cannot be read.
    pub fn new(sequences: &[Sequence]) -> Outcome<PhasedWindows> {
        let first = sequences.iter().find_map(|one| one.locus.as_deref());
        let Some(first) = first else {
            let message = "there are no windows of a genome";
            return Err(Diagnostic::error(Code::NoWindow, message).into());
        };
        let mut windows: Vec<Window> = Vec::new();
        let mut known: HashMap<WindowKey, usize> = HashMap::new();
        for locus in sequences.iter().filter_map(|one| one.locus.as_deref()) {
            let key = WindowKey::of(locus);
            match known.get(&key) {
                Some(index) => windows[*index].sequences += 1,
                None => {
                    known.insert(key.clone(), windows.len());
                    windows.push(Window {
                        key,
                        sequences: 1,
                        is_filled: locus.past_end.is_filled(),
                    });
                }
            }
        }
        Ok(PhasedWindows {
            genome: Genome::open(&first.genome)?,
            windows,
            sequences: sequences.len(),
            genotypes: None,
            reach: 0,
            is_noticed: false,
        })
    }

    /// What a haplotype changes in the windows, with the hash of the VCF file and, for the first haplotype, warnings about the file.
    ///
    /// # Errors
    /// A file that cannot be read or is not VCF with genotypes; a sample that it does not have; depending on the query, records that do not
    /// say what the haplotype is; a haplotype that ends, with its contig, before its window is full.
    pub fn haplotype(
        &mut self,
        query: HaplotypeQuery,
    ) -> Outcome<(Haplotype, String, Vec<Diagnostic>)> {
        let longest = self.windows.iter().map(|w| w.key.end - w.key.start).max();
        self.read(query.path, longest.unwrap_or(0))?;
        let mut bad = BadLines::default();
        let mut found = HashMap::with_capacity(self.windows.len());
        let windows = self.windows.iter().enumerate();
        let mut pending: Vec<Pending> = windows
            .map(|(index, window)| Pending {
                window: index,
                records: window.key.start..window.key.end,
                letters: window.key.start..window.key.end,
            })
            .collect();
        let mut is_first = true;
        while !pending.is_empty() {
            let reach = pending.iter().map(|one| {
                let key = &self.windows[one.window].key;
                (key.start - one.records.start).max(one.records.end - key.end)
            });
            let reach = reach.max().unwrap_or(0);
            if reach > self.reach {
                self.read(query.path, reach * 2)?;
            }
            let Some(genotypes) = &self.genotypes else {
                break;
            };
            let sample = genotypes.samples.iter().position(|one| one == query.sample);
            let Some(sample) = sample else {
                let message = format!(
                    "`{}` has no sample `{}`",
                    query.path.display(),
                    query.sample
                );
                return Err(Diagnostic::error(Code::UnknownSample, message).into());
            };
            if is_first {
                for line in &genotypes.malformed {
                    let table = Table::new(query.path, &[], Code::BadVcf, "VCF")?;
                    if let Err(error) = VcfRecord::read(&table, line.line()) {
                        bad.add(query.bad, line.line(), error)?;
                    }
                }
            }
            is_first = false;
            let letters = self.letters(&pending)?;
            let mut again = Vec::new();
            for (one, around) in pending.into_iter().zip(letters) {
                let window = &self.windows[one.window];
                let assembler = Assembler {
                    query,
                    genotypes,
                    genome: &self.genome,
                    sample,
                    window,
                };
                match assembler.assemble(&one.records, &around, &mut bad)? {
                    Assembly::Done(haplotype) => {
                        found.insert(window.key.clone(), haplotype);
                    }
                    need => match one.with(&need) {
                        Some(more) => again.push(more),
                        // The genome has fewer letters than it says.
                        None => return Err(file_changed(&self.genome.path())),
                    },
                }
            }
            pending = again;
        }
        let haplotype = Haplotype {
            name: format!("haplotype {} of {}", query.number, query.sample),
            path: query.path.to_path_buf(),
            shifting: query.shifting,
            windows: found,
            excluded: bad.finish(query.bad),
        };
        let (sha256, notices) = match &self.genotypes {
            Some(genotypes) if !self.is_noticed => {
                (genotypes.sha256.clone(), self.notices(genotypes))
            }
            Some(genotypes) => (genotypes.sha256.clone(), Vec::new()),
            None => (String::new(), Vec::new()),
        };
        self.is_noticed = true;
        Ok((haplotype, sha256, notices))
    }

    /// Reads the records within some bases of the windows, unless they are known.
    fn read(&mut self, path: &Path, reach: i64) -> Outcome<()> {
        if self.genotypes.is_some() && reach <= self.reach {
            return Ok(());
        }
        let hoped = || {
            let ranges = self.windows.iter().map(|window| ContigRange {
                contig: window.key.contig.to_string(),
                range: window.key.start.max(0) as u64..window.key.end.max(0) as u64,
            });
            ranges.collect()
        };
        let contigs = self.genome.contigs(hoped)?;
        let mut stretches: Stretches = HashMap::new();
        for window in &self.windows {
            if let Some(index) = contigs.named(&window.key.contig) {
                let stretch = window.key.start - reach..window.key.end + reach;
                stretches.entry(index).or_default().push(stretch);
            }
        }
        for of_contig in stretches.values_mut() {
            of_contig.sort_by_key(|stretch| stretch.start);
            let mut merged: Vec<Range<i64>> = Vec::with_capacity(of_contig.len());
            for stretch in of_contig.drain(..) {
                match merged.last_mut() {
                    Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
                    _ => merged.push(stretch),
                }
            }
            *of_contig = merged;
        }
        self.genotypes = Some(Genotypes::read(path, &contigs, &stretches)?);
        self.reach = reach;
        Ok(())
    }

    /// The letters of the genome in some stretches around windows.
    fn letters(&self, wanted: &[Pending]) -> Outcome<Vec<Around>> {
        let contigs = self.genome.contigs(Vec::new)?;
        let mut ranges = Vec::with_capacity(wanted.len());
        let mut lengths = Vec::with_capacity(wanted.len());
        for Pending {
            window, letters, ..
        } in wanted
        {
            let contig = &self.windows[*window].key.contig;
            let length = contigs.named(contig);
            let length = length.map_or(0, |index| contigs.get(index).length as i64);
            let start = letters.start.clamp(0, length);
            let end = letters.end.clamp(start, length);
            lengths.push(length);
            ranges.push(ContigRange {
                contig: contig.to_string(),
                range: start as u64..end as u64,
            });
        }
        let letters = self.genome.letters(&ranges)?;
        let around = letters.into_iter().zip(ranges).zip(lengths);
        Ok(around
            .map(|((letters, range), contig_length)| Around {
                start: range.range.start as i64,
                letters,
                contig_length,
            })
            .collect())
    }

    fn notices(&self, genotypes: &Genotypes) -> Vec<Diagnostic> {
        let mut notices = Vec::new();
        let shown = genotypes.path.display();
        if !genotypes.renamed.is_empty() {
            let renamed = genotypes.renamed.iter().take(MAX_LISTED);
            let renamed: Vec<String> = renamed
                .map(|(from, to)| format!("`{}` is `{to}`", quoted(from.as_bytes())))
                .collect();
            let more = match genotypes.renamed.len() - renamed.len() {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let message = format!(
                "`{shown}` and `{}` call contigs by different names: {}{more}",
                self.genome.path().display(),
                renamed.join(", ")
            );
            notices.push(Diagnostic::warning(Code::MatchedContigs, message));
        }
        let is_silent = |window: &&Window| !genotypes.has_contig(&window.key.contig);
        let silent: Vec<&Window> = self.windows.iter().filter(is_silent).collect();
        if !silent.is_empty() {
            let sequences: usize = silent.iter().map(|window| window.sequences).sum();
            let contigs: BTreeSet<&str> = silent.iter().map(|w| &*w.key.contig).collect();
            let listed: Vec<String> = contigs
                .iter()
                .take(MAX_LISTED)
                .map(|contig| format!("`{contig}`"))
                .collect();
            let more = match contigs.len() - listed.len() {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let message = format!(
                "`{shown}` has no record on {}{more}, where {} of {} windows lie: haplotypes are the reference there",
                listed.join(", "),
                count(sequences),
                count(self.sequences),
            );
            notices.push(Diagnostic::warning(Code::ReferenceHaplotype, message));
        }
        notices
    }
}

impl BadLines {
    /// Notes a record that is left out, or refuses it.
    fn add(&mut self, bad: BadRecords, line: Line, error: RecordError) -> Outcome<()> {
        match bad {
            BadRecords::Refuse => RecordFilter::new(bad).admit::<()>(Err(error)).map(|_| ()),
            BadRecords::Skip => {
                self.by_line.entry(line.number).or_insert(error);
                Ok(())
            }
        }
    }

    fn finish(self, bad: BadRecords) -> Exclusions {
        let mut filter = RecordFilter::new(bad);
        for error in self.by_line.into_values() {
            filter.exclude(error);
        }
        filter.finish(Exclusions::default())
    }
}

/// Makes the haplotype of one window.
struct Assembler<'a> {
    query: HaplotypeQuery<'a>,
    genotypes: &'a Genotypes,
    genome: &'a Genome,
    /// Index of the sample.
    sample: usize,
    window: &'a Window,
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
    fn assemble(
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
