//! Changes to a sequence at worked-out positions.
//!
//! Invariant: what an edit draws depends on (seed, population, draw, background, position within the edit) alone, so
//! the same edit makes the same choice in every arm and at every grid point. Why an edit is made is not known here.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::BaseSet;
use super::random::{Purpose, stream};

/// Identity of a random choice inside an edit, the same in every arm and at every grid point that holds the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Draw(pub u64);

/// One change, length kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Writes one base at each position from `start` on: the only member of a set, one drawn from it, or, where the
    /// set holds all four, the base that is there.
    Write {
        start: usize,
        letters: Vec<BaseSet>,
        draw: Draw,
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
    /// From the first to past the last position that the edit covers, gaps included.
    pub fn range(&self) -> Range<usize> {
        match self {
            Edit::Write { start, letters, .. } => *start..*start + letters.len(),
        }
    }

    /// True where the edit writes the same into every background: nothing is drawn.
    pub fn is_fixed(&self) -> bool {
        match self {
            Edit::Write { letters, .. } => letters.iter().all(|set| !is_drawn(*set)),
        }
    }

    /// Applies the edit to background `index` of a population, in place.
    ///
    /// `population` is [`super::Population::identity`].
    ///
    /// # Panics
    /// Where the edit reaches past the end of the sequence.
    pub fn apply(&self, seed: u64, population: &[u8; 32], index: u64, bases: &mut [u8]) {
        let target = &mut bases[self.range()];
        self.each(seed, population, index, |offset, base| {
            target[offset] = base;
        });
    }

    /// What the edit leaves in its whole range, gaps filled from the sequence that it is applied to.
    ///
    /// # Panics
    /// Where the edit reaches past the end of the sequence.
    pub fn resolve(
        &self,
        seed: u64,
        population: &[u8; 32],
        index: u64,
        background: &[u8],
    ) -> Patch {
        let range = self.range();
        let mut patch = Patch {
            start: range.start,
            bases: background[range].to_vec(),
        };
        self.each(seed, population, index, |offset, base| {
            patch.bases[offset] = base;
        });
        patch
    }

    /// What the edit writes and nothing that it leaves: one patch for each run of positions between gaps, ascending.
    /// Needs no sequence, and applied in any order with the patches of edits that do not overlap gives the same.
    pub fn patches(&self, seed: u64, population: &[u8; 32], index: u64) -> Vec<Patch> {
        let start = self.range().start;
        let mut patches: Vec<Patch> = Vec::new();
        self.each(seed, population, index, |offset, base| {
            match patches.last_mut() {
                Some(last) if last.range().end == start + offset => last.bases.push(base),
                _ => patches.push(Patch {
                    start: start + offset,
                    bases: vec![base],
                }),
            }
        });
        patches
    }

    /// Calls `write` with each written position, counted from the start of the edit, and its base.
    fn each(&self, seed: u64, population: &[u8; 32], index: u64, mut write: impl FnMut(usize, u8)) {
        let Edit::Write { letters, draw, .. } = self;
        let mut choices: Option<Choices> = None;
        for (offset, set) in letters.iter().enumerate() {
            if let Some(base) = set.single() {
                write(offset, base);
            } else if is_drawn(*set) {
                let choices = choices.get_or_insert_with(|| Choices {
                    generator: stream(
                        Purpose::Edit,
                        seed,
                        &[population, &draw.0.to_le_bytes()],
                        index,
                    ),
                    next: 0,
                });
                write(offset, choices.member(offset, *set));
            }
        }
    }
}

/// Sets of two or three bases are drawn from; all four (and, of no meaning, none) leave what is there.
fn is_drawn(set: BaseSet) -> bool {
    matches!(set.len(), 2 | 3)
}

/// One word for each position within an edit, taken in ascending order.
struct Choices {
    generator: ChaCha8Rng,
    /// Position that the generator's next word belongs to.
    next: usize,
}

impl Choices {
    fn member(&mut self, position: usize, set: BaseSet) -> u8 {
        // Seeking makes a new batch of 64 words; stepping over fewer is cheaper.
        if position - self.next < 64 {
            for _ in self.next..position {
                self.generator.next_u32();
            }
        } else {
            self.generator.set_word_pos(position as u128);
        }
        self.next = position + 1;
        let word = u64::from(self.generator.next_u32());
        // The high bits of word * n: uniform to 1 part in 2^32, and exact for two.
        let choice = (word * set.len() as u64) >> 32;
        set.iter().nth(choice as usize).unwrap_or(0)
    }
}
