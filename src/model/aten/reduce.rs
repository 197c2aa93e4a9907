//! Reductions, sorting and running maxima.

use super::arguments::ElementType;
use super::build::Translation;
use crate::graph::{
    Accumulation, Activation, Choice, Comparison, Function, Op, Operand, Reduction, Returns,
};
use gia_base::diag::{Code, Outcome};

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "max.dim" => pick(t, Choice::Max),
        "min.dim" => pick(t, Choice::Min),
        "median.dim" | "nanmedian.dim" => pick(t, Choice::Median),
        "mode" => pick(t, Choice::Mode),
        "kthvalue" => pick(t, Choice::Kth(t.call.int("k", None)?)),
        "max" => reduce(t, Reduction::Max),
        "min" => reduce(t, Reduction::Min),
        "prod" => reduce(t, Reduction::Product),
        "prod.dim_int" => reduce(t, Reduction::Product),
        "aminmax" => {
            let (x, keep, dims) = (
                t.input("self")?,
                t.call.flag("keepdim", false)?,
                t.dims("dim")?,
            );
            for (index, kind) in [Reduction::Min, Reduction::Max].into_iter().enumerate() {
                let dims = dims.clone();
                t.finish_part(index, Op::Reduce { kind, dims, keep }, vec![x]);
            }
            Ok(true)
        }
        "median" => {
            let x = t.input("self")?;
            let flat = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
            let op = picked(Choice::Median, 0, false, Returns::Values);
            t.finish(op, vec![flat])
        }
        "argmax" | "argmin" => {
            let choice = if name == "argmax" {
                Choice::Max
            } else {
                Choice::Min
            };
            let keep = t.call.flag("keepdim", false)?;
            let mut x = t.input("self")?;
            let dim = match t.call.get("dim") {
                Some(_) => t.call.int("dim", None)?,
                None => {
                    x = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
                    0
                }
            };
            t.finish(picked(choice, dim, keep, Returns::Indices), vec![x])
        }
        "any" | "any.dim" | "any.dims" | "all" | "all.dim" | "all.dims" => {
            let kind = match name.starts_with("any") {
                true => Reduction::Max,
                false => Reduction::Min,
            };
            let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
            let mut x = t.input("self")?;
            if t.element_type("self") != Some(ElementType::Boolean) {
                x = not_zero(t, x);
            }
            t.finish(Op::Reduce { kind, dims, keep }, vec![x])
        }
        "sum_to_size" => sum_to_size(t),
        "histc" => Err(t.call.refused(
            Code::BatchMixing,
            "counts the elements of all sequences of a batch together",
            "count for each sequence, for example by comparing with the bounds of each bin and adding up, then export the network again",
        )),
        "count_nonzero" | "count_nonzero.dim_IntList" => {
            let (kind, dims, keep) = (Reduction::Sum, t.dims("dim")?, false);
            let x = t.input("self")?;
            let x = not_zero(t, x);
            t.finish(Op::Reduce { kind, dims, keep }, vec![x])
        }
        "sort" | "sort.stable" => {
            let stable = name == "sort.stable" && t.call.flag("stable", false)?;
            let (dim, descending) = (
                t.call.int("dim", Some(-1))?,
                t.call.flag("descending", false)?,
            );
            let x = t.input("self")?;
            for (index, returns) in [Returns::Values, Returns::Indices].into_iter().enumerate() {
                t.finish_part(index, sorted(dim, stable, descending, returns), vec![x]);
            }
            Ok(true)
        }
        "argsort" | "argsort.stable" => {
            let stable = name == "argsort.stable" && t.call.flag("stable", true)?;
            let (dim, descending) = (
                t.call.int("dim", Some(-1))?,
                t.call.flag("descending", false)?,
            );
            let x = t.input("self")?;
            t.finish(sorted(dim, stable, descending, Returns::Indices), vec![x])
        }
        "msort" => {
            let x = t.input("self")?;
            t.finish(sorted(0, false, false, Returns::Values), vec![x])
        }
        "topk" => {
            let (dim, count) = (t.call.int("dim", Some(-1))?, t.call.int("k", None)?);
            let largest = t.call.flag("largest", true)?;
            let x = t.input("self")?;
            for (index, returns) in [Returns::Values, Returns::Indices].into_iter().enumerate() {
                let function = Function::TopK {
                    dim,
                    count,
                    largest,
                    returns,
                };
                t.finish_part(index, Op::Function(function), vec![x]);
            }
            Ok(true)
        }
        "cumprod" => accumulate(t, Accumulation::Product),
        "logcumsumexp" | "_logcumsumexp" => accumulate(t, Accumulation::LogSumExp),
        "cummax" => accumulate(t, Accumulation::Max),
        "cummin" => accumulate(t, Accumulation::Min),
        "std" | "std.dim" | "std.correction" => variance(t, true, false),
        "var" | "var.dim" | "var.correction" => variance(t, false, false),
        "std_mean" | "std_mean.dim" | "std_mean.correction" => variance(t, true, true),
        "var_mean" | "var_mean.dim" | "var_mean.correction" => variance(t, false, true),
        "norm.Scalar"
        | "norm.ScalarOpt_dim"
        | "norm.ScalarOpt_dim_dtype"
        | "norm.ScalarOpt_dtype" => {
            let order = t.call.number("p", 2.0)?;
            norm(t, order)
        }
        "linalg_vector_norm" | "linalg_norm" => {
            let order = t.call.number("ord", 2.0)?;
            let dims = t.dims("dim")?;
            let x = t.input("self")?;
            let is_matrix = name == "linalg_norm"
                && t.call.get("ord").is_some()
                && (dims.len() == 2 || (dims.is_empty() && t.rank(x)? == 2));
            if is_matrix {
                return Err(t
                    .call
                    .wrong("computes a norm of matrices, which is not supported"));
            }
            norm(t, order)
        }
        "frobenius_norm.dim" => norm(t, 2.0),
        "linalg_matrix_norm.str_ord" if t.call.text("ord", "fro") == "fro" => {
            let dims = t.call.ints("dim", &[-2, -1])?;
            let keep = t.call.flag("keepdim", false)?;
            let function = Function::Norm {
                order: 2.0,
                dims,
                keep,
            };
            let x = t.input(t.call.either("A", "self"))?;
            t.finish(Op::Function(function), vec![x])
        }
        "trace" => {
            let x = t.input("self")?;
            let size = t.extent(x, 0)?.min(t.extent(x, 1)?);
            let columns = t.extent(x, 1)?;
            let flat = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
            let indices = t.literal(&[size], size, |i| {
                i.saturating_mul(columns.saturating_add(1)) as f64
            })?;
            let diagonal = t.step(Op::Take { dim: 0 }, vec![flat, indices]);
            let (kind, dims, keep) = (Reduction::Sum, Vec::new(), false);
            t.finish(Op::Reduce { kind, dims, keep }, vec![diagonal])
        }
        "nansum" => {
            let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
            let x = t.input("self")?;
            let missing = t.step(Op::Compare(Comparison::NotEqual), vec![x, x]);
            let x = t.step(Op::Where, vec![missing, Operand::Number(0.0), x]);
            let kind = Reduction::Sum;
            t.finish(Op::Reduce { kind, dims, keep }, vec![x])
        }
        "nanmean" => {
            let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
            let x = t.input("self")?;
            let known = t.step(Op::Compare(Comparison::Equal), vec![x, x]);
            let x = t.step(Op::Where, vec![known, x, Operand::Number(0.0)]);
            let mut sum = |x| {
                let (kind, dims) = (Reduction::Sum, dims.clone());
                t.step(Op::Reduce { kind, dims, keep }, vec![x])
            };
            let (sum, count) = (sum(x), sum(known));
            t.finish(Op::Divide, vec![sum, count])
        }
        _ => Ok(false),
    }
}

