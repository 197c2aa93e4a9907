//! The short-time Fourier transform: the transform of each window of a signal (`torch.stft`).

use super::build::Translation;
use super::spectral::is_complex;
use super::windows::windows_of;
use crate::graph::{Fourier, FourierScaling, Function, Op, PaddingValue};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        // `torch.stft` pads the signal before the call.
        "stft" => transform(t),
        "stft.center" if !t.call.flag("center", true)? => transform(t),
        _ => Ok(false),
    }
}

fn transform(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let length = t.call.int("n_fft", None)?;
    let hop = t.call.int("hop_length", Some(length / 4))?;
    let width = t.call.int("win_length", Some(length))?;
    if !(1..=length).contains(&width) || hop < 1 {
        return Err(t
            .call
            .wrong("has a window or a distance of windows that does not fit"));
    }
    let (turned, taken) = windows_of(t, x, -1, length, hop)?;
    let mut frames = t.step(turned, vec![taken]);
    let window = match t.call.get("window") {
        Some(_) => Some(t.input("window")?),
        // A window narrower than the transform is one of ones.
        None if width < length => Some(t.literal(&[width], width, |_| 1.0)?),
        None => None,
    };
    if let Some(mut window) = window {
        if width < length {
            let before = (length - width) / 2;
            let padding = Op::Pad {
                pairs: vec![before, length - width - before],
                filler: PaddingValue::Constant(0.0),
            };
            window = t.step(padding, vec![window]);
        }
        frames = t.step(Op::Multiply, vec![frames, window]);
    }
    let real = !is_complex(t, "self") && !is_complex(t, "window");
    let scaling = match t.call.flag("normalized", false)? {
        true => FourierScaling::Orthonormal,
        false => FourierScaling::Backward,
    };
    let kind = match t.call.flag("onesided", real)? {
        true => Fourier::RealForward,
        false => Fourier::Forward,
    };
    let transform = Op::Function(Function::Fourier {
        kind,
        dim: -1,
        length,
        scaling,
    });
    let of_frames = t.step(transform, vec![frames]);
    let turned = Op::Transpose { a: -2, b: -1 };
    match t.call.flag("return_complex", false)? {
        true => t.finish(turned, vec![of_frames]),
        false => {
            let turned = t.step(turned, vec![of_frames]);
            t.finish(Op::Function(Function::AsReal), vec![turned])
        }
    }
}
