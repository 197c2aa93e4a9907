//! Bases as codes, and sets of bases.

/// The four bases of DNA or RNA. Codes 0 to 3 are A, C, G and T (U).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alphabet {
    Dna,
    Rna,
}

/// Code of a base that is not known (`N`).
pub const UNKNOWN: u8 = 4;

/// A set of bases: what an IUPAC letter stands for. Bit `i` is base `i`; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseSet(pub u8);
