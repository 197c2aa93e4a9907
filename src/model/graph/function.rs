//! Functions that mix elements along some dimensions only, and act alike at each index of the others.
//!
//! Sorting, Fourier transforms, scattering and many more differ in what they compute, but not in what the analyses ask:
//! which dimensions are mixed, and which shape results. [`Function::slices`] answers this, so a function of this class
//! needs a variant, its arm there, and its kernel.

use super::attribution::AttributionRule;
use super::properties::Usage;

/// A function along some dimensions. Negative dimensions count from the end. The first operand is the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// (input): sorts a dimension.
    Sort {
        /// The sorted dimension.
        dim: i64,
        /// Whether equal numbers keep their order; otherwise they come as libtorch sorts them.
        stable: bool,
        /// Whether the largest number comes first.
        descending: bool,
        /// Values, or their indices in the input.
        returns: Returns,
    },
    /// (input): the largest or smallest numbers of a dimension, in order.
    TopK {
        /// The dimension.
        dim: i64,
        /// How many.
        count: i64,
        /// The largest, or the smallest.
        largest: bool,
        /// Values, or their indices in the input.
        returns: Returns,
    },
    /// (input): one element of each slice along a dimension. Unlike a maximum over several dimensions, only this
    /// element gets a gradient.
    Pick {
        /// Which element.
        choice: Choice,
        /// The dimension.
        dim: i64,
        /// Whether the dimension stays, with size 1.
        keep: bool,
        /// The value, or its index in the input.
        returns: Returns,
    },
    /// (input): for each element, a function of those up to and including it.
    Accumulate {
        /// The function.
        kind: Accumulation,
        /// The dimension.
        dim: i64,
        /// Values, or for a maximum or minimum their indices.
        returns: Returns,
    },
    /// (input): the variance, or its root.
    Variance {
        /// The dimensions; all if empty.
        dims: Vec<i64>,
        /// Subtracted from the number of elements in the divisor.
        correction: f64,
        /// Whether reduced dimensions stay, with size 1.
        keep: bool,
        /// Whether the root is taken: the standard deviation.
        root: bool,
    },
    /// (input): the sum of the absolute values to the power of `order`, to the power of `1 / order`.
    Norm {
        /// The order; may be infinite.
        order: f64,
        /// The dimensions; all if empty.
        dims: Vec<i64>,
        /// Whether reduced dimensions stay, with size 1.
        keep: bool,
    },
    /// (input): a discrete Fourier transform along one dimension.
    Fourier {
        /// Which transform.
        kind: Fourier,
        /// The dimension.
        dim: i64,
        /// Length of the signal; the input is cropped or padded with zeros to it.
        length: i64,
        /// Where the factor of one over the length stands.
        scaling: FourierScaling,
    },
    /// (input): the last dimensions resampled to other sizes.
    Interpolate {
        /// How values between elements follow.
        kind: Interpolation,
        /// New sizes of the last dimensions.
        sizes: Vec<i64>,
        /// Factors as the call states them, which may differ from the ratio of the sizes.
        scales: Vec<Option<f64>>,
        /// Whether the centers of the first and last elements stay in place.
        align_corners: bool,
    },
    /// (input, indices, values): writes each value at its index of a dimension, and at the value's own position in all
    /// others. The values may be a number.
    Scatter {
        /// The indexed dimension.
        dim: i64,
        /// How values are combined with what is there.
        how: Scattering,
        /// Whether what is there counts, where values are written.
        with_self: bool,
    },
    /// (input, indices, values): writes whole slices of a dimension at one-dimensional indices. The values may be a number.
    ScatterSlices {
        /// The indexed dimension.
        dim: i64,
        /// Whether values are added to what is there.
        add: bool,
    },
    /// (input, values): overwrites every `step`th index of a dimension.
    Overwrite {
        /// The dimension.
        dim: i64,
        /// First index; counted from the end if negative.
        start: i64,
        /// End index, exclusive, as for a slice.
        end: i64,
        /// Distance between indices; at least 1.
        step: i64,
    },
    /// (input, values, indices ...): writes at the elements that the indices of these dimensions select together.
    ScatterAt {
        /// The indexed dimensions, neighbours in ascending order, from the first.
        dims: Vec<i64>,
        /// Whether values are added to what is there.
        add: bool,
    },
    /// (input): index, in the flattened spatial dimensions, of the maximum of each pooling window.
    PoolIndices {
        /// Window size, one entry for each spatial dimension.
        kernel: Vec<i64>,
        /// Distance between windows.
        stride: Vec<i64>,
        /// Padding on both sides.
        padding: Vec<i64>,
        /// Distance between elements of a window.
        dilation: Vec<i64>,
        /// Whether a last, incomplete window counts.
        ceil: bool,
        /// Sizes of the result's spatial dimensions.
        sizes: Vec<i64>,
    },
    /// (input, indices): puts the values of pooling windows back at their indices, zeros elsewhere.
    Unpool {
        /// Sizes of the last dimensions of the result.
        sizes: Vec<i64>,
    },
    /// (input): the windows of an image as columns (`im2col`), or the sum of such columns at their places (`col2im`).
    Columns {
        /// Sizes of the image; none to take windows from it.
        image: Option<[i64; 2]>,
        /// Window size.
        kernel: [i64; 2],
        /// Distance between elements of a window.
        dilation: [i64; 2],
        /// Zeros around the image.
        padding: [i64; 2],
        /// Distance between windows.
        stride: [i64; 2],
        /// Sizes of the result after the batch.
        sizes: Vec<i64>,
    },
    /// (image, grid): samples an image at the places of a grid.
    GridSample {
        /// PyTorch's number of the interpolation.
        interpolation: i64,
        /// PyTorch's number of the padding.
        padding: i64,
        /// Whether -1 and 1 are the centers of the corners.
        align_corners: bool,
        /// Sizes of the result after the batch.
        sizes: Vec<i64>,
    },
    /// (input): pairs along the last dimension as complex numbers.
    AsComplex,
    /// (input): complex numbers as pairs along a new last dimension.
    AsReal,
    /// (a, b?): a function of matrices in the last two dimensions.
    Matrix {
        /// The function.
        kind: MatrixFunction,
        /// Sizes of the result that replace the last two dimensions.
        sizes: Vec<i64>,
    },
    /// (input, bounds): for each number, how many of the ascending bounds are below it.
    Bucket {
        /// Whether a bound that equals the number counts.
        right: bool,
    },
}

