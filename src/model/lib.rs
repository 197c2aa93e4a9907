//! A model: the declaration beside its file, and its network as a graph of plain data.
//!
//! Reads files, never runs a network; libtorch is the worker's. [`Graph::read`] reads structure only, so checking
//! a script touches no weights.

mod archive;
mod aten;
mod batch_flow;
mod conflicts;
mod declaration;
mod declared;
mod differentiable;
mod encoding;
mod flanks;
mod footprint;
mod given;
mod graph;
mod in_place;
mod incremental;
mod input;
mod last_step;
mod local;
mod onnx;
mod open;
mod output;
mod pt2;
mod reach;
mod read;
mod receptive;
mod refused;
mod shapes;
mod toml_form;
mod torchscript;
mod truth;
mod weights;
mod words;

pub use batch_flow::{BatchFlow, Mixing};
pub use declaration::Declaration;
pub use declared::declaration_text;
pub use differentiable::{Gradient, Obstacle, gradients_of_outputs};
pub use encoding::{Layout, UnknownBase};
pub use flanks::Flanks;
pub use footprint::{Footprint, LARGEST_BATCH, Processor};
pub use given::Given;
pub use graph::{
    Activation, Aliasing, AttributionRule, Cell, Comparison, Dataflow, Dim, Dtype, Extent, Filler,
    Graph, Kernel, Mixture, Node, Op, OpKind, Operand, Padding, PoolKind, Reduction, Reorder,
    Reshape, TransposedWindow, Usage, Value, ValueId, Weight, Window,
};
pub use incremental::{
    Call, Calls, CostEstimate, Dependence, INDEPENDENCE_BATCH, KeptBackgrounds, MAX_RELATIVE_COST,
    PlannedNetwork, Propagation, PropagationRule, is_worth_keeping, max_changes, window_width,
};
pub use input::Input;
pub use last_step::LastStep;
pub use local::{Beyond, Local, local};
pub use onnx::external_files;
pub use output::{Output, Track};
pub use reach::Reach;
pub use receptive::{Sees, receptive_fields};
pub use toml_form::TomlInput;
pub use torchscript::is_torchscript;
pub use truth::{Parameters, Truth};
pub use weights::Weights;
