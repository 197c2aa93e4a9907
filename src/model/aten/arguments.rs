//! Reads the arguments of an ATen call: tensors, numbers and sizes. Also builds the errors for calls that cannot be translated.

use super::call::{Call, Size};
use crate::graph::{Dim, Dtype, Operand, ValueId};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Finds the graph value of a tensor by its name in the file.
pub type ValueLookup<'a> = &'a dyn Fn(&str) -> Outcome<ValueId>;

/// A required tensor argument.
pub fn tensor(call: &Call, lookup: ValueLookup, argument: &str) -> Outcome<Operand> {
    match call.tensor(argument) {
        Some(name) => Ok(Operand::Value(lookup(name)?)),
        None => Err(call.wrong(format!("has no tensor `{argument}`"))),
    }
}

/// An optional tensor argument.
pub fn optional(call: &Call, lookup: ValueLookup, argument: &str) -> Outcome<Operand> {
    match call.get(argument) {
        None => Ok(Operand::Absent),
        Some(_) => tensor(call, lookup, argument),
    }
}

/// A required argument that is a tensor or a number.
pub fn number_or_tensor(call: &Call, lookup: ValueLookup, argument: &str) -> Outcome<Operand> {
    match call.tensor(argument) {
        Some(name) => Ok(Operand::Value(lookup(name)?)),
        None if call.get(argument).is_some() => Ok(Operand::Number(call.number(argument, 0.0)?)),
        None => Err(call.wrong(format!("has no `{argument}`"))),
    }
}

/// The arguments `self` and `other`: each a tensor or a number, at least one of them a tensor.
pub fn pair(call: &Call, lookup: ValueLookup) -> Outcome<Vec<Operand>> {
    let operand = |argument: &str| number_or_tensor(call, lookup, argument);
    match (operand("self")?, operand("other")?) {
        (Operand::Number(_), Operand::Number(_)) => Err(call.wrong("has no tensor")),
        (left, right) => Ok(vec![left, right]),
    }
}

/// Reads a target shape with at most one free size, written as -1, which follows from the other sizes.
///
/// If the call leaves several sizes free (`x.reshape(n, 4, -1)`), or `part` says that it states only part of the shape,
/// the shape that the file gives for the result is used.
pub fn free_shape(call: &Call, argument: &str, part: bool) -> Outcome<Vec<i64>> {
    let asked: Vec<i64> = sizes(call, argument)?
        .into_iter()
        .map(|size| size.fixed().unwrap_or(-1))
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
    if made.as_deref().is_some_and(|made| open(made) > 1) {
        return Err(call.refused(
            Code::BatchMixing,
            "has the batch in two dimensions of its result, so it combines each sequence of a batch with every other",
            "build the layer with `batch_first=True`, or permute its input to (length, batch, channels), then export the network again",
        ));
    }
    made.filter(|made| part || made.len() == asked.len())
        .ok_or_else(|| call.wrong("reshapes to a shape with more than one free size"))
}

/// A required list of sizes, some of which may be free.
pub fn sizes(call: &Call, argument: &str) -> Outcome<Vec<Size>> {
    call.sizes(argument)?
        .ok_or_else(|| call.wrong(format!("has no `{argument}`")))
}

/// Element type of a tensor, without its width.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// A floating-point number of any width. The worker computes all of them in float32.
    Float,
    Integer,
    Boolean,
    Complex,
}

impl ElementType {
    /// The element type that weights of this type have in the graph.
    pub fn of(dtype: Dtype) -> ElementType {
        match dtype {
            Dtype::Float16 | Dtype::BFloat16 | Dtype::Float32 | Dtype::Float64 => {
                ElementType::Float
            }
            Dtype::Bool => ElementType::Boolean,
            Dtype::Complex64 | Dtype::Complex128 => ElementType::Complex,
            Dtype::Int8 | Dtype::UInt8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => {
                ElementType::Integer
            }
        }
    }
}

