//! Multipliers of products: of two factors or several, and of all numbers along some dimensions.

use tch::Tensor;

use super::line::{Line, Result, form_of, sum_of};
use super::node::{Form, Node};
use super::path;

/// The values of the other factors while one changes.
#[derive(Clone, Copy)]
enum Others {
    /// The mean of input and reference.
    Middle,
    /// The input for factors before this one, and the reference for those behind.
    InputBefore,
    /// The other way round.
    InputBehind,
}

impl Node<'_> {
    /// Linear in each of its factors. With two, each is weighted by the mean of the other. With more, they change one after the other, and the
    /// forms of both orders are averaged.
    pub(super) fn multilinear(&self, factors: &[usize], bias: Option<usize>) -> Result<Form> {
        let varying = self.varying();
        let changing = || varying.iter().filter(|index| factors.contains(index));
        let orders: &[Others] = match changing().count() {
            0 | 1 => return self.affine(),
            2 => &[Others::Middle],
            _ => &[Others::InputBefore, Others::InputBehind],
        };
        let share = 1.0 / orders.len() as f64;
        let each = changing().flat_map(|&own| orders.iter().map(move |&others| (own, others)));
        let parts = each.map(|(own, others)| {
            let form = self.form_of_operand(own, |index| self.other(own, index, others, bias))?;
            form.f_mul_scalar(share)
        });
        let added = bias.filter(|bias| varying.contains(bias));
        let added =
            added.map(|bias| self.form_of_operand(bias, |index| self.leaf(index)?.0.f_detach()));
        let sum = sum_of(parts.chain(added))?;
        Form::exact(sum.map_or_else(|| self.input.f_zeros_like(), Ok)?)
    }

    /// The form of one operand, with these values of the others.
    fn form_of_operand(
        &self,
        own: usize,
        others: impl Fn(usize) -> Result<Tensor>,
    ) -> Result<Tensor> {
        form_of(&self.call(|index| match index == own {
            true => Ok(self.leaf(index)?.0.shallow_clone()),
            false => others(index),
        })?)
    }

    fn other(
        &self,
        own: usize,
        index: usize,
        others: Others,
        bias: Option<usize>,
    ) -> Result<Tensor> {
        let (leaf, reference) = self.leaf(index)?;
        let is_input = match others {
            _ if bias == Some(index) => true,
            Others::Middle => return leaf.f_detach()?.f_add(reference)?.f_mul_scalar(0.5),
            Others::InputBefore => index < own,
            Others::InputBehind => index > own,
        };
        match is_input {
            true => leaf.f_detach(),
            false => Ok(reference.shallow_clone()),
        }
    }

    /// The product over some dimensions, one number after the other.
    pub(super) fn product_over(&self, dims: &[i64]) -> Result<Form> {
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
}
