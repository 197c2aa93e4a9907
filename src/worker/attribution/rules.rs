//! The linear form of each operator: how the difference of its results follows from the differences of its operands.
//!
//! The match over the node kinds is exhaustive, so that no operator is taken as linear because it was forgotten. A form is exact if it
//! equals the difference of the results at the differences of the operands; what is not exact says so.

use gia_model::{
    Accumulation, Activation, AttributionRule, Binary, Choice, Function, Op, PoolKind, Reduction,
};
use tch::{TchError, Tensor};

use super::composed;
use super::line::{Line, Result, secant_slope};
use super::path;
use super::recurrent::{self, Layer};
use super::selection::{self, Extreme};
use crate::kernels::{self, Argument};

/// An operand of a node under attribution.
pub enum Side<'t> {
    /// A value that depends on the sequence: of the reference, and as a leaf with the value of the input.
    Varying {
        leaf: Tensor,
        reference: Tensor,
    },
    /// A weight or a constant.
    Constant(&'t Tensor),
    Number(f64),
    Absent,
}

/// The linear form of a node's result.
pub struct Form {
    /// Zeros with a gradient to the leaves.
    pub tensor: Tensor,
    pub is_exact: bool,
}

impl Form {
    fn exact(tensor: Tensor) -> Result<Form> {
        Ok(Form {
            tensor,
            is_exact: true,
        })
    }
}

/// A node under attribution.
pub struct Node<'n> {
    pub op: &'n Op,
    pub sides: &'n [Side<'n>],
    /// Its results for the input and for the reference.
    pub input: &'n Tensor,
    pub reference: &'n Tensor,
}

