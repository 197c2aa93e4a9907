//! How bases become the numbers of a one-hot input.

use serde::{Deserialize, Serialize};

/// How the one-hot input is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// (batch, 4, length), PyTorch's habit.
    ChannelsFirst,
    /// (batch, length, 4), Keras' habit.
    ChannelsLast,
}

impl Layout {
    /// As it is written in a declaration.
    pub fn word(self) -> &'static str {
        match self {
            Layout::ChannelsFirst => "channels_first",
            Layout::ChannelsLast => "channels_last",
        }
    }
}

/// What stands in the four channels of a base that is not known (`N`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBase {
    /// Four zeros.
    Zeros,
    /// A quarter each.
    Quarter,
}
