//! Changes to a sequence at worked-out positions.

use super::BaseSet;

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
