//! A network as data: values, weights and operator calls in execution order.
//!
//! Every reader (`.pt2` and ONNX) maps its own operators to the node kinds here, so whatever looks into a network or
//! runs it knows one vocabulary.

mod op;

pub use op::{Activation, Cell, Comparison, Filler, Op, Padding, PoolKind, Reduction};

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
            Some(value) => Err(super::refused::damaged(
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
