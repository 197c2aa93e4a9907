//! Constant tensors and ranges.
//!
//! Invariant: no range here is longer than [`Op::MAX_RANGE_COUNT`].

use super::arguments::unknown_operator;
use super::call::{Call, Size};
use crate::graph::Op;
use gia_base::diag::Outcome;

/// A tensor of the size that the call states, filled with one number.
pub fn filled(call: &Call, value: f64) -> Outcome<Op> {
    let Some(sizes) = call.sizes("size")? else {
        return Err(unknown_operator(call));
    };
    let shape = sizes.into_iter().map(Size::fixed).collect();
    Ok(Op::Full { shape, value })
}

/// A tensor of the shape that the file states for the result, filled with one number.
pub fn like(call: &Call, value: f64) -> Outcome<Op> {
    let made = call
        .makes
        .ok_or_else(|| call.wrong("fills a shape that is known only at run time"))?;
    let shape = made.iter().map(|dim| dim.fixed()).collect();
    Ok(Op::Full { shape, value })
}

/// Evenly spaced numbers, both ends included (`linspace`).
pub fn linspace(call: &Call) -> Outcome<Op> {
    let (start, end) = (
        call.number("start", f64::NAN)?,
        call.number("end", f64::NAN)?,
    );
    let count = call.int("steps", None)?;
    if !(0..=Op::MAX_RANGE_COUNT).contains(&count) {
        return Err(call.wrong("has a range whose length is known only at run time"));
    }
    let step = if count > 1 {
        (end - start) / (count - 1) as f64
    } else {
        0.0
    };
    Ok(Op::Range { start, step, count })
}

/// Numbers a step apart, the end excluded (`arange`).
pub fn arange(call: &Call) -> Outcome<Op> {
    let (start, step) = (call.number("start", 0.0)?, call.number("step", 1.0)?);
    let end = call.number("end", f64::NAN)?;
    let count = ((end - start) / step).ceil();
    if !(0.0..=Op::MAX_RANGE_COUNT as f64).contains(&count) {
        return Err(call.wrong("has a range whose length is known only at run time"));
    }
    let count = count as i64;
    Ok(Op::Range { start, step, count })
}
