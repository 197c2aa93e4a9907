//! What an argument of a call is: a tensor, a number, sizes of which one may be open; and what is said of a call that is not known.

use super::call::{Call, Size};
use crate::graph::{Dim, Dtype, Operand, ValueId};
use gia_base::diag::{Code, Diagnostic, Outcome};

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
    Some(match crate::pt2::dtype(dtype?)? {
        Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Float64 => Kind::Floating,
        Dtype::Bool => Kind::Truth,
        Dtype::Int8 | Dtype::UInt8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => Kind::Whole,
    })
}

/// Whether a call changes at most how wide floating-point numbers are.
pub fn same_type(call: &Call) -> bool {
    call.get("dtype").is_none() || kind_of(call) == Some(Kind::Floating)
}

/// Refuses a batch norm that takes its statistics from the batch.
pub fn batch_statistics(call: &Call) -> Box<Diagnostic> {
    refused_for(
        call,
        Code::BatchMixing,
        "is in training mode: it normalises by the mean and variance of the batch, so it mixes the sequences of a batch",
        "call `model.eval()` before exporting; a norm without running statistics has to be replaced",
    )
}

/// Refuses what draws random numbers.
pub fn random(call: &Call) -> Box<Diagnostic> {
    refused_for(
        call,
        Code::NotRepeatable,
        "draws random numbers, so the network gives other numbers for the same sequence each time",
        "call `model.eval()` before exporting, and take noise out of `forward`",
    )
}

/// Refuses dropout that is in training mode.
pub fn dropout(call: &Call) -> Box<Diagnostic> {
    refused_for(
        call,
        Code::NotRepeatable,
        "is in training mode: it drops numbers at random, so the network gives other numbers for the same sequence each time",
        "call `model.eval()` before exporting",
    )
}

fn refused_for(call: &Call, code: Code, what: &str, help: &str) -> Box<Diagnostic> {
    let message = call.wrong(what).message.clone();
    Box::new(Diagnostic::error(code, message).help(help))
}

/// Names an operator that is not known, its node and its file; those that no network can be measured with for what they do.
pub fn unknown(call: &Call) -> Box<Diagnostic> {
    const RANDOM: [&str; 12] = [
        "rand",
        "bernoulli",
        "normal",
        "uniform",
        "exponential",
        "multinomial",
        "poisson",
        "geometric",
        "cauchy",
        "log_normal",
        "native_dropout",
        "_fused_dropout",
    ];
    const BATCH_NORMS: [&str; 4] = [
        "native_batch_norm",
        "_native_batch_norm_legit",
        "_batch_norm_with_update",
        "cudnn_batch_norm",
    ];
    let is_any = |names: &[&str]| names.iter().any(|name| call.operator.starts_with(name));
    if is_any(&RANDOM) {
        return random(call);
    }
    if is_any(&BATCH_NORMS) {
        return batch_statistics(call);
    }
    Box::new(Diagnostic::error(
        Code::UnknownOperator,
        format!(
            "`{}`: the operator `{}` of node `{}` is not known here",
            call.file, call.operator, call.node
        ),
    ))
}
