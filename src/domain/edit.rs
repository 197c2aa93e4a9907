//! Changes to a sequence at worked-out positions.
//!
//! Invariant: what an edit draws depends on (seed, population, draw, background, position within the edit) alone, so
//! the same edit makes the same choice in every arm and at every grid point. Why an edit is made is not known here.

mod describe;
mod editor;
mod keyed;
mod properties;
mod rearrange;

use std::ops::Range;

use super::{BaseSet, Motif, Population, Sampler};
use gia_base::diag::Outcome;

pub use editor::Editor;
pub use keyed::Keyed;

/// Identity of a random choice inside an edit, the same in every arm and at every grid point that holds the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Draw(pub u64);

/// The side of a place that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Left,
    Right,
}

/// What is done to the occurrences of a motif.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disruption {
    /// Shuffled, keeping the counts of k-mers.
    Shuffle { preserving: usize },
    /// Replaced by uniform bases.
    Randomize,
}

/// One change, length kept. Stretches are half open, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Writes one base at each position from `start` on: the only member of a set, one drawn from it, or, where the
    /// set holds all four, the base that is there.
    Write {
        start: usize,
        letters: Vec<BaseSet>,
        draw: Draw,
    },
    /// Writes an instance of a motif from `start` on: at each position a base drawn with the matrix's probabilities.
    Instance {
        start: usize,
        motif: Keyed<Motif>,
        draw: Draw,
    },
    /// Makes room at `start`, filled with uniform bases, by moving the bases on one side away.
    Open {
        start: usize,
        width: usize,
        shifting: Side,
        draw: Draw,
    },
    /// Takes a stretch out and lets one side move in; the end of that side is filled with bases drawn from those left.
    Delete {
        start: usize,
        end: usize,
        shifting: Side,
        draw: Draw,
    },
    /// Shuffles a stretch uniformly, keeping the counts of its k-mers.
    Shuffle {
        start: usize,
        end: usize,
        preserving: usize,
        draw: Draw,
    },
    /// Replaces a stretch by uniform bases, or by those of another population: all of it where it is as long as the
    /// stretch, else the same stretch of it.
    Randomize {
        start: usize,
        end: usize,
        like: Option<Keyed<Population>>,
        draw: Draw,
    },
    /// Changes every occurrence of a motif, on both strands, until it occurs no more.
    Disrupt {
        motif: Keyed<Motif>,
        by: Disruption,
        draw: Draw,
    },
    /// Puts the reverse complement of a stretch in its place.
    Invert { start: usize, end: usize },
    /// Takes a stretch out, closes the gap and puts it back so that it starts at `to`.
    Move { start: usize, end: usize, to: usize },
    /// Writes the other allele that each background carries.
    Allele,
    /// Two stretches, as start and end, change places.
    Swap {
        first: (usize, usize),
        second: (usize, usize),
    },
}

/// Concrete bases that replace those from `start` on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch {
    pub start: usize,
    /// One code a base.
    pub bases: Vec<u8>,
}

impl Patch {
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.bases.len()
    }

    /// Writes the patch into a sequence.
    ///
    /// # Panics
    /// Where the patch reaches past the end.
    pub fn apply(&self, bases: &mut [u8]) {
        bases[self.range()].copy_from_slice(&self.bases);
    }
}

impl Edit {
    /// True where no sequence is changed.
    pub fn is_idle(&self) -> bool {
        matches!(self, Edit::Write { letters, .. } if letters.iter().all(|set| set.is_all()))
    }

    /// Whether the two may be applied in either order: both write, and where both do they leave no choice.
    pub fn commutes_with(&self, other: &Edit) -> bool {
        let both_write = self.written().is_some() && other.written().is_some();
        both_write && self.clash(other).is_none()
    }

    /// The first position at which two edits that write leave a choice between them; None where they commute.
    pub fn clash(&self, other: &Edit) -> Option<usize> {
        let (a, b) = (self.written()?, other.written()?);
        let mut shared = a.start.max(b.start)..a.end.min(b.end);
        match (self, other) {
            (Edit::Write { letters: x, .. }, Edit::Write { letters: y, .. }) => {
                shared.find(|&at| !agree(x[at - a.start], y[at - b.start]))
            }
            _ => shared.next(),
        }
    }

    /// The edit prepared for the backgrounds that a sampler draws under the same seed.
    pub fn prepare_over(&self, seed: u64, backgrounds: &Sampler) -> Editor {
        Editor::new(self, seed, backgrounds.identity(), Some(backgrounds))
    }

    /// The edit prepared for the backgrounds of one population under one seed, where it needs to know no more of them than
    /// that: an [`Edit::Allele`] changes nothing then.
    ///
    /// `population` is [`super::Population::identity`].
    pub fn prepare(&self, seed: u64, population: &[u8; 32]) -> Editor {
        Editor::new(self, seed, population, None)
    }

    /// Applies the edit to background `index` of a population, in place. For more than a few, [`Edit::prepare`] it.
    ///
    /// Fails and panics as [`Editor::apply`] does.
    pub fn apply(
        &self,
        seed: u64,
        population: &[u8; 32],
        index: u64,
        bases: &mut [u8],
    ) -> Outcome<()> {
        self.prepare(seed, population).apply(index, bases)
    }
}

/// Whether two letters at one position leave no choice between them.
fn agree(a: BaseSet, b: BaseSet) -> bool {
    a.is_all() || b.is_all() || (a == b && a.len() == 1)
}
