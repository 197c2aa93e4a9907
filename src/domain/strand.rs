//! The two strands of DNA.

/// The strand that a motif lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strand {
    /// The strand of the sequence as written.
    Forward,
    /// The opposite strand, which reads as the reverse complement.
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
