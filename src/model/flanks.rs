//! Fixed sequences on both sides of a model's sequence, such as the arms of a reporter vector, that fill up the
//! network's input.

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
    /// Number of bases of both flanks together.
    pub fn len(&self) -> usize {
        self.left.len() + self.right.len()
    }

    /// Whether the sequence fills the whole input.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TomlFlank {
    /// Base codes of the flank.
    ///
    /// # Errors
    /// If a letter is not a base, or if there are more than `max_length` bases.
    pub fn codes(&self, alphabet: Alphabet, max_length: usize) -> Result<Vec<u8>, String> {
        let length = match self {
            TomlFlank::Unknown(length) => *length,
            TomlFlank::Bases(bases) => bases.len(),
        };
        if length > max_length {
            return Err(format!(
                "has {length} bp, but the input has only {max_length}"
            ));
        }
        match self {
            TomlFlank::Unknown(length) => Ok(vec![UNKNOWN; *length]),
            TomlFlank::Bases(bases) => bases
                .chars()
                .map(|letter| {
                    let code = alphabet.encode(letter);
                    code.ok_or_else(|| format!("holds `{letter}`, which is not a base"))
                })
                .collect(),
        }
    }
}
