//! Convolutions, pooling and batch norms, in one to three dimensions.
//!
//! On a CPU, a layer over sequences runs as a 2D layer over images one row high, in channels-last memory order: these kernels are
//! faster and need no copies between layers (`docs/decisions/0007-channels-beside-each-other.md`). Shapes stay as in the graph;
//! only strides differ. Wide layers of many channels are the exception: their kernels are faster in the default layout.

use gia_model::{Op, Padding, PoolKind};
use tch::{Device, Kind, TchError, Tensor};

/// Maximum kernel size for which max pooling over disjoint windows is computed as a maximum of strided slices.
const MAX_SLICED_POOL_KERNEL: i64 = 6;

/// Minimum size in bytes of a weight, and its minimum width, for the default layout: the blocks of a channels-last kernel no longer fit
/// the CPU's caches, which costs more than copying the activations into the other layout.
const MIN_DEFAULT_LAYOUT_BYTES: i64 = 4 << 20;
const MIN_DEFAULT_LAYOUT_WIDTH: i64 = 4;

/// The geometry of a convolution.
pub struct Geometry<'g> {
    pub stride: &'g [i64],
    pub padding: &'g Padding,
    pub dilation: &'g [i64],
    pub groups: i64,
}

/// A convolution in one to three dimensions. A sequence with a weight from [`weight_for_cpu`] takes the CPU path of this module.
pub fn convolution(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    g: &Geometry,
) -> Result<Tensor, TchError> {
    let (stride, dilation, groups) = (g.stride, g.dilation, g.groups);
    if x.dim() == 3
        && weight.dim() == 4
        && let (&[stride], &[dilation]) = (stride, dilation)
    {
        let (stride, dilation) = ([1, stride], [1, dilation]);
        let image = x.f_unsqueeze(2)?;
        let output = match g.padding {
            Padding::Symmetric(pad) => {
                let pad = [0, pad.first().copied().unwrap_or(0)];
                image.f_conv2d(weight, bias, stride, pad, dilation, groups)
            }
            Padding::Same => image.f_conv2d_padding(weight, bias, stride, "same", dilation, groups),
        };
        return output?.f_squeeze_dim(2);
    }
    let x = match is_sequence_on_cpu(x) && weight.dim() == 3 {
        true => x.f_contiguous()?,
        false => x.shallow_clone(),
    };
    match (weight.dim(), g.padding) {
        (3, Padding::Symmetric(pad)) => x.f_conv1d(weight, bias, stride, pad, dilation, groups),
        (3, Padding::Same) => x.f_conv1d_padding(weight, bias, stride, "same", dilation, groups),
        (4, Padding::Symmetric(pad)) => x.f_conv2d(weight, bias, stride, pad, dilation, groups),
        (4, Padding::Same) => x.f_conv2d_padding(weight, bias, stride, "same", dilation, groups),
        (5, Padding::Symmetric(pad)) => x.f_conv3d(weight, bias, stride, pad, dilation, groups),
        (5, Padding::Same) => x.f_conv3d_padding(weight, bias, stride, "same", dilation, groups),
        (rank, _) => Err(TchError::Shape(format!(
            "a convolution with a weight of {rank} dimensions"
        ))),
    }
}

