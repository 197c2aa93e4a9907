//! Convolutions and pooling, in one or two dimensions.

use gia::model::{Op, Padding, PoolKind};
use tch::{TchError, Tensor};

/// How a convolution moves over its input.
pub struct Geometry<'g> {
    pub stride: &'g [i64],
    pub padding: &'g Padding,
    pub dilation: &'g [i64],
    pub groups: i64,
}

pub fn convolution(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    g: &Geometry,
) -> Result<Tensor, TchError> {
    let (stride, dilation, groups) = (g.stride, g.dilation, g.groups);
    match (weight.dim(), g.padding) {
        (3, Padding::Symmetric(pad)) => x.f_conv1d(weight, bias, stride, pad, dilation, groups),
        (3, Padding::Same) => x.f_conv1d_padding(weight, bias, stride, "same", dilation, groups),
        (4, Padding::Symmetric(pad)) => x.f_conv2d(weight, bias, stride, pad, dilation, groups),
        (4, Padding::Same) => x.f_conv2d_padding(weight, bias, stride, "same", dilation, groups),
        (rank, _) => Err(TchError::Shape(format!(
            "a convolution with a weight of {rank} dimensions"
        ))),
    }
}

pub fn pool(op: &Op, x: &Tensor) -> Result<Tensor, TchError> {
    let Op::Pool {
        kind,
        kernel,
        stride,
        padding,
        dilation,
        ceil,
    } = op
    else {
        return Err(TchError::Kind("not a pooling node".to_string()));
    };
    match (kind, kernel.len()) {
        (PoolKind::Max, 1) => x.f_max_pool1d(kernel, stride, padding, dilation, *ceil),
        (PoolKind::Max, _) => x.f_max_pool2d(kernel, stride, padding, dilation, *ceil),
        (PoolKind::Average { count_include_pad }, 1) => {
            x.f_avg_pool1d(kernel, stride, padding, *ceil, *count_include_pad)
        }
        (PoolKind::Average { count_include_pad }, _) => {
            x.f_avg_pool2d(kernel, stride, padding, *ceil, *count_include_pad, None)
        }
    }
}

pub fn adaptive_pool(kind: PoolKind, output: &[i64], x: &Tensor) -> Result<Tensor, TchError> {
    match (kind, output.len()) {
        (PoolKind::Max, 1) => x.f_adaptive_max_pool1d(output).map(|(values, _)| values),
        (PoolKind::Max, _) => x.f_adaptive_max_pool2d(output).map(|(values, _)| values),
        (PoolKind::Average { .. }, 1) => x.f_adaptive_avg_pool1d(output),
        (PoolKind::Average { .. }, _) => x.f_adaptive_avg_pool2d(output),
    }
}
