//! Describes node kinds by their dataflow: which elements of the operands each element of the result depends on.
//!
//! [`super::Op::kind`] describes each node kind once in these terms. Shape inference, shape checks, receptive fields,
//! incremental recomputation, batch mixing, aliasing and gradients are derived from the description.

use super::attribution::AttributionRule;
use super::function::Function;
use super::parameters::{Cell, Padding, PaddingValue, PoolKind, RecurrentResult, Reduction};

/// The description of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpKind<'op> {
    /// Which elements of the operands each element of the result depends on.
    pub dataflow: Dataflow<'op>,
    /// How contributions propagate back from the result to the operands.
    pub attribution: AttributionRule,
}

/// Which elements of its operands each element of a result depends on. Negative dimensions count from the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dataflow<'op> {
    /// (input): a function of the element at the same index.
    Elementwise,
    /// (input): a copy.
    Copy,
    /// (inputs ...): a function of the elements at the same index. Shapes are aligned at their last dimensions, and
    /// sizes of 1 repeat.
    Broadcast {
        /// Whether the first operand is a condition that selects between the others.
        chooses: bool,
    },
    /// (input, weight?, bias?, mean, variance): the element at the same index, scaled and shifted by the parameters of
    /// its channel, which is dimension 1.
    PerChannel,
    /// (input, weights ...): the elements along some dimensions, at the same index in all others. Keeps the shape.
    AlongDimensions {
        /// The dimensions whose elements depend on each other.
        over: MixedDimensions<'op>,
        /// How those elements are combined.
        how: DimensionMixing,
    },
    /// A window that slides over the spatial dimensions.
    Window(Window<'op>),
    /// (input, weight, bias?): each element contributes to a window of the result.
    TransposedWindow(TransposedWindow<'op>),
    /// (input): the last dimensions are split into this many windows each.
    Resampling {
        /// How each window is reduced.
        kind: PoolKind,
        /// Number of windows, one entry for each dimension.
        output: &'op [i64],
    },
    /// (input, weight, bias?): all elements of the last dimension.
    Linear,
    /// (a, b), or (bias, a, b): rows of a and columns of b.
    MatrixProduct {
        /// Whether the first operand is a bias that is added to the product.
        bias: bool,
    },
    /// (inputs ...): sums of products over the letters that the result lacks, as `einsum`.
    Contraction {
        /// The equation, such as `bij,bjk->bik`.
        equation: &'op str,
    },
    /// (input, states and weights ...): all steps up to the same one; for the backward direction, from it to the end.
    Recurrence {
        /// The kind of cell.
        cell: Cell,
        /// Whether a second cell reads the steps backwards.
        bidirectional: bool,
        /// Whether the batch is the first dimension and the steps the second, or the other way round.
        batch_first: bool,
        /// What is returned.
        result: RecurrentResult,
    },
    /// (queries, keys, values, mask?): all keys and values; if causal, those up to the same position.
    Attention {
        /// Whether a position attends only to itself and those before it.
        causal: bool,
    },
    /// (input): the elements along these dimensions, or along all if there are none.
    Reduction {
        /// How the elements are combined.
        kind: Reduction,
        /// The dimensions that are reduced; all if empty.
        dims: &'op [i64],
        /// Whether reduced dimensions stay, with size 1 (`keepdim`).
        keep: bool,
    },
    /// (batch?): independent of the operand's elements. A size of none is the first size of the operand.
    Constant {
        /// Sizes of the result.
        shape: &'op [Option<i64>],
    },
    /// (): a range.
    Range {
        /// Number of elements.
        count: i64,
    },
    /// (input): the same elements in the same row-major order.
    Reshape(Reshape<'op>),
    /// (input): the same elements, dimensions in another order.
    Reorder(Reorder<'op>),
    /// (input): the same elements, reversed along these dimensions.
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
    /// (input): repeats each dimension (`repeat`).
    Repetition {
        /// Number of repetitions of each dimension; more entries than dimensions add new ones at the front.
        times: &'op [i64],
    },
    /// (input): every `step`th index of a dimension.
    Slice {
        /// The sliced dimension.
        dim: i64,
        /// First index; counted from the end if negative.
        start: i64,
        /// End index, exclusive; counted from the end if negative, and limited to the size.
        end: i64,
        /// Distance between indices; at least 1.
        step: i64,
    },
    /// (input): one index of a dimension, which is removed.
    Selection {
        /// The dimension that is removed.
        dim: i64,
        /// The selected index; counted from the end if negative.
        index: i64,
    },
    /// (input, indices): whole slices of a dimension, which the dimensions of the indices replace (`index_select`).
    Gather {
        /// The indexed dimension.
        dim: i64,
    },
    /// (input, indices): for each index one element of a dimension, at the index's own position in all others
    /// (`gather`).
    GatherEach {
        /// The indexed dimension.
        dim: i64,
    },
    /// (input, indices ...): the elements that the indices of several dimensions select together. The dimensions of the
    /// broadcast indices replace the indexed ones, or come first if these are no neighbours.
    Indexing {
        /// The indexed dimensions, in ascending order, from the first.
        dims: &'op [i64],
    },
    /// (input, others ...): a function of all elements along some dimensions, at the same index in all others.
    Slicewise(&'op Function),
    /// (inputs ...): joined along a dimension.
    Concatenation {
        /// The dimension along which the operands are joined.
        dim: i64,
    },
    /// (input): padded by pairs (before, after), starting at the last dimension.
    Padding {
        /// Number of elements added before and after; negative numbers crop.
        pairs: &'op [i64],
        /// What the added elements hold.
        filler: PaddingValue,
    },
}

/// Dimensions whose elements depend on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MixedDimensions<'op> {
    /// One dimension, by its number.
    Dimension(i64),
    /// The last dimensions, which have these sizes.
    Last(&'op [i64]),
    /// All but the batch, with channels split into groups.
    Sample {
        /// Number of channel groups; each is combined by itself.
        groups: i64,
    },
}

/// How the elements along a dimension are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DimensionMixing {
    /// Each element is rescaled by statistics of all, as in a softmax or a layer norm.
    Normalized,
    /// Each element becomes the sum of those up to it.
    Accumulated,
}

/// Windows that slide over the spatial dimensions; `stride` and `dilation` have an entry for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<'op> {
    /// How each window is reduced.
    pub kernel: Kernel<'op>,
    /// Distance between windows.
    pub stride: &'op [i64],
    /// Distance between elements of a window.
    pub dilation: &'op [i64],
}

/// How a window is reduced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel<'op> {
    /// (input, weight, bias?): a weighted sum over all channels of a group, by a weight of shape (out, in / groups, sizes ...).
    Weight {
        /// Number of channel groups, each with weights of its own.
        groups: i64,
        /// Zeros around the input.
        padding: &'op Padding,
    },
    /// (input): the maximum or mean of each window, for each channel.
    Pool {
        /// Maximum or mean.
        kind: PoolKind,
        /// Window size, one entry for each spatial dimension.
        sizes: &'op [i64],
        /// Padding on both sides, one entry for each spatial dimension.
        padding: &'op [i64],
        /// Whether a last, incomplete window counts.
        ceil: bool,
    },
}

/// Windows of the result that each element of the input adds to; the weight is (in, out / groups, sizes ...).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransposedWindow<'op> {
    /// Distance between windows in the result.
    pub stride: &'op [i64],
    /// Number of elements cropped from both sides of the result.
    pub padding: &'op [i64],
    /// Number of elements added at the end of the result.
    pub output_padding: &'op [i64],
    /// Distance in the result between elements of a window.
    pub dilation: &'op [i64],
    /// Number of channel groups, each with weights of its own.
    pub groups: i64,
}

