//! A network as data: values, weights and operator calls in execution order.
//!
//! The readers of `.pt2` and ONNX files translate operators to the node kinds here, so the analyses and the worker
//! handle one vocabulary.

mod attribution;
mod function;
mod integers;
mod kind;
mod op;
mod parameters;
mod properties;

pub use attribution::AttributionRule;
pub use function::{
    Accumulation, Choice, Fourier, FourierScaling, Function, Interpolation, MatrixFunction,
    Returns, Scattering, Slices,
};
pub use integers::IntegerRange;
pub use kind::{
    Dataflow, DimensionMixing, Kernel, MixedDimensions, OpKind, Reorder, Reshape, TransposedWindow,
    Window, resolve_dim,
};
pub use op::Op;
pub use parameters::{
    Activation, Binary, Cell, Comparison, Padding, PaddingValue, PoolKind, RecurrentResult,
    Reduction,
};
pub use properties::{Aliasing, Usage};

/// Index into [`Graph::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(pub usize);

/// A network in static single assignment form: each value is defined once, before it is used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// All values by [`ValueId`]: inputs, weights and results of nodes.
    pub values: Vec<Value>,
    /// Parameters, buffers and constants that the file stores.
    pub weights: Vec<Weight>,
    /// The values that the caller provides, in order.
    pub inputs: Vec<ValueId>,
    /// The inputs that are integers or truth values by the file.
    pub integer_inputs: Vec<ValueId>,
    /// The operator calls, in execution order.
    pub nodes: Vec<Node>,
    /// The values that the network returns, in order.
    pub outputs: Vec<ValueId>,
    /// Names that the file gives the outputs, such as the keys of a dictionary; empty if it gives none.
    pub output_names: Vec<String>,
    /// The row of a table of vectors that stands for padding, as far as the file states it.
    pub padding_rows: Vec<(ValueId, i64)>,
    /// The first node that the network computes in another precision than float32; none if there is no such node.
    pub other_precision: Option<OtherPrecision>,
}

/// A node that a network computes in another precision than float32, in which gia computes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPrecision {
    /// Name of the node.
    pub node: String,
    /// Its element type in the network, as PyTorch names it.
    pub precision: &'static str,
}

/// A tensor that flows between nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Its name in the file, for messages and reports.
    pub name: String,
    /// Its shape, if the file states it.
    pub shape: Option<Vec<Dim>>,
}

/// The size of one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim {
    /// A size that the graph was exported for.
    Fixed(i64),
    /// A size that may differ between runs, such as a dynamic batch.
    Free,
}

impl Dim {
    /// The size, if it is fixed.
    pub fn fixed(self) -> Option<i64> {
        match self {
            Dim::Fixed(extent) => Some(extent),
            Dim::Free => None,
        }
    }
}

/// A parameter, buffer or constant, by the location of its bytes in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// The value that holds it in the graph.
    pub value: ValueId,
    /// Type of the stored elements.
    pub dtype: Dtype,
    /// Sizes of its dimensions, slowest first.
    pub shape: Vec<i64>,
    /// Distance between neighbours along each dimension, in elements; row-major unless the file says otherwise.
    pub strides: Vec<i64>,
    /// Offset of the first element in the record, in elements.
    pub offset: i64,
    /// Name of the record in the archive.
    pub record: String,
}

/// Element type of a weight as the file stores it; networks compute in float32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// IEEE 754 half precision.
    Float16,
    /// The upper half of a float32: 8 bits of exponent, 7 of fraction.
    BFloat16,
    /// IEEE 754 single precision.
    Float32,
    /// IEEE 754 double precision.
    Float64,
    /// Signed, 8 bits.
    Int8,
    /// Unsigned, 8 bits.
    UInt8,
    /// Signed, 16 bits.
    Int16,
    /// Signed, 32 bits.
    Int32,
    /// Signed, 64 bits.
    Int64,
    /// One byte per element, 0 or 1.
    Bool,
    /// Two float32: the real and the imaginary part.
    Complex64,
    /// Two float64: the real and the imaginary part.
    Complex128,
}

impl Dtype {
    /// Bytes of one element.
    pub fn size(self) -> u64 {
        match self {
            Dtype::Int8 | Dtype::UInt8 | Dtype::Bool => 1,
            Dtype::Float16 | Dtype::BFloat16 | Dtype::Int16 => 2,
            Dtype::Float32 | Dtype::Int32 => 4,
            Dtype::Float64 | Dtype::Int64 | Dtype::Complex64 => 8,
            Dtype::Complex128 => 16,
        }
    }
}

impl Weight {
    /// Number of elements; none if it exceeds 64 bits.
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
    /// The operand that provides the batch size for the free sizes of a shape; none if no size is free.
    pub(super) fn batch_for(&self, shape: &[Option<i64>]) -> Option<Operand> {
        let input = self.inputs.first().filter(|_| shape.contains(&None))?;
        Some(Operand::Value(*input))
    }

    /// For each node, whether an output depends on it. Exported graphs contain unused nodes, such as those of which
    /// only the shape was used.
    pub(super) fn used_nodes(&self) -> Vec<bool> {
        let mut wanted = vec![false; self.values.len()];
        for id in &self.outputs {
            wanted[id.0] = true;
        }
        let mut used = vec![false; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            used[at] = node.outputs.iter().any(|id| wanted[id.0]);
            for operand in node.inputs.iter().filter(|_| used[at]) {
                if let Operand::Value(id) = operand {
                    wanted[id.0] = true;
                }
            }
        }
        used
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

    /// The batch size that the graph was exported for; none if it is free.
    pub fn fixed_batch(&self) -> Option<usize> {
        match self.input_shape()?.first()? {
            Dim::Fixed(n) => usize::try_from(*n).ok(),
            Dim::Free => None,
        }
    }

    /// Shapes of the outputs, batch first.
    pub fn output_shapes(&self) -> Vec<Option<&[Dim]>> {
        self.outputs
            .iter()
            .map(|id| self.values[id.0].shape.as_deref())
            .collect()
    }
}

/// One operator call.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name in the file.
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Its operands, in the order that its [`Op`] states.
    pub inputs: Vec<Operand>,
    /// Its results; all but a few operators have one.
    pub outputs: Vec<ValueId>,
}

/// One operand of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// A tensor: an input, a weight or the result of an earlier node.
    Value(ValueId),
    /// A number that the file states in the call.
    Number(f64),
    /// An optional operand that the call omits, such as a bias.
    Absent,
}
