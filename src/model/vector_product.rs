//! Products of which a factor is a vector, as both formats have them: it counts as a row on the left and as a column on the right.

use super::graph::{Op, Operand};

/// Makes matrices of vectors among the factors of a product, by `step`, which adds a node. Returns the dimensions of the product that go
/// again; none if both factors are matrices.
pub fn widened(
    factors: &mut [Operand; 2],
    is_vector: [bool; 2],
    mut step: impl FnMut(Op, Operand) -> Operand,
) -> Vec<i64> {
    for (side, is_vector) in is_vector.into_iter().enumerate() {
        if is_vector {
            factors[side] = step(Op::Unsqueeze { dim: side as i64 }, factors[side]);
        }
    }
    match is_vector {
        [false, false] => Vec::new(),
        [true, false] => vec![-2],
        [false, true] => vec![-1],
        [true, true] => vec![-2, -1],
    }
}
