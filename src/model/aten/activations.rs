//! Activations that are made of several functions.

use super::build::Translation;
use crate::graph::{Activation, Comparison, Op, Operand};
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
            // At 0 the gradient is the slope.
            let is_above = Op::Compare(Comparison::Greater);
            let is_above = t.step(is_above, vec![x, Operand::Number(0.0)]);
            let below = t.step(Op::Multiply, vec![x, slope]);
            t.finish(Op::Where, vec![is_above, x, below])
        }
        "mish" => {
            let x = t.input("self")?;
            let (beta, threshold) = (1.0, 20.0);
            let curved = t.activate(Activation::Softplus { beta, threshold }, x);
            let gate = t.activate(Activation::Tanh, curved);
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
