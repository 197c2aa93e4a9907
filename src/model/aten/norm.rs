//! Norms that translate to several nodes.
//!
//! Invariant: the last of these nodes has the name of the call.

use super::build::{GraphBuilder, input, optional_input};
use super::call::Call;
use crate::graph::{Activation, Op, Operand, Reduction};
use gia_base::diag::Outcome;

/// Root mean square norm: x divided by the root of the mean of its squares (Zhang and Sennrich 2019).
pub fn rms_norm(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    let x = input(call, "input", graph)?;
    let over = call.ints("normalized_shape", &[])?.len() as i64;
    let epsilon = call.number("eps", f64::from(f32::EPSILON))?;
    let mut step = |op, operands| Operand::Value(graph.emit(op, operands, None));
    let squares = step(Op::Power, vec![x, Operand::Number(2.0)]);
    let mean = Op::Reduce {
        kind: Reduction::Mean,
        dims: (-over..0).collect(),
        keep: true,
    };
    let mean = step(mean, vec![squares]);
    let mean = step(
        Op::Add { factor: 1.0 },
        vec![mean, Operand::Number(epsilon)],
    );
    let root = step(Op::Activate(Activation::Sqrt), vec![mean]);
    let name = made.first().copied();
    match optional_input(call, "weight", graph)? {
        Operand::Absent => graph.emit(Op::Divide, vec![x, root], name),
        weight => {
            let normed = Operand::Value(graph.emit(Op::Divide, vec![x, root], None));
            graph.emit(Op::Multiply, vec![normed, weight], name)
        }
    };
    Ok(())
}
