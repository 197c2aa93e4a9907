//! Multipliers of functions of single numbers: secants, comparisons and choices, quotients and powers.

use gia_model::{Activation, Binary, Op};
use tch::Tensor;

use super::line::{Result, form_of, secant_slope};
use super::node::{Form, Node, Side};
use super::path;
use crate::kernels::is_complex;

impl Node<'_> {
    /// Whether the only varying operand has the shape of the result and comes first.
    pub(super) fn is_elementwise(&self) -> bool {
        matches!(self.op, Op::Activate(_))
            && self
                .leaf(0)
                .is_ok_and(|(leaf, _)| leaf.size() == self.input.size() && !is_complex(leaf))
    }

    /// A function of each number of the only varying operand: the secant.
    pub(super) fn secant(&self) -> Result<Form> {
        let [index] = self.varying()[..] else {
            return path::call(self);
        };
        let (leaf, _) = self.leaf(index)?;
        Form::exact(form_of(leaf)?.f_mul(&self.slope(index)?)?)
    }

    /// The slope of a function of each number, in the shape of the result.
    pub(super) fn slope(&self, index: usize) -> Result<Tensor> {
        let (leaf, reference) = self.leaf(index)?;
        let run = leaf.f_detach()?.f_sub(reference)?;
        let run = run.f_expand(self.input.size(), true)?;
        secant_slope(&run, &self.rise()?, || self.derivative(index))
    }

    /// The derivative of a function of each number at the input, in the shape of the result; 0 where there is none.
    fn derivative(&self, index: usize) -> Result<Tensor> {
        let (leaf, _) = self.leaf(index)?;
        if let Op::Activate(Activation::Relu) = self.op {
            return leaf.f_detach()?.f_gt(0.0)?.f_to_kind(leaf.kind());
        }
        let leaf = leaf.f_detach()?.f_expand(self.input.size(), true)?;
        let leaf = leaf.f_contiguous()?.f_set_requires_grad(true)?;
        let result = self.call(|_| Ok(leaf.shallow_clone()))?;
        if !result.requires_grad() {
            return self.input.f_zeros_like();
        }
        let sum = result.f_sum(result.kind())?;
        let gradients = Tensor::f_run_backward(&[sum], &[&leaf], false, false)?;
        match gradients.into_iter().next().filter(Tensor::defined) {
            Some(gradient) => Ok(gradient),
            None => self.input.f_zeros_like(),
        }
    }

    /// A comparison, 0 or 1, is a function of the difference of its operands: where it changes, so does the difference, and the secant is exact.
    pub(super) fn compared(&self) -> Result<Form> {
        let gap = self.value(0)?.minus(&self.value(1)?)?;
        let run = gap.difference()?.f_expand(self.input.size(), true)?;
        let slope = secant_slope(&run, &self.rise()?, || self.input.f_zeros_like())?;
        Form::exact(gap.form.f_mul(&slope)?)
    }

    /// a where c, which is 0 or 1, else b. Where c is the same for input and reference, what it selects. Elsewhere c a + (1 - c) b as a sum of
    /// products, so that the operands of the condition share in the difference.
    pub(super) fn conditional(&self) -> Result<Form> {
        let Some(Side::Varying { leaf, reference }) = self.sides.first() else {
            return self.affine();
        };
        let truth = |x: &Tensor| x.f_ne(0.0)?.f_to_kind(self.input.kind());
        let (own, other) = (truth(&leaf.f_detach()?)?, truth(reference)?);
        let is_same = own.f_eq_tensor(&other)?;
        let (a, b) = (self.value(1)?, self.value(2)?);
        let gap = a
            .middle()?
            .f_sub(&b.middle()?)?
            .f_nan_to_num(0.0, 0.0, 0.0)?;
        let shared = a.form.f_add(&b.form)?.f_mul_scalar(0.5)?;
        let changed = shared.f_add(&gap.f_mul(&form_of(leaf)?)?)?;
        let chosen = a.form.f_where_self(&own.f_ne(0.0)?, &b.form)?;
        Form::exact(chosen.f_where_self(&is_same, &changed)?)
    }

    /// Bits of truth values are sums and products of them; of other integers, there is no rule.
    pub(super) fn bits(&self, binary: Binary) -> Result<Form> {
        let (Some(a), Some(b)) = (self.line(0)?, self.line(1)?) else {
            return self.constant();
        };
        for value in [&a.input, &a.reference, &b.input, &b.reference] {
            let is_truth = value.f_square()?.f_eq_tensor(value)?;
            if is_truth.f_all()?.f_int64_value(&[])? == 0 {
                return self.constant();
            }
        }
        let both = a.times(&b)?;
        Form::exact(match binary {
            Binary::BitAnd => both.form,
            Binary::BitOr => a.plus(&b)?.minus(&both)?.form,
            Binary::BitXor => a.plus(&b)?.minus(&both)?.minus(&both)?.form,
            _ => return self.constant(),
        })
    }

    /// The size of complex numbers, as the root of the sum of the squares of their parts; of other functions, the mean along the path.
    pub(super) fn of_complex(&self, activation: Activation) -> Result<Form> {
        let (Activation::Abs, Some(x)) = (activation, self.line(0)?) else {
            return path::call(self);
        };
        let (real, imaginary) = (x.map(Tensor::f_real)?, x.map(Tensor::f_imag)?);
        let squares = real.times(&real)?.plus(&imaginary.times(&imaginary)?)?;
        Form::exact(squares.root()?.form)
    }

    /// a / b: a is weighted by the mean of 1 / b, and b by the mean of a over the product of both values of b.
    pub(super) fn quotient(&self) -> Result<Form> {
        let Some(Side::Varying { .. }) = self.sides.get(1) else {
            return self.affine();
        };
        let (numerator, divisor) = (self.value(0)?, self.value(1)?);
        let inverse = divisor.input.f_reciprocal()?;
        let inverse_reference = divisor.reference.f_reciprocal()?;
        let slope = inverse.f_mul(&inverse_reference)?.f_neg()?;
        let reciprocal = divisor.with_slope(inverse, inverse_reference, &slope)?;
        Form::exact(numerator.times(&reciprocal)?.form)
    }

    /// a to the power of b: a secant where one of them is fixed, and else exp(b log a), for positive a.
    pub(super) fn power(&self) -> Result<Form> {
        let (Some(base), Some(exponent), [_, _]) =
            (self.line(0)?, self.line(1)?, &self.varying()[..])
        else {
            return self.secant();
        };
        let is_positive =
            |x: &Tensor| -> Result<bool> { Ok(x.f_gt(0.0)?.f_all()?.f_int64_value(&[])? != 0) };
        if !is_positive(&base.input)? || !is_positive(&base.reference)? {
            return path::call(self);
        }
        Form::exact(exponent.times(&base.log()?)?.exp()?.form)
    }
}
