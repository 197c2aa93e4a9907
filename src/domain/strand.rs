//! The two strands of DNA.

/// The strand that a motif lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strand {
    /// As the sequence is written.
    Forward,
    /// The reverse complement of the sequence as it is written.
    Reverse,
}

impl Strand {
    /// The opposite strand.
    pub fn other(self) -> Strand {
        match self {
            Strand::Forward => Strand::Reverse,
            Strand::Reverse => Strand::Forward,
        }
    }
}
