//! Changes to a sequence at known positions.
//!
//! Invariant: what an edit draws depends on (seed, population, draw, background, position within the edit) alone, so
//! the same edit makes the same choice in every arm and at every grid point.

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

/// The side of a position whose bases move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bases left of the place move; those right of it stay.
    Left,
    /// Bases right of the place move; those left of it stay.
    Right,
}

/// How occurrences of a motif are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disruption {
    /// Shuffled, keeping the counts of k-mers.
    Shuffle {
        /// Length k of the k-mers, 1 to [`crate::MAX_SHUFFLE_K`].
        preserving: usize,
    },
    /// Replaced by uniform bases.
    Randomize,
}

/// A change of a sequence that keeps its length. Positions count from 0; stretches are half open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Writes one base at each position from `start` on: the only member of a set, one drawn from it, or, where the
    /// set holds all four, the base that is there.
    Write {
        /// Position of the first letter.
        start: usize,
        /// The set of bases of each position, from `start` on.
        letters: Vec<BaseSet>,
        /// Addresses the bases that are drawn from sets.
        draw: Draw,
    },
    /// Writes an instance of a motif from `start` on: at each position a base drawn with the matrix's probabilities.
    Instance {
        /// Position of the first base of the instance.
        start: usize,
        /// Its matrix gives the probabilities, independent across positions.
        motif: Keyed<Motif>,
        /// Addresses the instance of each background.
        draw: Draw,
    },
    /// Makes room at `start`, filled with uniform bases, by moving the bases on one side away.
    Open {
        /// First position of the room if the right side moves, the position just past the room if the left side does.
        start: usize,
        /// Width of the room, in bp.
        width: usize,
        /// The side that moves away; what leaves the sequence is lost.
        shifting: Side,
        /// Addresses the bases that fill the room.
        draw: Draw,
    },
    /// Takes a stretch out and lets one side move in; the end of that side is filled with bases drawn from those left.
    Delete {
        /// First position that is deleted.
        start: usize,
        /// Position just past the last that is deleted.
        end: usize,
        /// The side that moves in.
        shifting: Side,
        /// Addresses the bases that fill the free end.
        draw: Draw,
    },
    /// Shuffles a stretch uniformly, keeping the counts of its k-mers.
    Shuffle {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
        /// Length k of the k-mers whose counts are kept, 1 to [`crate::MAX_SHUFFLE_K`].
        preserving: usize,
        /// Addresses the shuffle of each background.
        draw: Draw,
    },
    /// Replaces a stretch by uniform bases, or by those of another population: all of it where it is as long as the
    /// stretch, else the same stretch of it.
    Randomize {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
        /// The population that replaces the stretch; None for uniform bases.
        like: Option<Keyed<Population>>,
        /// Addresses the bases of each background.
        draw: Draw,
    },
    /// Changes every occurrence of a motif, on both strands, until it occurs no more.
    Disrupt {
        /// The motif whose occurrences are removed.
        motif: Keyed<Motif>,
        /// How an occurrence is changed.
        by: Disruption,
        /// Addresses the changes in each background.
        draw: Draw,
    },
    /// Puts the reverse complement of a stretch in its place.
    Invert {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
    },
    /// Takes a stretch out, closes the gap and puts it back so that it starts at `to`.
    Move {
        /// First position of the stretch before the move.
        start: usize,
        /// Position just past the stretch before the move.
        end: usize,
        /// First position of the stretch after the move.
        to: usize,
    },
    /// Writes the variant that each background carries.
    Allele,
    /// Exchanges two stretches, which may differ in length.
    Swap {
        /// Start and end of one stretch.
        first: (usize, usize),
        /// Start and end of the other, which does not overlap the first.
        second: (usize, usize),
    },
}

/// Concrete bases that replace those from `start` on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch {
    /// Position of the first replaced base, from 0.
    pub start: usize,
    /// Codes of the new bases.
    pub bases: Vec<u8>,
}

impl Patch {
    /// Positions that the patch replaces.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.bases.len()
    }

    /// Writes the patch into a sequence.
    ///
    /// # Panics
    /// If the patch reaches past the end.
    pub fn apply(&self, bases: &mut [u8]) {
        bases[self.range()].copy_from_slice(&self.bases);
    }
}

impl Edit {
    /// Whether the edit leaves every sequence as it is.
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

    /// The edit prepared for the backgrounds of one population under one seed, without access to the backgrounds: an
    /// [`Edit::Allele`] then changes nothing.
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
