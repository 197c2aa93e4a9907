//! A network as data: values, weights and operator calls in execution order.
//!
//! Every reader (`.pt2` now) maps its own operators to the node kinds here, so whatever looks into a network or
//! runs it knows one vocabulary.

/// Index into [`Graph::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// A network in static single assignment form: each value is made once, before it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    pub values: Vec<Value>,
    pub weights: Vec<Weight>,
    /// User inputs, in order.
    pub inputs: Vec<ValueId>,
    /// In execution order.
    pub nodes: Vec<Node>,
    pub outputs: Vec<ValueId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    pub name: String,
    /// Shape where the file tells it.
    pub shape: Option<Vec<Dim>>,
}

/// One extent of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim {
    Fixed(i64),
    /// Free, such as a dynamic batch.
    Free,
}

/// A parameter, buffer or constant: where its bytes lie, not the bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub value: ValueId,
    pub dtype: Dtype,
    pub shape: Vec<i64>,
    /// In elements; row-major unless the file says otherwise.
    pub strides: Vec<i64>,
    /// In elements, from the start of the record.
    pub offset: i64,
    /// Name of the record in the archive.
    pub record: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    Float16,
    BFloat16,
    Float32,
    Float64,
    Int8,
    UInt8,
    Int16,
    Int32,
    Int64,
    Bool,
}

/// One operator call.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The name it has in the file.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<Operand>,
    pub outputs: Vec<ValueId>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    Value(ValueId),
    Number(f64),
    /// An optional operand that is left out, such as a bias.
    Absent,
}

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
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Relu,
    Exp,
    Log,
    Sigmoid,
    Tanh,
    Softplus { beta: f64, threshold: f64 },
    Gelu { tanh: bool },
    Silu,
    Elu { alpha: f64 },
    LeakyRelu { slope: f64 },
    Sqrt,
    Abs,
    Negate,
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
    /// (a, b), broadcasting. `Add` and `Subtract` take a factor on b.
    Add {
        factor: f64,
    },
    Subtract {
        factor: f64,
    },
    Multiply,
    Divide,
    Power,
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
    /// (inputs ...)
    Concatenate {
        dim: i64,
    },
    /// (input): constant padding, pairs (before, after) from the last dimension on.
    Pad {
        pairs: Vec<i64>,
        value: f64,
    },
    /// (input): dropout in inference, contiguous, clone and other calls that change nothing.
    Identity,
}
