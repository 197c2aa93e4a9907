//! What a node kind is: which places of its operands each place of its result depends on, and how.
//!
//! [`super::Op::kind`] describes each node kind once in these terms. Shapes, operands that do not fit, receptive fields, incremental
//! recomputation, mixing of the batch, memory that a result shares, and gradients are derived from the description.

use super::attribution::AttributionRule;
use super::parameters::{Cell, Filler, Padding, PoolKind, Reduction};

/// The description of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpKind<'op> {
    /// Which places of the operands each place of the result depends on.
    pub dataflow: Dataflow<'op>,
    /// How contributions to the result go back to the operands.
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
    Broadcast {
        /// Whether the first operand selects between the others.
        chooses: bool,
    },
    /// (input, weight?, bias?, mean, variance): the number at the same place, scaled and shifted by its channel, which is
    /// dimension 1.
    PerChannel,
    /// (input, weights ...): the numbers along some dimensions, at the same place in all others. The shape stays.
    Along {
        /// The dimensions along which the numbers depend on each other.
        over: Extent<'op>,
        /// How those numbers are mixed.
        how: Mixture,
    },
    /// A window of each spatial dimension.
    Window(Window<'op>),
    /// (input, weight, bias?): each number goes into a window of the result.
    TransposedWindow(TransposedWindow<'op>),
    /// (input): the last dimensions are cut into this many windows each.
    Resampling {
        /// How each window is reduced.
        kind: PoolKind,
        /// How many windows, one entry a dimension.
        output: &'op [i64],
    },
    /// (input, weight, bias?): all numbers of the last dimension.
    Linear,
    /// (a, b), or (bias, a, b): rows of a and columns of b.
    MatrixProduct {
        /// Whether a bias, which is added to the product, is the first operand.
        bias: bool,
    },
    /// (inputs ...): sums of products over the letters that the result lacks.
    Contraction {
        /// In the notation of Einstein sums, such as `bij,bjk->bik`.
        equation: &'op str,
    },
    /// (input, states and weights ...): all steps up to the same one, or from it on.
    Recurrence {
        /// The kind of cell.
        cell: Cell,
        /// Whether a second cell reads the steps from the last to the first.
        bidirectional: bool,
        /// Whether the batch is the first dimension and the steps are the second, or the other way round.
        batch_first: bool,
    },
    /// (queries, keys, values, mask?): all keys and values; up to the same position where it is causal.
    Attention {
        /// Whether a position attends only to itself and those before it.
        causal: bool,
    },
    /// (input): the numbers along these dimensions, along all where there are none.
    Reduction {
        /// How the numbers along the dimensions are combined.
        kind: Reduction,
        /// The dimensions that are reduced; all if empty.
        dims: &'op [i64],
        /// Whether a reduced dimension stays, with size 1.
        keep: bool,
    },
    /// (batch?): depends on no numbers. A size of none is the first size of the operand.
    Constant {
        /// Sizes of the result.
        shape: &'op [Option<i64>],
    },
    /// (): this many numbers.
    Range {
        /// How many numbers.
        count: i64,
    },
    /// (input): the same numbers in the same row-major order.
    Reshape(Reshape<'op>),
    /// (input): the same numbers, dimensions in another order.
    Reorder(Reorder<'op>),
    /// (input): the same numbers, these dimensions from their end to their start.
    Reversal {
        /// The dimensions that are reversed.
        dims: &'op [i64],
    },
    /// (input, batch?): dimensions of size 1, and new ones at the front, repeat to these sizes. -1 keeps a size; none
    /// is the first size of the second operand.
    Expansion {
        /// Sizes of the result.
        shape: &'op [Option<i64>],
    },
    /// (input): each dimension this often.
    Repetition {
        /// How often each dimension is repeated; entries beyond the operand's dimensions make new ones at the front.
        times: &'op [i64],
    },
    /// (input): every `step`th place of a dimension.
    Slice {
        /// The dimension that is cut.
        dim: i64,
        /// First place that is taken; counted from the end if negative.
        start: i64,
        /// Place before which it stops; counted from the end if negative, and cut off at the end.
        end: i64,
        /// Distance between places that are taken; at least 1.
        step: i64,
    },
    /// (input): one place of a dimension, which is removed.
    Selection {
        /// The dimension that is removed.
        dim: i64,
        /// The place that is kept; counted from the end if negative.
        index: i64,
    },
    /// (input, indices): whole entries of a dimension, whose place the dimensions of the indices take.
    Gather {
        /// The dimension in which the indices count.
        dim: i64,
    },
    /// (input, indices): for each index one number of a dimension, at the index's own place in all others.
    GatherEach {
        /// The dimension in which the indices count.
        dim: i64,
    },
    /// (inputs ...): one after another along a dimension.
    Concatenation {
        /// The dimension along which the operands are joined.
        dim: i64,
    },
    /// (input): pairs (before, after) from the last dimension on.
    Padding {
        /// Numbers that are added before and after; cut off if negative.
        pairs: &'op [i64],
        /// What stands in the added places.
        filler: Filler,
    },
}

/// Dimensions whose numbers depend on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent<'op> {
    /// One dimension, by its number.
    Dimension(i64),
    /// The last dimensions, which have these sizes.
    Last(&'op [i64]),
    /// All but the batch, channels in so many groups.
    Sample {
        /// How many groups the channels form; each is mixed by itself.
        groups: i64,
    },
}

/// How the numbers along a dimension are mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixture {
    /// All numbers are rescaled by statistics of all, as in a softmax or a layer norm.
    Normalized,
    /// Each number becomes the sum of those up to it.
    Accumulated,
}

/// Windows that slide over the spatial dimensions; `stride` and `dilation` have an entry for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<'op> {
    /// How each window reduces its numbers.
    pub kernel: Kernel<'op>,
    /// Places from one window to the next.
    pub stride: &'op [i64],
    /// Places from one number of a window to the next.
    pub dilation: &'op [i64],
}

/// How a window reduces its numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel<'op> {
    /// (input, weight, bias?): sums of products with a weight (out, in over groups, sizes ...), over all channels of a group.
    Weight {
        /// How many groups the channels form, each with weights of its own.
        groups: i64,
        /// Zeros around the input.
        padding: &'op Padding,
    },
    /// (input): one number of each window of these sizes, each channel by itself.
    Pool {
        /// Whether the largest number or the mean is taken.
        kind: PoolKind,
        /// Numbers in a window, one entry a spatial dimension.
        sizes: &'op [i64],
        /// Places added on both sides, one entry a spatial dimension.
        padding: &'op [i64],
        /// Whether a window that the end cuts off counts.
        ceil: bool,
    },
}

