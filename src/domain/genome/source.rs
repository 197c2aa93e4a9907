//! The file of a genome, opened once: FASTA by its index, gzipped FASTA as a stream, 2bit by its own index.
//!
//! Invariant: letters come from the file that was opened; where it has changed since, that is said. What is known of a file is
//! kept for the process, for as long as the file is the same.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::twobit::{self, Source, TwoBit};
use super::{Region, lacks, within};
use crate::diag::Outcome;
use crate::domain::fasta::fai;
use crate::domain::fasta::index::{FastaIndex, From, Indexer, Window};
use crate::domain::fasta::scan::{self, Mark, Sink, Wants, Which, scan};
use crate::domain::file::{Unpacked, is_gzip};
use crate::file::{InputKind, Stamp, changed, open_input, unreadable};

/// A FASTA file from this size on is read by the `.fai` beside it, which tells nothing of damage far from the windows. A
/// smaller one is scanned, which takes no time that anybody would notice.
const MIN_BYTES_FOR_FAI: u64 = 16 << 20;
/// Genomes that a process keeps open at most.
const MAX_OPEN: usize = 8;

/// A genome that is open for reading windows.
#[derive(Clone)]
pub(super) struct Genome {
    /// As it was asked for, for messages.
    path: PathBuf,
    opened: Arc<Opened>,
}

struct Opened {
    file: File,
    stamp: Stamp,
    store: Store,
}

enum Store {
    Fasta(Mutex<KnownIndex>),
    GzippedFasta(Mutex<KnownWindows>),
    TwoBit(TwoBit),
}

struct KnownIndex {
    index: Arc<FastaIndex>,
    is_scanned: bool,
}

/// What earlier passes over a gzipped genome found.
#[derive(Default)]
struct KnownWindows {
    lengths: HashMap<String, u64>,
    names: Vec<String>,
    letters: HashMap<(String, Range<u64>), Arc<[u8]>>,
}

