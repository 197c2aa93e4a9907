//! The linear form of each operator: how the difference of its results follows from the differences of its operands.
//!
//! The match over the node kinds is exhaustive, so that no operator is taken as linear because it was forgotten. A form is exact if it
//! equals the difference of the results at the differences of the operands; what is not exact says so.

use gia_model::{Accumulation, AttributionRule, Choice, Function, Op, PoolKind, Reduction};
use tch::{TchError, Tensor};

use super::composed;
use super::line::{Line, Result};
use super::node::{Form, Node, Side};
use super::path;
use super::recurrent::{self, Layer};
use super::selection::{self, Extreme};
use crate::kernels::is_complex;

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
                _ if is_complex(self.leaf(0)?.0) => self.of_complex(*activation),
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
                (Function::Norm { order, dims, keep }, Some(x)) if !is_complex(&x.input) => {
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
