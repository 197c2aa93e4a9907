//! Tensors that a call makes of numbers alone, and what becomes of numbers of another kind.
//!
//! Invariant: nothing here counts to more than [`Op::MOST_PLACES`].

use super::arguments::{Kind, kind_of, unknown};
use super::build::{Build, input};
use super::call::{Call, Size};
use crate::graph::{Activation, Comparison, Op, Operand};
use gia_base::diag::Outcome;

/// What a call that fills a tensor of some size with one number makes.
pub fn filled(call: &Call, value: f64) -> Outcome<Op> {
    let Some(sizes) = call.sizes("size")? else {
        return Err(unknown(call));
    };
    let shape = sizes.into_iter().map(Size::known).collect();
    Ok(Op::Full { shape, value })
}

/// One number everywhere, in the shape that the file says the call makes.
pub fn like(call: &Call, value: f64) -> Outcome<Op> {
    let made = call
        .makes
        .ok_or_else(|| call.wrong("fills a shape that is not known before the run"))?;
    let shape = made.iter().map(|dim| dim.fixed()).collect();
    Ok(Op::Full { shape, value })
}

/// Numbers evenly apart from one to another, both of which count.
pub fn linspace(call: &Call) -> Outcome<Op> {
    let (start, end) = (
        call.number("start", f64::NAN)?,
        call.number("end", f64::NAN)?,
    );
    let count = call.int("steps", None)?;
    if !(0..=Op::MOST_PLACES).contains(&count) {
        return Err(call.wrong("counts to something else than a known number"));
    }
    let step = if count > 1 {
        (end - start) / (count - 1) as f64
    } else {
        0.0
    };
    Ok(Op::Range { start, step, count })
}

/// Numbers a step apart, up to an end that does not count.
pub fn arange(call: &Call) -> Outcome<Op> {
    let (start, step) = (call.number("start", 0.0)?, call.number("step", 1.0)?);
    let end = call.number("end", f64::NAN)?;
    let count = ((end - start) / step).ceil();
    if !(0.0..=Op::MOST_PLACES as f64).contains(&count) {
        return Err(call.wrong("counts to something else than a known number"));
    }
    let count = count as i64;
    Ok(Op::Range { start, step, count })
}

/// Whole numbers are cut off towards zero; truth is 1 or 0.
pub fn cast(call: &Call, made: &[&str], graph: &mut dyn Build) -> Outcome<()> {
    let x = input(call, "self", graph)?;
    let name = made.first().copied();
    match kind_of(call) {
        Some(Kind::Floating) => graph.emit(Op::Identity, vec![x], name),
        Some(Kind::Truth) => {
            let operands = vec![x, Operand::Number(0.0)];
            graph.emit(Op::Compare(Comparison::NotEqual), operands, name)
        }
        Some(Kind::Whole) => {
            let mut of =
                |activation, x| Operand::Value(graph.emit(Op::Activate(activation), vec![x], None));
            let (size, sign) = (of(Activation::Abs, x), of(Activation::Sign, x));
            let whole = of(Activation::Floor, size);
            graph.emit(Op::Multiply, vec![whole, sign], name)
        }
        None => return Err(call.wrong("makes numbers of a kind that is not known here")),
    };
    Ok(())
}
