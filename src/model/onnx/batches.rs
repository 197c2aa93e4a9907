//! Dimensions that hold several batches, such as both strands joined by `Concat`.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::batch_flow::BatchFlow;
use crate::batch_slice;
use crate::graph::{Dim, Op, Operand, ValueId, resolve_dim};
use gia_base::diag::Outcome;

impl Reader {
    /// How many times the size of the batch a free dimension of a value is.
    pub(super) fn batches_in(&self, id: ValueId, dim: usize) -> i64 {
        // Without batches that are joined, it is the batch itself.
        let is_free = |operand: &Operand, dim: i64| match operand {
            Operand::Value(id) => {
                let shape = self.graph.values[id.0].shape.as_deref().unwrap_or_default();
                let dim = resolve_dim(dim, shape.len());
                dim.and_then(|dim| shape.get(dim)) == Some(&Dim::Free)
            }
            Operand::Number(_) | Operand::Absent => false,
        };
        let joins = self.graph.nodes.iter().any(|node| match node.op {
            Op::Concatenate { dim } => {
                let free = node.inputs.iter().filter(|operand| is_free(operand, dim));
                free.count() > 1
            }
            _ => false,
        });
        match joins {
            true => BatchFlow::batches_in(&self.graph, id, dim).unwrap_or(1),
            false => 1,
        }
    }

    /// Whole batches of a dimension that holds several; none if no bound is a multiple of the size of the batch.
    pub(super) fn slice_of_batches(&mut self, call: &Call, x: ValueId) -> Outcome<Option<ValueId>> {
        let single = |index: usize| match self.sizes_of(call, index) {
            Some(&[size]) => Some(size),
            _ => None,
        };
        let (Some(start), Some(end)) = (single(1), single(2)) else {
            return Ok(None);
        };
        if start.fixed().is_some() && end.fixed().is_some() {
            return Ok(None);
        }
        let by_default = |index: usize, default: i64| match call.has_input(index) {
            true => single(index)?.fixed(),
            false => Some(default),
        };
        let (axis, step) = (by_default(3, 0), by_default(4, 1));
        let shape: Vec<Dim> = self.shape(x).map(<[Dim]>::to_vec).unwrap_or_default();
        let dim = axis.and_then(|axis| resolve_dim(axis, shape.len()));
        let free = shape.iter().filter(|dim| **dim == Dim::Free).count();
        let is_batch = dim.is_some_and(|dim| shape[dim] == Dim::Free) && free == 1;
        let (Some(dim), true, Some(1)) = (dim, is_batch, step) else {
            return Err(call.unknown("slices a dimension by the size of the batch"));
        };
        // In batches; none for the end of the dimension.
        let place = |bound: Size| match bound {
            Size::BatchMultiple(at) => Some(Some(at)),
            Size::Fixed(0) => Some(Some(0)),
            Size::Fixed(end) if end >= i64::from(i32::MAX) => Some(None),
            Size::Fixed(_) => None,
        };
        let (Some(start), Some(end)) = (place(start), place(end)) else {
            return Err(call.unknown("slices part of a batch"));
        };
        let held = self.batches_in(x, dim);
        let Some(nodes) = batch_slice::nodes(&shape, dim, held, start, end) else {
            return Err(call.wrong("makes an empty slice"));
        };
        let mut taken = x;
        for op in nodes {
            taken = self.step(call, op, vec![Operand::Value(taken)]);
        }
        Ok(Some(taken))
    }
}