impl Node<'_> {
    /// The linear form of the result.
    pub fn form(&self) -> Result<Form> {
        match self.op {
            Op::Convolution { .. } | Op::TransposedConvolution { .. } | Op::Linear => {
                self.multilinear(&[0, 1], Some(2))
            }
            Op::MatMul | Op::Multiply => self.multilinear(&[0, 1], None),
            Op::AddMatMul => self.multilinear(&[1, 2], Some(0)),
            Op::Einsum { .. } => {
                let all: Vec<usize> = (0..self.sides.len()).collect();
                self.multilinear(&all, None)
            }
            Op::Recurrent { .. } => self.recurrent(),
            Op::Attention { .. }
            | Op::GroupNorm { .. }
            | Op::LayerNorm { .. }
            | Op::Softmax { .. } => self.composed(),
            Op::Reduce { kind, dims, .. } => match kind {
                Reduction::Sum | Reduction::Mean => self.affine(),
                Reduction::Max => self.selected(Extreme::Largest),
                Reduction::Min => self.selected(Extreme::Smallest),
                Reduction::LogSumExp => self.composed(),
                Reduction::Product => self.product_over(dims),
            },
            Op::Pool { kind, .. } | Op::AdaptivePool { kind, .. } => match kind {
                PoolKind::Max => self.selected(Extreme::Largest),
                PoolKind::Average { .. } => self.affine(),
            },
            Op::Maximum => self.larger_or_smaller(Extreme::Largest),
            Op::Minimum => self.larger_or_smaller(Extreme::Smallest),
            Op::Activate(activation) => match activation.attribution() {
                AttributionRule::Linear => self.affine(),
                _ if composed::is_complex(self.leaf(0)?.0) => self.of_complex(*activation),
                _ => self.secant(),
            },
            Op::Divide => self.quotient(),
            Op::Power => self.power(),
            Op::Binary(binary) => match binary.attribution() {
                AttributionRule::Linear => self.affine(),
                AttributionRule::Step => self.bits(*binary),
                _ => path::call(self),
            },
            Op::Function(function) => self.function(function),
            Op::Where => self.conditional(),
            Op::Index { .. } => {
                let indices: Vec<usize> = (1..self.sides.len()).collect();
                self.chosen(&indices)
            }
            Op::Take { .. } | Op::TakeEach { .. } => self.chosen(&[1]),
            Op::Compare(_) => self.compared(),
            // What is detached is the same for input and reference.
            Op::Detach | Op::Literal { .. } | Op::Full { .. } | Op::Range { .. } => {
                Form::exact(self.input.f_zeros_like()?)
            }
            Op::BatchNorm { .. }
            | Op::Add { .. }
            | Op::Subtract { .. }
            | Op::Flatten { .. }
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Permute { .. }
            | Op::Squeeze { .. }
            | Op::Unsqueeze { .. }
            | Op::Expand { .. }
            | Op::Repeat { .. }
            | Op::Slice { .. }
            | Op::Select { .. }
            | Op::Flip { .. }
            | Op::CumulativeSum { .. }
            | Op::Concatenate { .. }
            | Op::Pad { .. }
            | Op::Identity => self.affine(),
        }
    }

    /// Calls the operator with the values that `of` gives for the varying operands.
    pub fn call(&self, of: impl Fn(usize) -> Result<Tensor>) -> Result<Tensor> {
        let varying: Vec<Option<Tensor>> = self
            .sides
            .iter()
            .enumerate()
            .map(|(index, side)| match side {
                Side::Varying { .. } => of(index).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_>>()?;
        let arguments: Vec<Argument> = self
            .sides
            .iter()
            .zip(&varying)
            .map(|(side, value)| match (side, value) {
                (_, Some(value)) => Argument::Tensor(value),
                (Side::Constant(tensor), None) => Argument::Tensor(tensor),
                (Side::Number(number), None) => Argument::Number(*number),
                (Side::Absent | Side::Varying { .. }, None) => Argument::Absent,
            })
            .collect();
        kernels::call(self.op, &arguments)
    }

    /// The varying operands.
    pub fn varying(&self) -> Vec<usize> {
        let sides = self.sides.iter().enumerate();
        let varying = sides.filter(|(_, side)| matches!(side, Side::Varying { .. }));
        varying.map(|(index, _)| index).collect()
    }

    /// The leaf of an operand, and its value of the reference.
    pub fn leaf(&self, index: usize) -> Result<(&Tensor, &Tensor)> {
        match self.sides.get(index) {
            Some(Side::Varying { leaf, reference }) => Ok((leaf, reference)),
            _ => Err(TchError::Kind(format!("operand {index} does not vary"))),
        }
    }

    /// An operand as a line; none if it is a number or absent.
    pub fn line(&self, index: usize) -> Result<Option<Line>> {
        match self.sides.get(index) {
            Some(Side::Varying { leaf, reference }) => Line::of_operand(leaf, reference).map(Some),
            Some(Side::Constant(tensor)) => Line::constant(tensor).map(Some),
            Some(Side::Number(_) | Side::Absent) | None => Ok(None),
        }
    }

    /// The difference of the results.
    pub fn rise(&self) -> Result<Tensor> {
        self.input.f_sub(self.reference)
    }

    /// Affine in all varying operands together: the operator itself.
    fn affine(&self) -> Result<Form> {
        let result = self.call(|index| Ok(self.leaf(index)?.0.shallow_clone()))?;
        Form::exact(result.f_sub(&result.f_detach()?)?)
    }

    /// Zeros: the result has no gradient. Exact if it is the same for input and reference.
    fn constant(&self) -> Result<Form> {
        Ok(Form {
            tensor: self.input.f_zeros_like()?,
            is_exact: self.input.f_equal(self.reference)?,
        })
    }

    /// Affine in what is chosen, by operands that choose: exact if these are the same for input and reference.
    fn chosen(&self, by: &[usize]) -> Result<Form> {
        let mut is_exact = true;
        for &index in by {
            if let Some(Side::Varying { leaf, reference }) = self.sides.get(index) {
                is_exact &= leaf.f_equal(reference)?;
            }
        }
        let result = self.call(|index| {
            let (leaf, _) = self.leaf(index)?;
            match by.contains(&index) {
                true => leaf.f_detach(),
                false => Ok(leaf.shallow_clone()),
            }
        })?;
        Ok(Form {
            tensor: result.f_sub(&result.f_detach()?)?,
            is_exact,
        })
    }

    /// A comparison, 0 or 1, is a function of the difference of its operands: where it changes, so does the difference, and the secant is exact.
    fn compared(&self) -> Result<Form> {
        let sides = [self.compared_side(0)?, self.compared_side(1)?];
        let part = |of: fn(&Line) -> &Tensor, default: f64| -> Result<Tensor> {
            let values: Vec<Tensor> = sides
                .iter()
                .map(|side| match side {
                    (Some(line), _) => Ok(of(line).shallow_clone()),
                    (None, number) => {
                        let number = if default == 0.0 { 0.0 } else { *number };
                        Tensor::f_full([0i64; 0], number, (self.input.kind(), self.input.device()))
                    }
                })
                .collect::<Result<_>>()?;
            values[0].f_sub(&values[1])
        };
        let run = part(|line| &line.input, 1.0)?.f_sub(&part(|line| &line.reference, 1.0)?)?;
        let none = || self.input.f_zeros_like();
        let slope = secant_slope(&run.f_expand(self.input.size(), true)?, &self.rise()?, none)?;
        Form::exact(part(|line| &line.form, 0.0)?.f_mul(&slope)?)
    }

    fn compared_side(&self, index: usize) -> Result<(Option<Line>, f64)> {
        match self.sides.get(index) {
            Some(Side::Number(number)) => Ok((None, *number)),
            _ => Ok((self.line(index)?, 0.0)),
        }
    }

    /// a where c, which is 0 or 1, else b. Where c is the same for input and reference, what it selects; elsewhere c a + (1 - c) b as a sum of
    /// products, so that the operands of the condition share in the difference.
    fn conditional(&self) -> Result<Form> {
        let Some(Side::Varying { leaf, reference }) = self.sides.first() else {
            return self.affine();
        };
        let truth = |x: &Tensor| x.f_ne(0.0)?.f_to_kind(self.input.kind());
        let (own, other) = (truth(&leaf.f_detach()?)?, truth(reference)?);
        let is_same = own.f_eq_tensor(&other)?;
        let value = |index: usize| -> Result<Line> {
            match self.sides.get(index) {
                Some(Side::Number(number)) => {
                    let kind = (self.input.kind(), self.input.device());
                    Line::constant(&Tensor::f_full([0i64; 0], *number, kind)?)
                }
                _ => self
                    .line(index)?
                    .ok_or_else(|| TchError::Kind(format!("operand {index} is not a tensor"))),
            }
        };
        let (a, b) = (value(1)?, value(2)?);
        let step = leaf.f_sub(&leaf.f_detach()?)?;
        let gap = a
            .middle()?
            .f_sub(&b.middle()?)?
            .f_nan_to_num(0.0, 0.0, 0.0)?;
        let shared = a.form.f_add(&b.form)?.f_mul_scalar(0.5)?;
        let changed = shared.f_add(&gap.f_mul(&step)?)?;
        let chosen = a.form.f_where_self(&own.f_ne(0.0)?, &b.form)?;
        Form::exact(chosen.f_where_self(&is_same, &changed)?)
    }

    /// Bits of truth values are sums and products of them; of other integers, there is no rule.
    fn bits(&self, binary: Binary) -> Result<Form> {
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
    fn of_complex(&self, activation: Activation) -> Result<Form> {
        let (Activation::Abs, Some(x)) = (activation, self.line(0)?) else {
            return path::call(self);
        };
        let (real, imaginary) = (x.map(Tensor::f_real)?, x.map(Tensor::f_imag)?);
        let squares = real.times(&real)?.plus(&imaginary.times(&imaginary)?)?;
        Form::exact(squares.root()?.form)
    }

    /// Linear in each of its factors. With two, each is weighted by the mean of the other; with more, by the mean of both orders in which they
    /// can change one after the other.
    fn multilinear(&self, factors: &[usize], bias: Option<usize>) -> Result<Form> {
        let varying: Vec<usize> = self.varying();
        let changing: Vec<usize> = varying
            .iter()
            .copied()
            .filter(|index| factors.contains(index))
            .collect();
        if changing.len() < 2 {
            return self.affine();
        }
        let mut total: Option<Tensor> = None;
        for &own in &changing {
            for order in 0..2 {
                let result = self.call(|index| {
                    let (leaf, reference) = self.leaf(index)?;
                    let is_input = match order {
                        0 => index < own,
                        _ => index > own,
                    };
                    match index {
                        index if index == own => Ok(leaf.shallow_clone()),
                        index if bias == Some(index) => leaf.f_detach(),
                        _ if is_input => leaf.f_detach(),
                        _ => Ok(reference.shallow_clone()),
                    }
                })?;
                let part = result.f_sub(&result.f_detach()?)?.f_mul_scalar(0.5)?;
                total = Some(match total {
                    Some(total) => total.f_add(&part)?,
                    None => part,
                });
            }
        }
        if let Some(bias) = bias.filter(|bias| varying.contains(bias)) {
            let result = self.call(|index| {
                let (leaf, _) = self.leaf(index)?;
                match index == bias {
                    true => Ok(leaf.shallow_clone()),
                    false => leaf.f_detach(),
                }
            })?;
            let part = result.f_sub(&result.f_detach()?)?;
            total = Some(match total {
                Some(total) => total.f_add(&part)?,
                None => part,
            });
        }
        Form::exact(total.unwrap_or(self.input.f_zeros_like()?))
    }

    /// A function of each number of the only varying operand: the secant.
    fn secant(&self) -> Result<Form> {
        let [index] = self.varying()[..] else {
            return path::call(self);
        };
        let (leaf, _) = self.leaf(index)?;
        let step = leaf.f_sub(&leaf.f_detach()?)?;
        Form::exact(step.f_mul(&self.slope(index)?)?)
    }

    /// The slope of a function of each number, in the shape of the result.
    pub fn slope(&self, index: usize) -> Result<Tensor> {
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

    fn selected(&self, extreme: Extreme) -> Result<Form> {
        let line = self.line(0)?;
        let line = line.ok_or_else(|| TchError::Kind("operand 0 is not a tensor".into()))?;
        let select = |values: &[Tensor]| self.call(|_| Ok(values[0].shallow_clone()));
        Form::exact(selection::call(&[&line], extreme, select)?.form)
    }

    /// Of two numbers. Where one of them is fixed, a function of the other.
    fn larger_or_smaller(&self, extreme: Extreme) -> Result<Form> {
        let (Some(a), Some(b), [_, _]) = (self.line(0)?, self.line(1)?, &self.varying()[..]) else {
            return self.secant();
        };
        let select = |values: &[Tensor]| self.call(|index| Ok(values[index].shallow_clone()));
        Form::exact(selection::call(&[&a, &b], extreme, select)?.form)
    }

    /// a / b: a is weighted by the mean of 1 / b, and b by the mean of a over the product of both values of b.
    fn quotient(&self) -> Result<Form> {
        let numerator = match self.sides.first() {
            Some(Side::Number(number)) => {
                let kind = (self.input.kind(), self.input.device());
                Line::constant(&Tensor::f_full([0i64; 0], *number, kind)?)?
            }
            _ => match self.line(0)? {
                Some(line) => line,
                None => return path::call(self),
            },
        };
        let Some(Side::Varying { .. }) = self.sides.get(1) else {
            return self.affine();
        };
        let Some(divisor) = self.line(1)? else {
            return path::call(self);
        };
        let inverse = divisor.input.f_reciprocal()?;
        let inverse_reference = divisor.reference.f_reciprocal()?;
        let slope = inverse.f_mul(&inverse_reference)?.f_neg()?;
        let reciprocal = divisor.with_slope(inverse, inverse_reference, &slope)?;
        Form::exact(numerator.times(&reciprocal)?.form)
    }

    /// a to the power of b: a secant where one of them is fixed, and else exp(b log a), for positive a.
    fn power(&self) -> Result<Form> {
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

    fn composed(&self) -> Result<Form> {
        let operands: Vec<Option<Line>> = (0..self.sides.len())
            .map(|index| self.line(index))
            .collect::<Result<_>>()?;
        match composed::call(self.op, &operands)? {
            Some(line) => Form::exact(line.form),
            None => path::call(self),
        }
    }

    fn recurrent(&self) -> Result<Form> {
        let Op::Recurrent {
            cell,
            bidirectional,
            batch_first,
            result,
        } = self.op
        else {
            return path::call(self);
        };
        let (sequence, first, second) = (self.line(0)?, self.line(1)?, self.line(2)?);
        let weights: Option<Vec<&Tensor>> = self.sides[3..]
            .iter()
            .map(|side| match side {
                Side::Constant(weight) => Some(*weight),
                Side::Varying { .. } | Side::Number(_) | Side::Absent => None,
            })
            .collect();
        let (Some(sequence), Some(weights)) = (&sequence, weights) else {
            return path::call(self);
        };
        let layer = Layer {
            cell: *cell,
            bidirectional: *bidirectional,
            batch_first: *batch_first,
            result: *result,
            sequence,
            initial: [first.as_ref(), second.as_ref()],
            weights,
        };
        Form::exact(recurrent::call(&layer)?.form)
    }

    /// The product over some dimensions, one number after the other.
    fn product_over(&self, dims: &[i64]) -> Result<Form> {
        let Some(x) = self.line(0)? else {
            return path::call(self);
        };
        let rank = x.input.dim() as i64;
        let mut over: Vec<i64> = match dims {
            [] => (0..rank).collect(),
            dims => dims.iter().map(|dim| dim.rem_euclid(rank.max(1))).collect(),
        };
        over.sort_unstable();
        let kept = (0..rank).filter(|dim| !over.contains(dim));
        let order: Vec<i64> = kept.chain(over.iter().copied()).collect();
        let first = rank - over.len() as i64;
        let listed = x.map(|x| x.f_permute(&order)?.f_flatten(first, -1))?;
        let count = listed.input.size().last().copied().unwrap_or(0);
        let mut product: Option<Line> = None;
        for index in 0..count {
            let factor = listed.map(|x| x.f_select(-1, index))?;
            product = Some(match product {
                Some(product) => product.times(&factor)?,
                None => factor,
            });
        }
        match product {
            Some(product) => Form::exact(product.form.f_reshape(self.input.size())?),
            None => Form::exact(self.input.f_zeros_like()?),
        }
    }

    fn function(&self, function: &Function) -> Result<Form> {
        match function.attribution() {
            AttributionRule::Linear => {
                let others: Vec<usize> = match function {
                    // Places among the elements, then what is written there.
                    Function::Scatter { .. }
                    | Function::ScatterAt { .. }
                    | Function::Unpool { .. } => vec![1],
                    _ => Vec::new(),
                };
                self.chosen(&others)
            }
            AttributionRule::Ranking | AttributionRule::Comparison | AttributionRule::Step => {
                self.constant()
            }
            _ => match (function, self.line(0)?) {
                (
                    Function::Variance {
                        dims,
                        correction,
                        keep,
                        root,
                    },
                    Some(x),
                ) => Form::exact(composed::variance(&x, dims, *correction, (*keep, *root))?.form),
                (
                    Function::Pick {
                        choice: Choice::Max,
                        ..
                    }
                    | Function::Accumulate {
                        kind: Accumulation::Max,
                        ..
                    },
                    Some(_),
                ) => self.selected(Extreme::Largest),
                (
                    Function::Pick {
                        choice: Choice::Min,
                        ..
                    }
                    | Function::Accumulate {
                        kind: Accumulation::Min,
                        ..
                    },
                    Some(_),
                ) => self.selected(Extreme::Smallest),
                (
                    Function::Accumulate {
                        kind: Accumulation::LogSumExp,
                        dim,
                        ..
                    },
                    Some(x),
                ) => Form::exact(composed::running_log_sum_exp(&x, *dim)?.form),
                (Function::Sort { dim, .. } | Function::TopK { dim, .. }, Some(x)) => {
                    let sort = |x: &Tensor| self.call(|_| Ok(x.shallow_clone()));
                    Form::exact(selection::ordered(&x, *dim, sort)?.form)
                }
                (
                    Function::Pick {
                        choice: choice @ (Choice::Median | Choice::Kth(_)),
                        dim,
                        keep,
                        ..
                    },
                    Some(x),
                ) => {
                    let sort = |x: &Tensor| x.f_sort(*dim, false).map(|(values, _)| values);
                    let sorted = selection::ordered(&x, *dim, sort)?;
                    let size = sorted.input.size();
                    let count = size[dim.rem_euclid(size.len().max(1) as i64) as usize];
                    let rank = match choice {
                        Choice::Kth(k) => k - 1,
                        _ => (count - 1) / 2,
                    };
                    let form = sorted.form.f_narrow(*dim, rank, 1)?;
                    Form::exact(match keep {
                        true => form,
                        false => form.f_squeeze_dim(*dim)?,
                    })
                }
                (Function::Norm { order, dims, keep }, Some(x))
                    if !composed::is_complex(&x.input) =>
                {
                    match composed::norm(&x, *order, dims, *keep)? {
                        Some(norm) => Form::exact(norm.form),
                        None => path::call(self),
                    }
                }
                _ => path::call(self),
            },
        }
    }
}
