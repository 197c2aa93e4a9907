//! Models: the declaration beside a model file, and the network as a graph of plain data.
//!
//! This crate reads files and never runs a network; only the worker links libtorch. [`Graph::read`] reads the structure
//! of a network without its weights, so checking a script loads no weights.

mod analytic_model;
mod archive;
mod aten;
mod batch_flow;
mod batch_slice;
mod constant;
mod declaration;
mod declaration_file;
mod declaration_text;
mod differentiable;
mod einsum;
mod encoding;
mod flanks;
mod footprint;
mod free_length;
mod graph;
mod in_place;
mod incremental;
mod input;
mod input_encoding;
mod last_step;
mod load_arguments;
mod onnx;
mod op_description;
mod opaque;
mod open;
mod output;
mod output_receptive_field;
mod position_mapping;
mod pt2;
mod python;
mod read;
mod receptive_field;
mod shape_check;
mod shapes;
mod symbols;
mod torchscript;
mod unsupported_file;
mod vector_product;
mod weights;

pub use analytic_model::{AnalyticModel, ThermodynamicParameters};
pub use batch_flow::{BatchFlow, BatchMixing};
pub use declaration::Declaration;
pub use declaration_file::TomlInput;
pub use declaration_text::declaration_text;
pub use differentiable::{Gradient, Obstacle, check_differentiable, gradients_of_outputs};
pub use encoding::{Layout, UnknownBase};
pub use flanks::Flanks;
pub use footprint::{Footprint, MAX_BATCH_SIZE, Processor};
pub use graph::{
    Accumulation, Activation, Aliasing, AttributionRule, Binary, Cell, Choice, Comparison,
    Dataflow, Dim, DimensionMixing, Dtype, Fourier, FourierScaling, Function, Graph, Interpolation,
    Kernel, MatrixFunction, MixedDimensions, Node, Op, OpKind, Operand, Padding, PaddingValue,
    PoolKind, RecurrentResult, Reduction, Reorder, Reshape, Returns, Scattering, Slices,
    TransposedWindow, Usage, Value, ValueId, Weight, Window,
};
pub use incremental::{
    CacheCapacity, Call, Calls, CostEstimate, Dependence, INDEPENDENCE_CHECK_BATCH_SIZE,
    MAX_RELATIVE_COST, PlannedNetwork, Propagation, PropagationRule, is_worth_caching,
    max_edited_sequences, window_width,
};
pub use input::{Channel, Encoding, Input, Part, SequenceInput, Tokenizer};
pub use last_step::LastStep;
pub use load_arguments::LoadArguments;
pub use onnx::{external_files, is_onnx};
pub use opaque::is_opaque;
pub use output::{Output, OutputAxis, Track};
pub use output_receptive_field::OutputReceptiveField;
pub use position_mapping::{BoundaryFill, PositionMapping, position_mapping};
pub use python::{NetworkKind, is_python};
pub use receptive_field::{ReceptiveField, receptive_fields};
pub use torchscript::is_torchscript;
pub use weights::Weights;
