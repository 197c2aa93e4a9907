//! Windows of a genome beside the records of a VCF file, and what a haplotype changes in all of them.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use super::assembler::{Around, Assembler, Assembly, BadLines};
use super::genotypes::{Genotypes, Stretches};
use super::{Haplotype, HaplotypeQuery, WindowKey};
use crate::Sequence;
use crate::columns::{Table, quoted};
use crate::genome::{ContigRange, Genome};
use crate::vcf::VcfRecord;
use gia_base::diag::{Code, Diagnostic, Outcome, count};
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
pub(super) struct Window {
    pub(super) key: WindowKey,
    /// Number of sequences that are this window.
    pub(super) sequences: usize,
    /// Whether bases beyond the ends of the contig are filled with N.
    pub(super) is_filled: bool,
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
