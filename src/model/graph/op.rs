//! The node kinds, and one description of each.
//!
//! Invariant: a node kind holds all parameters of its kernel other than its operands. Outside the kernels, [`Op::kind`]
//! is the only exhaustive match over node kinds; every analysis uses the [`OpKind`] that it returns.

use super::attribution::AttributionRule;
use super::function::Function;
use super::kind::{
    Dataflow, DimensionMixing, Kernel, MixedDimensions, OpKind, Reorder, Reshape, TransposedWindow,
    Window,
};
use super::parameters::{
    Activation, Binary, Cell, Comparison, Padding, PaddingValue, PoolKind, RecurrentResult,
    Reduction,
};

/// What a node computes. Each variant lists its operands in order; negative dimensions count from the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// (input, weight, bias?): a convolution over one or two spatial dimensions, as many as the weight has after its
    /// first two.
    Convolution {
        /// Distance between windows.
        stride: Vec<i64>,
        /// Zeros around the input.
        padding: Padding,
        /// Distance between the positions of the kernel's weights.
        dilation: Vec<i64>,
        /// Number of channel groups, each with weights of its own.
        groups: i64,
    },
    /// (input, weight, bias?): one or two spatial dimensions; the weight is (in, out / groups, ...).
    TransposedConvolution {
        /// Distance between windows in the result.
        stride: Vec<i64>,
        /// Positions cropped from both sides of the result.
        padding: Vec<i64>,
        /// Positions added at the end of the result.
        output_padding: Vec<i64>,
        /// Distance in the result between the positions of the kernel's weights.
        dilation: Vec<i64>,
        /// Number of channel groups, each with weights of its own.
        groups: i64,
    },
    /// (input, initial state?, initial cell state?, then for each direction input weights, state weights and either
    /// both biases or none, and a projection of the state if there is one): one recurrent layer, gates in PyTorch's order.
    Recurrent {
        /// The kind of cell.
        cell: Cell,
        /// Whether a second cell reads the steps backwards.
        bidirectional: bool,
        /// Whether the batch comes before the steps.
        batch_first: bool,
        /// What is returned.
        result: RecurrentResult,
    },
    /// (queries, keys, values, mask?): scaled dot-product attention with an additive mask. Without a `scale`, it is one over the square root of the
    /// queries' last dimension.
    Attention {
        /// Whether a position attends only to itself and those before it.
        causal: bool,
        /// Factor on the products of queries and keys.
        scale: Option<f64>,
    },
    /// (inputs ...): sums of products over the letters that the result lacks.
    Einsum {
        /// The equation, such as `bij,bjk->bik`.
        equation: String,
    },
    /// (input, weight?, bias?): a norm over each group of channels.
    GroupNorm {
        /// Number of channel groups, each normalised by itself.
        groups: i64,
        /// Added to the variance before taking the square root.
        epsilon: f64,
    },
    /// (input, weight?, bias?, running mean, running variance), in inference form.
    BatchNorm {
        /// Added to the variance before taking the square root.
        epsilon: f64,
    },
    /// (input, weight?, bias?) over the last dimensions of this shape.
    LayerNorm {
        /// Sizes of the last dimensions, which are normalised together.
        shape: Vec<i64>,
        /// Added to the variance before taking the square root.
        epsilon: f64,
    },
    /// (input, weight, bias?): input times the transposed weight.
    Linear,
    /// (a, b): the matrix product.
    MatMul,
    /// (bias, a, b): bias plus the matrix product.
    AddMatMul,
    /// (input)
    Activate(Activation),
    /// (input); lists have one entry for each spatial dimension.
    Pool {
        /// Maximum or mean.
        kind: PoolKind,
        /// Window size.
        kernel: Vec<i64>,
        /// Distance between windows.
        stride: Vec<i64>,
        /// Padding on both sides: zeros for a mean, minus infinity for a maximum.
        padding: Vec<i64>,
        /// Distance between elements of a window.
        dilation: Vec<i64>,
        /// Whether a last, incomplete window counts.
        ceil: bool,
    },
    /// (input): pools to a given number of windows.
    AdaptivePool {
        /// Maximum or mean.
        kind: PoolKind,
        /// Number of windows, one entry for each spatial dimension.
        output: Vec<i64>,
    },
    /// (input)
    Reduce {
        /// How the elements along the dimensions are combined.
        kind: Reduction,
        /// The dimensions that are reduced; all if empty.
        dims: Vec<i64>,
        /// Whether reduced dimensions stay, with size 1 (`keepdim`).
        keep: bool,
    },
    /// (input)
    Softmax {
        /// The dimension along which the probabilities sum to 1.
        dim: i64,
        /// Whether the logarithm of the softmax is computed.
        log: bool,
    },
    /// (a, b), broadcasting; one of them may be a number. `Add` and `Subtract` take a factor on b.
    Add {
        /// Factor on b.
        factor: f64,
    },
    /// (a, b): a minus b, as for `Add`.
    Subtract {
        /// Factor on b.
        factor: f64,
    },
    /// (a, b): the product, as for `Add`.
    Multiply,
    /// (a, b): a over b, as for `Add`.
    Divide,
    /// (a, b): a to the power of b, as for `Add`.
    Power,
    /// (a, b), broadcasting; one of them may be a number. 1 where the comparison holds, else 0.
    Compare(Comparison),
    /// (condition, a, b), broadcasting; a and b may be numbers. a where the condition is not 0, b elsewhere.
    Where,
    /// (a, b), broadcasting; b may be a number.
    Maximum,
    /// (a, b): the smaller number, as for `Maximum`.
    Minimum,
    /// (a, b), broadcasting; one of them may be a number.
    Binary(Binary),
    /// (): the numbers that the file or its translation states, in row-major order.
    Literal {
        /// Sizes of the result, none of them free.
        shape: Vec<Option<i64>>,
        /// The elements, at most [`Op::MAX_LITERAL_ELEMENTS`].
        values: Vec<f64>,
    },
    /// (input, operands ...): a function along some dimensions.
    Function(Function),
    /// (input, indices ...): the elements that the indices of several dimensions select together, as NumPy's advanced
    /// indexing. Negative indices count from the end.
    Index {
        /// The indexed dimensions, in ascending order, from the first.
        dims: Vec<i64>,
    },
    /// (batch?): a constant. A size of none is the first size of the operand.
    Full {
        /// Sizes of the result.
        shape: Vec<Option<i64>>,
        /// The value of every element.
        value: f64,
    },
    /// (): `count` numbers from `start` on.
    Range {
        /// The first number.
        start: f64,
        /// Difference from one number to the next.
        step: f64,
        /// Number of elements, at most [`Op::MAX_RANGE_COUNT`].
        count: i64,
    },
    /// (input): merges dimensions `start..=end` into one.
    Flatten {
        /// First merged dimension.
        start: i64,
        /// Last merged dimension.
        end: i64,
    },
    /// (input); one entry may be -1.
    Reshape {
        /// Sizes of the result; one that is -1 follows from the others.
        shape: Vec<i64>,
    },
    /// (input)
    Transpose {
        /// One of the two swapped dimensions.
        a: i64,
        /// The other.
        b: i64,
    },
    /// (input): the dimensions in another order.
    Permute {
        /// For each dimension of the result, the dimension of the operand.
        dims: Vec<i64>,
    },
    /// (input): removes dimensions of size 1.
    Squeeze {
        /// The dimensions to remove; those of another size stay.
        dims: Vec<i64>,
    },
    /// (input): a new dimension of size 1.
    Unsqueeze {
        /// Its index in the result.
        dim: i64,
    },
    /// (input, batch?): dimensions of size 1, and new ones at the front, expand to these sizes. -1 keeps a size; none
    /// is the first size of the second operand.
    Expand {
        /// Sizes of the result.
        shape: Vec<Option<i64>>,
    },
    /// (input)
    Repeat {
        /// Number of repetitions of each dimension; more entries than dimensions add new ones at the front.
        times: Vec<i64>,
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
    Select {
        /// The dimension that is removed.
        dim: i64,
        /// The selected index; counted from the end if negative.
        index: i64,
    },
    /// (input): reverses some dimensions.
    Flip {
        /// The dimensions that are reversed.
        dims: Vec<i64>,
    },
    /// (input, indices): slices of a dimension by index (`index_select`). The dimensions of the indices replace the indexed one; negative indices
    /// count from the end.
    Take {
        /// The indexed dimension.
        dim: i64,
    },
    /// (input, indices): for each index the element at that index of a dimension, and at the index's own position in
    /// all others (`gather`).
    TakeEach {
        /// The indexed dimension.
        dim: i64,
    },
    /// (input): for each element, the sum along a dimension up to and including it.
    CumulativeSum {
        /// The dimension of the sum.
        dim: i64,
    },
    /// (inputs ...)
    Concatenate {
        /// The dimension along which the operands are joined.
        dim: i64,
    },
    /// (input): pads by pairs (before, after), starting at the last dimension.
    Pad {
        /// Number of elements added; negative numbers crop.
        pairs: Vec<i64>,
        /// What the added elements hold.
        filler: PaddingValue,
    },
    /// (input): operators that do nothing in inference, such as dropout, contiguous and clone.
    Identity,
    /// (input): the same elements, without a gradient.
    Detach,
}

