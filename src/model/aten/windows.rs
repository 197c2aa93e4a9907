//! Windows of a tensor: of a dimension, and of an image.

use super::build::Translation;
use super::table::pool;
use crate::graph::{Function, Op, Operand, PoolKind};
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
        "avg_pool2d" | "avg_pool3d" if t.call.get("divisor_override").is_some() => {
            average_with_divisor(t)
        }
        _ => Ok(false),
    }
}

/// The sum of each window, divided by a number that the call states.
fn average_with_divisor(t: &mut Translation) -> Outcome<bool> {
    let divisor = t.call.number("divisor_override", 1.0)?;
    let kind = PoolKind::Average {
        count_include_pad: true,
    };
    let (op, operands) = pool(t.call, &|name| t.graph.lookup(name), kind)?;
    let Op::Pool { kernel, ceil, .. } = &op else {
        return Ok(false);
    };
    // The last window's mean is over fewer elements then.
    if *ceil {
        return Err(t
            .call
            .wrong("has both `ceil_mode` and a `divisor_override`, which is not supported"));
    }
    let count: f64 = kernel.iter().map(|size| *size as f64).product();
    let mean = t.step(op, operands);
    let factor = Operand::Number(count / divisor);
    t.finish(Op::Multiply, vec![mean, factor])
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
