//! Constant tensors, conversions of the element type, and moves that change nothing.

use super::arguments::{ElementType, element_type};
use super::build::{Translation, shape_of};
use super::call::Size;
use super::spectral::{is_complex, to_complex};
use crate::graph::{Activation, Comparison, Dim, Op, Operand, Reduction};
use gia_base::diag::Outcome;
use std::f64::consts::PI;

/// Maximum number of comparisons for the search in one row of bounds.
const MAX_COMPARED: i64 = 1 << 24;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        // Conversions and moves
        "to.dtype" | "to.dtype_layout" | "to.device" | "_to_copy" | "to.prim_Device"
        | "to.prim_dtype" => {
            let to = match t.call.get("dtype") {
                None => None,
                Some(_) => match element_type(t.call) {
                    Some(to) => Some(to),
                    None => {
                        return Err(t
                            .call
                            .wrong("converts to an element type that is not supported"));
                    }
                },
            };
            let x = t.input("self")?;
            convert(t, x, "self", to)
        }
        "type_as" | "to.other" => {
            let to = t.element_type("other");
            let x = t.input("self")?;
            convert(t, x, "self", to)
        }
        "cpu" | "cuda" | "to_copy" | "_lazy_clone" | "is_pinned" => {
            let x = t.input("self")?;
            t.finish(Op::Identity, vec![x])
        }
        "view_as" | "reshape_as" => {
            let x = t.input("self")?;
            let like = t.input("other")?;
            let sizes = t.shape(like)?;
            if sizes.iter().filter(|size| size.is_none()).count() > 1 {
                return Err(t
                    .call
                    .wrong("reshapes to a shape with more than one free size"));
            }
            let shape = sizes.into_iter().map(|size| size.unwrap_or(-1)).collect();
            t.finish(Op::Reshape { shape }, vec![x])
        }

        // Values written in place, as functions
        "copy" => {
            let (x, source) = (t.input("self")?, t.input("src")?);
            let to = t.element_type("self");
            let source = converted(t, source, "src", to)?;
            expand_like(t, source, x)
        }
        "fill.Scalar" | "fill.Tensor" | "zero" => {
            let x = t.input("self")?;
            let value = match name {
                "zero" => Operand::Number(0.0),
                _ => t.value("value")?,
            };
            match value {
                Operand::Number(value) => {
                    let shape = t.shape(x)?;
                    t.finish(Op::Full { shape, value }, Vec::new())
                }
                value => expand_like(t, value, x),
            }
        }

        // Constants
        "zeros"
        | "ones"
        | "empty.memory_format"
        | "empty"
        | "empty_permuted"
        | "full"
        | "zeros.names"
            if t.call.sizes("size")?.is_some() =>
        {
            let value = match name {
                "ones" => 1.0,
                "full" => t.call.number("fill_value", 0.0)?,
                _ => 0.0,
            };
            let sizes = t.call.sizes("size")?.unwrap_or_default();
            full(t, &sizes, value)
        }
        "new_zeros" | "new_ones" | "new_full" if t.call.sizes("size")?.is_some() => {
            let value = match name {
                "new_zeros" => 0.0,
                "new_ones" => 1.0,
                _ => t.call.number("fill_value", 0.0)?,
            };
            let sizes = t.call.sizes("size")?.unwrap_or_default();
            full(t, &sizes, value)
        }
        "empty_like" | "new_empty" | "empty_strided" | "new_empty_strided" => {
            let shape = made_shape(t)?;
            t.finish(Op::Full { shape, value: 0.0 }, Vec::new())
        }
        "hann_window" | "hann_window.periodic" | "hamming_window" | "hamming_window.periodic" => {
            let (offset, scale) = match name.starts_with("hann") {
                true => (0.5, 0.5),
                false => (0.54, 0.46),
            };
            window(t, |phase| offset - scale * (2.0 * PI * phase).cos())
        }
        "blackman_window" | "blackman_window.periodic" => window(t, |phase| {
            0.42 - 0.5 * (2.0 * PI * phase).cos() + 0.08 * (4.0 * PI * phase).cos()
        }),
        "bartlett_window" | "bartlett_window.periodic" => {
            window(t, |phase| 1.0 - (2.0 * phase - 1.0).abs())
        }
        "logspace" => {
            let (start, end) = (t.call.number("start", 0.0)?, t.call.number("end", 0.0)?);
            let (count, base) = (t.call.int("steps", None)?, t.call.number("base", 10.0)?);
            let step = (end - start) / (count.max(2) - 1) as f64;
            let numbers = t.literal(&[count], count, |i| base.powf(start + step * i as f64))?;
            t.finish(Op::Identity, vec![numbers])
        }
        "diag" | "diagflat" if t.call.int("diagonal", Some(0))? == 0 && is_vector(name, t)? => {
            let x = t.input("self")?;
            let flat = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
            let size = t.extent(flat, 0)?;
            let identity = identity(t, size, size)?;
            t.finish(Op::Multiply, vec![identity, flat])
        }
        "eye" | "eye.m" => {
            let rows = t.call.int("n", None)?;
            let columns = t.call.int("m", Some(rows))?;
            let identity = identity(t, rows, columns)?;
            t.finish(Op::Identity, vec![identity])
        }
        "triu_indices" | "tril_indices" => {
            let (rows, columns) = (t.call.int("row", None)?, t.call.int("col", None)?);
            let offset = t.call.int("offset", Some(0))?;
            let sides = 0..=Op::MAX_LITERAL_ELEMENTS;
            let fits = sides.contains(&rows) && sides.contains(&columns);
            if !fits || rows.saturating_mul(columns) > Op::MAX_LITERAL_ELEMENTS {
                return Err(t.call.wrong("is larger than supported"));
            }
            let upper = name == "triu_indices";
            let is_in = |row: i64, column: i64| match upper {
                true => column - row >= offset,
                false => column - row <= offset,
            };
            let mut values: Vec<f64> = Vec::new();
            let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
            let places: Vec<(i64, i64)> = places.filter(|(r, c)| is_in(*r, *c)).collect();
            values.extend(places.iter().map(|(row, _)| *row as f64));
            values.extend(places.iter().map(|(_, column)| *column as f64));
            let shape = vec![Some(2), Some(places.len() as i64)];
            t.finish(Op::Literal { shape, values }, Vec::new())
        }
        "one_hot" => {
            let classes = t.call.int("num_classes", Some(-1))?;
            if !(0..=Op::MAX_RANGE_COUNT).contains(&classes) {
                return Err(t
                    .call
                    .wrong("finds its number of classes at run time; state it: `one_hot(x, 4)`"));
            }
            let x = t.input("self")?;
            let column = t.step(Op::Unsqueeze { dim: -1 }, vec![x]);
            let (start, step, count) = (0.0, 1.0, classes);
            let numbers = t.step(Op::Range { start, step, count }, Vec::new());
            t.finish(Op::Compare(Comparison::Equal), vec![column, numbers])
        }
        "bucketize.Tensor" => {
            let right = t.call.flag("right", false)?;
            let operands = vec![t.input("self")?, t.input("boundaries")?];
            let function = crate::graph::Function::Bucket { right };
            t.finish(Op::Function(function), operands)
        }
        "searchsorted.Tensor" if t.call.get("sorter").is_none() => {
            let right = t
                .call
                .flag("right", t.call.text("side", "left") == "right")?;
            let bounds = t.input("sorted_sequence")?;
            if t.rank(bounds)? != 1 {
                return search_rows(t, bounds, right);
            }
            let operands = vec![t.input("self")?, bounds];
            let function = crate::graph::Function::Bucket { right };
            t.finish(Op::Function(function), operands)
        }
        _ => Ok(false),
    }
}

