//! What the nodes of a call are built from: the graph that they are added to, and the call's operands in it.

use super::arguments::{optional, tensor};
use super::call::Call;
use crate::graph::{Dim, Op, Operand, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

/// A graph that nodes are added to.
pub trait Build {
    fn known(&self, name: &str) -> Outcome<ValueId>;
    fn shape(&self, id: ValueId) -> Option<&[Dim]>;
    /// Whether what has this name in the file is truth, as 1 and 0, rather than numbers.
    fn is_truth(&self, name: &str) -> bool;
    /// Adds a node whose result has this name in the file, or none.
    fn emit(&mut self, op: Op, operands: Vec<Operand>, name: Option<&str>) -> ValueId;
}

/// A tensor argument as an operand.
pub fn input(call: &Call, argument: &str, graph: &dyn Build) -> Outcome<Operand> {
    tensor(call, &|name| graph.known(name), argument)
}

/// Shape of an operand, where it is a value and the file tells it.
pub fn shape_of(operand: Operand, graph: &dyn Build) -> Option<&[Dim]> {
    match operand {
        Operand::Value(id) => graph.shape(id),
        _ => None,
    }
}

/// A tensor argument that may be left out.
pub fn given(call: &Call, argument: &str, graph: &dyn Build) -> Outcome<Operand> {
    optional(call, &|name| graph.known(name), argument)
}

/// The extent of a dimension that is known before the run.
pub fn extent(call: &Call, x: Operand, dim: i64, graph: &dyn Build) -> Outcome<i64> {
    let found = shape_of(x, graph).and_then(|shape| extent_of(shape, dim));
    found.ok_or_else(|| call.wrong("is over a dimension that is not known before the run"))
}
