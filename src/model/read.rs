//! Reads the graph of a `.pt2` or ONNX file.

use std::path::Path;

use super::archive::Archive;
use super::footprint::MAX_BATCH_SIZE;
use super::graph::{Dim, Graph, Node, Op, Operand, Value, ValueId};
use super::onnx::{self, is_onnx};
use super::pt2;
use super::unsupported_file::damaged;
use gia_base::diag::Outcome;

impl Graph {
    /// Reads the structure of a network from a model file, without its weights.
    pub fn read(path: &Path) -> Outcome<Graph> {
        Graph::read_sized(path, &[])
    }

    /// As [`Graph::read`], where the file may leave other sizes free than the batch: `sizes` has for each input its size after the batch, or none
    /// where it is not known. Sizes that are fixed stay as they are.
    pub fn read_sized(path: &Path, sizes: &[Option<i64>]) -> Outcome<Graph> {
        let graph = match is_onnx(path) {
            true => onnx::read(path, sizes)?,
            false => pt2::read(&mut Archive::open(path)?, sizes)?,
        };
        let graph = graph.without_flat_dimensions();
        // The shapes of inputs and outputs are checked against the declaration.
        let inner = graph.nodes.iter().flat_map(|node| &node.outputs);
        let inner = inner.filter(|id| !graph.outputs.contains(id));
        // A file that states an impossible input is refused for that, not for what follows from it.
        let mut inputs = graph.inputs.iter().map(|id| &graph.values[id.0]);
        let batch_is_possible = graph
            .fixed_batch()
            .is_none_or(|n| n as u64 <= MAX_BATCH_SIZE);
        if !batch_is_possible || inputs.any(Value::is_implausibly_large) {
            return Ok(graph);
        }
        let mut inner = inner.map(|id| &graph.values[id.0]);
        match inner.find(|value| value.is_implausibly_large()) {
            None => Ok(graph),
            Some(value) => Err(damaged(
                &path.display().to_string(),
                format!("its value `{}` is larger than supported", value.name),
            )),
        }
    }

    /// Shapes of a file's inputs, batch first, without reading its nodes.
    pub(super) fn input_shapes_of_file(path: &Path) -> Outcome<Vec<Option<Vec<Dim>>>> {
        match is_onnx(path) {
            true => onnx::input_shapes(path),
            false => pt2::input_shapes(&mut Archive::open(path)?),
        }
    }

    /// Replaces image-like sequence inputs, (batch, 1, 4, length), (batch, 4, 1, length) or (batch, length, 4, 1), by
    /// inputs without the dimension of size 1.
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
}

/// Maximum number of elements of a value for one sequence. A file that states more is damaged.
const MAX_VALUE_ELEMENTS: i64 = 1 << 36;

impl Value {
    fn is_implausibly_large(&self) -> bool {
        is_implausibly_large(self.shape.as_deref().unwrap_or_default())
    }
}

/// Whether a value of this shape is larger than any that a network has for one sequence.
pub fn is_implausibly_large(shape: &[Dim]) -> bool {
    let known = shape.iter().filter_map(|dim| dim.fixed());
    let all = known
        .filter(|n| *n != 0)
        .try_fold(1i64, |n, extent| n.checked_mul(extent));
    all.is_none_or(|all| all > MAX_VALUE_ELEMENTS)
}
