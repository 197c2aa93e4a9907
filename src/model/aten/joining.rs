//! Joining tensors, splitting them, and giving them the dimensions of others.

use super::build::{Translation, shape_of};
use crate::batch_slice;
use crate::graph::{Dim, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "stack" => {
            let dim = t.call.int("dim", Some(0))?;
            let parts = t.inputs("tensors")?.into_iter();
            let parts = parts.map(|part| t.step(Op::Unsqueeze { dim }, vec![part]));
            let parts = parts.collect();
            t.finish(Op::Concatenate { dim }, parts)
        }
        "hstack" => join_with_rank(t, 1, None),
        "vstack" => join_with_rank(t, 2, Some(0)),
        "dstack" => join_with_rank(t, 3, Some(2)),
        "column_stack" => {
            let mut parts = t.inputs("tensors")?;
            for part in &mut parts {
                for _ in t.rank(*part)?..2 {
                    *part = t.step(Op::Unsqueeze { dim: -1 }, vec![*part]);
                }
            }
            t.finish(Op::Concatenate { dim: 1 }, parts)
        }
        "atleast_1d" | "atleast_2d" | "atleast_3d" => {
            let x = t.input("self")?;
            let x = with_rank(t, x, min_rank(name))?;
            t.finish(Op::Identity, vec![x])
        }
        "atleast_1d.Sequence" | "atleast_2d.Sequence" | "atleast_3d.Sequence" => {
            for (index, x) in t.inputs("tensors")?.into_iter().enumerate() {
                let x = with_rank(t, x, min_rank(name))?;
                t.finish_part(index, Op::Identity, vec![x]);
            }
            Ok(true)
        }
        "unbind.int" => {
            let x = t.input("self")?;
            let dim = t.call.int("dim", Some(0))?;
            for index in 0..t.made.len() {
                let select = Op::Select {
                    dim,
                    index: index as i64,
                };
                t.finish_part(index, select, vec![x]);
            }
            Ok(true)
        }
        "chunk" | "unsafe_chunk" => {
            let (x, dim) = (t.input("self")?, t.call.int("dim", Some(0))?);
            let chunks = t.call.int("chunks", None)?.max(1);
            let length = t.extent(x, dim)?;
            let each = length.saturating_add(chunks - 1) / chunks;
            split(t, x, dim, vec![each; t.made.len()])
        }
        "split.Tensor" | "unsafe_split.Tensor" => {
            let (x, dim) = (t.input("self")?, t.call.int("dim", Some(0))?);
            let each = t.call.int("split_size", None)?.max(0);
            split(t, x, dim, vec![each; t.made.len()])
        }
        "split.sizes" | "split_with_sizes" => {
            let (x, dim) = (t.input("self")?, t.call.int("dim", Some(0))?);
            let sizes = t.call.ints("split_sizes", &[])?;
            split(t, x, dim, sizes)
        }
        "tensor_split.sections" => {
            let (x, dim) = (t.input("self")?, t.call.int("dim", Some(0))?);
            let sections = t.call.int("sections", None)?;
            split_evenly(t, x, dim, sections)
        }
        "tensor_split.indices" => {
            let (x, dim) = (t.input("self")?, t.call.int("dim", Some(0))?);
            split_at(t, x, dim)
        }
        "hsplit.int" | "vsplit.int" | "dsplit.int" => {
            let x = t.input("self")?;
            let (dim, sections) = (split_dim(t, name, x)?, t.call.int("sections", None)?);
            split_evenly(t, x, dim, sections)
        }
        "hsplit.array" | "vsplit.array" | "dsplit.array" => {
            let x = t.input("self")?;
            let dim = split_dim(t, name, x)?;
            split_at(t, x, dim)
        }
        "meshgrid" | "meshgrid.indexing" => meshgrid(t),
        "broadcast_tensors" => broadcast(t),
        "slice.Tensor" if is_batch_size(t, "start") || is_batch_size(t, "end") => {
            let bounds = (batches(t, "start", Some(0))?, batches(t, "end", None)?);
            slice_of_batches(t, bounds.0, bounds.1)
        }
        "narrow" if is_batch_size(t, "start") || is_batch_size(t, "length") => {
            let start = batches(t, "start", Some(0))?;
            let count = batches(t, "length", None)?;
            let end = start
                .zip(count)
                .map(|(start, count)| start.saturating_add(count));
            slice_of_batches(t, start, end)
        }
        _ => Ok(false),
    }
}

