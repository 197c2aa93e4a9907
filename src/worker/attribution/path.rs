//! The linear form of operators without a rule of their own: the mean gradient on the straight line from reference to input.
//!
//! The mean over the line is exact (it is integrated gradients of one node), and is computed at 16 nodes of Gauss and Legendre. What they miss
//! at kinks is made up for by a factor for each number of the result, where it is near 1.

use tch::{TchError, Tensor};

use super::line::{Result, form_of};
use super::node::{Form, Node};
use super::selection::along;
use crate::kernels::is_complex;

/// The positive nodes of Gauss and Legendre for 16 points, and their weights (Abramowitz and Stegun 1964, table 25.4).
const NODES: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// Places on the line from 0 to 1, and their weights, which add up to 1.
fn nodes() -> impl Iterator<Item = (f64, f64)> {
    let sides = |(node, weight): (f64, f64)| {
        [-1.0, 1.0].map(move |side| ((1.0 + side * node) / 2.0, weight / 2.0))
    };
    NODES.into_iter().flat_map(sides)
}

/// How much the factor may differ from 1.
const MAX_FACTOR: f64 = 4.0;
/// The largest difference that counts as none, relative to the largest result.
const TOLERANCE: f64 = 1e-4;

pub fn call(node: &Node) -> Result<Form> {
    let varying = node.varying();
    let steps: Vec<Tensor> = varying
        .iter()
        .map(|&index| {
            let (leaf, reference) = node.leaf(index)?;
            leaf.f_detach()?.f_sub(reference)
        })
        .collect::<Result<_>>()?;
    let function = |values: &[Tensor]| {
        node.call(|index| match varying.iter().position(|&at| at == index) {
            Some(at) => Ok(values[at].shallow_clone()),
            None => Err(TchError::Kind(format!("operand {index} does not vary"))),
        })
    };
    let mut is_known = true;
    let (mut form, mut found) = (node.input.f_zeros_like()?, node.input.f_zeros_like()?);
    for (place, weight) in nodes() {
        let at: Vec<Tensor> = varying
            .iter()
            .zip(&steps)
            .map(|(&index, step)| node.leaf(index)?.1.f_add(&step.f_mul_scalar(place)?))
            .collect::<Result<_>>()?;
        let moved: Vec<Tensor> = varying
            .iter()
            .zip(&at)
            .map(|(&index, at)| {
                let (leaf, _) = node.leaf(index)?;
                at.f_add(&form_of(leaf)?)
            })
            .collect::<Result<_>>()?;
        let part = form_of(&function(&moved)?)?;
        form = form.f_add(&part.f_mul_scalar(weight)?)?;
        // Some functions have no second derivative, by which the slope along the line is found.
        match along(function, &at, &steps) {
            Ok(slope) => found = found.f_add(&slope.f_mul_scalar(weight)?)?,
            Err(_) => is_known = false,
        }
    }
    let rise = node.rise()?;
    if !is_known || is_complex(&rise) {
        return Ok(Form {
            tensor: form,
            is_exact: false,
        });
    }
    let factor = rise.f_div(&found)?;
    let is_near = factor
        .f_gt(1.0 / MAX_FACTOR)?
        .f_logical_and(&factor.f_lt(MAX_FACTOR)?)?;
    let factor = factor.f_where_self(&is_near, &factor.f_ones_like()?)?;
    let missed = rise.f_sub(&found.f_mul(&factor)?)?.f_abs()?;
    let allowed = node.input.f_abs()?.f_maximum(&node.reference.f_abs()?)?;
    let is_exact = missed.numel() == 0 || {
        let missed = missed.f_max()?.f_double_value(&[])?;
        missed <= TOLERANCE * allowed.f_max()?.f_double_value(&[])?
    };
    Ok(Form {
        tensor: form.f_mul(&factor)?,
        is_exact,
    })
}
