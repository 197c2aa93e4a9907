//! Fourier transforms and complex numbers.

use super::arguments::ElementType;
use super::build::Translation;
use super::call::Call;
use crate::graph::{Activation, Binary, Fourier, FourierScaling, Function, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "fft_fft" => transform(t, Fourier::Forward, 1),
        "fft_ifft" => transform(t, Fourier::Inverse, 1),
        "fft_rfft" => transform(t, Fourier::RealForward, 1),
        "fft_irfft" => transform(t, Fourier::RealInverse, 1),
        "fft_fft2" | "fft_fftn" => transform(t, Fourier::Forward, 2),
        "fft_ifft2" | "fft_ifftn" => transform(t, Fourier::Inverse, 2),
        "fft_rfft2" | "fft_rfftn" => transform(t, Fourier::RealForward, 2),
        "fft_irfft2" | "fft_irfftn" => transform(t, Fourier::RealInverse, 2),
        "_fft_r2c" | "_fft_c2c" | "_fft_c2r" => decomposed(name, t),
        "fft_fftfreq" | "fft_rfftfreq" => {
            let (n, spacing) = (t.call.int("n", None)?, t.call.number("d", 1.0)?);
            if !(1..=Op::MAX_LITERAL_ELEMENTS).contains(&n) {
                return Err(t.call.wrong("has a size that is not supported"));
            }
            let count = if name == "fft_fftfreq" { n } else { n / 2 + 1 };
            let half = (n - 1) / 2;
            let frequency = |i: i64| match name == "fft_fftfreq" && i > half {
                true => i - n,
                false => i,
            };
            let values = (0..count).map(|i| frequency(i) as f64 / (n as f64 * spacing));
            let (shape, values) = (vec![Some(count)], values.collect());
            t.finish(Op::Literal { shape, values }, Vec::new())
        }
        "view_as_complex" => {
            let x = t.input("self")?;
            t.finish(Op::Function(Function::AsComplex), vec![x])
        }
        "view_as_real" => {
            let x = t.input("self")?;
            t.finish(Op::Function(Function::AsReal), vec![x])
        }
        "add.Tensor" | "sub.Tensor" | "mul.Tensor" | "div.Tensor" | "add.Scalar" | "sub.Scalar"
        | "mul.Scalar" | "div.Scalar" => with_complex_number(name, t),
        "resolve_conj" | "resolve_neg" | "_neg_view" => {
            let op = match name {
                "_neg_view" => Op::Activate(Activation::Negate),
                _ => Op::Identity,
            };
            let x = t.input("self")?;
            t.finish(op, vec![x])
        }
        _ => Ok(false),
    }
}

fn scaling(call: &Call) -> Outcome<FourierScaling> {
    match call.text("norm", "backward") {
        "backward" => Ok(FourierScaling::Backward),
        "ortho" => Ok(FourierScaling::Orthonormal),
        "forward" => Ok(FourierScaling::Forward),
        other => Err(call.wrong(format!("has the unknown scaling \"{other}\""))),
    }
}

/// A transform of one dimension, or of several one after another. Real transforms apply to the last one.
fn transform(t: &mut Translation, kind: Fourier, dims: usize) -> Outcome<bool> {
    let scaling = scaling(t.call)?;
    let mut x = t.input("self")?;
    let (dims, lengths) = match dims {
        1 => {
            let length = match t.call.get("n") {
                Some(_) => vec![t.call.int("n", None)?],
                None => Vec::new(),
            };
            (vec![t.call.int("dim", Some(-1))?], length)
        }
        _ => {
            let lengths = t.call.ints("s", &[])?;
            let rank = t.rank(x)? as i64;
            let count = match lengths.len() as i64 {
                0 if t.call.operator.contains("fftn") => rank,
                0 => 2,
                count => count,
            };
            let last: Vec<i64> = (-count..0).collect();
            (t.call.ints("dim", &last)?, lengths)
        }
    };
    if dims.is_empty() || (!lengths.is_empty() && lengths.len() != dims.len()) {
        return Err(t.call.wrong("transforms no dimension"));
    }
    let mut order: Vec<usize> = (0..dims.len()).collect();
    // The real transform comes first, its inverse last.
    if kind == Fourier::RealForward {
        order.reverse();
    }
    let last = dims.len() - 1;
    for (number, &at) in order.iter().enumerate() {
        let of_dim = match kind {
            Fourier::RealForward if at != last => Fourier::Forward,
            Fourier::RealInverse if at != last => Fourier::Inverse,
            kind => kind,
        };
        let length = match lengths.get(at) {
            Some(length) => *length,
            None => {
                let own = t.extent(x, dims[at])?;
                match of_dim {
                    Fourier::RealInverse => (own - 1).saturating_mul(2),
                    Fourier::Forward | Fourier::Inverse | Fourier::RealForward => own,
                }
            }
        };
        if length < 1 {
            return Err(t.call.wrong("transforms a signal of no elements"));
        }
        let op = Op::Function(Function::Fourier {
            kind: of_dim,
            dim: dims[at],
            length,
            scaling,
        });
        match number == dims.len() - 1 {
            true => {
                t.finish(op, vec![x])?;
            }
            false => x = t.step(op, vec![x]),
        }
    }
    Ok(true)
}

