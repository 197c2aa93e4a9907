//! Multipliers of frequent operators by what they are, without a pass through libtorch's gradients.

use gia_model::{Activation, Op, PoolKind, Reduction};
use tch::Tensor;

use super::line::Result;
use super::selection::{Extreme, shares};

/// The values of the first operand for input and reference. The reference has a row for each pair, the input for each `per_row` pairs.
pub struct Pair<'p> {
    pub input: &'p Tensor,
    pub reference: &'p Tensor,
    pub per_row: i64,
}

impl Pair<'_> {
    /// The input, of which each row stands for its pairs without a copy, and the shape of the references in which it does; none if the rows are others.
    fn shared(&self, input: &Tensor, reference: &Tensor) -> Result<Option<(Tensor, Vec<i64>)>> {
        let (own, size) = (input.size(), reference.size());
        let fits = match (own.split_first(), size.split_first()) {
            (Some((rows, own)), Some((pairs, size))) => {
                rows * self.per_row == *pairs && own == size
            }
            _ => false,
        };
        if !fits {
            return Ok(None);
        }
        let shape: Vec<i64> = [own[0], self.per_row]
            .into_iter()
            .chain(size[1..].iter().copied())
            .collect();
        Ok(Some((input.f_unsqueeze(1)?, shape)))
    }
}

/// What max(x, 0) hands on: 1 where both sides are positive, 0 where neither is, and else the share of the difference that is. All three are the greater
/// side over the distance of both, between 0 and 1. None for another operator.
pub fn of_rectifier(op: &Op, multiplier: &Tensor, pair: &Pair) -> Result<Option<Tensor>> {
    if !matches!(op, Op::Activate(Activation::Relu)) {
        return Ok(None);
    }
    let Some((input, shape)) = pair.shared(pair.input, pair.reference)? else {
        return Ok(None);
    };
    let reference = pair.reference.f_reshape(&shape)?;
    let mut distance = input.f_sub(&reference)?;
    let distance = distance.f_abs_()?;
    let mut handed = input.f_maximum(&reference)?;
    // Both sides may be 0: then nothing is handed on, as by the derivative.
    let _ = handed.f_div_(&distance)?;
    let _ = handed.f_clamp_(0.0, 1.0)?;
    let _ = handed.f_nan_to_num_(0.0, 1.0, 0.0)?;
    let _ = handed.f_mul_(&multiplier.f_reshape(&shape)?)?;
    handed.f_reshape(pair.reference.size()).map(Some)
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
    let Some((shared, shape)) = pair.shared(pair.input, pair.reference)? else {
        return Ok(None);
    };
    let (Some((input, at_input)), Some((reference, at_reference))) =
        (find(pair.input)?, find(pair.reference)?)
    else {
        return Ok(None);
    };
    let size = reference.size();
    let for_pairs = |x: &Tensor| -> Result<Tensor> {
        let mut wide = x.size();
        wide.insert(1, pair.per_row);
        x.f_unsqueeze(1)?.f_expand(&wide, false)?.f_reshape(&size)
    };
    let (input, at_input) = (for_pairs(&input)?, for_pairs(&at_input)?);
    let of_reference = pair.reference.f_gather(-1, &at_input, false)?;
    let mut places = shape.clone();
    if let (Some(last), Some(own)) = (places.last_mut(), size.last()) {
        *last = *own;
    }
    let of_input = shared
        .f_expand(&shape, false)?
        .f_gather(-1, &at_reference.f_reshape(&places)?, false)?
        .f_reshape(&size)?;
    let [a, b] = shares(
        Extreme::Largest,
        (&input, &of_reference),
        (&reference, &of_input),
    )?;
    let multiplier = multiplier.f_reshape(input.size())?;
    pair.reference
        .f_zeros_like()?
        .f_scatter_add(-1, &at_input, &a.f_mul(&multiplier)?)?
        .f_scatter_add(-1, &at_reference, &b.f_mul(&multiplier)?)
        .map(Some)
}
