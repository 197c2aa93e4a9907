//! What a model's graph cannot tell: the meaning of its input and of its outputs.

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

/// What stands in the four channels of a base that is not known (`N`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBase {
    /// Four zeros.
    Zeros,
    /// A quarter each.
    Quarter,
}

/// Everything known of a model: the `.toml` beside it, the arguments of `load`, and its graph, which must agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Input length in base pairs.
    pub length: usize,
    /// The bases in the order of the channels, for example `ACGT` or `ACGU`.
    pub alphabet: String,
    pub layout: Layout,
    pub unknown: UnknownBase,
    /// The network's outputs, in the graph's order.
    pub outputs: Vec<Output>,
    /// Hash of the model file that the declaration was written for, lower-case hex.
    pub sha256: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

/// One output tensor of the network, flattened after the batch dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Needed only where there are several.
    pub name: Option<String>,
    /// Shape after the batch dimension, for example `[2]` or `[3, 1000]`.
    pub shape: Vec<usize>,
    /// Names of the entries of the first dimension after the batch; empty where undeclared.
    pub tasks: Vec<String>,
    /// The scale of the numbers, for example `logit`.
    pub unit: Option<String>,
    /// Where this output starts in the concatenation of all flattened outputs.
    pub offset: usize,
}

/// What `load(...)` says beside the path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    pub length: Option<usize>,
    pub alphabet: Option<String>,
    pub layout: Option<Layout>,
    pub unknown: Option<UnknownBase>,
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub sha256: Option<String>,
}
