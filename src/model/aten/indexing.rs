//! Indexing by tensors, and writing at indices.

use super::arguments::ElementType;
use super::build::{Translation, shape_of};
use super::call::Call;
use crate::graph::{Dim, Function, Op, Operand, resolve_dim};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "index.Tensor" | "_unsafe_index.Tensor" => index(t),
        "index_put" | "_unsafe_index_put" | "index_put_impl" | "_index_put_impl" => index_put(t),
        "take_along_dim" => {
            let mut operands = vec![t.input("self")?, t.input("indices")?];
            let dim = match t.call.get("dim") {
                Some(_) => t.call.int("dim", None)?,
                None => {
                    for operand in &mut operands {
                        *operand = t.step(Op::Flatten { start: 0, end: -1 }, vec![*operand]);
                    }
                    0
                }
            };
            t.finish(Op::TakeEach { dim }, operands)
        }
        "take" => {
            let (x, indices) = (t.input("self")?, t.input("index")?);
            let flat = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
            t.finish(Op::Take { dim: 0 }, vec![flat, indices])
        }
        "index_add" | "index_copy" => {
            let dim = t.call.int("dim", None)?;
            let add = name == "index_add";
            let factor = t.call.number("alpha", 1.0)?;
            let (x, indices) = (t.input("self")?, t.input("index")?);
            let mut source = t.input("source")?;
            if factor != 1.0 {
                source = t.step(Op::Multiply, vec![source, Operand::Number(factor)]);
            }
            let function = Function::ScatterSlices { dim, add };
            t.finish(Op::Function(function), vec![x, indices, source])
        }
        "index_fill.int_Scalar" => {
            let (dim, add) = (t.call.int("dim", None)?, false);
            let operands = vec![
                t.input("self")?,
                t.input("index")?,
                Operand::Number(t.call.number("value", 0.0)?),
            ];
            t.finish(Op::Function(Function::ScatterSlices { dim, add }), operands)
        }
        // Exporters write such a slice for a dimension that is overwritten as a whole.
        "slice_scatter"
            if t.call.int("start", Some(0))? == 0
                && t.call.int("end", Some(i64::MAX))? >= i64::from(i32::MAX)
                && t.call.int("step", Some(1))? == 1 =>
        {
            let source = t.input("src")?;
            t.finish(Op::Identity, vec![source])
        }
        "slice_scatter" => {
            let function = Function::Overwrite {
                dim: t.call.int("dim", Some(0))?,
                start: t.call.int("start", Some(0))?,
                end: t.call.int("end", Some(i64::MAX))?,
                step: t.call.int("step", Some(1))?,
            };
            let (x, source) = (t.input("self")?, t.input("src")?);
            t.finish(Op::Function(function), vec![x, source])
        }
        "select_scatter" => {
            let (dim, start) = (t.call.int("dim", None)?, t.call.int("index", None)?);
            let (x, source) = (t.input("self")?, t.input("src")?);
            let beside = t.step(Op::Unsqueeze { dim }, vec![source]);
            let end = if start == -1 {
                i64::MAX
            } else {
                start.saturating_add(1)
            };
            let step = 1;
            let function = Function::Overwrite {
                dim,
                start,
                end,
                step,
            };
            t.finish(Op::Function(function), vec![x, beside])
        }
        "masked_scatter" | "masked_select" | "nonzero" => Err(selects_by_mask(t.call)),
        _ => Ok(false),
    }
}

/// Error: the number of selected elements depends on the sequence, or on a mask that is not read with the graph.
fn selects_by_mask(call: &Call) -> Box<Diagnostic> {
    call.refused(
        Code::BadModelFile,
        "selects by a mask, so the size of its result is known only at run time",
        "multiply by the mask, or choose with `torch.where(mask, x, 0)`, so that the size stays; if the mask is always the same, register it as a buffer of at most 65536 elements; then export the network again",
    )
}

/// Indices of some dimensions. A constant mask becomes the indices at which it holds.
struct Indices {
    dims: Vec<i64>,
    operands: Vec<Operand>,
}