impl Op {
    /// Describes how the result follows from the operands. Add a new node kind here; analyses need no change unless its dataflow is new.
    pub fn kind(&self) -> OpKind<'_> {
        use AttributionRule as Rule;
        let (dataflow, attribution) = match self {
            Op::Convolution {
                stride,
                padding,
                dilation,
                groups,
            } => {
                let window = Window {
                    kernel: Kernel::Weight {
                        groups: *groups,
                        padding,
                    },
                    stride,
                    dilation,
                };
                (Dataflow::Window(window), Rule::Linear)
            }
            Op::TransposedConvolution {
                stride,
                padding,
                output_padding,
                dilation,
                groups,
            } => {
                let window = TransposedWindow {
                    stride,
                    padding,
                    output_padding,
                    dilation,
                    groups: *groups,
                };
                (Dataflow::TransposedWindow(window), Rule::Linear)
            }
            Op::Recurrent {
                cell,
                bidirectional,
                batch_first,
                result,
            } => {
                let dataflow = Dataflow::Recurrence {
                    cell: *cell,
                    bidirectional: *bidirectional,
                    batch_first: *batch_first,
                    result: *result,
                };
                (dataflow, Rule::Recurrent)
            }
            Op::Attention { causal, scale: _ } => {
                (Dataflow::Attention { causal: *causal }, Rule::Attention)
            }
            Op::Einsum { equation } => (Dataflow::Contraction { equation }, Rule::Product),
            Op::GroupNorm { groups, epsilon: _ } => {
                let over = MixedDimensions::Sample { groups: *groups };
                let how = DimensionMixing::Normalized;
                (Dataflow::AlongDimensions { over, how }, Rule::Normalization)
            }
            Op::BatchNorm { epsilon: _ } => (Dataflow::PerChannel, Rule::Linear),
            Op::LayerNorm { shape, epsilon: _ } => {
                let over = MixedDimensions::Last(shape);
                let how = DimensionMixing::Normalized;
                (Dataflow::AlongDimensions { over, how }, Rule::Normalization)
            }
            Op::Linear => (Dataflow::Linear, Rule::Linear),
            Op::MatMul => (Dataflow::MatrixProduct { bias: false }, Rule::Product),
            Op::AddMatMul => (Dataflow::MatrixProduct { bias: true }, Rule::Product),
            Op::Activate(activation) => (Dataflow::Elementwise, activation.attribution()),
            Op::Pool {
                kind,
                kernel,
                stride,
                padding,
                dilation,
                ceil,
            } => {
                let window = Window {
                    kernel: Kernel::Pool {
                        kind: *kind,
                        sizes: kernel,
                        padding,
                        ceil: *ceil,
                    },
                    stride,
                    dilation,
                };
                (Dataflow::Window(window), kind.attribution())
            }
            Op::AdaptivePool { kind, output } => {
                let kind = *kind;
                (Dataflow::Resampling { kind, output }, kind.attribution())
            }
            Op::Reduce { kind, dims, keep } => {
                let (kind, keep) = (*kind, *keep);
                let attribution = match kind {
                    Reduction::Sum | Reduction::Mean => Rule::Linear,
                    Reduction::Max | Reduction::Min => Rule::Extremum,
                    Reduction::Product => Rule::Product,
                    Reduction::LogSumExp => Rule::Softmax,
                };
                (Dataflow::Reduction { kind, dims, keep }, attribution)
            }
            Op::Softmax { dim, log: _ } => {
                let over = MixedDimensions::Dimension(*dim);
                let how = DimensionMixing::Normalized;
                (Dataflow::AlongDimensions { over, how }, Rule::Softmax)
            }
            Op::Add { factor: _ } | Op::Subtract { factor: _ } => {
                (Dataflow::Broadcast { chooses: false }, Rule::Linear)
            }
            Op::Multiply => (Dataflow::Broadcast { chooses: false }, Rule::Product),
            Op::Divide => (Dataflow::Broadcast { chooses: false }, Rule::Quotient),
            Op::Power => (Dataflow::Broadcast { chooses: false }, Rule::Power),
            Op::Compare(_) => (Dataflow::Broadcast { chooses: false }, Rule::Comparison),
            Op::Where => (Dataflow::Broadcast { chooses: true }, Rule::Linear),
            Op::Maximum | Op::Minimum => (Dataflow::Broadcast { chooses: false }, Rule::Extremum),
            Op::Binary(binary) => (Dataflow::Broadcast { chooses: false }, binary.attribution()),
            Op::Literal { shape, values: _ } => (Dataflow::Constant { shape }, Rule::Linear),
            Op::Function(function) => (Dataflow::Slicewise(function), function.attribution()),
            Op::Index { dims } => (Dataflow::Indexing { dims }, Rule::Linear),
            Op::Full { shape, value: _ } => (Dataflow::Constant { shape }, Rule::Linear),
            Op::Range {
                start: _,
                step: _,
                count,
            } => (Dataflow::Range { count: *count }, Rule::Linear),
            Op::Flatten { start, end } => {
                let (start, end) = (*start, *end);
                let reshape = Reshape::Flatten { start, end };
                (Dataflow::Reshape(reshape), Rule::Linear)
            }
            Op::Reshape { shape } => (Dataflow::Reshape(Reshape::To(shape)), Rule::Linear),
            Op::Squeeze { dims } => (Dataflow::Reshape(Reshape::Squeeze(dims)), Rule::Linear),
            Op::Unsqueeze { dim } => (Dataflow::Reshape(Reshape::Unsqueeze(*dim)), Rule::Linear),
            Op::Transpose { a, b } => (Dataflow::Reorder(Reorder::Swap(*a, *b)), Rule::Linear),
            Op::Permute { dims } => (Dataflow::Reorder(Reorder::Permute(dims)), Rule::Linear),
            Op::Expand { shape } => (Dataflow::Expansion { shape }, Rule::Linear),
            Op::Repeat { times } => (Dataflow::Repetition { times }, Rule::Linear),
            Op::Slice {
                dim,
                start,
                end,
                step,
            } => {
                let (dim, start, end, step) = (*dim, *start, *end, *step);
                let dataflow = Dataflow::Slice {
                    dim,
                    start,
                    end,
                    step,
                };
                (dataflow, Rule::Linear)
            }
            Op::Select { dim, index } => {
                let (dim, index) = (*dim, *index);
                (Dataflow::Selection { dim, index }, Rule::Linear)
            }
            Op::Flip { dims } => (Dataflow::Reversal { dims }, Rule::Linear),
            Op::Take { dim } => (Dataflow::Gather { dim: *dim }, Rule::Linear),
            Op::TakeEach { dim } => (Dataflow::GatherEach { dim: *dim }, Rule::Linear),
            Op::CumulativeSum { dim } => {
                let over = MixedDimensions::Dimension(*dim);
                let how = DimensionMixing::Accumulated;
                (Dataflow::AlongDimensions { over, how }, Rule::Linear)
            }
            Op::Concatenate { dim } => (Dataflow::Concatenation { dim: *dim }, Rule::Linear),
            Op::Pad { pairs, filler } => {
                let filler = *filler;
                (Dataflow::Padding { pairs, filler }, Rule::Linear)
            }
            Op::Identity => (Dataflow::Copy, Rule::Linear),
            Op::Detach => (Dataflow::Copy, Rule::Stopped),
        };
        OpKind {
            dataflow,
            attribution,
        }
    }

    /// Maximum number of elements of [`Op::Range`].
    pub const MAX_RANGE_COUNT: i64 = 1 << 24;

    /// Maximum number of elements of [`Op::Literal`].
    pub const MAX_LITERAL_ELEMENTS: i64 = 1 << 20;

    /// Consecutive slices of these sizes along a dimension.
    pub fn slices(dim: i64, sizes: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Op> {
        sizes.into_iter().scan(0i64, move |start, size| {
            let end = start.saturating_add(size);
            let piece = Op::Slice {
                dim,
                start: *start,
                end,
                step: 1,
            };
            *start = end;
            Some(piece)
        })
    }
}

impl Window<'_> {
    /// The same node with another padding. Keeps incomplete windows at the end only with `keep_ceil`.
    pub fn with_padding(&self, padding: Vec<i64>, keep_ceil: bool) -> Op {
        let (stride, dilation) = (self.stride.to_vec(), self.dilation.to_vec());
        match self.kernel {
            Kernel::Weight { groups, padding: _ } => Op::Convolution {
                stride,
                padding: Padding::Symmetric(padding),
                dilation,
                groups,
            },
            Kernel::Pool {
                kind,
                sizes,
                padding: _,
                ceil,
            } => Op::Pool {
                kind,
                kernel: sizes.to_vec(),
                stride,
                padding,
                dilation,
                ceil: ceil && keep_ceil,
            },
        }
    }
}
