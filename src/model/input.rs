//! Inputs of a network: what is computed from the sequence, and constants.

use serde::{Deserialize, Serialize};

use super::encoding::Layout;

/// One input tensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// Computed from the sequence.
    Sequence(SequenceInput),
    /// The same tensor for every sequence.
    Constant {
        /// Sizes of the dimensions after the batch.
        shape: Vec<usize>,
        /// One number for all entries, or one for each in row-major order.
        values: Vec<f32>,
    },
}

/// An input that is computed from the sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SequenceInput {
    /// Whether it reads the other strand.
    pub reverse_complement: bool,
    /// The part of the sequence that it reads; none for all of it.
    pub part: Option<Part>,
    /// How the bases are encoded.
    pub encoding: Encoding,
}

/// A part of the sequence with its flanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its first base, in bp from the start on the forward strand.
    pub start: usize,
    /// Number of bases.
    pub length: usize,
}

/// How an input encodes bases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Encoding {
    /// Four channels, one for each base, of shape (batch, 4, length) or (batch, length, 4).
    OneHot,
    /// These channels, of shape (batch, channels, length) or (batch, length, channels).
    Channels(Vec<Channel>),
    /// Numbers of words, of shape (batch, tokens).
    Tokens(Tokenizer),
}

/// One channel along the sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Channel {
    /// 1 where the base is this one, by its index in the declared alphabet.
    Base(u8),
    /// 1 where the base is unknown.
    Unknown,
    /// One number for all positions.
    Constant(f32),
    /// A number for each position.
    Track(Vec<f32>),
}

/// Numbers of words of `k` bases. Bases count as digits by their index in the declared alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokenizer {
    /// Number of bases of a word, at most [`Tokenizer::MAX_K`].
    pub k: usize,
    /// Distance in bp between the starts of neighbouring words.
    pub step: usize,
    /// The token of each of the 4^k words, in the order of its digits.
    pub words: Vec<u32>,
    /// The token of a word that holds an unknown base; none if the network has none.
    pub unknown: Option<u32>,
    /// Tokens before the first word.
    pub start: Vec<u32>,
    /// Tokens after the last.
    pub end: Vec<u32>,
    /// Tokens of the four bases, for those behind the last whole word; none if there are no such bases.
    pub bases: Option<[u32; 4]>,
    /// The token of an unknown base among those; none if the network has none.
    pub unknown_base: Option<u32>,
}

impl Input {
    /// The one-hot sequence, or that of its other strand.
    pub fn one_hot(reverse_complement: bool) -> Input {
        Input::Sequence(SequenceInput {
            reverse_complement,
            part: None,
            encoding: Encoding::OneHot,
        })
    }

    /// Whether it differs from sequence to sequence.
    pub fn follows_sequence(&self) -> bool {
        self.sequence().is_some()
    }

    /// For each input, the dimension along the sequence; none for a constant.
    pub fn position_dims(inputs: &[Input], layout: Layout) -> Vec<Option<usize>> {
        let dims = inputs
            .iter()
            .map(|input| input.follows_sequence().then_some(layout.position_dim()));
        dims.collect()
    }

    /// What is computed from the sequence; none for a constant.
    pub fn sequence(&self) -> Option<&SequenceInput> {
        match self {
            Input::Sequence(input) => Some(input),
            Input::Constant { .. } => None,
        }
    }

    /// Whether it reads the other strand.
    pub fn is_reverse_complement(&self) -> bool {
        self.sequence()
            .is_some_and(|input| input.reverse_complement)
    }
}

impl Encoding {
    /// Size of the input after the batch and the channels, for this many positions of the sequence.
    pub fn size(&self, positions: usize) -> Option<i64> {
        let size = match self {
            Encoding::OneHot | Encoding::Channels(_) => positions,
            Encoding::Tokens(tokenizer) => tokenizer.tokens(positions),
        };
        i64::try_from(size).ok()
    }
}

impl SequenceInput {
    /// Whether it is the one-hot encoding of the whole sequence, which needs no further computation.
    pub fn is_whole_one_hot(&self) -> bool {
        self.part.is_none() && self.encoding == Encoding::OneHot
    }

    /// Whether it can encode an unknown base.
    pub fn takes_unknown(&self) -> bool {
        match &self.encoding {
            Encoding::OneHot | Encoding::Channels(_) => true,
            Encoding::Tokens(tokenizer) => tokenizer.unknown.is_some(),
        }
    }
}

impl Tokenizer {
    /// Maximum number of bases of a word: a table of their tokens then has about a million entries.
    pub const MAX_K: usize = 10;

    /// Number of words in a sequence of `length` bp.
    pub fn count(&self, length: usize) -> usize {
        match length.checked_sub(self.k) {
            Some(rest) => rest / self.step.max(1) + 1,
            None => 0,
        }
    }

    /// Number of bases behind the last word of a sequence of `length` bp.
    pub fn bases_left(&self, length: usize) -> usize {
        match self.count(length) {
            0 => length,
            words => length - ((words - 1) * self.step + self.k),
        }
    }

    /// Number of tokens of a sequence of `length` bp.
    pub fn tokens(&self, length: usize) -> usize {
        let left = match self.bases {
            Some(_) => self.bases_left(length),
            None => 0,
        };
        self.start.len() + self.count(length) + left + self.end.len()
    }
}
