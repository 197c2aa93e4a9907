//! Multipliers of operators that are composed of simpler ones: softmax, norms, attention.

use gia_model::{Op, Reduction};
use tch::{TchError, Tensor};

use super::line::{Line, Result, slope_of_exp};
use super::selection::{self, Extreme};

/// The logarithm of the softmax along a dimension, or the softmax.
///
/// With e = exp(x - c), c the larger maximum of input and reference, and s the sum of e, the logarithm is x - c - log s; the softmax is
/// its exponential.
pub fn softmax(x: &Line, dim: i64, log: bool) -> Result<Line> {
    let shifted = below_maximum(x, &[dim])?.0;
    let sum = shifted
        .exp()?
        .map(|e| e.f_sum_dim_intlist(dim, true, e.kind()))?;
    let logarithm = shifted.minus(&sum.log()?)?;
    if log {
        return Ok(logarithm);
    }
    let slope = slope_of_exp(&logarithm.input, &logarithm.reference)?;
    let (input, reference) = (logarithm.input.f_exp()?, logarithm.reference.f_exp()?);
    logarithm.with_slope(input, reference, &slope)
}

/// The logarithm of a sum of exponentials over some dimensions.
pub fn log_sum_exp(x: &Line, dims: &[i64], keep: bool) -> Result<Line> {
    let all: Vec<i64> = (0..x.input.dim() as i64).collect();
    let dims = if dims.is_empty() { &all } else { dims };
    let (shifted, maximum) = below_maximum(x, dims)?;
    let sum = shifted
        .exp()?
        .map(|e| e.f_sum_dim_intlist(dims, keep, e.kind()))?;
    let maximum = match keep {
        true => maximum,
        false => maximum.f_squeeze_dims(dims)?,
    };
    sum.log()?.shifted(&maximum)
}

/// For each number, the logarithm of the sum of exponentials up to it along a dimension.
pub fn running_log_sum_exp(x: &Line, dim: i64) -> Result<Line> {
    let (shifted, maximum) = below_maximum(x, &[dim])?;
    let sums = shifted.exp()?.map(|e| e.f_cumsum(dim, e.kind()))?;
    sums.log()?.shifted(&maximum)
}

/// The value less the maximum of input and reference along some dimensions, and that maximum. An infinite maximum, of a row that a mask
/// hides, counts as 0.
fn below_maximum(x: &Line, dims: &[i64]) -> Result<(Line, Tensor)> {
    let maximum = x.input.f_maximum(&x.reference)?.f_amax(dims, true)?;
    let maximum = maximum.f_nan_to_num(0.0, 0.0, 0.0)?;
    Ok((x.shifted(&maximum.f_neg()?)?, maximum))
}

/// The variance over some dimensions, or its root.
pub fn variance(
    x: &Line,
    dims: &[i64],
    correction: f64,
    (keep, root): (bool, bool),
) -> Result<Line> {
    let all: Vec<i64> = (0..x.input.dim() as i64).collect();
    let dims = if dims.is_empty() { &all } else { dims };
    let mean = |x: &Tensor| x.f_mean_dim(dims, true, x.kind());
    let centered = x.minus(&x.map(mean)?)?;
    let squares = centered.times(&centered)?;
    let sizes = x.input.size();
    let size = |dim: &i64| sizes[dim.rem_euclid(sizes.len().max(1) as i64) as usize];
    let count: i64 = dims.iter().map(size).product();
    let divisor = 1.0 / (count as f64 - correction);
    let variance = squares.map(|x| {
        x.f_sum_dim_intlist(dims, keep, x.kind())?
            .f_mul_scalar(divisor)
    })?;
    match root {
        true => variance.root(),
        false => Ok(variance),
    }
}

/// The norm of order 1, 2 or infinity of real numbers over some dimensions; none of another order.
pub fn norm(x: &Line, order: f64, dims: &[i64], keep: bool) -> Result<Option<Line>> {
    let all: Vec<i64> = (0..x.input.dim() as i64).collect();
    let dims = if dims.is_empty() { &all } else { dims };
    let sum = |line: &Line| line.map(|x| x.f_sum_dim_intlist(dims, keep, x.kind()));
    let sizes = x.absolute()?;
    Ok(Some(match order {
        1.0 => sum(&sizes)?,
        2.0 => sum(&x.times(x)?)?.root()?,
        f64::INFINITY => selection::call(&[&sizes], Extreme::Largest, |values| {
            values[0].f_amax(dims, keep)
        })?,
        f64::NEG_INFINITY => selection::call(&[&sizes], Extreme::Smallest, |values| {
            values[0].f_amin(dims, keep)
        })?,
        _ => return Ok(None),
    }))
}

