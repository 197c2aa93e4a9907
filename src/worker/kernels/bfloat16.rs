//! Calls in bfloat16, where that saves time and costs little.
//!
//! Convolutions and matrix products round their operands; what adds many numbers up or bends them is computed in float32
//! whatever it is given, and what only moves numbers or takes the larger one leaves them as they are.

use gia::model::{Activation, Op, PoolKind};
use tch::{Kind, TchError, Tensor};

use super::{Argument, call};

/// Whether a node rounds its operands.
pub fn narrow(op: &Op) -> bool {
    matches!(
        op,
        Op::Convolution { .. }
            | Op::TransposedConvolution { .. }
            | Op::Linear
            | Op::MatMul
            | Op::AddMatMul
    )
}

/// Whether a node gives what it is given, of either kind.
fn moves(op: &Op) -> bool {
    matches!(
        op,
        Op::Activate(Activation::Relu)
            | Op::Pool {
                kind: PoolKind::Max,
                ..
            }
            | Op::Concatenate { .. }
            | Op::Expand { .. }
            | Op::Flatten { .. }
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Permute { .. }
            | Op::Squeeze { .. }
            | Op::Unsqueeze { .. }
            | Op::Repeat { .. }
            | Op::Slice { .. }
            | Op::Select { .. }
            | Op::Flip { .. }
            | Op::Pad { .. }
            | Op::Identity
            | Op::Detach
    )
}

/// Calls a node.
pub fn call_in_bfloat16(op: &Op, arguments: &[Argument]) -> Result<Tensor, TchError> {
    if moves(op) {
        return call(op, arguments);
    }
    let kind = if narrow(op) {
        Kind::BFloat16
    } else {
        Kind::Float
    };
    let converted = arguments.iter().map(|argument| match argument {
        Argument::Tensor(tensor) => tensor.f_to_kind(kind).map(Some),
        Argument::Number(_) | Argument::Absent => Ok(None),
    });
    let converted = converted.collect::<Result<Vec<_>, _>>()?;
    let arguments: Vec<Argument> = arguments
        .iter()
        .zip(&converted)
        .map(|(argument, converted)| match (argument, converted) {
            (_, Some(tensor)) => Argument::Tensor(tensor),
            (Argument::Number(number), None) => Argument::Number(*number),
            _ => Argument::Absent,
        })
        .collect();
    call(op, &arguments)
}