/// Windows that each number adds to; the weight is (in, out over groups, sizes ...).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransposedWindow<'op> {
    /// Places of the result from one window to the next.
    pub stride: &'op [i64],
    /// Places cut off on both sides of the result.
    pub padding: &'op [i64],
    /// Places added at the end of the result.
    pub output_padding: &'op [i64],
    /// Places of the result from one number of a window to the next.
    pub dilation: &'op [i64],
    /// How many groups the channels form, each with weights of its own.
    pub groups: i64,
}

/// A new shape for numbers in the same row-major order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reshape<'op> {
    /// Dimensions `start..=end` become one.
    Flatten {
        /// First dimension that is merged.
        start: i64,
        /// Last dimension that is merged.
        end: i64,
    },
    /// One entry may be -1.
    To(&'op [i64]),
    /// Removes those of these dimensions that have size 1.
    Squeeze(&'op [i64]),
    /// A new dimension of size 1 at this place of the result.
    Unsqueeze(i64),
}

/// A new order of dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reorder<'op> {
    /// These two dimensions change places.
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

    /// Its dimensions in a value with `rank` of them.
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

/// The index of dimension `dim` of `rank` dimensions, counted from the end if negative; none if out of range.
pub fn place(dim: i64, rank: usize) -> Option<usize> {
    let at = if dim < 0 {
        dim.checked_add(rank as i64)?
    } else {
        dim
    };
    usize::try_from(at).ok().filter(|at| *at < rank)
}
