//! Multipliers of frequent operators by what they are, without a pass through libtorch's gradients.

use gia_model::{Op, PoolKind, Reduction};
use tch::Tensor;

use super::line::Result;
use super::selection::{Extreme, shares};

/// The values of the first operand for input and reference, for each pair.
pub struct Pair<'p> {
    pub input: &'p Tensor,
    pub reference: &'p Tensor,
}

/// What a sum hands on to each of its two operands, if these have the shape of the result; none for another operator.
pub fn of_sum(op: &Op, multiplier: &Tensor, sizes: &[Vec<i64>; 2]) -> Result<Option<[Tensor; 2]>> {
    let factor = match op {
        Op::Add { factor } => *factor,
        Op::Subtract { factor } => -factor,
        _ => return Ok(None),
    };
    let size = multiplier.size();
    if sizes.iter().any(|own| *own != size) {
        return Ok(None);
    }
    let second = match factor {
        1.0 => multiplier.shallow_clone(),
        factor => multiplier.f_mul_scalar(factor)?,
    };
    Ok(Some([multiplier.shallow_clone(), second]))
}

/// What an operator that only changes the shape hands on; none for another operator.
pub fn of_shape(op: &Op, multiplier: &Tensor, size: &[i64]) -> Result<Option<Tensor>> {
    match op {
        Op::Identity
        | Op::Flatten { .. }
        | Op::Reshape { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. } => multiplier.f_reshape(size).map(Some),
        _ => Ok(None),
    }
}

/// What a maximum over windows of the last dimension, or over all of it, hands on to the places of the maxima of input and reference. None for another operator.
pub fn of_maximum(op: &Op, multiplier: &Tensor, pair: &Pair) -> Result<Option<Tensor>> {
    let rank = pair.input.dim() as i64;
    let last = |dims: &[i64]| matches!(dims, [dim] if *dim == -1 || *dim == rank - 1);
    let find = |x: &Tensor| -> Result<Option<(Tensor, Tensor)>> {
        Ok(match op {
            Op::Pool {
                kind: PoolKind::Max,
                kernel,
                stride,
                padding,
                dilation,
                ceil,
            } if rank == 3 && kernel.len() == 1 => {
                let stride = if stride.is_empty() { kernel } else { stride };
                Some(x.f_max_pool1d_with_indices(kernel, stride, padding, dilation, *ceil)?)
            }
            Op::AdaptivePool {
                kind: PoolKind::Max,
                output,
            } if rank == 3 && output.len() == 1 => Some(x.f_adaptive_max_pool1d(output)?),
            Op::Reduce {
                kind: Reduction::Max,
                dims,
                ..
            } if last(dims) => Some(x.f_max_dim(-1, true)?),
            _ => None,
        })
    };
    let (Some((input, at_input)), Some((reference, at_reference))) =
        (find(pair.input)?, find(pair.reference)?)
    else {
        return Ok(None);
    };
    let of_reference = pair.reference.f_gather(-1, &at_input, false)?;
    let of_input = pair.input.f_gather(-1, &at_reference, false)?;
    let [a, b] = shares(
        Extreme::Largest,
        (&input, &of_reference),
        (&reference, &of_input),
    )?;
    let multiplier = multiplier.f_reshape(input.size())?;
    pair.input
        .f_zeros_like()?
        .f_scatter_add(-1, &at_input, &a.f_mul(&multiplier)?)?
        .f_scatter_add(-1, &at_reference, &b.f_mul(&multiplier)?)
        .map(Some)
}
