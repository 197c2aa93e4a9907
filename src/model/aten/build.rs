//! The graph under construction, as the translation of a call sees it.

use super::arguments::{ElementType, number_or_tensor, optional, tensor};
use super::call::Call;
use crate::graph::Activation;
use crate::graph::{Dim, Op, Operand, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Code;
use gia_base::diag::Outcome;

/// A graph that nodes are added to.
pub trait GraphBuilder {
    fn lookup(&self, name: &str) -> Outcome<ValueId>;
    fn shape(&self, id: ValueId) -> Option<&[Dim]>;
    /// Element type of the tensor with this name in the file; none if it does not state one.
    fn element_type(&self, name: &str) -> Option<ElementType>;
    /// Whether the file states that the elements of a tensor lie in row-major order.
    fn is_contiguous(&self, name: &str) -> bool;
    /// Elements of a value that depends on no input and on no weight but buffers of integers; none for others, and for those that are large.
    fn constant(&self, id: ValueId) -> Option<Vec<f64>>;
    /// What computes a value, with its operands; none for inputs and weights.
    fn node(&self, x: Operand) -> Option<(&Op, &[Operand])>;
    /// Adds a node. `name` is the name of its result in the file, none for an intermediate result.
    fn emit(&mut self, op: Op, operands: Vec<Operand>, name: Option<&str>) -> ValueId;
}

/// A required tensor argument.
pub fn input(call: &Call, argument: &str, graph: &dyn GraphBuilder) -> Outcome<Operand> {
    tensor(call, &|name| graph.lookup(name), argument)
}

/// Shape of an operand; none if it is a number or if the file does not state the shape.
pub fn shape_of(operand: Operand, graph: &dyn GraphBuilder) -> Option<&[Dim]> {
    match operand {
        Operand::Value(id) => graph.shape(id),
        _ => None,
    }
}

/// An optional tensor argument.
pub fn optional_input(call: &Call, argument: &str, graph: &dyn GraphBuilder) -> Outcome<Operand> {
    optional(call, &|name| graph.lookup(name), argument)
}

/// Size of a dimension.
///
/// # Errors
/// If the size is not known before the run.
pub fn extent(call: &Call, x: Operand, dim: i64, graph: &dyn GraphBuilder) -> Outcome<i64> {
    let shape = shape_of(x, graph);
    let found = shape.and_then(|shape| extent_of(shape, dim));
    found.ok_or_else(|| {
        let rank = shape.map_or(0, |shape| shape.len() as i64);
        match dim == 0 || dim == -rank {
            true => call.refused(
                Code::BatchMixing,
                "works along dimension 0, which holds the batch",
                "work within each sequence, along dimension 1 or a later one, then export the network again",
            ),
            false => call.wrong("needs the size of a dimension that is known only at run time"),
        }
    })
}

/// A call under translation: reads its arguments and adds its nodes.
pub struct Translation<'t, 'j> {
    pub call: &'t Call<'j>,
    /// Names of its results in the file.
    pub made: &'t [&'t str],
    pub graph: &'t mut dyn GraphBuilder,
}

impl Translation<'_, '_> {
    /// A required tensor argument.
    pub fn input(&self, argument: &str) -> Outcome<Operand> {
        input(self.call, argument, self.graph)
    }

    /// A required argument that is a tensor or a number.
    pub fn value(&self, argument: &str) -> Outcome<Operand> {
        number_or_tensor(self.call, &|name| self.graph.lookup(name), argument)
    }

    /// A list of tensors.
    pub fn inputs(&self, argument: &str) -> Outcome<Vec<Operand>> {
        let names = self.call.tensors(argument)?.into_iter();
        names
            .map(|name| Ok(Operand::Value(self.graph.lookup(name)?)))
            .collect()
    }

    /// Element type of a tensor argument.
    pub fn element_type(&self, argument: &str) -> Option<ElementType> {
        self.graph.element_type(self.call.tensor(argument)?)
    }

    /// Element type of its first result.
    pub fn made_type(&self) -> Option<ElementType> {
        self.graph.element_type(self.made.first()?)
    }

    /// Number of dimensions of an operand.
    pub fn rank(&self, x: Operand) -> Outcome<usize> {
        let shape = shape_of(x, self.graph).map(<[Dim]>::len);
        shape.ok_or_else(|| {
            self.call
                .wrong("needs a shape that is known only at run time")
        })
    }

    /// Shape of an operand, as sizes of [`Op::Expand`].
    pub fn shape(&self, x: Operand) -> Outcome<Vec<Option<i64>>> {
        let shape = shape_of(x, self.graph);
        let shape = shape.map(|shape| shape.iter().map(|dim| dim.fixed()).collect());
        shape.ok_or_else(|| {
            self.call
                .wrong("needs a shape that is known only at run time")
        })
    }

    /// Size of a dimension.
    pub fn extent(&self, x: Operand, dim: i64) -> Outcome<i64> {
        extent(self.call, x, dim, self.graph)
    }

    /// Adds a node for an intermediate result.
    pub fn step(&mut self, op: Op, operands: Vec<Operand>) -> Operand {
        Operand::Value(self.graph.emit(op, operands, None))
    }

    /// Adds an elementwise function of an intermediate result.
    pub fn activate(&mut self, activation: Activation, x: Operand) -> Operand {
        self.step(Op::Activate(activation), vec![x])
    }

    /// Adds the node of the only result.
    pub fn finish(&mut self, op: Op, operands: Vec<Operand>) -> Outcome<bool> {
        self.graph.emit(op, operands, self.made.first().copied());
        Ok(true)
    }

    /// Adds the node of the result with this index, if the file uses it.
    pub fn finish_part(&mut self, index: usize, op: Op, operands: Vec<Operand>) {
        if let Some(name) = self.made.get(index).filter(|name| !name.is_empty()) {
            self.graph.emit(op, operands, Some(name));
        }
    }

    /// The dimensions of a list argument or of a single integer; all of the input if it is absent.
    pub fn dims(&self, argument: &str) -> Outcome<Vec<i64>> {
        match self.call.get(argument).and_then(|json| json.get("as_int")) {
            Some(_) => Ok(vec![self.call.int(argument, None)?]),
            None => self.call.ints(argument, &[]),
        }
    }

    /// Adds numbers as a constant: `number` of each index from 0 to `count`.
    ///
    /// # Errors
    /// If there are more than [`Op::MAX_LITERAL_ELEMENTS`].
    pub fn literal(
        &mut self,
        shape: &[i64],
        count: i64,
        number: impl Fn(i64) -> f64,
    ) -> Outcome<Operand> {
        if count > Op::MAX_LITERAL_ELEMENTS {
            return Err(self
                .call
                .wrong("has a constant that is larger than supported"));
        }
        let values = (0..count).map(number).collect();
        let shape = shape.iter().map(|size| Some(*size)).collect();
        Ok(self.step(Op::Literal { shape, values }, Vec::new()))
    }
}
