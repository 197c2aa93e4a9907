//! Multipliers of frequent operators by what they are, without a pass through libtorch's gradients.

use gia_model::{Activation, Op};
use tch::Tensor;

use super::line::Result;
use super::pairs::Pair;

/// What max(x, 0) hands on: 1 where both sides are positive, 0 where neither is, and else the share of the difference that is. All three are the greater
/// side over the distance of both, between 0 and 1. None for another operator.
pub fn of_rectifier(op: &Op, multiplier: &Tensor, pair: &Pair) -> Result<Option<Tensor>> {
    if !matches!(op, Op::Activate(Activation::Relu)) {
        return Ok(None);
    }
    if !pair.fits() {
        return Ok(None);
    }
    let handed = pair.reference.f_empty_like()?;
    pair.for_blocks(multiplier, &handed, |block| {
        let mut distance = block.input.f_sub(&block.reference)?;
        let distance = distance.f_abs_()?;
        let mut share = block.input.f_maximum(&block.reference)?;
        // Both sides may be 0: then nothing is handed on, as by the derivative.
        let _ = share.f_div_(&distance)?;
        let _ = share.f_clamp_(0.0, 1.0)?;
        let _ = share.f_nan_to_num_(0.0, 1.0, 0.0)?;
        share
            .f_mul_out(&block.handed, &block.multiplier)
            .map(|_| ())
    })?;
    Ok(Some(handed))
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
