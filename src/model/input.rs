//! Inputs of a network: sequence, reverse complement, or a constant.

use serde::{Deserialize, Serialize};

/// One input tensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The one-hot sequence.
    Sequence,
    /// The one-hot sequence of the other strand.
    ReverseComplement,
    /// The same tensor for every sequence.
    Constant {
        /// Sizes of the dimensions after the batch.
        shape: Vec<usize>,
        /// One number for all entries, or one for each in row-major order.
        values: Vec<f32>,
    },
}

impl Input {
    /// Whether it differs from sequence to sequence.
    pub fn follows_sequence(&self) -> bool {
        match self {
            Input::Sequence | Input::ReverseComplement => true,
            Input::Constant { .. } => false,
        }
    }
}
