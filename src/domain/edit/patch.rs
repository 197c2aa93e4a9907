//! Bases that an edit writes, known without the sequence.

use std::ops::Range;

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
