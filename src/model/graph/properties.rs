//! What follows from a dataflow alone: which operands count, whose memory the result may share, and where it is taken.

use super::kind::{Dataflow, Kernel};

/// What a result takes from an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    Numbers,
    /// Which of the other operands counts at each place.
    Condition,
    /// Which entries of the first operand are taken.
    Indices,
    /// Its size alone.
    Size,
}

/// Whether a result may lie in the memory of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aliasing {
    /// It is a view wherever one can be made.
    View,
    /// It has memory of its own.
    Fresh,
    /// That depends on the kernel.
    Possible,
}

impl Dataflow<'_> {
    /// What the result takes from an operand, by its number.
    pub fn usage(&self, operand: usize) -> Usage {
        match self {
            Dataflow::Constant { .. } => Usage::Size,
            Dataflow::Expansion { .. } if operand > 0 => Usage::Size,
            Dataflow::Broadcast { chooses: true } if operand == 0 => Usage::Condition,
            Dataflow::Gather { .. } | Dataflow::GatherEach { .. } if operand > 0 => Usage::Indices,
            Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::Along { .. }
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
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => Usage::Numbers,
        }
    }

    /// Whether the result may lie in an operand's memory.
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
            | Dataflow::Along { .. }
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
            | Dataflow::Padding { .. } => Aliasing::Possible,
        }
    }

    /// Whether the result holds some of its operand's numbers and no others, each at most once.
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
            | Dataflow::Along { .. }
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
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => false,
        }
    }

    /// Whether several operands are taken place by place.
    pub fn joins(&self) -> bool {
        match self {
            Dataflow::Broadcast { .. } | Dataflow::Concatenation { .. } => true,
            Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::PerChannel
            | Dataflow::Along { .. }
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
            | Dataflow::Padding { .. } => false,
        }
    }

    /// Whether a node is listed as a layer where it has no weights.
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
            | Dataflow::Along { .. }
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
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => false,
        }
    }
}
