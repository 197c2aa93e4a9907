//! Operators that only rearrange or copy elements.

use gia_model::{Op, PaddingValue};
use tch::{TchError, Tensor};

pub fn reshape(op: &Op, x: &Tensor) -> Result<Tensor, TchError> {
    match op {
        Op::Flatten { start, end } => x.f_flatten(*start, *end),
        Op::Reshape { shape } => x.f_reshape(shape),
        Op::Transpose { a, b } => x.f_transpose(*a, *b),
        Op::Permute { dims } => x.f_permute(dims),
        Op::Squeeze { dims } => squeeze(x, dims),
        Op::Unsqueeze { dim } => x.f_unsqueeze(*dim),
        Op::Repeat { times } => x.f_repeat(times),
        Op::Slice {
            dim,
            start,
            end,
            step,
        } => x.f_slice(*dim, *start, *end, *step),
        Op::Select { dim, index } => x.f_select(*dim, *index),
        Op::Flip { dims } => x.f_flip(dims),
        Op::Pad { pairs, filler } => pad(x, pairs, *filler),
        other => Err(TchError::Kind(format!(
            "{other:?} does not only rearrange elements"
        ))),
    }
}

/// Expands `x` to a shape. `None` stands for the batch size, taken from `batch`.
pub fn expand(
    x: &Tensor,
    shape: &[Option<i64>],
    batch: Option<&Tensor>,
) -> Result<Tensor, TchError> {
    x.f_expand(sizes(shape, batch)?, false)
}

/// Resolves a shape. `None` stands for the batch size, taken from `batch`.
pub fn sizes(shape: &[Option<i64>], batch: Option<&Tensor>) -> Result<Vec<i64>, TchError> {
    let first = batch.and_then(|batch| batch.size().first().copied());
    let sizes: Option<Vec<i64>> = shape.iter().map(|size| size.or(first)).collect();
    sizes.ok_or_else(|| TchError::Shape("no batch to take a size from".to_string()))
}

fn pad(x: &Tensor, pairs: &[i64], filler: PaddingValue) -> Result<Tensor, TchError> {
    let mode = match filler {
        PaddingValue::Constant(value) => return x.f_pad(pairs, "constant", value),
        PaddingValue::Reflect => "reflect",
        PaddingValue::Replicate => "replicate",
        PaddingValue::Circular => "circular",
    };
    // In these modes libtorch requires two dimensions before the padded ones.
    let mut padded = x.shallow_clone();
    let missing = (pairs.len() as i64 / 2 + 2 - x.dim() as i64).max(0);
    for _ in 0..missing {
        padded = padded.f_unsqueeze(0)?;
    }
    padded = padded.f_pad(pairs, mode, None)?;
    for _ in 0..missing {
        padded = padded.f_squeeze_dim(0)?;
    }
    Ok(padded)
}

/// Removes dimensions of extent 1, from last to first, so that the remaining indices stay valid.
fn squeeze(x: &Tensor, dims: &[i64]) -> Result<Tensor, TchError> {
    let rank = x.dim() as i64;
    let mut dims: Vec<i64> = dims
        .iter()
        .map(|d| if *d < 0 { d + rank } else { *d })
        .collect();
    dims.sort_unstable();
    let mut y = x.shallow_clone();
    for dim in dims.into_iter().rev() {
        y = y.f_squeeze_dim(dim)?;
    }
    Ok(y)
}
