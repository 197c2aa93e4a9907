//! Haplotypes of the samples of a VCF file, in windows of a genome.
//!
//! Invariant: a haplotype is the sequence of one copy of a contig with all of the copy's alleles. Its window starts where the window of the
//! reference starts, or ends where that ends, on the side that stays.

mod assembler;
mod genotype;
mod genotypes;
mod phased_windows;
mod walk;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{
    BadRecords, Conditioning, Exclusions, Locus, Origin, Population, Sequence, Side, Strand,
};

pub use genotypes::sample_names;
pub use phased_windows::{PhasedWindows, hash_of_windows};

/// Which haplotype of a VCF file is asked for.
#[derive(Debug, Clone, Copy)]
pub struct HaplotypeQuery<'a> {
    /// The VCF file, plain or gzip.
    pub path: &'a Path,
    /// Name of the sample in the file.
    pub sample: &'a str,
    /// Number of the allele in the genotypes, from 1: 1 is left of `|` in `0|1`.
    pub number: usize,
    /// What to do with records that do not say what the haplotype is.
    pub bad: BadRecords,
    /// The side of a window that moves where alleles differ in length.
    pub shifting: Side,
}

/// What one haplotype changes in each of some windows.
#[derive(Clone)]
pub struct Haplotype {
    /// `haplotype 1 of NA12878`.
    pub name: String,
    /// The VCF file.
    pub path: PathBuf,
    /// The side that moves where alleles differ in length.
    pub shifting: Side,
    windows: HashMap<WindowKey, HaplotypeWindow>,
    /// Records in these windows that do not say what the haplotype is, by reason. The haplotype has the reference there.
    pub excluded: Exclusions,
}

/// By name only: what it changes is part of the key of [`super::Keyed`].
impl fmt::Debug for Haplotype {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Haplotype")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A window of a genome, for looking it up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct WindowKey {
    contig: Box<str>,
    /// Start and end on the contig, from 0, half open; beyond its ends where the window is filled.
    start: i64,
    end: i64,
    is_reverse: bool,
}

impl WindowKey {
    fn of(locus: &Locus) -> WindowKey {
        let span = locus.span();
        WindowKey {
            contig: (&*locus.contig).into(),
            start: span.start,
            end: span.end,
            is_reverse: locus.strand == Strand::Reverse,
        }
    }
}

/// What a haplotype changes in one window, read on the window's strand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct HaplotypeWindow {
    /// Ascending, without overlaps.
    changes: Vec<Change>,
    /// Codes of the bases of the haplotype that move in at the end that is free, where the changes take out more bases than they put in.
    fill: Vec<u8>,
    /// Number of alleles that differ from the reference.
    alleles: usize,
}

/// Bases that are replaced by others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    /// First position that is replaced, from 0.
    start: usize,
    /// Number of bases that are replaced.
    removed: usize,
    /// Codes of the bases that replace them.
    inserted: Vec<u8>,
}

impl Haplotype {
    /// Applies the haplotype to a sequence that is one of its windows, or to what edits made of it, in place. Any other sequence stays.
    pub fn apply(&self, window: &Sequence, bases: &mut [u8]) {
        if let Some(changed) = self.window(window) {
            changed.apply(bases, self.shifting);
        }
    }

    /// Whether the haplotype differs from the reference in a window.
    pub fn differs_in(&self, window: &Sequence) -> bool {
        let mut bases = window.bases.clone();
        self.apply(window, &mut bases);
        bases != window.bases
    }

    /// Number of alleles of a window that are not the reference's.
    pub fn alleles_in(&self, window: &Sequence) -> usize {
        self.window(window).map_or(0, |window| window.alleles)
    }

    /// Whether it has alleles other than the reference's in no window.
    pub fn is_reference(&self) -> bool {
        self.windows
            .values()
            .all(|window| window.changes.is_empty())
    }

    fn window(&self, of: &Sequence) -> Option<&HaplotypeWindow> {
        self.windows.get(&WindowKey::of(of.locus.as_deref()?))
    }

    /// A hash of all changes; names and paths do not count.
    pub(super) fn content_key(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 haplotype");
        hasher.update(match self.shifting {
            Side::Left => b"left\0",
            Side::Right => b"right",
        });
        let mut windows: Vec<_> = self.windows.iter().collect();
        windows.sort_by_key(|(key, _)| *key);
        let mut number = |n: u64| {
            hasher.update(&n.to_le_bytes());
        };
        for (key, window) in &windows {
            number(key.start as u64);
            number(key.end as u64);
            number(u64::from(key.is_reverse));
            number(key.contig.len() as u64);
            number(window.changes.len() as u64);
            for change in &window.changes {
                number(change.start as u64);
                number(change.removed as u64);
                number(change.inserted.len() as u64);
            }
            number(window.fill.len() as u64);
        }
        for (key, window) in &windows {
            hasher.update(key.contig.as_bytes());
            for change in &window.changes {
                hasher.update(&change.inserted);
            }
            hasher.update(&window.fill);
        }
        *hasher.finalize().as_bytes()
    }
}

impl HaplotypeWindow {
    fn apply(&self, bases: &mut [u8], shifting: Side) {
        let length = bases.len();
        let mut whole = Vec::with_capacity(length + self.fill.len());
        if shifting == Side::Left {
            whole.extend_from_slice(&self.fill);
        }
        let mut position = 0;
        for change in &self.changes {
            let start = change.start.min(length).max(position);
            whole.extend_from_slice(&bases[position..start]);
            whole.extend_from_slice(&change.inserted);
            position = (start + change.removed).min(length);
        }
        whole.extend_from_slice(&bases[position..]);
        if shifting == Side::Right {
            whole.extend_from_slice(&self.fill);
        }
        let kept = length.min(whole.len());
        match shifting {
            Side::Right => bases[..kept].copy_from_slice(&whole[..kept]),
            Side::Left => {
                let (to, from) = (length - kept, whole.len() - kept);
                bases[to..].copy_from_slice(&whole[from..]);
            }
        }
    }
}

impl Population {
    /// The sequences of which every background is one, if all are windows of a genome; None for other backgrounds.
    pub fn genome_windows(&self) -> Option<&[Sequence]> {
        match self {
            Population::Sequences { set, .. } => {
                let all = set.sequences.iter().all(|one| one.locus.is_some());
                all.then_some(&set.sequences)
            }
            Population::Null(null) => match null.origin() {
                Origin::Conditioned(conditioned) => match conditioned.method {
                    Conditioning::Filtered => conditioned.source.genome_windows(),
                    Conditioning::MaxEnt => None,
                },
                Origin::Parameters | Origin::Fitted(_) | Origin::Derived(_) => None,
            },
        }
    }
}
