//! Batch norms as part of the layer before them: in inference they only scale and shift each channel.

use tch::{Kind, TchError, Tensor};

/// A batch norm's tensors.
pub struct Norm<'t> {
    pub weight: Option<&'t Tensor>,
    pub bias: Option<&'t Tensor>,
    pub mean: &'t Tensor,
    pub variance: &'t Tensor,
    pub epsilon: f64,
}

/// Weight and bias of a layer that does the work of the batch norm after it as well, channels first in the weight.
/// Worked out in double precision, so that only the result is rounded.
pub fn fold(
    weight: &Tensor,
    bias: Option<&Tensor>,
    norm: &Norm,
) -> Result<(Tensor, Tensor), TchError> {
    let double = |tensor: &Tensor| tensor.f_to_kind(Kind::Double);
    let mut scale = double(norm.variance)?
        .f_add_scalar(norm.epsilon)?
        .f_rsqrt()?;
    if let Some(weight) = norm.weight {
        scale = scale.f_mul(&double(weight)?)?;
    }
    let centred = match bias {
        Some(bias) => double(bias)?.f_sub(&double(norm.mean)?)?,
        None => double(norm.mean)?.f_neg()?,
    };
    let mut shift = centred.f_mul(&scale)?;
    if let Some(bias) = norm.bias {
        shift = shift.f_add(&double(bias)?)?;
    }
    let mut column = vec![1; weight.dim()];
    if let Some(first) = column.first_mut() {
        *first = -1;
    }
    let weight = double(weight)?.f_mul(&scale.f_reshape(&column)?)?;
    Ok((
        weight.f_to_kind(Kind::Float)?,
        shift.f_to_kind(Kind::Float)?,
    ))
}
