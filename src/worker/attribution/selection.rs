//! Multipliers of operators that select one of several numbers, such as the largest.

use tch::Tensor;

use super::line::{Line, Result, secant_slope, sum_of};

/// Which of the numbers is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    Largest,
    Smallest,
}

/// The largest or smallest of several numbers of the operands, as `select` finds it.
pub fn call(
    operands: &[&Line],
    extreme: Extreme,
    select: impl Fn(&[Tensor]) -> Result<Tensor>,
) -> Result<Line> {
    let of = |part: fn(&Line) -> &Tensor| -> Vec<Tensor> {
        let parts = operands.iter().map(|line| part(line));
        parts.map(Tensor::shallow_clone).collect()
    };
    let (inputs, references) = (of(|line| &line.input), of(|line| &line.reference));
    let (input, reference) = (select(&inputs)?, select(&references)?);
    let shares = shares(
        extreme,
        (&input, &along(&select, &inputs, &references)?),
        (&reference, &along(&select, &references, &inputs)?),
    )?;
    let form_at = |values: &[Tensor], result: &Tensor| -> Result<Tensor> {
        let moved: Vec<Tensor> = values
            .iter()
            .zip(operands)
            .map(|(value, line)| value.f_add(&line.form))
            .collect::<Result<_>>()?;
        select(&moved)?.f_sub(result)
    };
    let form = form_at(&inputs, &input)?
        .f_mul(&shares[0])?
        .f_add(&form_at(&references, &reference)?.f_mul(&shares[1])?)?;
    Ok(Line {
        input,
        reference,
        form,
    })
}

/// How two places share in the difference of an extreme: i, which the input selects, and j, which the reference does.
///
/// `input` is the result y of the input, and the reference's number at i, r_i. `reference` is the result of the reference, and the input's
/// number at j. Let m be the larger of both results, or of minima the smaller. Then the difference is a (x_i - r_i) + b (x_j - r_j), with
/// a = (m - r_j) / (x_i - r_i) and b = (y - m) / (x_j - r_j). Both are between 0 and 1.
pub fn shares(
    extreme: Extreme,
    input: (&Tensor, &Tensor),
    reference: (&Tensor, &Tensor),
) -> Result<[Tensor; 2]> {
    let furthest = match extreme {
        Extreme::Largest => input.0.f_maximum(reference.0)?,
        Extreme::Smallest => input.0.f_minimum(reference.0)?,
    };
    let (run, rise) = (input.0.f_sub(input.1)?, furthest.f_sub(reference.0)?);
    let a = secant_slope(&run, &rise, || input.0.f_ones_like())?;
    let (run, rise) = (reference.1.f_sub(reference.0)?, input.0.f_sub(&furthest)?);
    let b = secant_slope(&run, &rise, || input.0.f_zeros_like())?;
    Ok([a, b])
}

/// Numbers in order along a dimension, as `sort` puts them: the largest first, or the smallest.
///
/// The sum of the first k is a convex function of the numbers, or a concave one if the smallest come first. So its difference lies between
/// what the first k of the input contribute and what those of the reference do, and a mean of both is exact. The k-th number is the
/// difference of two sums.
pub fn ordered(x: &Line, dim: i64, sort: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Line> {
    let select = |values: &[Tensor]| sort(&values[0]);
    let (input, reference) = (sort(&x.input)?, sort(&x.reference)?);
    let sums = |x: &Tensor| x.f_cumsum(dim, x.kind());
    let (own, other) = ([x.input.shallow_clone()], [x.reference.shallow_clone()]);
    let by_input = sums(&input.f_sub(&along(select, &own, &other)?)?)?;
    let by_reference = sums(&along(select, &other, &own)?.f_sub(&reference)?)?;
    let rise = sums(&input.f_sub(&reference)?)?;
    let one = || input.f_ones_like();
    let share = secant_slope(
        &by_input.f_sub(&by_reference)?,
        &rise.f_sub(&by_reference)?,
        one,
    )?;
    let form_at = |value: &Tensor, result: &Tensor| -> Result<Tensor> {
        sums(&sort(&value.f_add(&x.form)?)?.f_sub(result)?)
    };
    let (of_input, of_reference) = (
        form_at(&x.input, &input)?,
        form_at(&x.reference, &reference)?,
    );
    let form = of_reference.f_add(&of_input.f_sub(&of_reference)?.f_mul(&share)?)?;
    let count = form.size()[dim.rem_euclid(form.dim().max(1) as i64) as usize];
    let before = form.f_narrow(dim, 0, count - 1)?;
    let first = form.f_narrow(dim, 0, 1)?.f_zeros_like()?;
    Ok(Line {
        input,
        reference,
        form: form.f_sub(&Tensor::f_cat(&[first, before], dim)?)?,
    })
}

/// The derivative of a function at some operands, along a direction.
///
/// The product of the transposed derivative with weights w is linear in w, so its own gradient with respect to w is the derivative along the
/// direction.
pub fn along(
    function: impl Fn(&[Tensor]) -> Result<Tensor>,
    at: &[Tensor],
    direction: &[Tensor],
) -> Result<Tensor> {
    let leaves: Vec<Tensor> = at
        .iter()
        .map(|x| x.f_detach()?.f_set_requires_grad(true))
        .collect::<Result<_>>()?;
    let result = function(&leaves)?;
    let weights = result
        .f_detach()?
        .f_zeros_like()?
        .f_set_requires_grad(true)?;
    let sum = result.f_mul(&weights)?.f_sum(result.kind())?;
    let gradients = Tensor::f_run_backward(&[sum], &leaves, true, true)?;
    let parts = gradients
        .iter()
        .zip(direction)
        .filter(|(gradient, _)| gradient.defined());
    let total = sum_of(
        parts.map(|(gradient, direction)| gradient.f_mul(direction)?.f_sum(gradient.kind())),
    )?;
    match total.filter(Tensor::requires_grad) {
        Some(total) => {
            let found = Tensor::f_run_backward(&[total], &[&weights], false, false)?;
            match found.into_iter().next().filter(Tensor::defined) {
                Some(found) => found.f_detach(),
                None => weights.f_detach()?.f_zeros_like(),
            }
        }
        None => weights.f_detach()?.f_zeros_like(),
    }
}