/// What a function with values and indices returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Elements of the input.
    Values,
    /// Their indices.
    Indices,
}

/// Which element of a slice is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The middle one, the lower of two.
    Median,
    /// The most frequent.
    Mode,
    /// The k-th smallest, from 1.
    Kth(i64),
}

/// A function of all elements up to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accumulation {
    /// Their product.
    Product,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The logarithm of the sum of their exponentials.
    LogSumExp,
}

/// A discrete Fourier transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fourier {
    /// Of complex or real numbers.
    Forward,
    /// Its inverse.
    Inverse,
    /// Of real numbers; the half of the result that determines the other.
    RealForward,
    /// Inverse of `RealForward`, with a real result.
    RealInverse,
}

/// Where the factor of a Fourier transform stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FourierScaling {
    /// On the inverse transform.
    Backward,
    /// Its root on both.
    Orthonormal,
    /// On the forward transform.
    Forward,
}

/// How values between elements follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// The element below, as PyTorch's `nearest`.
    Nearest,
    /// The nearest element, as PyTorch's `nearest-exact`.
    NearestExact,
    /// On the line between neighbours, in each dimension.
    Linear,
    /// A cubic convolution, in two dimensions.
    Cubic,
}

/// How scattered values are combined with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scattering {
    /// They replace it.
    Replace,
    /// They are added.
    Add,
    /// They are multiplied.
    Multiply,
    /// The larger number stays.
    Max,
    /// The smaller number stays.
    Min,
    /// The mean of all.
    Mean,
}

