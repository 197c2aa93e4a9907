//! Turning tensors round: reversals, rotations and rolls.

use super::build::Translation;
use crate::graph::{Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "flip" => flip(t, t.call.ints("dims", &[])?),
        "fliplr" => flip(t, vec![1]),
        "flipud" => flip(t, vec![0]),
        "rot90" => rotate(t),
        "roll" => roll(t),
        "fft_fftshift" | "fft_ifftshift" => shift_frequencies(t, name == "fft_fftshift"),
        _ => Ok(false),
    }
}

fn flip(t: &mut Translation, dims: Vec<i64>) -> Outcome<bool> {
    let x = t.input("self")?;
    t.finish(Op::Flip { dims }, vec![x])
}

/// Turns the plane of two dimensions by quarters.
fn rotate(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let &[a, b] = t.call.ints("dims", &[0, 1])?.as_slice() else {
        return Err(t.call.wrong("does not turn two dimensions"));
    };
    let turns = t.call.int("k", Some(1))?.rem_euclid(4);
    let mut flipped = |dims: Vec<i64>| t.step(Op::Flip { dims }, vec![x]);
    match turns {
        0 => t.finish(Op::Identity, vec![x]),
        1 => {
            let flipped = flipped(vec![b]);
            t.finish(Op::Transpose { a, b }, vec![flipped])
        }
        2 => t.finish(Op::Flip { dims: vec![a, b] }, vec![x]),
        _ => {
            let flipped = flipped(vec![a]);
            t.finish(Op::Transpose { a, b }, vec![flipped])
        }
    }
}

/// Rotates a tensor along dimensions: elements that leave at one end enter at the other.
fn roll(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let (shifts, dims) = (t.call.ints("shifts", &[])?, t.call.ints("dims", &[])?);
    if shifts.len() != dims.len() || dims.is_empty() {
        return Err(t
            .call
            .wrong("rolls the flattened tensor, which is not supported"));
    }
    let mut rolled = x;
    for (shift, dim) in shifts.into_iter().zip(dims) {
        rolled = rolled_by(t, rolled, dim, shift)?;
    }
    t.finish(Op::Identity, vec![rolled])
}

/// Moves the frequency 0 to the middle, or back.
fn shift_frequencies(t: &mut Translation, to_middle: bool) -> Outcome<bool> {
    let mut x = t.input("self")?;
    let mut dims = t.dims("dim")?;
    if dims.is_empty() {
        dims = (0..t.rank(x)? as i64).collect();
    }
    for dim in dims {
        let length = t.extent(x, dim)?;
        let shift = match to_middle {
            true => length / 2,
            false => length - length / 2,
        };
        x = rolled_by(t, x, dim, shift)?;
    }
    t.finish(Op::Identity, vec![x])
}

fn rolled_by(t: &mut Translation, x: Operand, dim: i64, shift: i64) -> Outcome<Operand> {
    let length = t.extent(x, dim)?.max(1);
    let cut = length - shift.rem_euclid(length);
    let part = |start, end| Op::Slice {
        dim,
        start,
        end,
        step: 1,
    };
    let tail = t.step(part(cut, length), vec![x]);
    let head = t.step(part(0, cut), vec![x]);
    Ok(t.step(Op::Concatenate { dim }, vec![tail, head]))
}