pub fn transposed_convolution(
    op: &Op,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor, TchError> {
    let Op::TransposedConvolution {
        stride,
        padding,
        output_padding,
        dilation,
        groups,
    } = op
    else {
        return Err(TchError::Kind(format!(
            "{op:?} is not a transposed convolution"
        )));
    };
    match weight.dim() {
        3 => x.f_conv_transpose1d(
            weight,
            bias,
            stride,
            padding,
            output_padding,
            *groups,
            dilation,
        ),
        4 => x.f_conv_transpose2d(
            weight,
            bias,
            stride,
            padding,
            output_padding,
            *groups,
            dilation,
        ),
        5 => x.f_conv_transpose3d(
            weight,
            bias,
            stride,
            padding,
            output_padding,
            *groups,
            dilation,
        ),
        rank => Err(TchError::Shape(format!(
            "a transposed convolution with a weight of {rank} dimensions"
        ))),
    }
}

/// The weight of a 1D convolution for the fastest path of [`convolution`] on a CPU: (out, in, 1, width) in channels-last memory
/// order. Weights for the default layout, and those of other layers, are returned unchanged.
pub fn weight_for_cpu(weight: &Tensor) -> Result<Tensor, TchError> {
    let [outputs, inputs, width] = weight.size()[..] else {
        return Ok(weight.shallow_clone());
    };
    let bytes = outputs * inputs * width * size_of::<f32>() as i64;
    if bytes >= MIN_DEFAULT_LAYOUT_BYTES && width >= MIN_DEFAULT_LAYOUT_WIDTH {
        return Ok(weight.shallow_clone());
    }
    let strides = [width * inputs, 1, width * inputs, inputs];
    let mut prepared = Tensor::f_empty_strided(
        [outputs, inputs, 1, width],
        strides,
        (weight.kind(), weight.device()),
    )?;
    prepared.f_copy_(&weight.f_unsqueeze(2)?)?;
    Ok(prepared)
}

pub fn batch_norm(
    x: &Tensor,
    scale: Option<&Tensor>,
    shift: Option<&Tensor>,
    statistics: (&Tensor, &Tensor),
    epsilon: f64,
) -> Result<Tensor, TchError> {
    let (mean, variance) = (Some(statistics.0), Some(statistics.1));
    let norm =
        |x: &Tensor| x.f_batch_norm(scale, shift, mean, variance, false, 0.0, epsilon, false);
    if is_sequence_on_cpu(x) {
        return norm(&x.f_unsqueeze(2)?)?.f_squeeze_dim(2);
    }
    norm(x)
}

/// Whether a value is a batch of sequences on a CPU.
fn is_sequence_on_cpu(x: &Tensor) -> bool {
    x.dim() == 3 && x.device() == Device::Cpu
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
    if is_sequence_on_cpu(x)
        && let (&[kernel], &[pad], &[dilation]) = (&kernel[..], &padding[..], &dilation[..])
    {
        let stride = stride.first().copied().unwrap_or(kernel);
        let is_disjoint = stride == kernel && pad == 0 && dilation == 1 && !ceil;
        // The slices are not used for gradients: with equal maxima, only pooling sends the gradient to the first.
        let use_slices = (2..=MAX_SLICED_POOL_KERNEL).contains(&kernel) && !x.requires_grad();
        if *kind == PoolKind::Max && is_disjoint && use_slices {
            return max_of_slices(x, kernel);
        }
        let image = x.f_unsqueeze(2)?;
        let (kernel, stride, pad) = ([1, kernel], [1, stride], [0, pad]);
        let output = match kind {
            PoolKind::Max => image.f_max_pool2d(kernel, stride, pad, [1, dilation], *ceil),
            PoolKind::Average { count_include_pad } => {
                image.f_avg_pool2d(kernel, stride, pad, *ceil, *count_include_pad, None)
            }
        };
        return output?.f_squeeze_dim(2);
    }
    match (kind, kernel.len()) {
        (PoolKind::Max, 1) => x.f_max_pool1d(kernel, stride, padding, dilation, *ceil),
        (PoolKind::Max, 2) => x.f_max_pool2d(kernel, stride, padding, dilation, *ceil),
        (PoolKind::Max, _) => x.f_max_pool3d(kernel, stride, padding, dilation, *ceil),
        (PoolKind::Average { count_include_pad }, 1) => {
            x.f_avg_pool1d(kernel, stride, padding, *ceil, *count_include_pad)
        }
        (PoolKind::Average { count_include_pad }, 2) => {
            x.f_avg_pool2d(kernel, stride, padding, *ceil, *count_include_pad, None)
        }
        (PoolKind::Average { count_include_pad }, _) => {
            x.f_avg_pool3d(kernel, stride, padding, *ceil, *count_include_pad, None)
        }
    }
}

/// Max pooling over disjoint windows of `kernel` positions. An incomplete window at the end is ignored.
fn max_of_slices(x: &Tensor, kernel: i64) -> Result<Tensor, TchError> {
    let end = x.size()[2] / kernel * kernel;
    if end == 0 {
        return x.f_max_pool1d(kernel, kernel, 0, 1, false);
    }
    let slice = |first: i64| x.f_slice(2, first, end, kernel);
    let mut largest = slice(0)?.f_maximum(&slice(1)?)?;
    for first in 2..kernel {
        largest = largest.f_maximum_out(&largest.shallow_clone(), &slice(first)?)?;
    }
    Ok(largest)
}

/// The mean over dimensions, whose gradient is one number for all places without a copy. That of libtorch's mean is copied out in the default order in
/// memory, so that the gradients of all layers before it are read out of order.
pub fn differentiable_mean(
    x: &Tensor,
    dims: &[i64],
    keep: bool,
    kind: Kind,
) -> Result<Tensor, TchError> {
    let size = x.size();
    let rank = size.len() as i64;
    let count: i64 = dims
        .iter()
        .map(|dim| size[dim.rem_euclid(rank) as usize])
        .product();
    x.f_sum_dim_intlist(dims, keep, kind)?
        .f_mul_scalar(1.0 / count as f64)
}

pub fn adaptive_pool(kind: PoolKind, output: &[i64], x: &Tensor) -> Result<Tensor, TchError> {
    match (kind, output.len()) {
        (PoolKind::Max, 1) => x.f_adaptive_max_pool1d(output).map(|(values, _)| values),
        (PoolKind::Max, 2) => x.f_adaptive_max_pool2d(output).map(|(values, _)| values),
        (PoolKind::Max, _) => x.f_adaptive_max_pool3d(output).map(|(values, _)| values),
        (PoolKind::Average { .. }, 1) if output == [1] && x.requires_grad() => {
            differentiable_mean(x, &[-1], true, x.kind())
        }
        (PoolKind::Average { .. }, 1) => x.f_adaptive_avg_pool1d(output),
        (PoolKind::Average { .. }, 2) => x.f_adaptive_avg_pool2d(output),
        (PoolKind::Average { .. }, _) => x.f_adaptive_avg_pool3d(output),
    }
}
