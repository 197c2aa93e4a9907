//! Values of an input and of its reference, with the difference between them as a linear form.
//!
//! The form of a value is a tensor of zeros whose gradient is the multiplier of DeepLIFT (Shrikumar, Greenside and Kundaje 2017): each
//! operation keeps the form of its result equal, at the operands' differences, to the difference of its results. So what libtorch's
//! backward pass finds for the forms is the contribution of each operand, and contributions add up by construction.

use tch::{Kind, TchError, Tensor};

pub type Result<T> = std::result::Result<T, TchError>;

/// A value of the input and of the reference, row by row, and the linear form of their difference.
pub struct Line {
    pub input: Tensor,
    pub reference: Tensor,
    /// Zeros, with the gradient that propagates contributions.
    pub form: Tensor,
}

impl Line {
    /// An operand: its form is `leaf` less its own value, and `leaf` has the value of the input.
    pub fn of_operand(leaf: &Tensor, reference: &Tensor) -> Result<Line> {
        Ok(Line {
            input: leaf.f_detach()?,
            reference: reference.shallow_clone(),
            form: form_of(leaf)?,
        })
    }

    /// A value that is the same for input and reference.
    pub fn constant(value: &Tensor) -> Result<Line> {
        Ok(Line {
            input: value.shallow_clone(),
            reference: value.shallow_clone(),
            form: value.f_zeros_like()?,
        })
    }

    pub fn difference(&self) -> Result<Tensor> {
        self.input.f_sub(&self.reference)
    }

    /// The mean of input and reference.
    pub fn middle(&self) -> Result<Tensor> {
        self.input.f_add(&self.reference)?.f_mul_scalar(0.5)
    }