/// The indices of a call; none if one of them is a mask that is known only at run time.
fn indices(t: &mut Translation) -> Outcome<Option<Indices>> {
    let given = t.call.optional_tensors("indices")?;
    let (mut dims, mut operands, mut dim) = (Vec::new(), Vec::new(), 0);
    for name in given {
        let Some(name) = name else {
            dim += 1;
            continue;
        };
        let id = t.graph.lookup(name)?;
        if t.graph.element_type(name) != Some(ElementType::Boolean) {
            dims.push(dim);
            operands.push(Operand::Value(id));
            dim += 1;
            continue;
        }
        let shape = t.graph.shape(id).map(<[Dim]>::to_vec).unwrap_or_default();
        let sizes: Option<Vec<i64>> = shape.iter().map(|dim| dim.fixed()).collect();
        let (Some(mask), Some(sizes)) = (t.graph.constant(id), sizes) else {
            return Ok(None);
        };
        let places: Vec<usize> = (0..mask.len()).filter(|at| mask[*at] != 0.0).collect();
        for (at, size) in sizes.iter().enumerate() {
            let after: usize = sizes[at + 1..].iter().map(|n| *n as usize).product();
            let index = |place: usize| (place / after.max(1) % (*size).max(1) as usize) as f64;
            dims.push(dim);
            let count = places.len() as i64;
            operands.push(t.literal(&[count], count, |at| index(places[at as usize]))?);
            dim += 1;
        }
    }
    Ok(Some(Indices { dims, operands }))
}

fn index(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let Some(Indices { dims, operands }) = indices(t)? else {
        return Err(selects_by_mask(t.call));
    };
    match (dims.as_slice(), operands.as_slice()) {
        ([], _) => t.finish(Op::Identity, vec![x]),
        (&[dim], &[table]) => t.finish(Op::Take { dim }, vec![x, table]),
        _ => {
            let all = [vec![x], operands].concat();
            t.finish(Op::Index { dims }, all)
        }
    }
}

fn index_put(t: &mut Translation) -> Outcome<bool> {
    let (x, values) = (t.input("self")?, t.input("values")?);
    let add = t.call.flag("accumulate", false)?;
    let found = indices(t)?;
    let Some(Indices { dims, operands }) = found else {
        return put_at_mask(t, x, values, add);
    };
    let rank = t.rank(x)?;
    let places: Option<Vec<usize>> = dims.iter().map(|dim| resolve_dim(*dim, rank)).collect();
    let neighbours = places.is_some_and(|dims| dims.windows(2).all(|d| d[1] == d[0] + 1));
    if !neighbours {
        return Err(t.call.wrong(
            "writes at indices of dimensions that are no neighbours, which is not supported",
        ));
    }
    let all = [vec![x, values], operands].concat();
    t.finish(Op::Function(Function::ScatterAt { dims, add }), all)
}

/// Writes a value wherever a mask holds. The mask covers the first dimensions of the input.
fn put_at_mask(t: &mut Translation, x: Operand, values: Operand, add: bool) -> Outcome<bool> {
    let given = t.call.optional_tensors("indices")?;
    let one = match given.as_slice() {
        [Some(mask)] => Some(*mask),
        _ => None,
    };
    let is_one_value = shape_of(values, t.graph)
        .is_some_and(|shape| shape.iter().all(|dim| *dim == Dim::Fixed(1)));
    let (Some(mask), true) = (one, is_one_value && !add) else {
        return Err(t.call.wrong(
            "writes several values by a mask that is known only at run time, which is not supported",
        ));
    };
    let mut mask = Operand::Value(t.graph.lookup(mask)?);
    let missing = t.rank(x)?.saturating_sub(t.rank(mask)?);
    for _ in 0..missing {
        mask = t.step(Op::Unsqueeze { dim: -1 }, vec![mask]);
    }
    let shape = Vec::new();
    let value = t.step(Op::Reshape { shape }, vec![values]);
    t.finish(Op::Where, vec![mask, value, x])
}