/// (x - mean) / sqrt(variance + epsilon) over some dimensions.
fn normalized(x: &Line, dims: &[i64], epsilon: f64) -> Result<Line> {
    let mean = |x: &Tensor| x.f_mean_dim(dims, true, x.kind());
    let centered = x.minus(&x.map(mean)?)?;
    let variance = centered.times(&centered)?.map(mean)?;
    let epsilon = Tensor::f_full([0i64; 0], epsilon, (x.input.kind(), x.input.device()))?;
    centered.times(&variance.shifted(&epsilon)?.reciprocal_root()?)
}

/// A layer norm over the last dimensions, as many as `shape` has.
pub fn layer_norm(
    x: &Line,
    weight: Option<&Line>,
    bias: Option<&Line>,
    (shape, epsilon): (&[i64], f64),
) -> Result<Line> {
    let dims: Vec<i64> = (1..=shape.len() as i64).map(|dim| -dim).collect();
    scaled(normalized(x, &dims, epsilon)?, weight, bias)
}

/// A norm over each group of channels.
pub fn group_norm(
    x: &Line,
    weight: Option<&Line>,
    bias: Option<&Line>,
    (groups, epsilon): (i64, f64),
) -> Result<Line> {
    let size = x.input.size();
    let rows = size.first().copied().unwrap_or(1);
    let grouped = x.map(|x| x.f_reshape([rows, groups, -1]))?;
    let whole = normalized(&grouped, &[2], epsilon)?.map(|x| x.f_reshape(&size))?;
    // One weight for each channel, the second dimension.
    let mut channels = vec![1i64; size.len().saturating_sub(1)];
    if let Some(first) = channels.first_mut() {
        *first = -1;
    }
    let along = |line: Option<&Line>| {
        line.map(|line| line.map(|x| x.f_reshape(&channels)))
            .transpose()
    };
    let (weight, bias) = (along(weight)?, along(bias)?);
    scaled(whole, weight.as_ref(), bias.as_ref())
}

fn scaled(x: Line, weight: Option<&Line>, bias: Option<&Line>) -> Result<Line> {
    let x = match weight {
        Some(weight) => x.times(weight)?,
        None => x,
    };
    match bias {
        Some(bias) => x.plus(bias),
        None => Ok(x),
    }
}

/// Scaled dot-product attention: products of queries and keys, a softmax, and the mean of the values by it.
pub fn attention(
    (queries, keys, values): (&Line, &Line, &Line),
    mask: Option<&Line>,
    causal: bool,
    scale: Option<f64>,
) -> Result<Line> {
    let size = queries.input.size();
    let width = size.last().copied().unwrap_or(1).max(1);
    let scale = scale.unwrap_or_else(|| 1.0 / (width as f64).sqrt());
    let turned = keys.map(|keys| keys.f_transpose(-2, -1))?;
    let scores = queries.product(&turned, Tensor::f_matmul)?;
    let mut scores = scores.map(|scores| scores.f_mul_scalar(scale))?;
    if let Some(mask) = mask {
        scores = scores.plus(mask)?;
    }
    if causal {
        let shape = scores.input.size();
        let [.., rows, columns] = shape[..] else {
            return Err(TchError::Shape("attention without positions".to_string()));
        };
        let kind = (scores.input.kind(), scores.input.device());
        let hidden = Tensor::f_full([rows, columns], f64::NEG_INFINITY, kind)?.f_triu(1)?;
        scores = scores.shifted(&hidden)?;
    }
    softmax(&scores, -1, false)?.product(values, Tensor::f_matmul)
}

/// The operators of this file by their node, on lines of the operands; none for another node.
pub fn call(op: &Op, operands: &[Option<Line>]) -> Result<Option<Line>> {
    let line = |index: usize| operands.get(index).and_then(Option::as_ref);
    let required = |index: usize| {
        line(index).ok_or_else(|| TchError::Kind(format!("operand {index} is not a tensor")))
    };
    Ok(Some(match op {
        Op::Softmax { dim, log } => softmax(required(0)?, *dim, *log)?,
        Op::Reduce {
            kind: Reduction::LogSumExp,
            dims,
            keep,
        } => log_sum_exp(required(0)?, dims, *keep)?,
        Op::LayerNorm { shape, epsilon } => {
            layer_norm(required(0)?, line(1), line(2), (shape, *epsilon))?
        }
        Op::GroupNorm { groups, epsilon } => {
            group_norm(required(0)?, line(1), line(2), (*groups, *epsilon))?
        }
        Op::Attention { causal, scale } => {
            let taken = (required(0)?, required(1)?, required(2)?);
            attention(taken, line(3), *causal, *scale)?
        }
        _ => return Ok(None),
    }))
}
