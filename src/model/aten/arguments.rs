//! What an argument of a call is: a tensor, a number, sizes of which one may be open; and what is said of a call that is not known.

use super::call::{Call, Size};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::model::graph::{Dim, Dtype, Operand, ValueId};

/// Which value a name of the file stands for.
pub type Known<'a> = &'a dyn Fn(&str) -> Outcome<ValueId>;

/// An argument that must be a tensor.
pub fn tensor(call: &Call, known: Known, argument: &str) -> Outcome<Operand> {
    match call.tensor(argument) {
        Some(name) => Ok(Operand::Value(known(name)?)),
        None => Err(call.wrong(format!("has no tensor `{argument}`"))),
    }
}

/// A tensor that may be left out.
pub fn optional(call: &Call, known: Known, argument: &str) -> Outcome<Operand> {
    match call.get(argument) {
        None => Ok(Operand::Absent),
        Some(_) => tensor(call, known, argument),
    }
}

/// An argument that is a tensor or a number.
pub fn number_or_tensor(call: &Call, known: Known, argument: &str) -> Outcome<Operand> {
    match call.tensor(argument) {
        Some(name) => Ok(Operand::Value(known(name)?)),
        None if call.get(argument).is_some() => Ok(Operand::Number(call.number(argument, 0.0)?)),
        None => Err(call.wrong(format!("has no `{argument}`"))),
    }
}

/// `self` and `other`, each a tensor or a number, not both numbers.
pub fn pair(call: &Call, known: Known) -> Outcome<Vec<Operand>> {
    let operand = |argument: &str| number_or_tensor(call, known, argument);
    match (operand("self")?, operand("other")?) {
        (Operand::Number(_), Operand::Number(_)) => Err(call.wrong("has no tensor")),
        (left, right) => Ok(vec![left, right]),
    }
}

/// A shape of which one size at most is free, to be worked out from the others. A call may leave a second one open
/// (`x.reshape(n, 4, -1)`), or state a part of the shape alone; what it makes then tells.
pub fn free_shape(call: &Call, argument: &str, part: bool) -> Outcome<Vec<i64>> {
    let asked: Vec<i64> = sizes(call, argument)?
        .into_iter()
        .map(|size| size.known().unwrap_or(-1))
        .collect();
    let open = |shape: &[i64]| shape.iter().filter(|size| **size == -1).count();
    if !part && open(&asked) <= 1 {
        return Ok(asked);
    }
    let made: Option<Vec<i64>> = call.makes.map(|shape| {
        let sizes = shape.iter().map(|dim| match dim {
            Dim::Fixed(n) => *n,
            Dim::Free => -1,
        });
        sizes.collect()
    });
    made.filter(|made| (part || made.len() == asked.len()) && open(made) <= 1)
        .ok_or_else(|| call.wrong("reshapes to a shape with more than one size that is free"))
}

/// Sizes that must be given, some of which may be open.
pub fn sizes(call: &Call, argument: &str) -> Outcome<Vec<Size>> {
    call.sizes(argument)?
        .ok_or_else(|| call.wrong(format!("has no `{argument}`")))
}

/// What the elements of a tensor stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Of any width: all are computed with as float32.
    Floating,
    Whole,
    Truth,
}

/// The kind of numbers that a call asks for; none where it is another one.
pub fn kind_of(call: &Call) -> Option<Kind> {
    let dtype = call
        .get("dtype")
        .and_then(|json| json.get("as_scalar_type"))
        .and_then(serde_json::Value::as_u64);
    Some(match crate::model::pt2::dtype(dtype?)? {
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Float64 => Kind::Floating,
        Dtype::Bool => Kind::Truth,
        Dtype::Int8 | Dtype::UInt8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => Kind::Whole,
    })
}

/// Whether a call changes at most how wide floating-point numbers are.
pub fn same_type(call: &Call) -> bool {
    call.get("dtype").is_none() || kind_of(call) == Some(Kind::Floating)
}

/// Refuses what was exported in training mode.
pub fn training(call: &Call) -> Box<Diagnostic> {
    let mut diagnostic = call.wrong("is in training mode");
    diagnostic.help = Some("call `model.eval()` before exporting".to_string());
    diagnostic
}

/// Names an operator that is not known, its node and its file.
pub fn unknown(call: &Call) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::UnknownOperator,
        format!(
            "`{}`: the operator `{}` of node `{}` is not known here",
            call.file, call.operator, call.node
        ),
    ))
}
