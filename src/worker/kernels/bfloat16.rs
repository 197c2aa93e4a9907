//! Calls in bfloat16, where this saves time and loses little precision.
//!
//! Convolutions and matrix products round their operands to bfloat16. Reductions and nonlinear functions are computed in float32.
//! Operators that only move elements, ReLU and max pooling keep the type of their operands.

use gia_model::{Activation, Dataflow, Kernel, Op, PoolKind};
use tch::{Kind, TchError, Tensor};

use super::{Argument, call};

/// The arithmetic of a kernel on bfloat16 operands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arithmetic {
    /// bfloat16: sums of products.
    Rounded,
    /// None: each element of the result is an element of the operands or zero.
    Copied,
    /// float32.
    Full,
}

fn arithmetic(op: &Op) -> Arithmetic {
    match op.kind().dataflow {
        Dataflow::Window(window) => match window.kernel {
            Kernel::Weight { .. } => Arithmetic::Rounded,
            Kernel::Pool { kind, .. } => match kind {
                PoolKind::Max => Arithmetic::Copied,
                PoolKind::Average { .. } => Arithmetic::Full,
            },
        },
        Dataflow::TransposedWindow(_) | Dataflow::Linear | Dataflow::MatrixProduct { .. } => {
            Arithmetic::Rounded
        }
        Dataflow::Elementwise if *op == Op::Activate(Activation::Relu) => Arithmetic::Copied,
        Dataflow::Copy
        | Dataflow::Reshape(_)
        | Dataflow::Reorder(_)
        | Dataflow::Reversal { .. }
        | Dataflow::Expansion { .. }
        | Dataflow::Repetition { .. }
        | Dataflow::Slice { .. }
        | Dataflow::Selection { .. }
        | Dataflow::Concatenation { .. }
        | Dataflow::Padding { .. } => Arithmetic::Copied,
        Dataflow::Elementwise
        | Dataflow::Broadcast { .. }
        | Dataflow::PerChannel
        | Dataflow::AlongDimensions { .. }
        | Dataflow::Resampling { .. }
        | Dataflow::Contraction { .. }
        | Dataflow::Recurrence { .. }
        | Dataflow::Attention { .. }
        | Dataflow::Reduction { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. }
        | Dataflow::Indexing { .. }
        | Dataflow::Slicewise(_) => Arithmetic::Full,
    }
}

/// Whether an operator rounds its operands to bfloat16.
pub fn rounds_operands(op: &Op) -> bool {
    arithmetic(op) == Arithmetic::Rounded
}

/// Calls an operator, after converting its operands to the type that it computes in.
pub fn call_in_bfloat16(op: &Op, arguments: &[Argument]) -> Result<Tensor, TchError> {
    let kind = match arithmetic(op) {
        Arithmetic::Copied => return call(op, arguments),
        Arithmetic::Rounded => Kind::BFloat16,
        Arithmetic::Full => Kind::Float,
    };
    let converted = arguments.iter().map(|argument| match argument {
        // Complex numbers have no such type, and keep theirs.
        Argument::Tensor(tensor) if super::is_complex(tensor) => Ok(Some(tensor.shallow_clone())),
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
