//! The graph under construction, as the translation of a call sees it.

use super::arguments::{optional, tensor};
use super::call::Call;
use crate::graph::{Dim, Op, Operand, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

/// A graph that nodes are added to.
pub trait GraphBuilder {
    fn lookup(&self, name: &str) -> Outcome<ValueId>;
    fn shape(&self, id: ValueId) -> Option<&[Dim]>;
    /// Whether the tensor with this name in the file is boolean, stored as 1 and 0.
    fn is_boolean(&self, name: &str) -> bool;
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
    let found = shape_of(x, graph).and_then(|shape| extent_of(shape, dim));
    found.ok_or_else(|| call.wrong("needs the size of a dimension that is known only at run time"))
}