/// A function of matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixFunction {
    /// The inverse.
    Inverse,
    /// The matrix exponential.
    Exponential,
    /// The determinant.
    Determinant,
    /// The sign of the determinant.
    DeterminantSign,
    /// The logarithm of the absolute value of the determinant.
    LogAbsDeterminant,
    /// The eigenvalues of symmetric matrices, in ascending order.
    SymmetricEigenvalues {
        /// Whether the lower triangle is read, otherwise the upper one.
        lower: bool,
    },
    /// The singular values, in descending order.
    SingularValues,
    /// The lower Cholesky factor.
    Cholesky,
    /// The solution x of ax = b.
    Solve,
    /// The product of Householder reflections a with factors b.
    Householder,
    /// The orthonormal factor of a QR decomposition.
    QrOrthonormal,
    /// The triangular factor of a QR decomposition.
    QrTriangular,
}

/// Which dimensions a function mixes, and the shape of its result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slices<'f> {
    /// Mixes these dimensions and keeps the shape.
    Kept(&'f [i64]),
    /// Mixes these dimensions, all if empty, and reduces them.
    Reduced {
        /// The dimensions.
        dims: &'f [i64],
        /// Whether they stay, with size 1.
        keep: bool,
    },
    /// Mixes one dimension, which gets another size.
    Resized {
        /// The dimension.
        dim: i64,
        /// Its size in the result.
        size: i64,
    },
    /// Mixes the last dimensions, which these sizes replace.
    Trailing {
        /// How many dimensions.
        count: usize,
        /// Their sizes in the result.
        sizes: &'f [i64],
    },
}