/// Adds up the dimensions that the given shape lacks or has once.
fn sum_to_size(t: &mut Translation) -> Outcome<bool> {
    let (x, size) = (t.input("self")?, t.call.sizes("size")?.unwrap_or_default());
    let (own, kind) = (t.shape(x)?, Reduction::Sum);
    let Some(missing) = own.len().checked_sub(size.len()) else {
        return Err(t
            .call
            .wrong("adds up to a shape of more dimensions than its input has"));
    };
    let once = (missing..own.len())
        .filter(|dim| size[dim - missing].fixed() == Some(1) && own[*dim] != Some(1));
    let once: Vec<i64> = once.map(|dim| dim as i64).collect();
    let mut sum = x;
    if !once.is_empty() {
        let (dims, keep) = (once, true);
        sum = t.step(Op::Reduce { kind, dims, keep }, vec![sum]);
    }
    if missing == 0 {
        return t.finish(Op::Identity, vec![sum]);
    }
    let (dims, keep) = ((0..missing as i64).collect(), false);
    t.finish(Op::Reduce { kind, dims, keep }, vec![sum])
}

fn not_zero(t: &mut Translation, x: Operand) -> Operand {
    t.step(
        Op::Compare(Comparison::NotEqual),
        vec![x, Operand::Number(0.0)],
    )
}