fn min_rank(name: &str) -> usize {
    match name.as_bytes().get("atleast_".len()) {
        Some(b'2') => 2,
        Some(b'3') => 3,
        _ => 1,
    }
}

/// A value with at least this many dimensions, as NumPy's `atleast_3d` adds them.
fn with_rank(t: &mut Translation, x: Operand, min: usize) -> Outcome<Operand> {
    let added: &[i64] = match (t.rank(x)?, min) {
        (0, 1) => &[0],
        (0, 2) => &[0, 0],
        (1, 2) => &[0],
        (0, 3) => &[0, 0, 0],
        (1, 3) => &[0, 2],
        (2, 3) => &[2],
        _ => &[],
    };
    let add = |x, dim: &i64| t.step(Op::Unsqueeze { dim: *dim }, vec![x]);
    Ok(added.iter().fold(x, add))
}

/// Joins values that have at least this many dimensions. Without `dim`, rows are joined at their end and others at dimension 1.
fn join_with_rank(t: &mut Translation, rank: usize, dim: Option<i64>) -> Outcome<bool> {
    let mut parts = t.inputs("tensors")?;
    for part in &mut parts {
        *part = with_rank(t, *part, rank)?;
    }
    let dim = match (dim, parts.first()) {
        (None, Some(first)) => i64::from(t.rank(*first)? > 1),
        (dim, _) => dim.unwrap_or(0),
    };
    t.finish(Op::Concatenate { dim }, parts)
}

/// The dimension that `hsplit`, `vsplit` and `dsplit` divide.
fn split_dim(t: &Translation, name: &str, x: Operand) -> Outcome<i64> {
    Ok(match name.as_bytes().first() {
        Some(b'v') => 0,
        Some(b'd') => 2,
        _ => i64::from(t.rank(x)? > 1),
    })
}

fn split(t: &mut Translation, x: Operand, dim: i64, sizes: Vec<i64>) -> Outcome<bool> {
    for (index, piece) in Op::slices(dim, sizes).enumerate() {
        t.finish_part(index, piece, vec![x]);
    }
    Ok(true)
}

/// Parts whose sizes differ by at most one, larger ones first.
fn split_evenly(t: &mut Translation, x: Operand, dim: i64, sections: i64) -> Outcome<bool> {
    let (length, sections) = (t.extent(x, dim)?, sections.max(1));
    let size = |index: i64| length / sections + i64::from(index < length % sections);
    let sizes = (0..t.made.len() as i64).map(size).collect();
    split(t, x, dim, sizes)
}

/// Parts that start at the argument `indices`.
fn split_at(t: &mut Translation, x: Operand, dim: i64) -> Outcome<bool> {
    let (mut start, step) = (0, 1);
    let indices = t.call.ints("indices", &[])?;
    let ends = indices.into_iter().chain(std::iter::once(i64::MAX));
    for (index, end) in ends.enumerate() {
        let piece = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        t.finish_part(index, piece, vec![x]);
        start = end;
    }
    Ok(true)
}

fn is_batch_size(t: &Translation, argument: &str) -> bool {
    t.call.batch_multiple(argument).is_some()
}

