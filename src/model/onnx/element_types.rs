//! Which values of an ONNX graph are integers: division truncates them.

use super::call::Call;
use super::{Reader, is_whole};
use crate::graph::{Activation, Op, Operand};
use gia_base::diag::Outcome;

/// `TensorProto.FLOAT`, the default where an operator states no type.
const FLOAT: i64 = 1;
/// `TensorProto.DOUBLE`.
const DOUBLE: i64 = 11;

impl Reader {
    /// Records which results of a call are integers, by the types that ONNX gives its results.
    pub fn record_whole_numbers(&mut self, call: &Call) {
        let is_whole_input = |index: usize| {
            let name = call.has_input(index).then(|| call.input(index).ok());
            name.flatten()
                .is_some_and(|name| self.whole_numbers.contains(name))
        };
        let is_whole_type = |kind: i64| i32::try_from(kind).is_ok_and(is_whole);
        let first = match call.operator {
            "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" => true,
            "Cast" => is_whole_type(call.int("to", FLOAT)),
            "CastLike" | "Where" => is_whole_input(1),
            "OneHot" => is_whole_input(2),
            "ConstantOfShape" => {
                let value = call.tensor("value");
                value.is_some_and(|value| is_whole(value.data_type))
            }
            "EyeLike" => match call.int("dtype", 0) {
                0 => is_whole_input(0),
                kind => is_whole_type(kind),
            },
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And"
            | "Or" | "Xor" | "IsNaN" | "IsInf" | "DequantizeLinear" => false,
            // All others have results of the type of their first input.
            _ => is_whole_input(0),
        };
        // Indices.
        let second = matches!(call.operator, "TopK" | "MaxPool");
        // Parts of the first input.
        let others = matches!(call.operator, "Split") && first;
        for (index, name) in call.outputs().iter().enumerate() {
            let is_whole = match index {
                0 => first,
                1 if second => true,
                _ => others,
            };
            if is_whole && !name.is_empty() {
                self.whole_numbers.insert(name.clone());
            }
        }
    }

    /// Bounds the integers that a call computes: where float32 does not hold one exactly, the pass ends with an error.
    pub fn bound_integers(&mut self, call: &Call) -> Outcome<()> {
        let can_exceed_operands = matches!(
            call.operator,
            "Add"
                | "Sub"
                | "Mul"
                | "Neg"
                | "Pow"
                | "Sum"
                | "CumSum"
                | "ReduceSum"
                | "ReduceProd"
                | "ReduceSumSquare"
                | "MatMul"
                | "Gemm"
                | "Einsum"
                | "BitShift"
                | "BitwiseNot"
                | "ScatterElements"
                | "ScatterND"
        );
        let narrow = match (call.operator, call.int("to", FLOAT)) {
            ("Cast", 2) => Some((0.0, f64::from(u8::MAX))),
            ("Cast", 3) => Some((f64::from(i8::MIN), f64::from(i8::MAX))),
            ("Cast", 4) => Some((0.0, f64::from(u16::MAX))),
            ("Cast", 5) => Some((f64::from(i16::MIN), f64::from(i16::MAX))),
            _ => None,
        };
        let exact = (
            -Activation::MAX_EXACT_INTEGER,
            Activation::MAX_EXACT_INTEGER,
        );
        let Some((min, max)) = narrow.or(can_exceed_operands.then_some(exact)) else {
            return Ok(());
        };
        let name = call.output()?;
        if let (Some(&id), true) = (self.ids.get(name), self.whole_numbers.contains(name)) {
            let op = Op::Activate(Activation::Whole { min, max });
            self.emit(call, op, vec![Operand::Value(id)], name);
        }
        Ok(())
    }

    /// Records the first call that computes with numbers that were converted to float64.
    pub fn record_float64(&mut self, call: &Call) {
        if call.operator == "Cast" {
            if let (DOUBLE, Ok(made)) = (call.int("to", FLOAT), call.output()) {
                self.float64.insert(made.to_string());
            }
            return;
        }
        let is_double = |index| {
            call.input(index)
                .is_ok_and(|name| self.float64.contains(name))
        };
        if self.graph.float64.is_none() && (0..call.inputs()).any(is_double) {
            self.graph.float64 = Some(call.name.clone());
        }
    }

    /// Whether all inputs of a call are integers.
    pub fn divides_integers(&self, call: &Call) -> bool {
        (0..call.inputs()).all(|index| {
            let name = call.input(index);
            name.is_ok_and(|name| self.whole_numbers.contains(name))
        })
    }
}