static OPEN: LazyLock<Mutex<Vec<Arc<Opened>>>> = LazyLock::new(Mutex::default);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Genome {
    pub fn open(path: &Path) -> Outcome<Genome> {
        let (file, metadata) = open_input(path, InputKind::Genome)?;
        let stamp = Stamp::of(&metadata);
        let known = lock(&OPEN).iter().find(|o| o.stamp == stamp).cloned();
        let opened = match known {
            Some(known) => known,
            None => {
                let store = Store::open(path, &file, &stamp)?;
                let opened = Arc::new(Opened { file, stamp, store });
                if stamp.is_settled() {
                    let mut open = lock(&OPEN);
                    if open.len() >= MAX_OPEN {
                        open.remove(0);
                    }
                    open.push(Arc::clone(&opened));
                }
                opened
            }
        };
        let path = path.to_path_buf();
        Ok(Genome { path, opened })
    }

    pub fn stamp(&self) -> Stamp {
        self.opened.stamp
    }

    /// The letters of each region. `regions` is the file that lists them, for messages.
    pub fn letters(&self, regions: &Path, listed: &[Region]) -> Outcome<Vec<Vec<u8>>> {
        let letters = match &self.opened.store {
            Store::Fasta(known) => self.from_fasta(known, regions, listed)?,
            Store::GzippedFasta(known) => self.from_stream(known, regions, listed)?,
            Store::TwoBit(known) => self.from_two_bit(known, regions, listed)?,
        };
        let Opened { file, stamp, .. } = &*self.opened;
        stamp.check_unchanged(file, &self.path)?;
        Ok(letters)
    }

    fn from_two_bit(
        &self,
        known: &TwoBit,
        regions: &Path,
        listed: &[Region],
    ) -> Outcome<Vec<Vec<u8>>> {
        let source = Source {
            file: &self.opened.file,
            path: &self.path,
        };
        let mut records = HashMap::new();
        let mut found = Vec::with_capacity(listed.len());
        for region in listed {
            let name = region.chromosome.as_str();
            if !records.contains_key(name) {
                let Some(record) = known.record(&source, name)? else {
                    let names: Vec<&str> = known.names.iter().map(String::as_str).collect();
                    return Err(lacks(&self.path, name, &names));
                };
                records.insert(name, record);
            }
            let record = &records[name];
            let range = within(region, record.length, regions)?;
            found.push(record.letters(&source, range)?);
        }
        Ok(found)
    }

    fn from_fasta(
        &self,
        known: &Mutex<KnownIndex>,
        regions: &Path,
        listed: &[Region],
    ) -> Outcome<Vec<Vec<u8>>> {
        let (index, is_scanned) = {
            let known = lock(known);
            (Arc::clone(&known.index), known.is_scanned)
        };
        match self.by_index(&index, regions, listed) {
            Ok(Some(letters)) => Ok(letters),
            // The index beside the file is not to be trusted: the file itself tells what is right, or what is wrong.
            Ok(None) | Err(_) if !is_scanned => {
                let index = Arc::new(index_of(&self.path, &self.opened.file)?);
                *lock(known) = KnownIndex {
                    index: Arc::clone(&index),
                    is_scanned: true,
                };
                let letters = self.by_index(&index, regions, listed)?;
                letters.ok_or_else(|| changed(&self.path))
            }
            Ok(None) => Err(changed(&self.path)),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// The letters of each region; none where the file is not laid out as the index says.
    fn by_index(
        &self,
        index: &FastaIndex,
        regions: &Path,
        listed: &[Region],
    ) -> Outcome<Option<Vec<Vec<u8>>>> {
        let mut found = Vec::with_capacity(listed.len());
        for region in listed {
            let Some(contig) = index.contig(&region.chromosome) else {
                let names = index.contigs.iter().map(|contig| contig.name.as_str());
                let names: Vec<&str> = names.collect();
                return Err(lacks(&self.path, &region.chromosome, &names));
            };
            let range = within(region, contig.length, regions)?;
            match contig.read(&self.opened.file, &self.path, range)? {
                Window::Letters(letters) => found.push(letters),
                Window::Mismatch => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Unpacks the whole file once, and keeps the windows alone.
    fn from_stream(
        &self,
        known: &Mutex<KnownWindows>,
        regions: &Path,
        listed: &[Region],
    ) -> Outcome<Vec<Vec<u8>>> {
        let mut known = lock(known);
        let key = |region: &Region| {
            let [start, end] = [region.start, region.end].map(|at| at.max(0) as u64);
            (region.chromosome.clone(), start..end)
        };
        let wanted: HashSet<(String, Range<u64>)> = listed
            .iter()
            .map(key)
            .filter(|key| !known.letters.contains_key(key))
            .collect();
        if known.names.is_empty() || !wanted.is_empty() {
            let mut collector = Collector::new(&self.path, wanted);
            scan(&self.path, self.unpacked()?, &mut collector)?;
            collector.finish(&mut known);
        }
        let mut found = Vec::with_capacity(listed.len());
        for region in listed {
            let Some(&length) = known.lengths.get(&region.chromosome) else {
                let names: Vec<&str> = known.names.iter().map(String::as_str).collect();
                return Err(lacks(&self.path, &region.chromosome, &names));
            };
            within(region, length, regions)?;
            let letters = known.letters.get(&key(region));
            found.push(letters.ok_or_else(|| changed(&self.path))?.to_vec());
        }
        Ok(found)
    }

    fn unpacked(&self) -> Outcome<Unpacked<From<'_>>> {
        let from = From {
            file: &self.opened.file,
            offset: 0,
        };
        let size = self.opened.stamp.size();
        Ok(Unpacked::new(from, size, InputKind::Genome))
    }

    /// Where a letter of a contig stands in the file, for a message; none for a file without lines.
    pub fn mark_of(&self, contig: &str, letter: u64) -> Option<Mark> {
        let mut finder = scan::Finder::new(Which::Named(contig), letter);
        let path = &self.path;
        let scanned = match &self.opened.store {
            Store::TwoBit(_) => return None,
            Store::GzippedFasta(_) => scan(path, self.unpacked().ok()?, &mut finder),
            Store::Fasta(_) => {
                let file = &self.opened.file;
                scan(path, From { file, offset: 0 }, &mut finder)
            }
        };
        scanned.ok()?;
        finder.found
    }
}

impl Store {
    fn open(path: &Path, file: &File, stamp: &Stamp) -> Outcome<Store> {
        let mut start = [0; 4];
        let read = file
            .read_at(&mut start, 0)
            .map_err(|error| unreadable(path, &error))?;
        let start = &start[..read];
        if twobit::is_two_bit(start) {
            let source = Source { file, path };
            return Ok(Store::TwoBit(TwoBit::open(&source, stamp.size())?));
        }
        if is_gzip(start) {
            return Ok(Store::GzippedFasta(Mutex::default()));
        }
        let fai = match stamp.size() >= MIN_BYTES_FOR_FAI {
            true => fai::beside(path, file, stamp),
            false => None,
        };
        let known = match fai {
            Some(index) => KnownIndex {
                index: Arc::new(index),
                is_scanned: false,
            },
            None => KnownIndex {
                index: Arc::new(index_of(path, file)?),
                is_scanned: true,
            },
        };
        Ok(Store::Fasta(Mutex::new(known)))
    }
}

fn index_of(path: &Path, file: &File) -> Outcome<FastaIndex> {
    let mut indexer = Indexer::new(path);
    scan(path, From { file, offset: 0 }, &mut indexer)?;
    Ok(indexer.finish())
}

/// Keeps windows of a stream, and the lengths of all its contigs.
struct Collector<'a> {
    path: &'a Path,
    /// Windows of each contig, ascending.
    wanted: HashMap<String, Vec<Range<u64>>>,
    lengths: HashMap<String, u64>,
    names: Vec<String>,
    found: HashMap<(String, Range<u64>), Vec<u8>>,
    /// Windows of the current contig that are not complete, ascending by their start.
    here: Vec<(Range<u64>, Vec<u8>)>,
    /// Letters of the current contig so far.
    passed: u64,
}

impl<'a> Collector<'a> {
    fn new(path: &'a Path, wanted: HashSet<(String, Range<u64>)>) -> Collector<'a> {
        let mut by_contig: HashMap<String, Vec<Range<u64>>> = HashMap::new();
        for (contig, range) in wanted {
            by_contig.entry(contig).or_default().push(range);
        }
        for ranges in by_contig.values_mut() {
            ranges.sort_unstable_by_key(|range| (range.start, range.end));
        }
        Collector {
            path,
            wanted: by_contig,
            lengths: HashMap::new(),
            names: Vec::new(),
            found: HashMap::new(),
            here: Vec::new(),
            passed: 0,
        }
    }

    fn complete(&mut self) {
        let here = std::mem::take(&mut self.here);
        if let Some(name) = self.names.last() {
            self.lengths.insert(name.clone(), self.passed);
            let found = here
                .into_iter()
                .map(|(range, letters)| ((name.clone(), range), letters));
            self.found.extend(found);
        }
        self.passed = 0;
    }

    fn finish(mut self, known: &mut KnownWindows) {
        self.complete();
        known.lengths = self.lengths;
        known.names = self.names;
        let found = self.found.into_iter();
        known
            .letters
            .extend(found.map(|(key, letters)| (key, letters.into())));
    }
}

impl Sink for Collector<'_> {
    fn header(&mut self, name: &str, at: Mark) -> Outcome<Wants> {
        self.complete();
        if self.lengths.contains_key(name) {
            let what = format!("a second contig is called `{name}`");
            return Err(scan::bad(self.path, at, &what));
        }
        self.names.push(name.to_string());
        let wanted = self.wanted.remove(name).unwrap_or_default();
        self.here = wanted
            .into_iter()
            .map(|range| (range, Vec::new()))
            .collect();
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], _: Mark) -> Outcome<Wants> {
        let end = self.passed + letters.len() as u64;
        let begun = self.here.partition_point(|(range, _)| range.start < end);
        for (range, kept) in &mut self.here[..begun] {
            let from = range.start.max(self.passed);
            let to = range.end.min(end);
            if from < to {
                let piece = (from - self.passed) as usize..(to - self.passed) as usize;
                kept.extend_from_slice(&letters[piece]);
            }
        }
        self.passed = end;
        // Windows that are complete are not looked at again.
        if begun > 0 && self.here[..begun].iter().any(|(range, _)| range.end <= end) {
            let name = self.names.last().cloned().unwrap_or_default();
            let mut open = Vec::new();
            let rest = self.here.split_off(begun);
            for (range, kept) in std::mem::replace(&mut self.here, rest) {
                match range.end <= end {
                    true => {
                        self.found.insert((name.clone(), range), kept);
                    }
                    false => open.push((range, kept)),
                }
            }
            open.append(&mut self.here);
            self.here = open;
        }
        Ok(Wants::More)
    }
}
