//! Kernels: the libtorch call for each node kind.

mod bfloat16;
mod function;
mod layers;
mod recurrent;
mod shape;
mod take;

pub use bfloat16::{call_in_bfloat16, rounds_operands};
pub use layers::weight_for_cpu;

use gia_model::{Activation, Binary, Comparison, Op, RecurrentResult, Reduction};
use tch::{Device, Kind, TchError, Tensor};

use super::errors::MAKES_INTEGER;

/// An operand of a call.
pub enum Argument<'t> {
    Tensor(&'t Tensor),
    Number(f64),
    Absent,
}

impl Argument<'_> {
    fn optional(&self) -> Option<&Tensor> {
        match self {
            Argument::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

/// The arguments of one call.
struct Arguments<'a, 't>(&'a [Argument<'t>]);

impl Arguments<'_, '_> {
    fn tensor(&self, index: usize) -> Result<&Tensor, TchError> {
        self.optional(index)
            .ok_or_else(|| TchError::Kind(format!("operand {index} is not a tensor")))
    }

    fn optional(&self, index: usize) -> Option<&Tensor> {
        self.0.get(index).and_then(Argument::optional)
    }

    fn all(&self) -> Result<Vec<&Tensor>, TchError> {
        self.all_from(0)
    }

    /// All operands from an index on.
    fn all_from(&self, first: usize) -> Result<Vec<&Tensor>, TchError> {
        (first..self.0.len()).map(|i| self.tensor(i)).collect()
    }

    /// An operand; a number becomes a zero-dimensional tensor.
    fn as_tensor(&self, index: usize, like: (Kind, Device)) -> Result<Tensor, TchError> {
        match self.0.get(index) {
            Some(Argument::Number(n)) => Tensor::f_full([0i64; 0], *n, like),
            _ => Ok(self.tensor(index)?.shallow_clone()),
        }
    }
}

/// Calls an operator on its operands.
pub fn call(op: &Op, arguments: &[Argument]) -> Result<Tensor, TchError> {
    let a = Arguments(arguments);
    Ok(match op {
        Op::Convolution {
            stride,
            padding,
            dilation,
            groups,
        } => layers::convolution(
            a.tensor(0)?,
            a.tensor(1)?,
            a.optional(2),
            &layers::Geometry {
                stride,
                padding,
                dilation,
                groups: *groups,
            },
        )?,
        Op::TransposedConvolution { .. } => {
            layers::transposed_convolution(op, a.tensor(0)?, a.tensor(1)?, a.optional(2))?
        }
        Op::Recurrent {
            cell,
            bidirectional,
            batch_first,
            result,
        } => {
            let layer = recurrent::run(*cell, *bidirectional, *batch_first, &a)?;
            match result {
                RecurrentResult::States => layer.states,
                RecurrentResult::LastCell => layer
                    .last_cell
                    .ok_or_else(|| TchError::Kind("only an LSTM has a cell state".to_string()))?,
            }
        }
        Op::Attention { causal, scale } => {
            let (q, k, v, mask) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.optional(3));
            Tensor::f_scaled_dot_product_attention(q, k, v, mask, 0.0, *causal, *scale, false)?
        }
        Op::Einsum { equation } => Tensor::f_einsum(equation, &a.all()?, None::<i64>)?,
        Op::GroupNorm { groups, epsilon } => {
            a.tensor(0)?
                .f_group_norm(*groups, a.optional(1), a.optional(2), *epsilon, false)?
        }
        Op::BatchNorm { epsilon } => layers::batch_norm(
            a.tensor(0)?,
            a.optional(1),
            a.optional(2),
            (a.tensor(3)?, a.tensor(4)?),
            *epsilon,
        )?,
        Op::LayerNorm { shape, epsilon } => {
            a.tensor(0)?
                .f_layer_norm(shape, a.optional(1), a.optional(2), *epsilon, false)?
        }
        Op::Linear => a.tensor(0)?.f_linear(a.tensor(1)?, a.optional(2))?,
        Op::MatMul => a.tensor(0)?.f_matmul(a.tensor(1)?)?,
        Op::AddMatMul => a.tensor(0)?.f_addmm(a.tensor(1)?, a.tensor(2)?)?,
        Op::Activate(activation) => activate(*activation, a.tensor(0)?)?,
        Op::Pool { .. } => layers::pool(op, a.tensor(0)?)?,
        Op::AdaptivePool { kind, output } => layers::adaptive_pool(*kind, output, a.tensor(0)?)?,
        Op::Reduce { kind, dims, keep } => reduce(*kind, dims, *keep, a.tensor(0)?)?,
        Op::Function(function) => function::call(function, &a)?,
        Op::Binary(binary) => combine(*binary, &a)?,
        Op::Literal { shape, values } => {
            let sizes = shape::sizes(shape, None)?;
            Tensor::f_from_slice(values)?
                .f_reshape(&sizes)?
                .f_to_kind(Kind::Float)?
        }
        Op::Index { dims } => take::index(dims, a.tensor(0)?, &a.all_from(1)?)?,
        Op::Softmax { dim, log: false } => a.tensor(0)?.f_softmax(*dim, sum_kind(a.tensor(0)?))?,
        Op::Softmax { dim, log: true } => {
            a.tensor(0)?.f_log_softmax(*dim, sum_kind(a.tensor(0)?))?
        }
        Op::Add { factor } => add(*factor, &a)?,
        Op::Subtract { factor } => add(-factor, &a)?,
        Op::Multiply => match arguments {
            [_, Argument::Number(n)] => a.tensor(0)?.f_mul_scalar(*n)?,
            [Argument::Number(n), _] => a.tensor(1)?.f_mul_scalar(*n)?,
            _ => a.tensor(0)?.f_mul(a.tensor(1)?)?,
        },
        Op::Divide => match arguments {
            [_, Argument::Number(n)] => a.tensor(0)?.f_div_scalar(*n)?,
            [Argument::Number(n), _] => a.tensor(1)?.f_reciprocal()?.f_mul_scalar(*n)?,
            _ => a.tensor(0)?.f_div(a.tensor(1)?)?,
        },
        Op::Power => match arguments {
            [_, Argument::Number(n)] => a.tensor(0)?.f_pow_tensor_scalar(*n)?,
            [Argument::Number(n), _] => Tensor::f_pow_scalar(*n, a.tensor(1)?)?,
            _ => a.tensor(0)?.f_pow(a.tensor(1)?)?,
        },
        Op::Compare(comparison) => compare(*comparison, &a)?.f_to_kind(Kind::Float)?,
        Op::Where => {
            let holds = a.tensor(0)?.f_ne(0.0)?;
            let like = (Kind::Float, holds.device());
            a.as_tensor(1, like)?
                .f_where_self(&holds, &a.as_tensor(2, like)?)?
        }
        Op::Maximum => match arguments {
            [_, Argument::Number(n)] => a.tensor(0)?.f_clamp_min(*n)?,
            _ => a.tensor(0)?.f_maximum(a.tensor(1)?)?,
        },
        Op::Minimum => match arguments {
            [_, Argument::Number(n)] => a.tensor(0)?.f_clamp_max(*n)?,
            _ => a.tensor(0)?.f_minimum(a.tensor(1)?)?,
        },
        Op::Full { shape, value } => {
            let device = a.optional(0).map_or(Device::Cpu, Tensor::device);
            let sizes = shape::sizes(shape, a.optional(0))?;
            Tensor::f_full(sizes, *value, (Kind::Float, device))?
        }
        Op::Range { start, step, count } => {
            let indices = Tensor::f_arange(*count, (Kind::Double, Device::Cpu))?;
            let range = indices.f_mul_scalar(*step)?.f_add_scalar(*start)?;
            range.f_to_kind(Kind::Float)?
        }
        Op::Concatenate { dim } => Tensor::f_cat(&a.all()?, *dim)?,
        Op::Expand { shape } => shape::expand(a.tensor(0)?, shape, a.optional(1))?,
        Op::Take { dim } => take::take(*dim, a.tensor(0)?, a.tensor(1)?)?,
        Op::TakeEach { dim } => take::take_each(*dim, a.tensor(0)?, a.tensor(1)?)?,
        Op::CumulativeSum { dim } => a.tensor(0)?.f_cumsum(*dim, sum_kind(a.tensor(0)?))?,
        Op::Identity => a.tensor(0)?.shallow_clone(),
        Op::Detach => a.tensor(0)?.f_detach()?,
        Op::Flatten { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Permute { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Repeat { .. }
        | Op::Slice { .. }
        | Op::Select { .. }
        | Op::Flip { .. }
        | Op::Pad { .. } => shape::reshape(op, a.tensor(0)?)?,
    })
}

/// Whether [`call_in_place`] supports the operator.
pub fn works_in_place(op: &Op) -> bool {
    matches!(
        op,
        Op::Activate(
            Activation::Relu
                | Activation::Exp
                | Activation::Sigmoid
                | Activation::Tanh
                | Activation::Silu
        ) | Op::Add { factor: 1.0 }
            | Op::Multiply
    )
}

/// Calls a unary or commutative operator, and overwrites `own` with the result.
pub fn call_in_place(op: &Op, mut own: Tensor, other: Argument) -> Result<Tensor, TchError> {
    match (op, &other) {
        (Op::Activate(Activation::Relu), _) => own.f_relu_(),
        (Op::Activate(Activation::Exp), _) => own.f_exp_(),
        (Op::Activate(Activation::Sigmoid), _) => own.f_sigmoid_(),
        (Op::Activate(Activation::Tanh), _) => own.f_tanh_(),
        (Op::Activate(Activation::Silu), _) => own.f_silu_(),
        (Op::Add { .. }, Argument::Tensor(other)) => own.f_add_(other),
        (Op::Multiply, Argument::Tensor(other)) => own.f_mul_(other),
        _ => call(op, &[Argument::Tensor(&own), other]),
    }
}

fn add(factor: f64, a: &Arguments) -> Result<Tensor, TchError> {
    if let Some(Argument::Number(n)) = a.0.first() {
        return a.tensor(1)?.f_mul_scalar(factor)?.f_add_scalar(*n);
    }
    let left = a.tensor(0)?;
    match (a.0.get(1), factor) {
        (Some(Argument::Number(n)), factor) => left.f_add_scalar(factor * n),
        (_, 1.0) => left.f_add(a.tensor(1)?),
        (_, -1.0) => left.f_sub(a.tensor(1)?),
        (_, factor) => left.f_add(&a.tensor(1)?.f_mul_scalar(factor)?),
    }
}

fn compare(comparison: Comparison, a: &Arguments) -> Result<Tensor, TchError> {
    if let Some(Argument::Number(n)) = a.0.first() {
        let (n, right) = (*n, a.tensor(1)?);
        return match comparison {
            Comparison::Greater => right.f_lt(n),
            Comparison::GreaterOrEqual => right.f_le(n),
            Comparison::Less => right.f_gt(n),
            Comparison::LessOrEqual => right.f_ge(n),
            Comparison::Equal => right.f_eq(n),
            Comparison::NotEqual => right.f_ne(n),
        };
    }
    let left = a.tensor(0)?;
    if let Some(Argument::Number(n)) = a.0.get(1) {
        return match comparison {
            Comparison::Greater => left.f_gt(*n),
            Comparison::GreaterOrEqual => left.f_ge(*n),
            Comparison::Less => left.f_lt(*n),
            Comparison::LessOrEqual => left.f_le(*n),
            Comparison::Equal => left.f_eq(*n),
            Comparison::NotEqual => left.f_ne(*n),
        };
    }
    let right = a.tensor(1)?;
    match comparison {
        Comparison::Greater => left.f_gt_tensor(right),
        Comparison::GreaterOrEqual => left.f_ge_tensor(right),
        Comparison::Less => left.f_lt_tensor(right),
        Comparison::LessOrEqual => left.f_le_tensor(right),
        Comparison::Equal => left.f_eq_tensor(right),
        Comparison::NotEqual => left.f_ne_tensor(right),
    }
}

/// A function of two numbers, one of which may be stated by the file.
fn combine(binary: Binary, a: &Arguments) -> Result<Tensor, TchError> {
    let device = (a.optional(0).or(a.optional(1))).map_or(Device::Cpu, Tensor::device);
    // Numbers that the file states have the type of the other operand.
    let kind = (a.optional(0).or(a.optional(1))).map_or(Kind::Float, sum_kind);
    let like = (kind, device);
    let (x, y) = (a.as_tensor(0, like)?, a.as_tensor(1, like)?);
    let whole = |of: fn(&Tensor, &Tensor) -> Result<Tensor, TchError>| {
        let (x, y) = (x.f_to_kind(Kind::Int64)?, y.f_to_kind(Kind::Int64)?);
        of(&x, &y)?.f_to_kind(Kind::Float)
    };
    match binary {
        Binary::Atan2 => x.f_atan2(&y),
        Binary::TruncatedRemainder => x.f_fmod_tensor(&y),
        Binary::Remainder => x.f_remainder_tensor(&y),
        Binary::Hypotenuse => x.f_hypot(&y),
        Binary::CopySign => x.f_copysign(&y),
        Binary::XLogY => x.f_xlogy(&y),
        Binary::XLog1pY => x.f_special_xlog1py(&y),
        Binary::LogAddExp => x.f_logaddexp(&y),
        Binary::BitAnd => whole(Tensor::f_bitwise_and_tensor),
        Binary::BitOr => whole(Tensor::f_bitwise_or_tensor),
        Binary::BitXor => whole(Tensor::f_bitwise_xor_tensor),
        Binary::ShiftLeft => whole(Tensor::f_bitwise_left_shift),
        Binary::ShiftRight => whole(Tensor::f_bitwise_right_shift),
        Binary::Complex => {
            let parts = Tensor::f_broadcast_tensors(&[x, y])?;
            Tensor::f_complex(&parts[0], &parts[1])
        }
        Binary::Polar => Tensor::f_polar(&x, &y),
    }
}

/// Whether a tensor holds complex numbers.
pub fn is_complex(x: &Tensor) -> bool {
    matches!(
        x.kind(),
        Kind::ComplexFloat | Kind::ComplexDouble | Kind::ComplexHalf
    )
}

/// The type in which elements of a tensor are added.
fn sum_kind(x: &Tensor) -> Kind {
    match x.kind() {
        Kind::Double => Kind::Double,
        kind if is_complex(x) => kind,
        _ => Kind::Float,
    }
}

fn reduce(kind: Reduction, dims: &[i64], keep: bool, input: &Tensor) -> Result<Tensor, TchError> {
    let all: Vec<i64> = (0..input.dim() as i64).collect();
    let dims = if dims.is_empty() { &all[..] } else { dims };
    match kind {
        Reduction::Sum => input.f_sum_dim_intlist(dims, keep, sum_kind(input)),
        Reduction::Mean if input.requires_grad() && !dims.is_empty() => {
            layers::differentiable_mean(input, dims, keep, sum_kind(input))
        }
        Reduction::Mean => input.f_mean_dim(dims, keep, sum_kind(input)),
        Reduction::Max => input.f_amax(dims, keep),
        Reduction::Min => input.f_amin(dims, keep),
        Reduction::LogSumExp => input.f_logsumexp(dims, keep),
        Reduction::Product => {
            let rank = input.dim() as i64;
            let from_start = dims.iter().map(|d| if *d < 0 { d + rank } else { *d });
            let mut dims: Vec<i64> = from_start.collect();
            dims.sort_unstable();
            // From last to first, so that the remaining indices stay valid.
            let mut product = input.shallow_clone();
            for dim in dims.into_iter().rev() {
                product = product.f_prod_dim_int(dim, keep, sum_kind(input))?;
            }
            Ok(product)
        }
    }
}

/// Integers, all of which have to lie in a range.
fn whole(x: &Tensor, min: f64, max: f64) -> Result<Tensor, TchError> {
    if x.numel() > 0 {
        let (smallest, largest) = x.f_aminmax(None, false)?;
        let bounds =
            [smallest, largest].map(|bound| f64::try_from(bound.f_reshape([1])?.f_get(0)?));
        for number in bounds {
            let number = number?;
            // An integer that is no number has no place in a range.
            if !(min..=max).contains(&number) {
                return Err(TchError::Kind(format!(
                    "{MAKES_INTEGER} {number:.0}; only those from {min} to {max} are computed as PyTorch does"
                )));
            }
        }
    }
    Ok(x.shallow_clone())
}

fn activate(activation: Activation, x: &Tensor) -> Result<Tensor, TchError> {
    match activation {
        Activation::Relu => x.f_relu(),
        Activation::Exp => x.f_exp(),
        Activation::Log => x.f_log(),
        Activation::Sigmoid => x.f_sigmoid(),
        Activation::Tanh => x.f_tanh(),
        Activation::Softplus { beta, threshold } => softplus(x, beta, threshold),
        Activation::Gelu { tanh } => x.f_gelu(if tanh { "tanh" } else { "none" }),
        Activation::Silu => x.f_silu(),
        Activation::Elu { alpha } => {
            let below = x.f_clamp_max(0.0)?.f_expm1()?.f_mul_scalar(alpha)?;
            above_zero(x, &below)
        }
        Activation::LeakyRelu { slope } => above_zero(x, &x.f_mul_scalar(slope)?),
        Activation::Sqrt => x.f_sqrt(),
        Activation::Erf => x.f_erf(),
        Activation::Abs => x.f_abs(),
        Activation::Negate => x.f_neg(),
        Activation::Sin => x.f_sin(),
        Activation::Cos => x.f_cos(),
        Activation::Floor => x.f_floor(),
        Activation::Ceil => x.f_ceil(),
        Activation::Round => x.f_round(),
        Activation::Sign => x.f_sign(),
        Activation::Log1p => x.f_log1p(),
        Activation::Expm1 => x.f_expm1(),
        Activation::Trunc => x.f_trunc(),
        Activation::Tan => x.f_tan(),
        Activation::Asin => x.f_asin(),
        Activation::Acos => x.f_acos(),
        Activation::Atan => x.f_atan(),
        Activation::Sinh => x.f_sinh(),
        Activation::Cosh => x.f_cosh(),
        Activation::Asinh => x.f_asinh(),
        Activation::Acosh => x.f_acosh(),
        Activation::Atanh => x.f_atanh(),
        Activation::Log2 => x.f_log2(),
        Activation::Log10 => x.f_log10(),
        Activation::Exp2 => x.f_exp2(),
        Activation::ReciprocalRoot => x.f_rsqrt(),
        Activation::Erfc => x.f_erfc(),
        Activation::Erfinv => x.f_erfinv(),
        Activation::ScaledErfc => x.f_special_erfcx(),
        Activation::LogNormalCdf => x.f_special_log_ndtr(),
        Activation::BesselI0 => x.f_special_i0(),
        Activation::ScaledBesselI0 => x.f_special_i0e(),
        Activation::BesselI1 => x.f_special_i1(),
        Activation::ScaledBesselI1 => x.f_special_i1e(),
        Activation::LogGamma => x.f_lgamma(),
        Activation::Digamma => x.f_digamma(),
        Activation::IsInfinite => x.f_isinf()?.f_to_kind(Kind::Float),
        Activation::NanToNum {
            nan,
            positive,
            negative,
        } => x.f_nan_to_num(nan, positive, negative),
        Activation::Real => {
            if is_complex(x) {
                x.f_real()
            } else {
                Ok(x.shallow_clone())
            }
        }
        Activation::Imaginary => {
            if is_complex(x) {
                x.f_imag()
            } else {
                x.f_zeros_like()
            }
        }
        Activation::Angle => x.f_angle(),
        Activation::Conjugate => x.f_conj_physical(),
        Activation::Clamp { min, max } => x.f_clamp(min, max),
        Activation::HardTanh { min, max } => hard_tanh(x, min, max),
        Activation::HardSigmoid => x.f_hardsigmoid(),
        Activation::HardSwish => x.f_hardswish(),
        Activation::Whole { min, max } => whole(x, min, max),
    }
}

/// Limits numbers to an interval, with no gradient at its ends.
fn hard_tanh(x: &Tensor, min: f64, max: f64) -> Result<Tensor, TchError> {
    let limited = x.f_clamp(min, max)?;
    if !x.requires_grad() {
        return Ok(limited);
    }
    let within = x.f_gt(min)?.f_logical_and(&x.f_lt(max)?)?;
    x.f_where_self(&within, &limited.f_detach()?)
}

/// x where x > 0, else `below`. The gradient at 0 is that of `below`.
fn above_zero(x: &Tensor, below: &Tensor) -> Result<Tensor, TchError> {
    x.f_where_self(&x.f_gt(0.0)?, below)
}

/// log(1 + exp(beta x)) / beta, or x where beta x exceeds the threshold, as in PyTorch.
fn softplus(x: &Tensor, beta: f64, threshold: f64) -> Result<Tensor, TchError> {
    let scaled = x.f_mul_scalar(beta)?;
    let curved = scaled
        .f_clamp_max(threshold)?
        .f_exp()?
        .f_log1p()?
        .f_div_scalar(beta)?;
    x.f_where_self(&scaled.f_gt(threshold)?, &curved)
}
