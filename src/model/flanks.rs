//! What a network is shown on both sides of a sequence that is shorter than its input, such as the arms of a vector.

use serde::Deserialize;

use gia_domain::{Alphabet, UNKNOWN};

/// Base codes that pad a sequence on either side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flanks {
    /// Base codes before the sequence, in reading order.
    pub left: Vec<u8>,
    /// Base codes after the sequence, in reading order.
    pub right: Vec<u8>,
}

/// A flank as a declaration writes it: bases, or a number of unknown ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum TomlFlank {
    Unknown(usize),
    Bases(String),
}

impl Flanks {
    /// Number of bases on both sides together.
    pub fn len(&self) -> usize {
        self.left.len() + self.right.len()
    }

    /// Whether the sequence fills the whole input.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TomlFlank {
    /// Its base codes.
    ///
    /// # Errors
    /// If a letter is no base, or if there are more than `most` bases.
    pub fn codes(&self, alphabet: Alphabet, most: usize) -> Result<Vec<u8>, String> {
        let length = match self {
            TomlFlank::Unknown(length) => *length,
            TomlFlank::Bases(bases) => bases.len(),
        };
        if length > most {
            return Err(format!("has {length} bp, and the input has {most}"));
        }
        match self {
            TomlFlank::Unknown(length) => Ok(vec![UNKNOWN; *length]),
            TomlFlank::Bases(bases) => bases
                .chars()
                .map(|letter| {
                    let code = alphabet.encode(letter);
                    code.ok_or_else(|| format!("holds `{letter}`, which is no base"))
                })
                .collect(),
        }
    }
}