fn reduce(t: &mut Translation, kind: Reduction) -> Outcome<bool> {
    let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
    let x = t.input("self")?;
    t.finish(Op::Reduce { kind, dims, keep }, vec![x])
}

fn picked(choice: Choice, dim: i64, keep: bool, returns: Returns) -> Op {
    Op::Function(Function::Pick {
        choice,
        dim,
        keep,
        returns,
    })
}

fn sorted(dim: i64, stable: bool, descending: bool, returns: Returns) -> Op {
    Op::Function(Function::Sort {
        dim,
        stable,
        descending,
        returns,
    })
}

/// One element along a dimension, and its index.
fn pick(t: &mut Translation, choice: Choice) -> Outcome<bool> {
    let (dim, keep) = (t.call.int("dim", Some(-1))?, t.call.flag("keepdim", false)?);
    let x = t.input("self")?;
    for (index, returns) in [Returns::Values, Returns::Indices].into_iter().enumerate() {
        t.finish_part(index, picked(choice, dim, keep, returns), vec![x]);
    }
    Ok(true)
}

fn accumulate(t: &mut Translation, kind: Accumulation) -> Outcome<bool> {
    let dim = t.call.int("dim", None)?;
    let x = t.input("self")?;
    for (index, returns) in [Returns::Values, Returns::Indices].into_iter().enumerate() {
        let function = Function::Accumulate { kind, dim, returns };
        t.finish_part(index, Op::Function(function), vec![x]);
    }
    Ok(true)
}

/// Variance or standard deviation, and with `mean` the mean as a second result.
fn variance(t: &mut Translation, root: bool, mean: bool) -> Outcome<bool> {
    let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
    let unbiased = f64::from(u8::from(t.call.flag("unbiased", true)?));
    let correction = t.call.number("correction", unbiased)?;
    let x = t.input("self")?;
    let function = Function::Variance {
        dims: dims.clone(),
        correction,
        keep,
        root,
    };
    t.finish_part(0, Op::Function(function), vec![x]);
    if mean {
        let kind = Reduction::Mean;
        t.finish_part(1, Op::Reduce { kind, dims, keep }, vec![x]);
    }
    Ok(true)
}

fn norm(t: &mut Translation, order: f64) -> Outcome<bool> {
    let (dims, keep) = (t.dims("dim")?, t.call.flag("keepdim", false)?);
    let mut x = t.input("self")?;
    if t.element_type("self") == Some(ElementType::Complex) {
        x = t.activate(Activation::Abs, x);
    }
    t.finish(Op::Function(Function::Norm { order, dims, keep }), vec![x])
}
