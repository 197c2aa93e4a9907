//! The file of a genome, opened once: FASTA through an index, gzipped FASTA as a stream, 2bit through its own index.
//!
//! Invariant: letters come from the file that was opened, and a change since then is an error. Indices are cached for the
//! process, while the file stays the same.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::ContigRange;
use super::collector::{Collector, WindowCache};
use super::twobit::{self, Source, TwoBit};
use crate::contigs::{Contig, Contigs};
use crate::fasta::fai;
use crate::fasta::file_position::FilePosition;
use crate::fasta::index::{FastaIndex, From, Indexer, Window};
use crate::fasta::locate::{LetterLocator, RecordSelector};
use crate::fasta::scan::scan;
use crate::file::{Unpacked, is_gzip};
use gia_base::diag::Outcome;
use gia_base::file::{InputKind, Stamp, file_changed, open_input, unreadable};

/// Size, in bytes, from which a FASTA file is read through the `.fai` beside it. Smaller files are scanned, which is fast and
/// also finds damage far from the windows.
const MIN_BYTES_FOR_FAI: u64 = 16 << 20;
/// Maximum number of genomes that a process keeps open.
const MAX_OPEN: usize = 8;

/// A genome that is open for reading windows.
#[derive(Clone)]
pub(crate) struct Genome {
    /// Path as the caller gave it, for messages.
    path: Arc<Path>,
    opened: Arc<Opened>,
}

struct Opened {
    file: File,
    stamp: Stamp,
    store: Store,
    /// Contigs, read on first use.
    contigs: Mutex<Option<Arc<Contigs>>>,
}

enum Store {
    Fasta(Mutex<KnownIndex>),
    GzippedFasta(Mutex<WindowCache>),
    TwoBit(TwoBit),
}

