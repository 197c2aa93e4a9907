//! Activations that are made of several functions.

use super::build::Translation;
use crate::graph::{Activation, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "glu" => {
            let x = t.input("self")?;
            let dim = t.call.int("dim", Some(-1))?;
            let half = t.extent(x, dim)? / 2;
            let halves: Vec<Operand> = Op::slices(dim, [half, half])
                .map(|piece| t.step(piece, vec![x]))
                .collect();
            let gate = t.activate(Activation::Sigmoid, halves[1]);
            t.finish(Op::Multiply, vec![halves[0], gate])
        }
        "prelu" => {
            let (x, mut slope) = (t.input("self")?, t.input("weight")?);
            let has_one_slope = t.shape(slope).is_ok_and(|shape| shape == [Some(1)]);
            // With one slope per channel, the slopes are aligned with dimension 1.
            let dims_after_channels = match has_one_slope {
                true => 0,
                false => t.rank(x)?.saturating_sub(2),
            };
            for _ in 0..dims_after_channels {
                slope = t.step(Op::Unsqueeze { dim: -1 }, vec![slope]);
            }
            let above = t.activate(clamp(0.0, f64::INFINITY), x);
            let below = t.activate(clamp(f64::NEG_INFINITY, 0.0), x);
            let below = t.step(Op::Multiply, vec![below, slope]);
            t.finish(Op::Add { factor: 1.0 }, vec![above, below])
        }
        "mish" => {
            let x = t.input("self")?;
            let (beta, threshold) = (1.0, 20.0);
            let curved = t.activate(Activation::Softplus { beta, threshold }, x);
            let gate = t.activate(Activation::Tanh, curved);
            t.finish(Op::Multiply, vec![x, gate])
        }
        "hardsigmoid" | "hardswish" => {
            let x = t.input("self")?;
            let moved = vec![x, Operand::Number(3.0)];
            let moved = t.step(Op::Add { factor: 1.0 }, moved);
            let within = vec![t.activate(clamp(0.0, 6.0), moved), Operand::Number(6.0)];
            if name == "hardsigmoid" {
                return t.finish(Op::Divide, within);
            }
            let gate = t.step(Op::Divide, within);
            t.finish(Op::Multiply, vec![x, gate])
        }
        "selu" => {
            let x = t.input("self")?;
            // Klambauer et al., Self-Normalizing Neural Networks, 2017.
            let alpha = 1.673_263_242_354_377_2;
            let curved = t.activate(Activation::Elu { alpha }, x);
            let scale = Operand::Number(1.050_700_987_355_480_5);
            t.finish(Op::Multiply, vec![curved, scale])
        }
        _ => Ok(false),
    }
}

fn clamp(min: f64, max: f64) -> Activation {
    Activation::Clamp { min, max }
}