/// A bound of a slice, in batches; none for the end of the dimension.
fn batches(t: &Translation, argument: &str, default: Option<i64>) -> Outcome<Option<i64>> {
    if let Some(times) = t.call.batch_multiple(argument) {
        return Ok(Some(times));
    }
    match (t.call.get(argument), t.call.int(argument, Some(0))?) {
        (None, _) => Ok(default),
        (Some(_), 0) => Ok(Some(0)),
        (Some(_), end) if end >= i64::from(i32::MAX) => Ok(None),
        (Some(_), _) => Err(t.call.wrong(format!(
            "has an `{argument}` that is no multiple of the size of the batch"
        ))),
    }
}

/// Whole batches of a dimension that holds several.
fn slice_of_batches(t: &mut Translation, start: Option<i64>, end: Option<i64>) -> Outcome<bool> {
    let x = t.input("self")?;
    let shape = shape_of(x, t.graph)
        .map(<[Dim]>::to_vec)
        .unwrap_or_default();
    let dim = crate::graph::resolve_dim(t.call.int("dim", Some(0))?, shape.len());
    let nodes = dim
        .filter(|_| matches!(t.call.int("step", Some(1)), Ok(1)))
        .and_then(|dim| {
            let held = match (t.call.batches_in("self", dim), shape[dim]) {
                (Some(held), _) => held,
                (None, Dim::Free) => 1,
                (None, Dim::Fixed(_)) => 0,
            };
            batch_slice::nodes(&shape, dim, held, start, end)
        });
    let Some(nodes) = nodes else {
        return Err(t.call.wrong("slices a dimension by the size of the batch, which is supported for whole batches of it"));
    };
    let taken = nodes.into_iter().fold(x, |x, op| t.step(op, vec![x]));
    t.finish(Op::Identity, vec![taken])
}

fn meshgrid(t: &mut Translation) -> Outcome<bool> {
    let is_transposed = t.call.text("indexing", "ij") == "xy";
    let axes = t.inputs("tensors")?;
    let mut sizes = Vec::new();
    for axis in &axes {
        sizes.push(match t.rank(*axis)? {
            0 => 1,
            _ => t.extent(*axis, 0)?,
        });
    }
    // With "xy", the first two dimensions change places.
    let position = |index: usize| match (is_transposed && sizes.len() > 1, index) {
        (true, 0) => 1,
        (true, 1) => 0,
        _ => index,
    };
    let shape: Vec<Option<i64>> = (0..sizes.len())
        .map(|dim| Some(sizes[position(dim)]))
        .collect();
    for (index, axis) in axes.into_iter().enumerate() {
        let mut own = vec![1; sizes.len()];
        own[position(index)] = sizes[index];
        let own = t.step(Op::Reshape { shape: own }, vec![axis]);
        let shape = shape.clone();
        t.finish_part(index, Op::Expand { shape }, vec![own]);
    }
    Ok(true)
}

/// Expands all values to the shape that they have together.
fn broadcast(t: &mut Translation) -> Outcome<bool> {
    let parts = t.inputs("tensors")?;
    let mut common: Vec<Dim> = Vec::new();
    for part in &parts {
        let Some(shape) = shape_of(*part, t.graph) else {
            return Err(t.call.wrong("needs a shape that is known only at run time"));
        };
        while common.len() < shape.len() {
            common.insert(0, Dim::Fixed(1));
        }
        for (all, own) in common.iter_mut().rev().zip(shape.iter().rev()) {
            if *all == Dim::Fixed(1) {
                *all = *own;
            }
        }
    }
    // A size of the batch is that of the value which has it.
    let batched = parts.iter().copied().find(|part| {
        let shape = shape_of(*part, t.graph);
        shape.is_some_and(|shape| shape.len() == common.len() && shape[0] == Dim::Free)
    });
    let shape: Vec<Option<i64>> = common.iter().map(|dim| dim.fixed()).collect();
    for (index, part) in parts.into_iter().enumerate() {
        let mut operands = vec![part];
        if shape.contains(&None) {
            operands.extend(batched);
        }
        let shape = shape.clone();
        t.finish_part(index, Op::Expand { shape }, operands);
    }
    Ok(true)
}
