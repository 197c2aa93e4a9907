//! A network as data: values, weights and operator calls in execution order.
//!
//! Every reader (`.pt2` and ONNX) maps its own operators to the node kinds here, so whatever looks into a network or
//! runs it knows one vocabulary.

mod attribution;
mod kind;
mod op;
mod parameters;
mod properties;

pub use attribution::AttributionRule;
pub use kind::{
    Dataflow, Extent, Kernel, Mixture, OpKind, Reorder, Reshape, TransposedWindow, Window, place,
};
pub use op::Op;
pub use parameters::{Activation, Cell, Comparison, Filler, Padding, PoolKind, Reduction};
pub use properties::{Aliasing, Usage};

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
    /// The value whose first size the open sizes of a shape are; none where none is open.
    pub(super) fn batch_for(&self, shape: &[Option<i64>]) -> Option<Operand> {
        let input = self.inputs.first().filter(|_| shape.contains(&None))?;
        Some(Operand::Value(*input))
    }

    /// By node, whether an output depends on it; exported graphs hold others, such as those whose shape alone was asked for.
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

    /// The batch size that the graph was made for, where it is not free.
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
