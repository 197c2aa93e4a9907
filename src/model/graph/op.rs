//! What a node of a network does, as numbers and choices alone.
//!
//! Invariant: a kind says everything that its kernel needs beside its operands.

#[derive(Debug, Clone, PartialEq)]
pub enum Padding {
    /// The same on both sides, one number a spatial dimension.
    Symmetric(Vec<i64>),
    /// As much as keeps the length at stride 1; the odd one goes right.
    Same,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    Max,
    Average { count_include_pad: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
    Product,
    /// The logarithm of the sum of exponentials.
    LogSumExp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Lstm,
    /// With the reset gate on what the recurrent weights and their bias have made of the state, as PyTorch has it.
    Gru,
    /// With the reset gate on the state, before the recurrent weights (Cho et al. 2014; Keras's `reset_after=False`).
    GruResetFirst,
    Tanh,
    Relu,
}

/// What a value is padded with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filler {
    Constant(f64),
    /// What stands on the other side of the edge, mirrored, the edge itself once.
    Reflect,
    /// The edge again.
    Replicate,
    /// What stands at the other end.
    Circular,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Relu,
    Exp,
    Log,
    Sigmoid,
    Tanh,
    Softplus {
        beta: f64,
        threshold: f64,
    },
    Gelu {
        tanh: bool,
    },
    Silu,
    Elu {
        alpha: f64,
    },
    LeakyRelu {
        slope: f64,
    },
    Sqrt,
    Erf,
    Abs,
    Negate,
    Sin,
    Cos,
    Floor,
    Ceil,
    /// To the nearest whole number, halves to the even one.
    Round,
    Sign,
    Log1p,
    Expm1,
    /// Kept within two bounds, which may be infinite.
    Clamp {
        min: f64,
        max: f64,
    },
}

/// What a node does. Operands are in the order given here; dimensions count from 0 and may be negative from the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// (input, weight, bias?): one or two spatial dimensions, as many as the weight has after its first two.
    Convolution {
        stride: Vec<i64>,
        padding: Padding,
        dilation: Vec<i64>,
        groups: i64,
    },
    /// (input, weight, bias?): one or two spatial dimensions; the weight is (in, out over groups, ...).
    TransposedConvolution {
        stride: Vec<i64>,
        padding: Vec<i64>,
        output_padding: Vec<i64>,
        dilation: Vec<i64>,
        groups: i64,
    },
    /// (input, first state?, first cell state?, then for each direction input weights, state weights and both biases, or no
    /// biases): one layer, gates in PyTorch's order. Makes the state at each step, both directions side by side.
    Recurrent {
        cell: Cell,
        bidirectional: bool,
        /// Whether the batch comes before the steps.
        batch_first: bool,
    },
    /// (queries, keys, values, mask?): softmax of the scaled products and the mask added to them, times the values. Without a
    /// scale, one over the root of the queries' last dimension.
    Attention {
        causal: bool,
        scale: Option<f64>,
    },
    /// (inputs ...): sums of products over the letters that the result lacks.
    Einsum {
        equation: String,
    },
    /// (input, weight?, bias?): channels in so many groups.
    GroupNorm {
        groups: i64,
        epsilon: f64,
    },
    /// (input, weight?, bias?, running mean, running variance), in inference form.
    BatchNorm {
        epsilon: f64,
    },
    /// (input, weight?, bias?) over the last dimensions of this shape.
    LayerNorm {
        shape: Vec<i64>,
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
        kind: PoolKind,
        kernel: Vec<i64>,
        stride: Vec<i64>,
        padding: Vec<i64>,
        dilation: Vec<i64>,
        ceil: bool,
    },
    /// (input), to this many windows a spatial dimension.
    AdaptivePool {
        kind: PoolKind,
        output: Vec<i64>,
    },
    /// (input)
    Reduce {
        kind: Reduction,
        dims: Vec<i64>,
        keep: bool,
    },
    /// (input)
    Softmax {
        dim: i64,
        log: bool,
    },
    /// (a, b), broadcasting; one of them may be a number. `Add` and `Subtract` take a factor on b.
    Add {
        factor: f64,
    },
    Subtract {
        factor: f64,
    },
    Multiply,
    Divide,
    Power,
    /// (a, b), broadcasting; one of them may be a number. 1 where it holds, 0 elsewhere.
    Compare(Comparison),
    /// (condition, a, b), broadcasting; a and b may be numbers. a where the condition is not 0, b elsewhere.
    Where,
    /// (a, b), broadcasting; b may be a number.
    Maximum,
    Minimum,
    /// (of the same batch?): one number everywhere; a size that is not given is the operand's first.
    Full {
        shape: Vec<Option<i64>>,
        value: f64,
    },
    /// (): `count` numbers from `start` on.
    Range {
        start: f64,
        step: f64,
        count: i64,
    },
    /// (input): dims `start..=end` become one.
    Flatten {
        start: i64,
        end: i64,
    },
    /// (input); one entry may be -1.
    Reshape {
        shape: Vec<i64>,
    },
    /// (input)
    Transpose {
        a: i64,
        b: i64,
    },
    Permute {
        dims: Vec<i64>,
    },
    Squeeze {
        dims: Vec<i64>,
    },
    Unsqueeze {
        dim: i64,
    },
    /// (input, of the same batch?): dimensions of size 1 and new ones before the first grow to these sizes; -1 leaves
    /// one as it is, none is as large as the second operand's first.
    Expand {
        shape: Vec<Option<i64>>,
    },
    /// (input)
    Repeat {
        times: Vec<i64>,
    },
    Slice {
        dim: i64,
        start: i64,
        end: i64,
        step: i64,
    },
    Select {
        dim: i64,
        index: i64,
    },
    Flip {
        dims: Vec<i64>,
    },
    /// (input, indices): the entries at these places of a dimension, in their order; the indices' own dimensions stand where it
    /// stood. An index below zero counts from the end.
    Take {
        dim: i64,
    },
    /// (input, indices): for each index the entry at that place of a dimension, and at its own place in all others.
    TakeEach {
        dim: i64,
    },
    /// (input): at each place the sum of all up to it.
    CumulativeSum {
        dim: i64,
    },
    /// (inputs ...)
    Concatenate {
        dim: i64,
    },
    /// (input): pairs (before, after) from the last dimension on.
    Pad {
        pairs: Vec<i64>,
        filler: Filler,
    },
    /// (input): dropout in inference, contiguous, clone and other calls that change nothing.
    Identity,
    /// (input): the same numbers, past which no gradient goes.
    Detach,
}

impl Op {
    /// Numbers that [`Op::Range`] counts at most.
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