struct KnownIndex {
    index: Arc<FastaIndex>,
    is_scanned: bool,
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
                let opened = Arc::new(Opened {
                    file,
                    stamp,
                    store,
                    contigs: Mutex::default(),
                });
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
        let path = path.into();
        Ok(Genome { path, opened })
    }

    pub fn path(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    pub fn stamp(&self) -> Stamp {
        self.opened.stamp
    }

    /// Whether the file is read from its start to its end, so that each request passes over all of it.
    pub fn is_stream(&self) -> bool {
        matches!(self.opened.store, Store::GzippedFasta(_))
    }

    /// The contigs. `hoped` are the stretches to collect in the same pass over a gzipped file.
    pub fn contigs(&self, hoped: impl Fn() -> Vec<ContigRange>) -> Outcome<Arc<Contigs>> {
        if let Some(contigs) = &*lock(&self.opened.contigs) {
            return Ok(Arc::clone(contigs));
        }
        let list: Vec<Contig> = match &self.opened.store {
            Store::Fasta(known) => {
                let index = Arc::clone(&lock(known).index);
                let contigs = index.contigs.iter();
                contigs
                    .map(|contig| Contig::new(&contig.name, contig.length))
                    .collect()
            }
            Store::GzippedFasta(known) => {
                let mut known = lock(known);
                if known.names.is_empty() {
                    self.collect(&mut known, hoped().into_iter().collect())?;
                }
                let length = |name: &String| known.lengths.get(name).copied().unwrap_or(0);
                let names = known.names.iter();
                names.map(|name| Contig::new(name, length(name))).collect()
            }
            Store::TwoBit(known) => {
                let source = Source {
                    file: &self.opened.file,
                    path: &self.path,
                };
                let mut list = Vec::with_capacity(known.names.len());
                for name in &known.names {
                    let length = known.record(&source, name)?.map_or(0, |r| r.length);
                    list.push(Contig::new(name, length));
                }
                list
            }
        };
        let contigs = Arc::new(Contigs::new(list));
        *lock(&self.opened.contigs) = Some(Arc::clone(&contigs));
        Ok(contigs)
    }

    /// Scans the whole file if its index came from a `.fai`; returns whether it scanned.
    pub fn scan_whole(&self) -> Outcome<bool> {
        let Store::Fasta(known) = &self.opened.store else {
            return Ok(false);
        };
        if lock(known).is_scanned {
            return Ok(false);
        }
        let index = Arc::new(index_of(&self.path, &self.opened.file)?);
        *lock(known) = KnownIndex {
            index,
            is_scanned: true,
        };
        *lock(&self.opened.contigs) = None;
        Ok(true)
    }

    /// The letters of each stretch. Stretches must lie within their contigs.
    pub fn letters(&self, stretches: &[ContigRange]) -> Outcome<Vec<Vec<u8>>> {
        let letters = match &self.opened.store {
            Store::Fasta(known) => self.read_fasta_windows(known, stretches)?,
            Store::GzippedFasta(known) => self.read_stream(known, stretches)?,
            Store::TwoBit(known) => self.read_two_bit(known, stretches)?,
        };
        let Opened { file, stamp, .. } = &*self.opened;
        stamp.check_unchanged(file, &self.path)?;
        Ok(letters)
    }

    fn read_two_bit(&self, known: &TwoBit, stretches: &[ContigRange]) -> Outcome<Vec<Vec<u8>>> {
        let source = Source {
            file: &self.opened.file,
            path: &self.path,
        };
        let mut records = HashMap::new();
        let mut found = Vec::with_capacity(stretches.len());
        for stretch in stretches {
            let name = stretch.contig.as_str();
            if !records.contains_key(name) {
                let record = known.record(&source, name)?;
                records.insert(name, record.ok_or_else(|| file_changed(&self.path))?);
            }
            let record = &records[name];
            if stretch.range.end > record.length {
                return Err(file_changed(&self.path));
            }
            found.push(record.letters(&source, stretch.range.clone())?);
        }
        Ok(found)
    }

    fn read_fasta_windows(
        &self,
        known: &Mutex<KnownIndex>,
        stretches: &[ContigRange],
    ) -> Outcome<Vec<Vec<u8>>> {
        let index = Arc::clone(&lock(known).index);
        if let Ok(Some(letters)) = self.by_index(&index, stretches) {
            return Ok(letters);
        }
        // The `.fai` index does not match, so the file is scanned.
        self.scan_whole()?;
        let index = Arc::clone(&lock(known).index);
        let letters = self.by_index(&index, stretches)?;
        letters.ok_or_else(|| file_changed(&self.path))
    }

    /// The letters of each stretch; None if the file is not laid out as the index says.
    fn by_index(
        &self,
        index: &FastaIndex,
        stretches: &[ContigRange],
    ) -> Outcome<Option<Vec<Vec<u8>>>> {
        let mut found = Vec::with_capacity(stretches.len());
        for ContigRange { contig, range } in stretches {
            let contig = index.contig(contig);
            let Some(contig) = contig.filter(|contig| range.end <= contig.length) else {
                return Ok(None);
            };
            match contig.read(&self.opened.file, &self.path, range.clone())? {
                Window::Letters(letters) => found.push(letters),
                Window::Mismatch => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    /// Unpacks the whole file and collects the stretches, unless they are known already.
    fn read_stream(
        &self,
        known: &Mutex<WindowCache>,
        stretches: &[ContigRange],
    ) -> Outcome<Vec<Vec<u8>>> {
        let mut known = lock(known);
        let unknown = stretches
            .iter()
            .filter(|stretch| !known.letters.contains_key(stretch));
        let wanted: HashSet<ContigRange> = unknown.cloned().collect();
        if !wanted.is_empty() {
            self.collect(&mut known, wanted)?;
        }
        let mut found = Vec::with_capacity(stretches.len());
        for stretch in stretches {
            let letters = known.letters.get(stretch);
            found.push(letters.ok_or_else(|| file_changed(&self.path))?.to_vec());
        }
        Ok(found)
    }

    fn collect(&self, known: &mut WindowCache, wanted: HashSet<ContigRange>) -> Outcome<()> {
        let mut collector = Collector::new(&self.path, wanted);
        scan(&self.path, self.unpacked()?, &mut collector)?;
        collector.finish(known);
        Ok(())
    }

    fn unpacked(&self) -> Outcome<Unpacked<From<'_>>> {
        let from = From {
            file: &self.opened.file,
            offset: 0,
        };
        let size = self.opened.stamp.size();
        Ok(Unpacked::new(from, size, InputKind::Genome))
    }

    /// Place of a letter of a contig in the file, for messages; None for a file without lines.
    pub fn mark_of(&self, contig: &str, letter: u64) -> Option<FilePosition> {
        let mut finder = LetterLocator::new(RecordSelector::Named(contig), letter);
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