/// For each number, how many of the ascending bounds of its own row are below it.
fn search_rows(t: &mut Translation, bounds: Operand, right: bool) -> Outcome<bool> {
    let numbers = t.input("self")?;
    let compared = t.extent(bounds, -1)?.saturating_mul(t.extent(numbers, -1)?);
    if compared > MAX_COMPARED {
        return Err(t.call.wrong("searches rows that are longer than supported"));
    }
    let bounds = t.step(Op::Unsqueeze { dim: -2 }, vec![bounds]);
    let numbers = t.step(Op::Unsqueeze { dim: -1 }, vec![numbers]);
    let below = match right {
        true => Comparison::LessOrEqual,
        false => Comparison::Less,
    };
    let below = t.step(Op::Compare(below), vec![bounds, numbers]);
    let (kind, dims, keep) = (Reduction::Sum, vec![-1], false);
    t.finish(Op::Reduce { kind, dims, keep }, vec![below])
}

/// Whether a call makes a matrix with these elements on its diagonal, and does not take them from one.
fn is_vector(name: &str, t: &Translation) -> Outcome<bool> {
    Ok(name == "diagflat" || t.rank(t.input("self")?)? == 1)
}

/// A window of a signal, given as a function of the phase from 0 to 1.
fn window(t: &mut Translation, number: impl Fn(f64) -> f64) -> Outcome<bool> {
    let count = t.call.int("window_length", None)?;
    let last = match t.call.flag("periodic", true)? {
        true => count,
        false => count - 1,
    };
    // A window of one element is 1.
    let of = |i: i64| match count {
        1 => 1.0,
        _ => number(i as f64 / last as f64),
    };
    let numbers = t.literal(&[count], count, of)?;
    t.finish(Op::Identity, vec![numbers])
}

