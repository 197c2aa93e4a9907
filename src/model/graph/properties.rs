//! Properties of a dataflow: how it uses each operand, and whether the result may share an operand's memory.

use super::kind::{Dataflow, Kernel};

/// How a result uses an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Its elements enter the result.
    Numbers,
    /// It selects between the other operands, element by element.
    Condition,
    /// It selects entries of the first operand.
    Indices,
    /// Only its size enters the result.
    Size,
}

/// Whether a result may share the memory of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aliasing {
    /// It is a view wherever strides allow one.
    View,
    /// It always has memory of its own.
    Fresh,
    /// It depends on libtorch's kernel.
    Possible,
}

impl Dataflow<'_> {
    /// How the result uses an operand, given by its index.
    pub fn usage(&self, operand: usize) -> Usage {
        match self {
            Dataflow::Constant { .. } => Usage::Size,
            Dataflow::Expansion { .. } if operand > 0 => Usage::Size,
            Dataflow::Broadcast { chooses: true } if operand == 0 => Usage::Condition,
            Dataflow::Gather { .. } | Dataflow::GatherEach { .. } | Dataflow::Indexing { .. }
                if operand > 0 =>
            {
                Usage::Indices
            }
            Dataflow::Slicewise(function) => function.usage(operand),
            Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::AlongDimensions { .. }
            | Dataflow::Window(_)
            | Dataflow::TransposedWindow(_)
            | Dataflow::Resampling { .. }
            | Dataflow::Linear
            | Dataflow::MatrixProduct { .. }
            | Dataflow::Contraction { .. }
            | Dataflow::Recurrence { .. }
            | Dataflow::Attention { .. }
            | Dataflow::Reduction { .. }
            | Dataflow::Range { .. }
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Reversal { .. }
            | Dataflow::Expansion { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => Usage::Numbers,
        }
    }

    /// Whether the result may share an operand's memory.
    pub fn aliasing(&self) -> Aliasing {
        match self {
            Dataflow::Copy
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Expansion { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. } => Aliasing::View,
            Dataflow::Elementwise
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::AlongDimensions { .. }
            | Dataflow::Window(_)
            | Dataflow::TransposedWindow(_)
            | Dataflow::Linear
            | Dataflow::MatrixProduct { .. }
            | Dataflow::Recurrence { .. }
            | Dataflow::Attention { .. }
            | Dataflow::Constant { .. }
            | Dataflow::Concatenation { .. } => Aliasing::Fresh,
            Dataflow::Resampling { .. }
            | Dataflow::Contraction { .. }
            | Dataflow::Reduction { .. }
            | Dataflow::Range { .. }
            | Dataflow::Reversal { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Slicewise(_)
            | Dataflow::Padding { .. } => Aliasing::Possible,
        }
    }

    /// Whether the result holds only elements of its operand, each at most once.
    pub fn rearranges(&self) -> bool {
        match self {
            Dataflow::Copy
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Reversal { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. } => true,
            Dataflow::Elementwise
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::AlongDimensions { .. }
            | Dataflow::Window(_)
            | Dataflow::TransposedWindow(_)
            | Dataflow::Resampling { .. }
            | Dataflow::Linear
            | Dataflow::MatrixProduct { .. }
            | Dataflow::Contraction { .. }
            | Dataflow::Recurrence { .. }
            | Dataflow::Attention { .. }
            | Dataflow::Reduction { .. }
            | Dataflow::Constant { .. }
            | Dataflow::Range { .. }
            | Dataflow::Expansion { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Slicewise(_)
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => false,
        }
    }

    /// Whether several operands are combined element by element.
    pub fn combines_elementwise(&self) -> bool {
        match self {
            Dataflow::Broadcast { .. } | Dataflow::Concatenation { .. } => true,
            Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::PerChannel
            | Dataflow::AlongDimensions { .. }
            | Dataflow::Window(_)
            | Dataflow::TransposedWindow(_)
            | Dataflow::Resampling { .. }
            | Dataflow::Linear
            | Dataflow::MatrixProduct { .. }
            | Dataflow::Contraction { .. }
            | Dataflow::Recurrence { .. }
            | Dataflow::Attention { .. }
            | Dataflow::Reduction { .. }
            | Dataflow::Constant { .. }
            | Dataflow::Range { .. }
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Reversal { .. }
            | Dataflow::Expansion { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Slicewise(_)
            | Dataflow::Padding { .. } => false,
        }
    }

    /// Whether reports list a node as a layer even if it has no weights.
    pub fn is_layer(&self) -> bool {
        match self {
            Dataflow::Window(window) => match window.kernel {
                Kernel::Weight { .. } => false,
                Kernel::Pool { .. } => true,
            },
            Dataflow::MatrixProduct { bias } => !bias,
            Dataflow::Resampling { .. }
            | Dataflow::Attention { .. }
            | Dataflow::Reduction { .. }
            | Dataflow::Recurrence { .. } => true,
            Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::AlongDimensions { .. }
            | Dataflow::TransposedWindow(_)
            | Dataflow::Linear
            | Dataflow::Contraction { .. }
            | Dataflow::Constant { .. }
            | Dataflow::Range { .. }
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Reversal { .. }
            | Dataflow::Expansion { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Slicewise(_)
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => false,
        }
    }
}