impl Function {
    /// Which dimensions are mixed, and the shape of the result.
    pub fn slices(&self) -> Slices<'_> {
        let one = std::slice::from_ref;
        match self {
            Function::Sort { dim, .. }
            | Function::Accumulate { dim, .. }
            | Function::Scatter { dim, .. }
            | Function::ScatterSlices { dim, .. }
            | Function::Overwrite { dim, .. } => Slices::Kept(one(dim)),
            Function::ScatterAt { dims, .. } => Slices::Kept(dims),
            Function::Bucket { .. } => Slices::Kept(&[]),
            Function::TopK { dim, count, .. } => Slices::Resized {
                dim: *dim,
                size: *count,
            },
            Function::Fourier {
                kind, dim, length, ..
            } => Slices::Resized {
                dim: *dim,
                size: match kind {
                    Fourier::RealForward => length / 2 + 1,
                    Fourier::Forward | Fourier::Inverse | Fourier::RealInverse => *length,
                },
            },
            Function::Pick { dim, keep, .. } => Slices::Reduced {
                dims: one(dim),
                keep: *keep,
            },
            Function::Variance { dims, keep, .. } | Function::Norm { dims, keep, .. } => {
                Slices::Reduced { dims, keep: *keep }
            }
            Function::Interpolate { sizes, .. }
            | Function::PoolIndices { sizes, .. }
            | Function::Unpool { sizes } => Slices::Trailing {
                count: sizes.len(),
                sizes,
            },
            Function::Columns { image, sizes, .. } => Slices::Trailing {
                count: if image.is_some() { 2 } else { 3 },
                sizes,
            },
            Function::GridSample { sizes, .. } => Slices::Trailing {
                count: sizes.len(),
                sizes,
            },
            Function::AsComplex => Slices::Trailing {
                count: 1,
                sizes: &[],
            },
            Function::AsReal => Slices::Trailing {
                count: 0,
                sizes: &[2],
            },
            Function::Matrix { sizes, .. } => Slices::Trailing { count: 2, sizes },
        }
    }

    /// How the result uses an operand, given by its index.
    pub fn usage(&self, operand: usize) -> Usage {
        let indices = match self {
            Function::Scatter { .. } | Function::ScatterSlices { .. } | Function::Unpool { .. } => {
                operand == 1
            }
            Function::ScatterAt { .. } => operand >= 2,
            Function::Sort { .. }
            | Function::TopK { .. }
            | Function::Pick { .. }
            | Function::Accumulate { .. }
            | Function::Variance { .. }
            | Function::Norm { .. }
            | Function::Fourier { .. }
            | Function::Interpolate { .. }
            | Function::Overwrite { .. }
            | Function::PoolIndices { .. }
            | Function::Columns { .. }
            | Function::GridSample { .. }
            | Function::AsComplex
            | Function::AsReal
            | Function::Matrix { .. }
            | Function::Bucket { .. } => false,
        };
        match indices {
            true => Usage::Indices,
            false => Usage::Numbers,
        }
    }

    /// Whether the input is the only operand that has elements at the positions of the input.
    pub fn has_one_operand(&self) -> bool {
        match self {
            Function::Sort { .. }
            | Function::TopK { .. }
            | Function::Pick { .. }
            | Function::Accumulate { .. }
            | Function::Variance { .. }
            | Function::Norm { .. }
            | Function::Fourier { .. }
            | Function::Interpolate { .. }
            | Function::PoolIndices { .. }
            | Function::Columns { .. }
            | Function::AsComplex
            | Function::AsReal
            | Function::Bucket { .. } => true,
            Function::Scatter { .. }
            | Function::ScatterSlices { .. }
            | Function::Overwrite { .. }
            | Function::ScatterAt { .. }
            | Function::Unpool { .. }
            | Function::GridSample { .. }
            | Function::Matrix { .. } => false,
        }
    }

    /// How contributions propagate back through it.
    pub fn attribution(&self) -> AttributionRule {
        match self {
            Function::Sort { returns, .. }
            | Function::TopK { returns, .. }
            | Function::Pick { returns, .. } => match returns {
                Returns::Values => AttributionRule::Extremum,
                Returns::Indices => AttributionRule::Ranking,
            },
            Function::Accumulate { returns, .. } => match returns {
                Returns::Values => AttributionRule::Gradient,
                Returns::Indices => AttributionRule::Ranking,
            },
            Function::PoolIndices { .. } | Function::Bucket { .. } => AttributionRule::Ranking,
            Function::Fourier { .. }
            | Function::Interpolate { .. }
            | Function::ScatterSlices { .. }
            | Function::Overwrite { .. }
            | Function::ScatterAt { .. }
            | Function::Unpool { .. }
            | Function::Columns { .. }
            | Function::AsComplex
            | Function::AsReal => AttributionRule::Linear,
            Function::Scatter { how, .. } => match how {
                Scattering::Replace | Scattering::Add | Scattering::Mean => AttributionRule::Linear,
                Scattering::Multiply | Scattering::Max | Scattering::Min => {
                    AttributionRule::Gradient
                }
            },
            Function::Variance { .. }
            | Function::Norm { .. }
            | Function::GridSample { .. }
            | Function::Matrix { .. } => AttributionRule::Gradient,
        }
    }
}

impl Slices<'_> {
    /// The mixed dimensions of an input with `rank` dimensions, counted from the first; none if one is out of range.
    pub fn mixed(&self, rank: usize) -> Option<Vec<usize>> {
        let resolve = |dims: &[i64]| {
            let dims = dims.iter().map(|dim| super::resolve_dim(*dim, rank));
            dims.collect::<Option<Vec<usize>>>()
        };
        match self {
            Slices::Reduced { dims: [], .. } => Some((0..rank).collect()),
            Slices::Kept(dims) | Slices::Reduced { dims, .. } => resolve(dims),
            Slices::Resized { dim, .. } => resolve(&[*dim]),
            Slices::Trailing { count, .. } => Some((rank.checked_sub(*count)?..rank).collect()),
        }
    }

    /// Index in the result of a dimension of the input that is not mixed; none if it is mixed.
    pub fn index_of(&self, dim: usize, rank: usize) -> Option<usize> {
        let mixed = self.mixed(rank)?;
        if mixed.contains(&dim) {
            return None;
        }
        match self {
            Slices::Reduced { keep: false, .. } => {
                Some(dim - mixed.iter().filter(|other| **other < dim).count())
            }
            Slices::Kept(_)
            | Slices::Reduced { .. }
            | Slices::Resized { .. }
            | Slices::Trailing { .. } => Some(dim),
        }
    }
}