/// Whether an operator can make integers that are larger than its operands.
pub fn can_exceed_operands(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or_default();
    matches!(
        base,
        "add"
            | "sub"
            | "rsub"
            | "mul"
            | "neg"
            | "negative"
            | "pow"
            | "square"
            | "sum"
            | "cumsum"
            | "prod"
            | "cumprod"
            | "mm"
            | "bmm"
            | "mv"
            | "dot"
            | "vdot"
            | "inner"
            | "outer"
            | "matmul"
            | "addmm"
            | "addmv"
            | "addbmm"
            | "baddbmm"
            | "addr"
            | "addcmul"
            | "einsum"
            | "tensordot"
            | "kron"
            | "bitwise_left_shift"
            | "__lshift__"
            | "bitwise_not"
            | "scatter_add"
            | "scatter_reduce"
            | "index_add"
            | "diff"
    )
}

/// Whether an operator converts its operand to another element type.
pub fn converts(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or_default();
    matches!(base, "to" | "_to_copy" | "type_as")
}

/// Element type that a call converts to; none if the call states none or one that is not supported.
pub fn element_type(call: &Call) -> Option<ElementType> {
    let dtype = call
        .get("dtype")
        .and_then(|json| json.get("as_scalar_type"))
        .and_then(serde_json::Value::as_u64);
    crate::pt2::dtype(dtype?).map(ElementType::of)
}

/// Error: a batch norm computes its statistics from the batch.
pub fn batch_statistics(call: &Call) -> Box<Diagnostic> {
    call.refused(
        Code::BatchMixing,
        "is in training mode: it normalises by the mean and variance of the batch, so it mixes the sequences of a batch",
        "call `model.eval()` before exporting; replace a norm that has no running statistics",
    )
}

/// Error: the operator draws random numbers.
pub fn random(call: &Call) -> Box<Diagnostic> {
    call.refused(
        Code::NotRepeatable,
        "draws random numbers, so the network's output for one sequence changes from run to run",
        "call `model.eval()` before exporting, and remove random numbers from `forward`",
    )
}

/// Error: dropout is in training mode.
pub fn dropout(call: &Call) -> Box<Diagnostic> {
    call.refused(
        Code::NotRepeatable,
        "is in training mode: it drops numbers at random, so the network's output for one sequence changes from run to run",
        "call `model.eval()` before exporting",
    )
}

/// Error: the operator is unknown. Random operators and batch norms in training mode get errors of their own.
pub fn unknown_operator(call: &Call) -> Box<Diagnostic> {
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
    let unknown = Diagnostic::error(
        Code::UnknownOperator,
        format!(
            "`{}`: the operator `{}` of node `{}` is not supported",
            call.file, call.operator, call.node
        ),
    );
    Box::new(match in_place_of(call.name()) {
        Some(help) => unknown.help(format!("{help}, then export the network again")),
        None => unknown,
    })
}

/// What to write in place of an operator that no decomposition replaces.
fn in_place_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "istft" | "stft.center" => {
            "add `program = program.run_decompositions()` before `torch.export.save`"
        }
        "view.dtype" => {
            "`view(dtype)` reads the bits of numbers as another type; write `.to(dtype)` for the numbers themselves"
        }
        name if name.ends_with("_aa") || name.contains("_aa.") => {
            "no decomposition replaces it: interpolate without `antialias=True`"
        }
        name if NOT_DECOMPOSED.iter().any(|start| name.starts_with(start)) => {
            "no decomposition replaces it: use operators that docs/models.md lists, or run the network in Python (`kind = \"python\"`, docs/models.md)"
        }
        _ => return None,
    })
}

/// How the names of operators begin that neither gia nor a decomposition reads.
const NOT_DECOMPOSED: [&str; 16] = [
    "linalg_eig",
    "_linalg_eigh",
    "linalg_svd",
    "_linalg_svd",
    "linalg_pinv",
    "linalg_lstsq",
    "linalg_lu",
    "polygamma",
    "frexp",
    "mode",
    "special_airy",
    "special_bessel",
    "special_gammainc",
    "gammainc",
    "igamma",
    "nextafter",
];
