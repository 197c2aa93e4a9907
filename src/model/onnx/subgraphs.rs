//! Graphs inside a node: the branch of an `If` whose condition is known, and the body of a map over a list of tensors.
//!
//! Their nodes become nodes of the graph around them. A name inside may hide one outside, or stand for another value each time that
//! a body runs, so what is known of a name is forgotten before it is given again.

use super::call::Call;
use super::sizes::Size;
use super::{Reader, proto, tensors};
use crate::graph::{Op, ValueId};
use gia_base::diag::Outcome;

/// Maximum number of nodes that graphs inside nodes become.
const MAX_INNER_NODES: usize = 100_000;

impl Reader {
    /// `If`: the nodes of the branch that a known condition chooses.
    pub(super) fn choose_branch(&mut self, call: &Call) -> Outcome<()> {
        let &[Size::Fixed(condition)] = self.sizes_of(call, 0).unwrap_or_default() else {
            return Err(call.unknown("chooses at run time what it computes"));
        };
        let branch = match condition {
            0 => "else_branch",
            _ => "then_branch",
        };
        let graph = call
            .graph(branch)
            .ok_or_else(|| call.wrong(&format!("has no `{branch}`")))?;
        self.run_inner(call, graph)?;
        if graph.output.len() < call.outputs().len() {
            return Err(call.wrong("has a branch with too few results"));
        }
        for (own, inner) in call.outputs().iter().zip(&graph.output) {
            self.alias(own, &inner.name);
        }
        Ok(())
    }

    /// `SequenceMap`: the nodes of its body for each member of its lists.
    pub(super) fn map_list(&mut self, call: &Call) -> Outcome<()> {
        let body = call
            .graph("body")
            .ok_or_else(|| call.wrong("has no `body`"))?;
        let count = self.list(call)?.len();
        if body.input.len() != call.inputs() || body.output.len() < call.outputs().len() {
            return Err(call.wrong("has a body with another number of inputs or results"));
        }
        let mut made: Vec<Vec<ValueId>> = vec![Vec::new(); call.outputs().len()];
        for at in 0..count {
            for (index, inner) in body.input.iter().enumerate() {
                let outer = call.input(index)?.to_string();
                let list = self.known(&outer).tensors.as_ref();
                match list.map(|list| list.get(at).copied()) {
                    None => self.alias(&inner.name, &outer),
                    Some(Some(member)) => {
                        let integers = self.known(&outer).integers;
                        self.forget(&inner.name);
                        let known = self.known_mut(&inner.name);
                        (known.id, known.integers) = (Some(member), integers);
                    }
                    Some(None) => return Err(call.wrong("maps lists of different lengths")),
                }
            }
            self.run_inner(call, body)?;
            for (list, inner) in made.iter_mut().zip(&body.output) {
                match self.known(&inner.name).id {
                    Some(id) => list.push(id),
                    None => return Err(call.unknown("maps tensors to sizes or lists")),
                }
            }
        }
        for ((name, list), inner) in call.outputs().iter().zip(made).zip(&body.output) {
            let integers = self.known(&inner.name).integers;
            let known = self.known_mut(name);
            (known.tensors, known.integers) = (Some(list), integers);
        }
        Ok(())
    }

    /// Reads the nodes of a graph inside a node.
    fn run_inner(&mut self, call: &Call, graph: &proto::Graph) -> Outcome<()> {
        for tensor in &graph.initializer {
            self.forget(&tensor.name);
            self.inner_constant(call, &tensor.name, tensor)?;
        }
        for node in &graph.node {
            self.inner_nodes += 1;
            if self.inner_nodes > MAX_INNER_NODES {
                return Err(call.unknown("holds more nodes than are supported"));
            }
            node.output.iter().for_each(|name| self.forget(name));
            let value = node.attribute.iter().find(|a| a.name == "value");
            match (value.and_then(|a| a.t.as_ref()), node.output.first()) {
                (Some(tensor), Some(name)) if node.op_type == "Constant" => {
                    self.inner_constant(call, name, tensor)?;
                }
                _ => self.node(node)?,
            }
        }
        Ok(())
    }

    /// A constant of a graph inside a node. Its name need not be the only one of the file, so its elements become part of the graph.
    fn inner_constant(&mut self, call: &Call, name: &str, tensor: &proto::Tensor) -> Outcome<()> {
        let elements = tensor
            .dims
            .iter()
            .try_fold(1i64, |n, dim| n.checked_mul(*dim));
        let values = match tensors::whole_numbers(tensor) {
            Some(whole) => whole.into_iter().map(|n| n as f64).collect(),
            None => tensors::numbers(tensor),
        };
        let fits = elements.is_some_and(|n| (0..=Op::MAX_LITERAL_ELEMENTS).contains(&n));
        if !fits || i64::try_from(values.len()).ok() != elements {
            return Err(call.unknown("holds a constant that is larger than supported"));
        }
        self.known_mut(name).integers = super::integers_of(tensor.data_type);
        if values.len() <= super::MAX_SHAPE_ELEMENTS {
            self.remember_elements(name, tensor);
        }
        let shape = tensor.dims.iter().map(|n| Some(*n)).collect();
        self.emit(call, Op::Literal { shape, values }, Vec::new(), name);
        Ok(())
    }
}
