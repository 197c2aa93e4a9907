//! Folding of batch norms into the layer before them: in inference a batch norm only scales and shifts each channel.

use tch::{Kind, TchError, Tensor};

/// The tensors of a batch norm, each of shape (channels).
pub struct BatchNormTensors<'t> {
    pub weight: Option<&'t Tensor>,
    pub bias: Option<&'t Tensor>,
    pub mean: &'t Tensor,
    pub variance: &'t Tensor,
    pub epsilon: f64,
}

/// Weight and bias of a layer that includes the batch norm after it. The first dimension of `weight` is the output channel.
/// Computed in float64, so that only the result is rounded.
pub fn fold_batch_norm(
    weight: &Tensor,
    bias: Option<&Tensor>,
    norm: &BatchNormTensors,
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
