//! A network as data: values, weights and operator calls in execution order.
//!
//! Every reader (`.pt2` and ONNX) maps its own operators to the node kinds here, so whatever looks into a network or
//! runs it knows one vocabulary.

/// Index into [`Graph::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// A network in static single assignment form: each value is made once, before it is used.
#[derive(Debug, Clone, PartialEq, Default)]
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

impl Dim {
    /// The extent; none for one that is free.
    pub fn fixed(self) -> Option<i64> {
        match self {
            Dim::Fixed(extent) => Some(extent),
            Dim::Free => None,
        }
    }
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

impl Dtype {
    /// Bytes of one element.
    pub fn size(self) -> u64 {
        match self {
            Dtype::Int8 | Dtype::UInt8 | Dtype::Bool => 1,
            Dtype::Float16 | Dtype::BFloat16 | Dtype::Int16 => 2,
            Dtype::Float32 | Dtype::Int32 => 4,
            Dtype::Float64 | Dtype::Int64 => 8,
        }
    }
}

impl Weight {
    /// Number of elements; None where it does not fit 64 bits.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |n, &extent| {
            n.checked_mul(u64::try_from(extent).ok()?)
        })
    }

    /// Bytes from the start of the record to the end of the last element.
    pub fn span_bytes(&self) -> Option<u64> {
        if self.elements()? == 0 {
            return Some(0);
        }
        let mut last = u64::try_from(self.offset).ok()?;
        for (&extent, &stride) in self.shape.iter().zip(&self.strides) {
            let steps = u64::try_from(extent).ok()?.checked_sub(1)?;
            last = last.checked_add(steps.checked_mul(u64::try_from(stride).ok()?)?)?;
        }
        last.checked_add(1)?.checked_mul(self.dtype.size())
    }

    /// Whether the elements lie one after another in row-major order.
    pub fn is_contiguous(&self) -> bool {
        let mut expected: i64 = 1;
        for (&extent, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if extent != 1 && stride != expected {
                return false;
            }
            expected = expected.saturating_mul(extent.max(1));
        }
        true
    }
}

impl Graph {
    /// Reads the structure of a network from a model file; no weights.
    pub fn read(path: &std::path::Path) -> crate::diag::Outcome<Graph> {
        let graph = match super::is_onnx(path) {
            true => super::onnx::read(path)?,
            false => super::pt2::read(&mut super::archive::Archive::open(path)?)?,
        };
        let graph = graph.without_flat_dimensions();
        // Inputs and outputs are measured by what is declared of them.
        let inner = graph.nodes.iter().flat_map(|node| &node.outputs);
        let inner = inner.filter(|id| !graph.outputs.contains(id));
        let mut inner = inner.map(|id| &graph.values[id.0]);
        match inner.find(|value| value.is_beyond_reason()) {
            None => Ok(graph),
            Some(value) => Err(super::archive::damaged(
                &path.display().to_string(),
                format!("its value `{}` is larger than any network's", value.name),
            )),
        }
    }

    /// The shape that a node would make of these operands, where it can be told.
    pub(super) fn shape_made(&self, op: &Op, operands: &[Operand]) -> Option<Vec<Dim>> {
        let shapes: Vec<Option<&[Dim]>> = operands
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => self.values[id.0].shape.as_deref(),
                Operand::Number(_) | Operand::Absent => None,
            })
            .collect();
        super::shapes::made_by(op, &shapes)
    }

    /// The value whose first size the open sizes of a shape are; none where none is open.
    pub(super) fn batch_for(&self, shape: &[Option<i64>]) -> Option<Operand> {
        let input = self.inputs.first().filter(|_| shape.contains(&None))?;
        Some(Operand::Value(*input))
    }

    /// A sequence that is taken as an image, (batch, 1, 4, length), (batch, 4, 1, length) or (batch, length, 4, 1), as the
    /// same graph of a sequence without the dimension of one.
    fn without_flat_dimensions(mut self) -> Graph {
        let mut grown = Vec::new();
        for at in 0..self.inputs.len() {
            let image = self.inputs[at];
            let Some(shape @ [_, _, _, _]) = self.values[image.0].shape.as_deref() else {
                continue;
            };
            let ones = (1..4)
                .filter(|i| shape[*i] == Dim::Fixed(1))
                .collect::<Vec<_>>();
            let bases = shape[1..].contains(&Dim::Fixed(4));
            let &[flat] = ones.as_slice() else {
                continue;
            };
            if !bases {
                continue;
            }
            let mut shape = shape.to_vec();
            shape.remove(flat);
            let name = self.values[image.0].name.clone();
            let sequence = ValueId(self.values.len());
            self.values.push(Value {
                name: name.clone(),
                shape: Some(shape),
            });
            self.inputs[at] = sequence;
            grown.push(Node {
                name,
                op: Op::Unsqueeze { dim: flat as i64 },
                inputs: vec![Operand::Value(sequence)],
                outputs: vec![image],
            });
        }
        self.nodes.splice(0..0, grown);
        self
    }

    /// Shape of the first input, batch first.
    pub fn input_shape(&self) -> Option<&[Dim]> {
        self.values[self.inputs.first()?.0].shape.as_deref()
    }

    /// Shapes of the inputs, batch first.
    pub fn input_shapes(&self) -> Vec<Option<&[Dim]>> {
        let inputs = self.inputs.iter();
        inputs
            .map(|id| self.values[id.0].shape.as_deref())
            .collect()
    }

    /// The batch size that the graph was made for, where it is not free.
    pub fn fixed_batch(&self) -> Option<usize> {
        match self.input_shape()?.first()? {
            Dim::Fixed(n) => usize::try_from(*n).ok(),
            Dim::Free => None,
        }
    }

    /// Numbers for one sequence in the largest value that a node makes, as far as the file tells shapes.
    pub fn widest_activation(&self) -> usize {
        let made = self
            .nodes
            .iter()
            .flat_map(|node| &node.outputs)
            .chain(&self.inputs);
        made.filter_map(|id| {
            let shape = self.values[id.0].shape.as_deref()?;
            shape.iter().skip(1).try_fold(1usize, |n, dim| match dim {
                Dim::Fixed(extent) => n.checked_mul(usize::try_from(*extent).ok()?),
                Dim::Free => None,
            })
        })
        .max()
        .unwrap_or(0)
    }

    /// Shapes of the outputs, batch first.
    pub fn output_shapes(&self) -> Vec<Option<&[Dim]>> {
        self.outputs
            .iter()
            .map(|id| self.values[id.0].shape.as_deref())
            .collect()
    }
}

/// Numbers for one sequence that no value of a network comes near.
const MOST_NUMBERS: i64 = 1 << 36;

impl Value {
    fn is_beyond_reason(&self) -> bool {
        let shape = self.shape.as_deref().unwrap_or_default();
        let known = shape.iter().filter_map(|dim| match dim {
            Dim::Fixed(extent) => Some(*extent),
            Dim::Free => None,
        });
        let all = known
            .filter(|n| *n != 0)
            .try_fold(1i64, |n, extent| n.checked_mul(extent));
        all.is_none_or(|all| all > MOST_NUMBERS)
    }
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
    /// (queries, keys, values): softmax of the scaled products, times the values. Without a scale, one over the root of the
    /// queries' last dimension.
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
