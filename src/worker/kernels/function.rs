//! Functions along some dimensions: the libtorch call for each [`Function`].
//!
//! Invariant: indices that are returned are float32, as all numbers of a network; indices that are read are checked by
//! libtorch.

use gia_model::{
    Accumulation, Choice, Fourier, FourierScaling, Function, Interpolation, MatrixFunction,
    Returns, Scattering,
};
use tch::{Kind, Scalar, TchError, Tensor};

use super::{Argument, Arguments, sum_kind, take};

/// Calls a function on its operands.
pub fn call(function: &Function, a: &Arguments) -> Result<Tensor, TchError> {
    let x = a.tensor(0)?;
    match function {
        Function::Sort {
            dim,
            stable,
            descending,
            returns,
        } => {
            let sorted = match stable {
                true => x.f_sort_stable(true, *dim, *descending)?,
                false => x.f_sort(*dim, *descending)?,
            };
            returned(sorted, *returns)
        }
        Function::TopK {
            dim,
            count,
            largest,
            returns,
        } => returned(x.f_topk(*count, *dim, *largest, true)?, *returns),
        Function::Pick {
            choice,
            dim,
            keep,
            returns,
        } => {
            let picked = match choice {
                Choice::Max => x.f_max_dim(*dim, *keep)?,
                Choice::Min => x.f_min_dim(*dim, *keep)?,
                Choice::Median => x.f_median_dim(*dim, *keep)?,
                Choice::Mode => x.f_mode(*dim, *keep)?,
                Choice::Kth(k) => x.f_kthvalue(*k, *dim, *keep)?,
            };
            returned(picked, *returns)
        }
        Function::Accumulate { kind, dim, returns } => match kind {
            Accumulation::Product => x.f_cumprod(*dim, sum_kind(x)),
            Accumulation::Max => returned(x.f_cummax(*dim)?, *returns),
            Accumulation::Min => returned(x.f_cummin(*dim)?, *returns),
            Accumulation::LogSumExp => x.f_logcumsumexp(*dim),
        },
        Function::Variance {
            dims,
            correction,
            keep,
            root,
        } => {
            let dims = listed(dims, x);
            match root {
                true => x.f_std_correction(&dims[..], *correction, *keep),
                false => x.f_var_correction(&dims[..], *correction, *keep),
            }
        }
        Function::Norm { order, dims, keep } => {
            x.f_norm_scalaropt_dim(*order, &listed(dims, x)[..], *keep)
        }
        Function::Fourier {
            kind,
            dim,
            length,
            scaling,
        } => {
            let norm = match scaling {
                FourierScaling::Backward => "backward",
                FourierScaling::Orthonormal => "ortho",
                FourierScaling::Forward => "forward",
            };
            match kind {
                Fourier::Forward => x.f_fft_fft(*length, *dim, norm),
                Fourier::Inverse => x.f_fft_ifft(*length, *dim, norm),
                Fourier::RealForward => x.f_fft_rfft(*length, *dim, norm),
                Fourier::RealInverse => x.f_fft_irfft(*length, *dim, norm),
            }
        }
        Function::Interpolate {
            kind,
            sizes,
            scales,
            align_corners,
        } => interpolate(x, *kind, sizes, scales, *align_corners),
        Function::Scatter {
            dim,
            how,
            with_self,
        } => scatter(x, *dim, *how, *with_self, a),
        Function::ScatterSlices { dim, add } => {
            let (_, length) = take::dimension(*dim, x)?;
            let indices = take::to_indices(a.tensor(1)?, length)?.f_reshape([-1])?;
            match (a.0.get(2), add) {
                (Some(Argument::Number(n)), false) => x.f_index_fill(*dim, &indices, *n),
                (_, false) => x.f_index_copy(*dim, &indices, a.tensor(2)?),
                (_, true) => x.f_index_add(*dim, &indices, a.tensor(2)?),
            }
        }
        Function::Overwrite {
            dim,
            start,
            end,
            step,
        } => x.f_slice_scatter(a.tensor(1)?, *dim, *start, *end, *step),
        Function::ScatterAt { dims, add } => {
            let values = a.as_tensor(1, (x.kind(), x.device()))?;
            take::index_put(dims, x, &values, &a.all_from(2)?, *add)
        }
        Function::PoolIndices {
            kernel,
            stride,
            padding,
            dilation,
            ceil,
            ..
        } => {
            let (_, indices) = match kernel.len() {
                1 => x.f_max_pool1d_with_indices(kernel, stride, padding, dilation, *ceil)?,
                2 => x.f_max_pool2d_with_indices(kernel, stride, padding, dilation, *ceil)?,
                _ => x.f_max_pool3d_with_indices(kernel, stride, padding, dilation, *ceil)?,
            };
            indices.f_to_kind(Kind::Float)
        }
        Function::Unpool { sizes } => unpool(x, a.tensor(1)?, sizes),
        Function::Columns {
            image,
            kernel,
            dilation,
            padding,
            stride,
            ..
        } => match image {
            None => x.f_im2col(kernel, dilation, padding, stride),
            Some(image) => x.f_col2im(image, kernel, dilation, padding, stride),
        },
        Function::GridSample {
            interpolation,
            padding,
            align_corners,
            ..
        } => x.f_grid_sampler(a.tensor(1)?, *interpolation, *padding, *align_corners),
        Function::AsComplex => x.f_contiguous()?.f_view_as_complex(),
        Function::AsReal => x.f_resolve_conj()?.f_view_as_real(),
        Function::Matrix { kind, .. } => matrix(*kind, x, a),
        Function::Bucket { right } => {
            let bounds = a.tensor(1)?.f_contiguous()?;
            x.f_bucketize(&bounds, false, *right)?
                .f_to_kind(Kind::Float)
        }
    }
}

