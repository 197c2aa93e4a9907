//! The node kinds of a network, and one description of each.
//!
//! Invariant: a kind holds everything that its kernel needs beside its operands. [`Op::kind`] is the only exhaustive match
//! over the kinds outside the kernels; whatever follows a network reads the [`OpKind`] that it gives.

use super::attribution::AttributionRule;
use super::kind::{
    Dataflow, Extent, Kernel, Mixture, OpKind, Reorder, Reshape, TransposedWindow, Window,
};
use super::parameters::{Activation, Cell, Comparison, Filler, Padding, PoolKind, Reduction};

/// What a node does. Operands are in the order given here; dimensions count from 0 and may be negative from the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// (input, weight, bias?): one or two spatial dimensions, as many as the weight has after its first two.
    Convolution {
        /// Positions from one window to the next.
        stride: Vec<i64>,
        /// Zeros around the input.
        padding: Padding,
        /// Positions from one weight of a kernel to the next.
        dilation: Vec<i64>,
        /// How many groups the channels form, each with weights of its own.
        groups: i64,
    },
    /// (input, weight, bias?): one or two spatial dimensions; the weight is (in, out over groups, ...).
    TransposedConvolution {
        /// Positions of the result from one window to the next.
        stride: Vec<i64>,
        /// Positions cut off on both sides of the result.
        padding: Vec<i64>,
        /// Positions added at the end of the result.
        output_padding: Vec<i64>,
        /// Positions of the result from one weight of a kernel to the next.
        dilation: Vec<i64>,
        /// How many groups the channels form, each with weights of its own.
        groups: i64,
    },
    /// (input, first state?, first cell state?, then for each direction input weights, state weights and both biases, or no
    /// biases): one layer, gates in PyTorch's order. Makes the state at each step, both directions side by side.
    Recurrent {
        /// The kind of cell.
        cell: Cell,
        /// Whether a second cell reads the steps from the last to the first.
        bidirectional: bool,
        /// Whether the batch comes before the steps.
        batch_first: bool,
    },
    /// (queries, keys, values, mask?): softmax of the scaled products and the mask added to them, times the values. Without a
    /// scale, one over the root of the queries' last dimension.
    Attention {
        /// Whether a position attends only to itself and those before it.
        causal: bool,
        /// Factor on the products of queries and keys.
        scale: Option<f64>,
    },
    /// (inputs ...): sums of products over the letters that the result lacks.
    Einsum {
        /// In the notation of Einstein sums, such as `bij,bjk->bik`.
        equation: String,
    },
    /// (input, weight?, bias?): channels in so many groups.
    GroupNorm {
        /// How many groups the channels form, each normalised by itself.
        groups: i64,
        /// Added to the variance before its root is taken.
        epsilon: f64,
    },
    /// (input, weight?, bias?, running mean, running variance), in inference form.
    BatchNorm {
        /// Added to the variance before its root is taken.
        epsilon: f64,
    },
    /// (input, weight?, bias?) over the last dimensions of this shape.
    LayerNorm {
        /// Sizes of the last dimensions, which are normalised together.
        shape: Vec<i64>,
        /// Added to the variance before its root is taken.
        epsilon: f64,
    },
    /// (input, weight, bias?): input times the transposed weight.
    Linear,
    /// (a, b)
    MatMul,
    /// (bias, a, b): bias plus the matrix product.
    AddMatMul,
    /// (input)
    Activate(Activation),
    /// (input); one entry a spatial dimension.
    Pool {
        /// Whether the largest number or the mean of a window is taken.
        kind: PoolKind,
        /// Numbers in a window.
        kernel: Vec<i64>,
        /// Places from one window to the next.
        stride: Vec<i64>,
        /// Places added on both sides: zeros for a mean, less than every number for a maximum.
        padding: Vec<i64>,
        /// Places from one number of a window to the next.
        dilation: Vec<i64>,
        /// Whether a last window that the end cuts off counts.
        ceil: bool,
    },
    /// (input), to this many windows a spatial dimension.
    AdaptivePool {
        /// Whether the largest number or the mean of a window is taken.
        kind: PoolKind,
        /// How many windows.
        output: Vec<i64>,
    },
    /// (input)
    Reduce {
        /// How the numbers along the dimensions are combined.
        kind: Reduction,
        /// The dimensions that are reduced; all if empty.
        dims: Vec<i64>,
        /// Whether a reduced dimension stays, with size 1.
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
    /// (a, b), broadcasting; one of them may be a number. 1 where it holds, 0 elsewhere.
    Compare(Comparison),
    /// (condition, a, b), broadcasting; a and b may be numbers. a where the condition is not 0, b elsewhere.
    Where,
    /// (a, b), broadcasting; b may be a number.
    Maximum,
    /// (a, b): the smaller number, as for `Maximum`.
    Minimum,
    /// (batch?): one number everywhere. A size of none is the first size of the operand.
    Full {
        /// Sizes of the result.
        shape: Vec<Option<i64>>,
        /// The number.
        value: f64,
    },
    /// (): `count` numbers from `start` on.
    Range {
        /// The first number.
        start: f64,
        /// Difference from one number to the next.
        step: f64,
        /// How many numbers, at most [`Op::MOST_PLACES`].
        count: i64,
    },
    /// (input): dims `start..=end` become one.
    Flatten {
        /// First dimension that is merged.
        start: i64,
        /// Last dimension that is merged.
        end: i64,
    },
    /// (input); one entry may be -1.
    Reshape {
        /// Sizes of the result; one that is -1 follows from the others.
        shape: Vec<i64>,
    },
    /// (input)
    Transpose {
        /// One of the two dimensions that change places.
        a: i64,
        /// The other.
        b: i64,
    },
    /// (input): the dimensions in another order.
    Permute {
        /// For each dimension of the result, the operand's.
        dims: Vec<i64>,
    },
    /// (input): removes dimensions of size 1.
    Squeeze {
        /// The dimensions to remove; those of another size stay.
        dims: Vec<i64>,
    },
    /// (input): a new dimension of size 1.
    Unsqueeze {
        /// Its place in the result.
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
        /// How often each dimension is repeated; entries beyond the operand's dimensions make new ones at the front.
        times: Vec<i64>,
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
    Select {
        /// The dimension that is removed.
        dim: i64,
        /// The place that is kept; counted from the end if negative.
        index: i64,
    },
    /// (input): reverses some dimensions.
    Flip {
        /// The dimensions that are reversed.
        dims: Vec<i64>,
    },
    /// (input, indices): the entries at these places of a dimension, in their order; the indices' own dimensions stand where it
    /// stood. An index below zero counts from the end.
    Take {
        /// The dimension in which the indices count.
        dim: i64,
    },
    /// (input, indices): for each index the entry at that place of a dimension, and at its own place in all others.
    TakeEach {
        /// The dimension in which the indices count.
        dim: i64,
    },
    /// (input): at each place, the sum of the numbers up to and including it.
    CumulativeSum {
        /// The dimension along which the numbers are summed.
        dim: i64,
    },
    /// (inputs ...)
    Concatenate {
        /// The dimension along which the operands are joined.
        dim: i64,
    },
    /// (input): pairs (before, after) from the last dimension on.
    Pad {
        /// Numbers that are added; cut off if negative.
        pairs: Vec<i64>,
        /// What stands in the added places.
        filler: Filler,
    },
    /// (input): dropout in inference, contiguous, clone and other calls that change nothing.
    Identity,
    /// (input): the same numbers, through which no gradient flows.
    Detach,
}

impl Op {
    /// How the result follows from the operands. Add a new node kind here and nowhere else, unless its dataflow is new as well.
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
            } => {
                let (cell, bidirectional, batch_first) = (*cell, *bidirectional, *batch_first);
                let dataflow = Dataflow::Recurrence {
                    cell,
                    bidirectional,
                    batch_first,
                };
                (dataflow, Rule::Recurrent)
            }
            Op::Attention { causal, scale: _ } => {
                (Dataflow::Attention { causal: *causal }, Rule::Attention)
            }
            Op::Einsum { equation } => (Dataflow::Contraction { equation }, Rule::Product),
            Op::GroupNorm { groups, epsilon: _ } => {
                let over = Extent::Sample { groups: *groups };
                let how = Mixture::Normalized;
                (Dataflow::Along { over, how }, Rule::Normalization)
            }
            Op::BatchNorm { epsilon: _ } => (Dataflow::PerChannel, Rule::Linear),
            Op::LayerNorm { shape, epsilon: _ } => {
                let over = Extent::Last(shape);
                let how = Mixture::Normalized;
                (Dataflow::Along { over, how }, Rule::Normalization)
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
                let over = Extent::Dimension(*dim);
                let how = Mixture::Normalized;
                (Dataflow::Along { over, how }, Rule::Softmax)
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
                let over = Extent::Dimension(*dim);
                let how = Mixture::Accumulated;
                (Dataflow::Along { over, how }, Rule::Linear)
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

    /// Maximum count of [`Op::Range`].
    pub const MOST_PLACES: i64 = 1 << 24;

    /// Slices of these sizes, one after another, along a dimension.
    pub fn pieces(dim: i64, sizes: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Op> {
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
    /// The node with another padding. Windows that the end cuts off are kept only with `keep_ceil`.
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
