//! Where a sequence was taken from, as far as it tells whether two sequences are independent of each other.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::{Alphabet, BaseSet, Strand, reverse_complement};

/// A window of a genome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locus {
    /// Path of the genome file.
    pub genome: Arc<Path>,
    /// Name of the contig in the genome.
    pub contig: Arc<str>,
    /// Half-open range of positions on the contig, from 0.
    pub range: Range<u64>,
    /// What the window has beyond the ends of the contig.
    pub past_end: PastEnd,
    /// The strand that the sequence is read from.
    pub strand: Strand,
}

/// What windows have beyond the ends of their contig.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PastEnd {
    /// Windows lie within their contig.
    #[default]
    Refused,
    /// Unknown bases.
    Filled {
        /// Number of them before the first base of the contig.
        before: u64,
        /// Number of them behind the last base of the contig.
        after: u64,
    },
}

impl PastEnd {
    /// Whether windows may reach beyond the ends of their contig.
    pub fn is_filled(self) -> bool {
        match self {
            PastEnd::Refused => false,
            PastEnd::Filled { .. } => true,
        }
    }

    /// Number of unknown bases before the first base of the contig, and behind the last.
    pub fn filled(self) -> (u64, u64) {
        match self {
            PastEnd::Refused => (0, 0),
            PastEnd::Filled { before, after } => (before, after),
        }
    }
}

impl Locus {
    /// Start and end of the window on the contig, from 0, half open; beyond the ends of the contig where it is filled.
    pub fn span(&self) -> Range<i64> {
        let (before, after) = self.past_end.filled();
        self.range.start as i64 - before as i64..self.range.end as i64 + after as i64
    }
}

/// Equal for two sequences if they are equal or reverse complements of each other (a BLAKE3 hash of 128 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordKey([u8; 16]);

impl RecordKey {
    /// The key of a sequence of IUPAC letters of either case.
    pub fn of_letters(letters: &[u8], alphabet: Alphabet) -> RecordKey {
        let complement = |&letter: &u8| match BaseSet::from_iupac(letter, alphabet) {
            Some(bases) => bases.complement().to_iupac(alphabet) as u8,
            None => letter,
        };
        let forward: Vec<u8> = letters.iter().map(u8::to_ascii_uppercase).collect();
        let reverse: Vec<u8> = forward.iter().rev().map(complement).collect();
        RecordKey::of(&forward, &reverse)
    }

    /// The key of a sequence of base codes. It differs from the key of the same sequence in letters.
    pub fn of_bases(bases: &[u8]) -> RecordKey {
        let mut reverse = bases.to_vec();
        reverse_complement(&mut reverse);
        RecordKey::of(bases, &reverse)
    }

    fn of(forward: &[u8], reverse: &[u8]) -> RecordKey {
        let hash = blake3::hash(forward.min(reverse));
        let mut key = [0; 16];
        key.copy_from_slice(&hash.as_bytes()[..16]);
        RecordKey(key)
    }
}
