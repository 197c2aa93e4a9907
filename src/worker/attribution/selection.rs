//! Multipliers of operators that select one of several numbers, such as the largest.

use tch::Tensor;

use super::line::{Line, Result, secant_slope};

/// Which of the numbers is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    Largest,
    Smallest,
}

/// The largest or smallest of several numbers of the operands, as `select` finds it.
///
/// With i selected of the input and j of the reference, and m the larger of both results (the smaller, of minima), the difference of the
/// results is a (x_i - r_i) + b (x_j - r_j), where a = (m - y_r) / (x_i - r_i) and b = (y - m) / (x_j - r_j). Both are between 0 and 1.
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
    let furthest = match extreme {
        Extreme::Largest => input.f_maximum(&reference)?,
        Extreme::Smallest => input.f_minimum(&reference)?,
    };
    // What the input selects, of the reference; and what the reference selects, of the input.
    let at_input = input.f_sub(&along(&select, &inputs, &references)?)?;
    let at_reference = along(&select, &references, &inputs)?.f_sub(&reference)?;
    let one = || input.f_ones_like();
    let none = || input.f_zeros_like();
    let a = secant_slope(&at_input, &furthest.f_sub(&reference)?, one)?;
    let b = secant_slope(&at_reference, &input.f_sub(&furthest)?, none)?;
    let form_at = |values: &[Tensor], result: &Tensor| -> Result<Tensor> {
        let moved: Vec<Tensor> = values
            .iter()
            .zip(operands)
            .map(|(value, line)| value.f_add(&line.form))
            .collect::<Result<_>>()?;
        select(&moved)?.f_sub(result)
    };
    let form = form_at(&inputs, &input)?
        .f_mul(&a)?
        .f_add(&form_at(&references, &reference)?.f_mul(&b)?)?;
    Ok(Line {
        input,
        reference,
        form,
    })
}

/// Numbers in order along a dimension, as `sort` puts them: the largest first, or the smallest.
///
/// The sum of the first k is a convex function of the numbers (a concave one from the smallest on), so its difference lies between what the
/// first k of the input and those of the reference contribute, and a mean of both is exact. The k-th number is the difference of two sums.
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
    let mut total: Option<Tensor> = None;
    for (gradient, direction) in gradients.iter().zip(direction) {
        if !gradient.defined() {
            continue;
        }
        let part = gradient.f_mul(direction)?.f_sum(gradient.kind())?;
        total = Some(match total {
            Some(total) => total.f_add(&part)?,
            None => part,
        });
    }
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