/// A new shape for elements in the same row-major order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reshape<'op> {
    /// Merges dimensions `start..=end` into one.
    Flatten {
        /// First merged dimension.
        start: i64,
        /// Last merged dimension.
        end: i64,
    },
    /// To these sizes; one entry may be -1.
    To(&'op [i64]),
    /// Removes those of these dimensions that have size 1.
    Squeeze(&'op [i64]),
    /// Inserts a dimension of size 1 at this index of the result.
    Unsqueeze(i64),
}

/// A new order of dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reorder<'op> {
    /// Swaps two dimensions.
    Swap(i64, i64),
    /// For each dimension of the result, the dimension of the operand.
    Permute(&'op [i64]),
}

impl MixedDimensions<'_> {
    /// Whether these dimensions include one, counted from the last, of a value with `rank` dimensions.
    pub fn includes(&self, from_end: usize, rank: usize) -> bool {
        match self {
            MixedDimensions::Dimension(dim) => {
                resolve_dim(*dim, rank) == rank.checked_sub(from_end + 1)
            }
            MixedDimensions::Last(sizes) => from_end < sizes.len(),
            // A first dimension that is not the batch is unexpected, so it counts as included.
            MixedDimensions::Sample { .. } => true,
        }
    }

    /// The indices of these dimensions in a value with `rank` dimensions.
    pub fn dims(&self, rank: usize) -> Vec<usize> {
        match self {
            MixedDimensions::Dimension(dim) => resolve_dim(*dim, rank).into_iter().collect(),
            MixedDimensions::Last(sizes) => (rank.saturating_sub(sizes.len())..rank).collect(),
            MixedDimensions::Sample { .. } => (1..rank).collect(),
        }
    }
}

impl Reorder<'_> {
    /// Index in the result of dimension `dim` of an operand with `rank` dimensions.
    pub fn index_of(&self, dim: usize, rank: usize) -> Option<usize> {
        match self {
            Reorder::Swap(a, b) => {
                let (a, b) = (resolve_dim(*a, rank), resolve_dim(*b, rank));
                match Some(dim) {
                    dim if dim == a => b,
                    dim if dim == b => a,
                    dim => dim,
                }
            }
            Reorder::Permute(dims) => dims.iter().position(|d| resolve_dim(*d, rank) == Some(dim)),
        }
    }
}

/// Resolves a dimension that may count from the end: its index in a value with `rank` dimensions, none if out of range.
pub fn resolve_dim(dim: i64, rank: usize) -> Option<usize> {
    let at = if dim < 0 {
        dim.checked_add(rank as i64)?
    } else {
        dim
    };
    usize::try_from(at).ok().filter(|at| *at < rank)
}
