//! How the one-hot input encodes bases.

use serde::{Deserialize, Serialize};

/// How the one-hot input is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// (batch, 4, length), as usual in PyTorch.
    ChannelsFirst,
    /// (batch, length, 4), as usual in Keras.
    ChannelsLast,
}

impl Layout {
    /// The word for it in a declaration.
    pub fn word(self) -> &'static str {
        match self {
            Layout::ChannelsFirst => "channels_first",
            Layout::ChannelsLast => "channels_last",
        }
    }

    /// The dimension that holds the channels, the batch being dimension 0.
    pub fn channel_dim(self) -> usize {
        match self {
            Layout::ChannelsFirst => 1,
            Layout::ChannelsLast => 2,
        }
    }

    /// The dimension along the sequence.
    pub fn position_dim(self) -> usize {
        match self {
            Layout::ChannelsFirst => 2,
            Layout::ChannelsLast => 1,
        }
    }
}

/// How an unknown base (`N`) is encoded in the four channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBase {
    /// Four zeros.
    Zeros,
    /// A quarter each.
    Quarter,
}