/// A tensor filled with one number. A multiple of the batch size has a dimension for each sequence and one for the rest,
/// merged.
fn full(t: &mut Translation, sizes: &[Size], value: f64) -> Outcome<bool> {
    let mut shape = Vec::new();
    let mut merged = None;
    for (dim, size) in sizes.iter().enumerate() {
        match size {
            Size::Fixed(size) => shape.push(Some(*size)),
            Size::Free => shape.push(None),
            Size::BatchMultiple(multiple) => {
                shape.extend([None, Some(*multiple)]);
                merged = Some(dim as i64);
            }
        }
    }
    let Some(start) = merged else {
        return t.finish(Op::Full { shape, value }, Vec::new());
    };
    let filled = t.step(Op::Full { shape, value }, Vec::new());
    let end = start + 1;
    t.finish(Op::Flatten { start, end }, vec![filled])
}

/// The shape that the file states for the first result.
fn made_shape(t: &Translation) -> Outcome<Vec<Option<i64>>> {
    let made = t
        .call
        .makes
        .ok_or_else(|| t.call.wrong("fills a shape that is known only at run time"))?;
    Ok(made.iter().map(|dim: &Dim| dim.fixed()).collect())
}

/// A matrix of ones on the diagonal and zeros elsewhere.
pub fn identity(t: &mut Translation, rows: i64, columns: i64) -> Outcome<Operand> {
    if rows.max(columns) > Op::MAX_RANGE_COUNT || rows.min(columns) < 0 {
        return Err(t.call.wrong("is larger than supported"));
    }
    let mut range = |count| {
        let (start, step) = (0.0, 1.0);
        t.step(Op::Range { start, step, count }, Vec::new())
    };
    let (row, column) = (range(rows), range(columns));
    let row = t.step(Op::Unsqueeze { dim: 1 }, vec![row]);
    Ok(t.step(Op::Compare(Comparison::Equal), vec![row, column]))
}

/// A tensor expanded to the shape of another.
fn expand_like(t: &mut Translation, x: Operand, like: Operand) -> Outcome<bool> {
    let shape = t.shape(like)?;
    let same = shape_of(x, t.graph)
        .is_some_and(|own| own.iter().map(|dim| dim.fixed()).eq(shape.iter().copied()));
    match same {
        true => t.finish(Op::Identity, vec![x]),
        false => t.finish(Op::Expand { shape }, vec![x]),
    }
}

/// An operand whose element type becomes `to`; none if it stays.
fn converted(
    t: &mut Translation,
    x: Operand,
    argument: &str,
    to: Option<ElementType>,
) -> Outcome<Operand> {
    let from = t.element_type(argument);
    let whole = matches!(from, Some(ElementType::Integer | ElementType::Boolean));
    Ok(match to {
        Some(ElementType::Boolean) if from != Some(ElementType::Boolean) => t.step(
            Op::Compare(Comparison::NotEqual),
            vec![x, Operand::Number(0.0)],
        ),
        Some(ElementType::Integer) if !whole => t.activate(Activation::Trunc, x),
        Some(ElementType::Float | ElementType::Integer | ElementType::Boolean)
            if is_complex(t, argument) =>
        {
            t.activate(Activation::Real, x)
        }
        _ => x,
    })
}

fn convert(
    t: &mut Translation,
    x: Operand,
    argument: &str,
    to: Option<ElementType>,
) -> Outcome<bool> {
    if to == Some(ElementType::Complex) && !is_complex(t, argument) {
        return to_complex(t, x);
    }
    let made = converted(t, x, argument, to)?;
    t.finish(Op::Identity, vec![made])
}