/// A transform as decompositions write it: with a number for the scaling, 0 for none, 1 for orthonormal, 2 for one over
/// the length.
fn decomposed(name: &str, t: &mut Translation) -> Outcome<bool> {
    let mut x = t.input("self")?;
    let dims = t.call.ints("dim", &[])?;
    let number = t.call.int("normalization", None)?;
    let forward = match name {
        "_fft_r2c" => true,
        "_fft_c2c" => t.call.flag("forward", true)?,
        _ => false,
    };
    let scaling = match (number, forward) {
        (1, _) => FourierScaling::Orthonormal,
        (0, true) | (2, false) => FourierScaling::Backward,
        (0, false) | (2, true) => FourierScaling::Forward,
        _ => return Err(t.call.wrong("has an unknown scaling")),
    };
    let Some((&last, others)) = dims.split_last() else {
        return Err(t.call.wrong("transforms no dimension"));
    };
    let one_sided = name == "_fft_r2c" && t.call.flag("onesided", true)?;
    let fourier = |kind, dim, length| {
        Op::Function(Function::Fourier {
            kind,
            dim,
            length,
            scaling,
        })
    };
    let whole = if forward {
        Fourier::Forward
    } else {
        Fourier::Inverse
    };
    let last_kind = match name {
        "_fft_r2c" if one_sided => Fourier::RealForward,
        "_fft_c2r" => Fourier::RealInverse,
        _ => whole,
    };
    let last_length = match name {
        "_fft_c2r" => t.call.int("last_dim_size", None)?,
        _ => t.extent(x, last)?,
    };
    let mut all: Vec<Op> = Vec::new();
    for dim in others {
        let length = t.extent(x, *dim)?;
        all.push(fourier(whole, *dim, length));
    }
    let of_last = fourier(last_kind, last, last_length);
    match one_sided {
        true => all.insert(0, of_last),
        false => all.push(of_last),
    }
    let Some(end) = all.pop() else {
        return Ok(false);
    };
    for op in all {
        x = t.step(op, vec![x]);
    }
    t.finish(end, vec![x])
}

/// Whether a tensor argument holds complex numbers.
pub fn is_complex(t: &Translation, argument: &str) -> bool {
    t.element_type(argument) == Some(ElementType::Complex)
}

/// A real number as a complex one.
pub fn to_complex(t: &mut Translation, x: Operand) -> Outcome<bool> {
    let op = Op::Binary(crate::graph::Binary::Complex);
    t.finish(op, vec![x, Operand::Number(0.0)])
}

/// Arithmetic with a complex number, such as `1j * x`; false for any other.
fn with_complex_number(name: &str, t: &mut Translation) -> Outcome<bool> {
    let Some((real, imaginary)) = t.call.complex("other") else {
        return Ok(false);
    };
    let factor = t.call.number("alpha", 1.0)?;
    let op = match name.get(..3) {
        Some("add") => Op::Add { factor },
        Some("sub") => Op::Subtract { factor },
        Some("mul") => Op::Multiply,
        _ => Op::Divide,
    };
    let x = t.input("self")?;
    let parts = vec![
        t.literal(&[1], 1, |_| real)?,
        t.literal(&[1], 1, |_| imaginary)?,
    ];
    let number = t.step(Op::Binary(Binary::Complex), parts);
    t.finish(op, vec![x, number])
}