    /// A linear function of the value.
    pub fn map(&self, linear: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Line> {
        Ok(Line {
            input: linear(&self.input)?,
            reference: linear(&self.reference)?,
            form: linear(&self.form)?,
        })
    }

    pub fn plus(&self, other: &Line) -> Result<Line> {
        Ok(Line {
            input: self.input.f_add(&other.input)?,
            reference: self.reference.f_add(&other.reference)?,
            form: self.form.f_add(&other.form)?,
        })
    }

    pub fn minus(&self, other: &Line) -> Result<Line> {
        Ok(Line {
            input: self.input.f_sub(&other.input)?,
            reference: self.reference.f_sub(&other.reference)?,
            form: self.form.f_sub(&other.form)?,
        })
    }

    /// The value plus a number or tensor that is the same for input and reference.
    pub fn shifted(&self, by: &Tensor) -> Result<Line> {
        Ok(Line {
            input: self.input.f_add(by)?,
            reference: self.reference.f_add(by)?,
            form: self.form.f_add(&by.f_zeros_like()?)?,
        })
    }

    /// A bilinear function of two values: each is weighted by the mean of the other.
    pub fn product(
        &self,
        other: &Line,
        bilinear: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Line> {
        let by_own = bilinear(&self.form, &other.middle()?)?;
        let by_other = bilinear(&self.middle()?, &other.form)?;
        Ok(Line {
            input: bilinear(&self.input, &other.input)?,
            reference: bilinear(&self.reference, &other.reference)?,
            form: by_own.f_add(&by_other)?,
        })
    }

    /// The product, element by element.
    pub fn times(&self, other: &Line) -> Result<Line> {
        self.product(other, Tensor::f_mul)
    }

    /// A function of each number, whose secant between reference and input is the multiplier.
    pub fn secant(
        &self,
        function: impl Fn(&Tensor) -> Result<Tensor>,
        derivative: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Line> {
        let (input, reference) = (function(&self.input)?, function(&self.reference)?);
        let slope = secant_slope(&self.difference()?, &input.f_sub(&reference)?, || {
            derivative(&self.input)
        })?;
        self.with_slope(input, reference, &slope)
    }

    /// A function of each number whose slope between reference and input is known.
    pub fn with_slope(&self, input: Tensor, reference: Tensor, slope: &Tensor) -> Result<Line> {
        Ok(Line {
            input,
            reference,
            form: self.form.f_mul(slope)?,
        })
    }

    pub fn exp(&self) -> Result<Line> {
        let slope = slope_of_exp(&self.input, &self.reference)?;
        self.with_slope(self.input.f_exp()?, self.reference.f_exp()?, &slope)
    }

    /// The logarithm of positive numbers.
    pub fn log(&self) -> Result<Line> {
        self.secant(Tensor::f_log, Tensor::f_reciprocal)
    }

    pub fn sigmoid(&self) -> Result<Line> {
        self.secant(Tensor::f_sigmoid, |x| {
            let y = x.f_sigmoid()?;
            y.f_sub(&y.f_square()?)
        })
    }

    pub fn tanh(&self) -> Result<Line> {
        self.secant(Tensor::f_tanh, |x| {
            x.f_tanh()?.f_square()?.f_neg()?.f_add_scalar(1.0)
        })
    }

    pub fn relu(&self) -> Result<Line> {
        self.secant(Tensor::f_relu, |x| x.f_gt(0.0)?.f_to_kind(x.kind()))
    }

    pub fn absolute(&self) -> Result<Line> {
        self.secant(Tensor::f_abs, Tensor::f_sign)
    }

    /// The square root. With v and w the roots, the slope is 1 / (v + w); 0 where both are 0.
    pub fn root(&self) -> Result<Line> {
        let (v, w) = (self.input.f_sqrt()?, self.reference.f_sqrt()?);
        let slope = v.f_add(&w)?.f_reciprocal()?.f_nan_to_num(0.0, 0.0, 0.0)?;
        self.with_slope(v, w, &slope)
    }

    /// One over the square root of positive numbers. With v = x^-1/2 and w = r^-1/2 the slope is -v²w²/(v + w), without a difference of
    /// near numbers.
    pub fn reciprocal_root(&self) -> Result<Line> {
        let (v, w) = (self.input.f_rsqrt()?, self.reference.f_rsqrt()?);
        let slope = v.f_mul(&w)?.f_square()?.f_div(&v.f_add(&w)?)?.f_neg()?;
        self.with_slope(v, w, &slope)
    }
}

/// A value less itself: zeros with its gradient.
pub fn form_of(value: &Tensor) -> Result<Tensor> {
    value.f_sub(&value.f_detach()?)
}

/// The sum of tensors; none if there is none.
pub fn sum_of(parts: impl IntoIterator<Item = Result<Tensor>>) -> Result<Option<Tensor>> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else {
        return Ok(None);
    };
    parts
        .try_fold(first?, |sum, part| sum.f_add(&part?))
        .map(Some)
}

/// Differences below this count as none: the slope is then the derivative.
fn nearness(kind: Kind) -> f64 {
    match kind {
        Kind::Double => 1e-10,
        _ => 1e-6,
    }
}

/// The slope of the line through two points, or the derivative where they are too near for it to be known. Where neither is finite, 0.
pub fn secant_slope(
    run: &Tensor,
    rise: &Tensor,
    derivative: impl Fn() -> Result<Tensor>,
) -> Result<Tensor> {
    let far = run.f_abs()?.f_ge(nearness(run.kind()))?;
    let slope = rise.f_div(run)?;
    let mended = slope.f_where_self(&far, &derivative()?)?;
    // One sum tells whether all are finite, which is cheaper than a look at each.
    if mended
        .f_sum(mended.kind())?
        .f_isfinite()?
        .f_int64_value(&[])?
        != 0
    {
        return Ok(mended);
    }
    let usable = far.f_logical_and(&slope.f_isfinite()?)?;
    let slope = slope.f_where_self(&usable, &derivative()?)?;
    slope.f_nan_to_num(0.0, 0.0, 0.0)
}

/// (exp(a) - exp(b)) / (a - b) as exp of the mean times sinh(h) / h with h half the difference, which loses no digits where a and b are
/// near. 0 where both are minus infinity.
pub fn slope_of_exp(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let difference = a.f_sub(b)?;
    let half = difference.f_mul_scalar(0.5)?;
    let middle = a.f_add(b)?.f_mul_scalar(0.5)?.f_exp()?;
    let ratio = half.f_sinh()?.f_div(&half)?;
    let ratio = ratio.f_where_self(&half.f_abs()?.f_ge(1e-4)?, &ratio.f_ones_like()?)?;
    let near = middle.f_mul(&ratio)?;
    let far = a.f_exp()?.f_sub(&b.f_exp()?)?.f_div(&difference)?;
    let slope = far.f_where_self(&half.f_abs()?.f_ge(1.0)?, &near)?;
    slope.f_nan_to_num(0.0, 0.0, 0.0)
}
