//! Sequences of bases, and sets of them as read from a file.

use std::path::PathBuf;

use super::Alphabet;

/// A named sequence, one code a base (0 to 3, or [`super::UNKNOWN`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    pub name: String,
    pub bases: Vec<u8>,
}

/// Real sequences in the order of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceSet {
    pub alphabet: Alphabet,
    pub path: PathBuf,
    /// SHA-256 of the file as it lies on disk, lower-case hex.
    pub sha256: String,
    pub sequences: Vec<Sequence>,
}
