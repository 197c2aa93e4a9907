//! Which values of an ONNX graph are integers, and of which type: division truncates them, and none may leave its type.

use super::Reader;
use super::call::Call;
use crate::graph::{IntegerRange, Operand, OtherPrecision};

/// `TensorProto.FLOAT`, the default where an operator states no type.
const FLOAT: i64 = 1;
/// `TensorProto.DOUBLE`.
const DOUBLE: i64 = 11;
/// `TensorProto.FLOAT16`.
const HALF: i64 = 10;
/// `TensorProto.BFLOAT16`.
const BFLOAT: i64 = 16;

impl Reader {
    /// Records which results of a call are integers, by the types that ONNX gives its results.
    pub fn record_integers(&mut self, call: &Call) {
        let of_input = |index: usize| {
            let name = call.has_input(index).then(|| call.input(index).ok());
            self.known(name.flatten()?).integers
        };
        let of_type = |kind: i64| integers_of(i32::try_from(kind).ok()?);
        let indices = Some(IntegerRange::SIGNED_WIDE);
        let first = match call.operator {
            "Shape" | "Size" | "ArgMax" | "ArgMin" | "NonZero" => indices,
            "Cast" => of_type(call.int("to", FLOAT)),
            "CastLike" | "Where" => of_input(1),
            "OneHot" => of_input(2),
            "ConstantOfShape" => call
                .tensor("value")
                .and_then(|value| integers_of(value.data_type)),
            "EyeLike" => match call.int("dtype", 0) {
                0 => of_input(0),
                kind => of_type(kind),
            },
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And"
            | "Or" | "Xor" | "IsNaN" | "IsInf" | "DequantizeLinear" => None,
            // All others have results of the type of their first input.
            _ => of_input(0),
        };
        for (index, name) in call.outputs().iter().enumerate() {
            let integers = match (index, call.operator) {
                (0, _) | (_, "Split") => first,
                (1, "TopK" | "MaxPool") => indices,
                _ => None,
            };
            if integers.is_some() && !name.is_empty() {
                self.known_mut(name).integers = integers;
            }
        }
    }

    /// Bounds the integers that a call computes: where float32 or their type does not hold one, the pass ends with an error.
    pub fn bound_integers(&mut self, call: &Call) {
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
        // A recurrent layer may lack its first result.
        let Ok(name) = call.output() else { return };
        let (Some(id), Some(integers)) = (self.known(name).id, self.known(name).integers) else {
            return;
        };
        // A conversion of floats makes no integer that float32 does not hold.
        let narrows = matches!(call.operator, "Cast" | "CastLike") && integers.is_narrow();
        if can_exceed_operands || narrows {
            self.emit(call, integers.check(), vec![Operand::Value(id)], name);
        }
    }

    /// Records the first call that computes with numbers that were converted to another precision than float32.
    pub fn record_precision(&mut self, call: &Call) {
        if call.operator == "Cast" {
            if let Ok(made) = call.output() {
                self.known_mut(made).other_precision = match call.int("to", FLOAT) {
                    DOUBLE => Some("float64"),
                    HALF => Some("float16"),
                    BFLOAT => Some("bfloat16"),
                    _ => None,
                };
            }
            return;
        }
        let of_input = |index| self.known(call.input(index).ok()?).other_precision;
        let precision = (0..call.inputs()).find_map(of_input);
        if let (None, Some(precision)) = (&self.graph.other_precision, precision) {
            let node = call.name.clone();
            self.graph.other_precision = Some(OtherPrecision { node, precision });
        }
    }

    /// Whether all inputs of a call are integers.
    pub fn divides_integers(&self, call: &Call) -> bool {
        (0..call.inputs()).all(|index| {
            let name = call.input(index);
            name.is_ok_and(|name| self.known(name).integers.is_some())
        })
    }
}

/// The integers of an element type (`onnx.TensorProto.DataType`); none for floats and truth values.
pub fn integers_of(kind: i32) -> Option<IntegerRange> {
    Some(match kind {
        2 => IntegerRange::UNSIGNED_8,
        3 => IntegerRange::SIGNED_8,
        4 => IntegerRange::UNSIGNED_16,
        5 => IntegerRange::SIGNED_16,
        6 | 7 => IntegerRange::SIGNED_WIDE,
        12 | 13 => IntegerRange::UNSIGNED_WIDE,
        _ => return None,
    })
}