fn returned((values, indices): (Tensor, Tensor), returns: Returns) -> Result<Tensor, TchError> {
    match returns {
        Returns::Values => Ok(values),
        Returns::Indices => indices.f_to_kind(Kind::Float),
    }
}

/// The dimensions of a list, or all if it is empty.
fn listed(dims: &[i64], x: &Tensor) -> Vec<i64> {
    match dims {
        [] => (0..x.dim() as i64).collect(),
        dims => dims.to_vec(),
    }
}

fn interpolate(
    x: &Tensor,
    kind: Interpolation,
    sizes: &[i64],
    scales: &[Option<f64>],
    align: bool,
) -> Result<Tensor, TchError> {
    let scale = |at: usize| scales.get(at).copied().flatten();
    match (kind, sizes.len()) {
        (Interpolation::Nearest, 1) => x.f_upsample_nearest1d(sizes, scale(0)),
        (Interpolation::Nearest, 2) => x.f_upsample_nearest2d(sizes, scale(0), scale(1)),
        (Interpolation::Nearest, 3) => x.f_upsample_nearest3d(sizes, scale(0), scale(1), scale(2)),
        (Interpolation::NearestExact, 1) => x.f_internal_upsample_nearest_exact1d(sizes, scale(0)),
        (Interpolation::NearestExact, 2) => {
            x.f_internal_upsample_nearest_exact2d(sizes, scale(0), scale(1))
        }
        (Interpolation::NearestExact, 3) => {
            x.f_internal_upsample_nearest_exact3d(sizes, scale(0), scale(1), scale(2))
        }
        (Interpolation::Linear, 1) => x.f_upsample_linear1d(sizes, align, scale(0)),
        (Interpolation::Linear, 2) => x.f_upsample_bilinear2d(sizes, align, scale(0), scale(1)),
        (Interpolation::Linear, 3) => {
            x.f_upsample_trilinear3d(sizes, align, scale(0), scale(1), scale(2))
        }
        (Interpolation::Cubic, 2) => x.f_upsample_bicubic2d(sizes, align, scale(0), scale(1)),
        (kind, dims) => Err(TchError::Shape(format!(
            "{kind:?} interpolation of {dims} dimensions"
        ))),
    }
}

fn scatter(
    x: &Tensor,
    dim: i64,
    how: Scattering,
    with_self: bool,
    a: &Arguments,
) -> Result<Tensor, TchError> {
    let (_, length) = take::dimension(dim, x)?;
    let indices = take::to_indices(a.tensor(1)?, length)?;
    if let (Some(Argument::Number(n)), Scattering::Replace) = (a.0.get(2), how) {
        return x.f_scatter_value(dim, &indices, Scalar::from(*n));
    }
    let values = a.as_tensor(2, (x.kind(), x.device()))?;
    let values = match values.dim() {
        0 => values.f_expand(indices.size(), false)?,
        _ => values,
    };
    let kind = match how {
        Scattering::Replace => return x.f_scatter(dim, &indices, &values),
        Scattering::Add if with_self => return x.f_scatter_add(dim, &indices, &values),
        Scattering::Add => "sum",
        Scattering::Multiply => "prod",
        Scattering::Max => "amax",
        Scattering::Min => "amin",
        Scattering::Mean => "mean",
    };
    x.f_internal_scatter_reduce(dim, &indices, &values, kind, with_self)
}

/// Puts values at their indices in the last dimensions, which `sizes` gives; zeros elsewhere.
fn unpool(x: &Tensor, indices: &Tensor, sizes: &[i64]) -> Result<Tensor, TchError> {
    let kept = x.dim().saturating_sub(sizes.len());
    let mut shape = x.size();
    shape.truncate(kept);
    let mut flat = shape.clone();
    flat.push(-1);
    shape.push(sizes.iter().product());
    let length = sizes.iter().product();
    let indices = take::to_indices(indices, length)?.f_reshape(&flat)?;
    let empty = Tensor::f_zeros(&shape, (x.kind(), x.device()))?;
    let filled = empty.f_scatter(kept as i64, &indices, &x.f_reshape(&flat)?)?;
    shape.truncate(kept);
    shape.extend(sizes);
    filled.f_reshape(&shape)
}

fn matrix(kind: MatrixFunction, x: &Tensor, a: &Arguments) -> Result<Tensor, TchError> {
    match kind {
        MatrixFunction::Inverse => Tensor::f_linalg_inv(x),
        MatrixFunction::Exponential => x.f_linalg_matrix_exp(),
        MatrixFunction::Determinant => Tensor::f_linalg_det(x),
        MatrixFunction::DeterminantSign => Tensor::f_linalg_slogdet(x).map(|(sign, _)| sign),
        MatrixFunction::LogAbsDeterminant => Tensor::f_linalg_slogdet(x).map(|(_, size)| size),
        MatrixFunction::SymmetricEigenvalues { lower } => {
            x.f_linalg_eigvalsh(if lower { "L" } else { "U" })
        }
        // The vectors are needed for the gradient.
        MatrixFunction::SingularValues => x.f_svd(true, true).map(|(_, values, _)| values),
        MatrixFunction::Cholesky => x.f_linalg_cholesky(false),
        MatrixFunction::Solve => Tensor::f_linalg_solve(x, a.tensor(1)?, true),
        MatrixFunction::Householder => x.f_linalg_householder_product(a.tensor(1)?),
        MatrixFunction::QrOrthonormal => Tensor::f_linalg_qr(x, "reduced").map(|(q, _)| q),
        MatrixFunction::QrTriangular => Tensor::f_linalg_qr(x, "reduced").map(|(_, r)| r),
    }
}
