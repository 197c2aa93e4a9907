//! What a node kind is: which places of its operands each place of its result depends on, and how.
//!
//! [`super::Op::kind`] describes each node kind once in these terms. Shapes, operands that do not fit, receptive fields, incremental
//! recomputation, mixing of the batch, memory that a result shares, and gradients are derived from the description.

use super::attribution::AttributionRule;
use super::parameters::{Cell, Filler, Padding, PoolKind, Reduction};

/// The description of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpKind<'op> {
    pub dataflow: Dataflow<'op>,
    pub attribution: AttributionRule,
}

/// Which places of its operands each place of a result depends on. Dimensions count from 0 and may be negative from the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dataflow<'op> {
    /// (input): a function of the number at the same place.
    Elementwise,
    /// (input): the same numbers.
    Copy,
    /// (inputs ...): a function of the numbers at the same place, shapes aligned at their last dimensions and sizes of 1
    /// repeated. Where it `chooses`, the first operand is a condition.
    Broadcast { chooses: bool },
    /// (input, weight?, bias?, mean, variance): the number at the same place, scaled and shifted by its channel, which is
    /// dimension 1.
    PerChannel,
    /// (input, weights ...): the numbers along some dimensions, at the same place in all others. The shape stays.
    Along { over: Extent<'op>, how: Mixture },
    /// A window of each spatial dimension.
    Window(Window<'op>),
    /// (input, weight, bias?): each number goes into a window of the result.
    TransposedWindow(TransposedWindow<'op>),
    /// (input): the last dimensions are cut into this many windows each.
    Resampling { kind: PoolKind, output: &'op [i64] },
    /// (input, weight, bias?): all numbers of the last dimension.
    Linear,
    /// (a, b), or (bias, a, b): rows of a and columns of b.
    MatrixProduct { bias: bool },
    /// (inputs ...): sums of products over the letters that the result lacks.
    Contraction { equation: &'op str },
    /// (input, states and weights ...): all steps up to the same one, or from it on.
    Recurrence {
        cell: Cell,
        bidirectional: bool,
        batch_first: bool,
    },
    /// (queries, keys, values, mask?): all keys and values; up to the same position where it is causal.
    Attention { causal: bool },
    /// (input): the numbers along these dimensions, along all where there are none.
    Reduction {
        kind: Reduction,
        dims: &'op [i64],
        keep: bool,
    },
    /// (of the same batch?): no numbers; an open size is the operand's first.
    Constant { shape: &'op [Option<i64>] },
    /// (): this many numbers.
    Range { count: i64 },
    /// (input): the same numbers in the same row-major order.
    Reshape(Reshape<'op>),
    /// (input): the same numbers, dimensions in another order.
    Reorder(Reorder<'op>),
    /// (input): the same numbers, these dimensions from their end to their start.
    Reversal { dims: &'op [i64] },
    /// (input, of the same batch?): dimensions of size 1, and new ones before the first, repeat to these sizes. -1 keeps a size,
    /// an open one is the second operand's first.
    Expansion { shape: &'op [Option<i64>] },
    /// (input): each dimension this often.
    Repetition { times: &'op [i64] },
    /// (input): every `step`th place of a dimension.
    Slice {
        dim: i64,
        start: i64,
        end: i64,
        step: i64,
    },
    /// (input): one place of a dimension, which goes.
    Selection { dim: i64, index: i64 },
    /// (input, indices): whole entries of a dimension, whose place the dimensions of the indices take.
    Gather { dim: i64 },
    /// (input, indices): for each index one number of a dimension, at the index's own place in all others.
    GatherEach { dim: i64 },
    /// (inputs ...): one after another along a dimension.
    Concatenation { dim: i64 },
    /// (input): pairs (before, after) from the last dimension on.
    Padding { pairs: &'op [i64], filler: Filler },
}

/// Dimensions whose numbers depend on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent<'op> {
    Dimension(i64),
    /// The last dimensions, which have these sizes.
    Last(&'op [i64]),
    /// All but the batch, channels in so many groups.
    Sample {
        groups: i64,
    },
}

/// What becomes of the numbers along a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixture {
    Normalized,
    Accumulated,
}

/// Windows that slide over the spatial dimensions; `stride` and `dilation` have an entry for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<'op> {
    pub kernel: Kernel<'op>,
    pub stride: &'op [i64],
    pub dilation: &'op [i64],
}

/// What a window makes of its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel<'op> {
    /// (input, weight, bias?): sums of products with a weight (out, in over groups, sizes ...), over all channels of a group.
    Weight { groups: i64, padding: &'op Padding },
    /// (input): one number of each window of these sizes, each channel by itself.
    Pool {
        kind: PoolKind,
        sizes: &'op [i64],
        padding: &'op [i64],
        /// Whether a window that the end cuts off counts.
        ceil: bool,
    },
}

/// Windows that each number adds to; the weight is (in, out over groups, sizes ...).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransposedWindow<'op> {
    pub stride: &'op [i64],
    pub padding: &'op [i64],
    pub output_padding: &'op [i64],
    pub dilation: &'op [i64],
    pub groups: i64,
}

/// A new shape for numbers in the same row-major order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reshape<'op> {
    /// Dimensions `start..=end` become one.
    Flatten {
        start: i64,
        end: i64,
    },
    /// One entry may be -1.
    To(&'op [i64]),
    /// Those of these dimensions that have size 1 go.
    Squeeze(&'op [i64]),
    Unsqueeze(i64),
}

/// A new order of dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reorder<'op> {
    Swap(i64, i64),
    /// For each dimension of the result, the operand's.
    Permute(&'op [i64]),
}

impl Extent<'_> {
    /// Whether it includes a dimension, counted from the last one, of a value with `rank` dimensions.
    pub fn includes(&self, from_end: usize, rank: usize) -> bool {
        match self {
            Extent::Dimension(dim) => place(*dim, rank) == rank.checked_sub(from_end + 1),
            Extent::Last(sizes) => from_end < sizes.len(),
            // Of a value whose first dimension is not the batch, nothing is claimed.
            Extent::Sample { .. } => true,
        }
    }

    /// Its dimensions, of a value with `rank` of them.
    pub fn dims(&self, rank: usize) -> Vec<usize> {
        match self {
            Extent::Dimension(dim) => place(*dim, rank).into_iter().collect(),
            Extent::Last(sizes) => (rank.saturating_sub(sizes.len())..rank).collect(),
            Extent::Sample { .. } => (1..rank).collect(),
        }
    }
}

impl Reorder<'_> {
    /// Where a dimension of the operand, which has `rank` of them, stands in the result.
    pub fn place_of(&self, dim: usize, rank: usize) -> Option<usize> {
        match self {
            Reorder::Swap(a, b) => {
                let (a, b) = (place(*a, rank), place(*b, rank));
                match Some(dim) {
                    dim if dim == a => b,
                    dim if dim == b => a,
                    dim => dim,
                }
            }
            Reorder::Permute(dims) => dims.iter().position(|d| place(*d, rank) == Some(dim)),
        }
    }
}

/// A dimension by its number, which may count from the end.
pub fn place(dim: i64, rank: usize) -> Option<usize> {
    let at = if dim < 0 {
        dim.checked_add(rank as i64)?
    } else {
        dim
    };
    usize::try_from(at).ok().filter(|at| *at < rank)
}
