//! A model: the declaration beside its file, and its network as a graph of plain data.
//!
//! Reads files, never runs a network; libtorch is the worker's. [`Graph::read`] reads structure only, so checking
//! a script touches no weights.

mod archive;
mod aten;
mod declaration;
mod graph;
mod in_place;
mod input;
mod output;
mod pt2;
mod toml_form;
mod truth;
mod weights;

pub use declaration::{Declaration, Given, Layout, Output, UnknownBase};
pub use graph::{
    Activation, Dim, Dtype, Graph, Node, Op, Operand, Padding, PoolKind, Reduction, Value, ValueId,
    Weight,
};
pub use input::Input;
pub use output::Track;
pub use truth::{Parameters, Truth};
pub use weights::Weights;
