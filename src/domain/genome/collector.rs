//! Windows of a gzipped genome, collected in one pass over the whole file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::ContigRange;
use crate::fasta::errors::bad;
use crate::fasta::file_position::FilePosition;
use crate::fasta::scan::{Sink, Wants};
use gia_base::diag::Outcome;

/// Results of earlier passes over a gzipped genome.
#[derive(Default)]
pub(super) struct WindowCache {
    pub lengths: HashMap<String, u64>,
    pub names: Vec<String>,
    pub letters: HashMap<ContigRange, Arc<[u8]>>,
}

/// Collects windows from a stream, and the lengths of all contigs.
pub(super) struct Collector<'a> {
    path: &'a Path,
    /// Windows of each contig, ascending.
    wanted: HashMap<String, Vec<Range<u64>>>,
    lengths: HashMap<String, u64>,
    names: Vec<String>,
    found: HashMap<ContigRange, Vec<u8>>,
    /// Incomplete windows of the current contig, ascending by their start.
    here: Vec<(Range<u64>, Vec<u8>)>,
    /// Letters of the current contig so far.
    passed: u64,
}

impl<'a> Collector<'a> {
    pub fn new(path: &'a Path, wanted: HashSet<ContigRange>) -> Collector<'a> {
        let mut by_contig: HashMap<String, Vec<Range<u64>>> = HashMap::new();
        for ContigRange { contig, range } in wanted {
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
            // Windows that reach past the end of their contig are dropped.
            let whole = here
                .into_iter()
                .filter(|(range, _)| range.end <= self.passed);
            let found = whole.map(|(range, letters)| {
                let contig = name.clone();
                (ContigRange { contig, range }, letters)
            });
            self.found.extend(found);
        }
        self.passed = 0;
    }

    pub fn finish(mut self, known: &mut WindowCache) {
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
    fn header(&mut self, name: &str, at: FilePosition) -> Outcome<Wants> {
        self.complete();
        if self.lengths.contains_key(name) {
            let what = format!("a second contig is called `{name}`");
            return Err(bad(self.path, at, &what));
        }
        self.names.push(name.to_string());
        let wanted = self.wanted.remove(name).unwrap_or_default();
        self.here = wanted
            .into_iter()
            .map(|range| (range, Vec::new()))
            .collect();
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], _: FilePosition) -> Outcome<Wants> {
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
        // Skips complete windows.
        if begun > 0 && self.here[..begun].iter().any(|(range, _)| range.end <= end) {
            let name = self.names.last().cloned().unwrap_or_default();
            let mut open = Vec::new();
            let rest = self.here.split_off(begun);
            for (range, kept) in std::mem::replace(&mut self.here, rest) {
                match range.end <= end {
                    true => {
                        let contig = name.clone();
                        self.found.insert(ContigRange { contig, range }, kept);
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
