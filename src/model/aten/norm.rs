//! Norms that translate to several nodes.
//!
//! Invariant: the last of these nodes has the name of the call.

use super::build::{GraphBuilder, extent, input, optional_input};
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

/// A norm of each channel, by its own statistics or by those of the training.
pub fn instance_norm(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    let x = input(call, "input", graph)?;
    let epsilon = call.number("eps", 1e-5)?;
    let (weight, bias) = (
        optional_input(call, "weight", graph)?,
        optional_input(call, "bias", graph)?,
    );
    let name = made.first().copied();
    if !call.flag("use_input_stats", true)? {
        let operands = vec![
            x,
            weight,
            bias,
            input(call, "running_mean", graph)?,
            input(call, "running_var", graph)?,
        ];
        graph.emit(Op::BatchNorm { epsilon }, operands, name);
        return Ok(());
    }
    let groups = extent(call, x, 1, graph)?;
    let op = Op::GroupNorm { groups, epsilon };
    graph.emit(op, vec![x, weight, bias], name);
    Ok(())
}

/// A norm of groups of channels, as decompositions write it.
pub fn group_norm(call: &Call, made: &[&str], graph: &mut dyn GraphBuilder) -> Outcome<()> {
    let op = Op::GroupNorm {
        groups: call.int("group", None)?,
        epsilon: call.number("eps", 1e-5)?,
    };
    let operands = vec![
        input(call, "input", graph)?,
        optional_input(call, "weight", graph)?,
        optional_input(call, "bias", graph)?,
    ];
    graph.emit(op, operands, made.first().copied());
    Ok(())
}
