//! The arguments of `load`, other than the path.

use super::encoding::{Layout, UnknownBase};
use super::last_step::LastStep;

/// The arguments of `load(...)` other than the path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoadArguments {
    /// `length`: base pairs of the network's input.
    pub length: Option<usize>,
    /// `alphabet`: the bases in the order of the channels, such as `ACGT`.
    pub alphabet: Option<String>,
    /// `layout`: which dimension of the one-hot input holds the bases.
    pub layout: Option<Layout>,
    /// `unknown`: how an unknown base (`N`) is encoded.
    pub unknown: Option<UnknownBase>,
    /// `tasks`: names of the elements of the only output.
    pub tasks: Option<Vec<String>>,
    /// `unit`: the unit of the outputs, such as `logit`.
    pub unit: Option<String>,
    /// `before`: the last function of the graph, before which the outputs are taken.
    pub before: Option<LastStep>,
    /// `sha256`: hash that the model file must have, in hex.
    pub sha256: Option<String>,
}
