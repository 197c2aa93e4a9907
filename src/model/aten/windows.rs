//! Windows of a tensor: of a dimension, of an image, and by distances in memory.

use super::build::Translation;
use crate::graph::{Function, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "unfold" => unfold(t),
        "im2col" => {
            let x = t.input("self")?;
            columns(t, x, None)
        }
        "col2im" => {
            let x = t.input("self")?;
            let image = pair(t, "output_size", 1)?;
            columns(t, x, Some(image))
        }
        "as_strided" => as_strided(t),
        _ => Ok(false),
    }
}

fn unfold(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let (size, step) = (t.call.int("size", None)?, t.call.int("step", None)?);
    let dim = t.call.int("dimension", None)?;
    let (turned, taken) = windows_of(t, x, dim, size, step)?;
    t.finish(turned, vec![taken])
}

/// Windows of a dimension, `step` apart, as a new last dimension: the last node, and its operand.
pub fn windows_of(
    t: &mut Translation,
    x: Operand,
    dim: i64,
    size: i64,
    step: i64,
) -> Outcome<(Op, Operand)> {
    let (length, rank) = (t.extent(x, dim)?, t.rank(x)?);
    let Some(at) = crate::graph::resolve_dim(dim, rank) else {
        return Err(t
            .call
            .wrong("takes windows of a dimension that its input does not have"));
    };
    if step < 1 || size < 0 || size > length {
        return Err(t.call.wrong("has windows that are wider than its input"));
    }
    let count = (length - size) / step + 1;
    let place = |at: i64| (at / size.max(1) * step + at % size.max(1)) as f64;
    let places = t.literal(&[count, size], count.saturating_mul(size), place)?;
    let taken = t.step(Op::Take { dim: at as i64 }, vec![x, places]);
    // The elements of a window move from behind the windows to the end.
    let mut dims: Vec<i64> = (0..=rank as i64).collect();
    let within = dims.remove(at + 1);
    dims.push(within);
    Ok((Op::Permute { dims }, taken))
}

/// Two sizes; a single one stands for both.
fn pair(t: &Translation, argument: &str, default: i64) -> Outcome<[i64; 2]> {
    let given = t.call.spatial(argument, default, 2)?;
    Ok([given[0], given[1]])
}

fn columns(t: &mut Translation, x: Operand, image: Option<[i64; 2]>) -> Outcome<bool> {
    let (kernel, dilation) = (pair(t, "kernel_size", 1)?, pair(t, "dilation", 1)?);
    let (padding, stride) = (pair(t, "padding", 0)?, pair(t, "stride", 1)?);
    let window = kernel[0].saturating_mul(kernel[1]).max(1);
    let wanted = if image.is_some() { 3 } else { 4 };
    if t.rank(x)? != wanted || stride.iter().any(|n| *n < 1) {
        return Err(t.call.wrong("has an input or stride that is not supported"));
    }
    let sizes = match image {
        Some([height, width]) => vec![t.extent(x, 1)? / window, height, width],
        None => {
            let mut count = 1i64;
            for at in 0..2 {
                let own = t.extent(x, 2 + at as i64)?;
                let span = kernel[at]
                    .saturating_sub(1)
                    .saturating_mul(dilation[at])
                    .saturating_add(1);
                let room = own
                    .saturating_add(padding[at].saturating_mul(2))
                    .saturating_sub(span);
                if room < 0 {
                    return Err(t.call.wrong("has windows that are wider than its input"));
                }
                count = count.saturating_mul(room / stride[at] + 1);
            }
            vec![t.extent(x, 1)?.saturating_mul(window), count]
        }
    };
    let function = Function::Columns {
        image,
        kernel,
        dilation,
        padding,
        stride,
        sizes,
    };
    t.finish(Op::Function(function), vec![x])
}

/// Elements by their distance in memory, of a value in row-major order: of each sequence, the same elements.
fn as_strided(t: &mut Translation) -> Outcome<bool> {
    let is_contiguous = t
        .call
        .tensor("self")
        .is_some_and(|name| t.graph.is_contiguous(name));
    let x = t.input("self")?;
    let own = t.shape(x)?;
    let mut sizes = t.call.sizes("size")?.unwrap_or_default();
    let mut strides = t.call.ints("stride", &[])?;
    let offset = t.call.int("storage_offset", Some(0))?;
    let refused = || {
        t.call
            .wrong("addresses memory in a way that is not supported")
    };
    let is_free = own.first() == Some(&None);
    let each: Option<i64> = own
        .iter()
        .skip(usize::from(is_free))
        .try_fold(1i64, |all, size| all.checked_mul((*size)?));
    let Some(each) = each.filter(|_| is_contiguous && sizes.len() == strides.len()) else {
        return Err(refused());
    };
    if is_free {
        if sizes.first() != Some(&super::call::Size::Free) || strides.first() != Some(&each) {
            return Err(refused());
        }
        sizes.remove(0);
        strides.remove(0);
    }
    let sizes: Option<Vec<i64>> = sizes.into_iter().map(|size| size.fixed()).collect();
    let Some(sizes) = sizes.filter(|sizes| sizes.iter().all(|size| *size >= 0)) else {
        return Err(refused());
    };
    let count = sizes
        .iter()
        .try_fold(1i64, |all, size| all.checked_mul(*size));
    let last = sizes
        .iter()
        .zip(&strides)
        .try_fold(offset, |last, (size, stride)| {
            let way = size.saturating_sub(1).max(0).checked_mul(*stride)?;
            last.checked_add(way).filter(|_| *stride >= 0)
        });
    // All elements belong to one sequence.
    let is_inside = offset >= 0 && last.is_some_and(|last| last < each);
    let Some(count) = count.filter(|_| is_inside) else {
        return Err(refused());
    };
    let place = |at: i64| {
        let (mut rest, mut place) = (at, offset);
        for (size, stride) in sizes.iter().zip(&strides).rev() {
            place += rest % (*size).max(1) * stride;
            rest /= (*size).max(1);
        }
        place as f64
    };
    let places = t.literal(&sizes, count, place)?;
    let dim = i64::from(is_free);
    let flat = match own.len() == usize::from(is_free) {
        true => t.step(Op::Unsqueeze { dim }, vec![x]),
        false => t.step(
            Op::Flatten {
                start: dim,
                end: -1,
            },
            vec![x],
        ),
    };
    t.finish(Op::Take { dim }, vec![flat, places])
}
