//! Products of vectors and matrices, and distances.

use super::build::{Translation, shape_of};
use crate::einsum::explicit_equation;
use crate::graph::{Activation, Function, Op, Operand, Reduction};
use crate::vector_product::widened;
use gia_base::diag::Outcome;

/// Largest power of a matrix that is computed as a product.
const MAX_MATRIX_POWER: i64 = 64;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "matmul" | "linalg_matmul" => {
            let (a, b) = (t.input("self")?, t.input("other")?);
            multiply(t, a, b)
        }
        "mv" => {
            let (a, b) = (t.input("self")?, t.input("vec")?);
            multiply(t, a, b)
        }
        "dot" | "vdot" | "inner" | "linalg_vecdot" => {
            let names = match name {
                "dot" => ("self", "tensor"),
                "linalg_vecdot" => ("x", "y"),
                _ => ("self", "other"),
            };
            let (a, b) = (t.input(names.0)?, t.input(names.1)?);
            if name == "inner" && (t.rank(a)? > 1 || t.rank(b)? > 1) {
                return Err(t
                    .call
                    .wrong("multiplies tensors of several dimensions, which is not supported"));
            }
            let product = t.step(Op::Multiply, vec![a, b]);
            let (kind, dims, keep) = (Reduction::Sum, vec![-1], false);
            t.finish(Op::Reduce { kind, dims, keep }, vec![product])
        }
        "outer" | "ger" => {
            let (a, b) = (t.input("self")?, t.input("vec2")?);
            let column = t.step(Op::Unsqueeze { dim: 1 }, vec![a]);
            t.finish(Op::Multiply, vec![column, b])
        }
        "addmm" | "addbmm" | "baddbmm" | "addmv" | "addr" => add_product(name, t),
        "linalg_multi_dot" => {
            let argument = t.call.either("tensors", "matrices");
            let mut all = t.inputs(argument)?.into_iter();
            let mut product = all.next();
            for next in all {
                product = product.map(|product| t.step(Op::MatMul, vec![product, next]));
            }
            match product {
                Some(product) => t.finish(Op::Identity, vec![product]),
                None => Err(t.call.wrong("multiplies no matrices")),
            }
        }
        "linalg_matrix_power" => {
            let x = t.input(t.call.either("A", "self"))?;
            let power = t.call.int("n", None)?;
            if !(1..=MAX_MATRIX_POWER).contains(&power) {
                return Err(t.call.wrong(format!(
                    "takes matrices to a power that is not in 1 to {MAX_MATRIX_POWER}, which is not supported"
                )));
            }
            let mut product = x;
            for _ in 1..power {
                product = t.step(Op::MatMul, vec![product, x]);
            }
            t.finish(Op::Identity, vec![product])
        }
        "cross" | "linalg_cross" => cross(t, name),
        "kron" => kronecker(t),
        "bilinear" => {
            let (a, b, weight) = (t.input("input1")?, t.input("input2")?, t.input("weight")?);
            let rank = t.rank(a)?;
            // One letter for each dimension before the features.
            let Some(before) = letters(rank.saturating_sub(1)) else {
                return Err(t.call.wrong("has more dimensions than supported"));
            };
            let equation = format!("{before}i,oij,{before}j->{before}o");
            let product = t.step(Op::Einsum { equation }, vec![a, weight, b]);
            match t.call.get("bias") {
                Some(_) => {
                    let bias = t.input("bias")?;
                    t.finish(Op::Add { factor: 1.0 }, vec![product, bias])
                }
                None => t.finish(Op::Identity, vec![product]),
            }
        }
        "einsum" => einsum(t),
        "tensordot" => tensordot(t),
        "cdist" | "_cdist_forward" => {
            let order = t.call.number("p", 2.0)?;
            let (a, b) = (t.input("x1")?, t.input("x2")?);
            let a = t.step(Op::Unsqueeze { dim: -2 }, vec![a]);
            let b = t.step(Op::Unsqueeze { dim: -3 }, vec![b]);
            let way = t.step(Op::Subtract { factor: 1.0 }, vec![a, b]);
            t.finish(norm(order, vec![-1], false), vec![way])
        }
        "pairwise_distance" => {
            let (order, epsilon) = (t.call.number("p", 2.0)?, t.call.number("eps", 1e-6)?);
            let keep = t.call.flag("keepdim", false)?;
            let (a, b) = (t.input("x1")?, t.input("x2")?);
            let way = t.step(Op::Subtract { factor: 1.0 }, vec![a, b]);
            let way = t.step(Op::Add { factor: 1.0 }, vec![way, Operand::Number(epsilon)]);
            t.finish(norm(order, vec![-1], keep), vec![way])
        }
        "cosine_similarity" => {
            let (dim, epsilon) = (t.call.int("dim", Some(1))?, t.call.number("eps", 1e-8)?);
            let mut unit = |argument: &str| -> Outcome<Operand> {
                let x = t.input(argument)?;
                let size = t.step(norm(2.0, vec![dim], true), vec![x]);
                let (min, max) = (epsilon, f64::INFINITY);
                let size = t.activate(Activation::Clamp { min, max }, size);
                Ok(t.step(Op::Divide, vec![x, size]))
            };
            let both = vec![unit("x1")?, unit("x2")?];
            let product = t.step(Op::Multiply, both);
            let (kind, dims, keep) = (Reduction::Sum, vec![dim], false);
            t.finish(Op::Reduce { kind, dims, keep }, vec![product])
        }
        "_weight_norm" | "_weight_norm_interface" => weight_norm(t),
        "norm_except_dim" => {
            let v = t.input("v")?;
            let (order, dim) = (t.call.number("pow", 2.0)?, t.call.int("dim", Some(0))?);
            let dims = all_but(t, v, dim)?;
            t.finish(norm(order, dims, true), vec![v])
        }
        _ => Ok(false),
    }
}

/// As many different letters, from `a` on, as an equation of a product may use for its leading dimensions.
fn letters(count: usize) -> Option<String> {
    (count <= 8).then(|| ('a'..='h').take(count).collect())
}

fn norm(order: f64, dims: Vec<i64>, keep: bool) -> Op {
    Op::Function(Function::Norm { order, dims, keep })
}

/// A matrix product; an operand of one dimension is a row on the left and a column on the right.
fn multiply(t: &mut Translation, a: Operand, b: Operand) -> Outcome<bool> {
    let is_vector = |x| matches!(shape_of(x, t.graph), Some([_]));
    let mut factors = [a, b];
    let is_vector = [is_vector(a), is_vector(b)];
    let gone = widened(&mut factors, is_vector, |op, vector| {
        t.step(op, vec![vector])
    });
    if gone.is_empty() {
        return t.finish(Op::MatMul, factors.to_vec());
    }
    let product = t.step(Op::MatMul, factors.to_vec());
    t.finish(Op::Squeeze { dims: gone }, vec![product])
}

/// A product that is added to another tensor, each with a factor.
fn add_product(name: &str, t: &mut Translation) -> Outcome<bool> {
    let (beta, alpha) = (t.call.number("beta", 1.0)?, t.call.number("alpha", 1.0)?);
    let names = match name {
        "addmm" => ("mat1", "mat2"),
        "addmv" => ("mat", "vec"),
        "addr" => ("vec1", "vec2"),
        _ => ("batch1", "batch2"),
    };
    let (x, a, b) = (t.input("self")?, t.input(names.0)?, t.input(names.1)?);
    if name == "addmm" && beta == 1.0 && alpha == 1.0 {
        return t.finish(Op::AddMatMul, vec![x, a, b]);
    }
    let product = match name {
        "addmv" => {
            let column = t.step(Op::Unsqueeze { dim: 1 }, vec![b]);
            let product = t.step(Op::MatMul, vec![a, column]);
            t.step(Op::Squeeze { dims: vec![-1] }, vec![product])
        }
        "addr" => {
            let column = t.step(Op::Unsqueeze { dim: 1 }, vec![a]);
            t.step(Op::Multiply, vec![column, b])
        }
        _ => t.step(Op::MatMul, vec![a, b]),
    };
    let product = match name {
        "addbmm" => {
            let (kind, dims, keep) = (Reduction::Sum, vec![0], false);
            t.step(Op::Reduce { kind, dims, keep }, vec![product])
        }
        _ => product,
    };
    let mut x = x;
    if beta != 1.0 {
        x = t.step(Op::Multiply, vec![x, Operand::Number(beta)]);
    }
    t.finish(Op::Add { factor: alpha }, vec![x, product])
}

/// A sum of products, its equation written out: with the letters of the result, and with letters for `...`.
fn einsum(t: &mut Translation) -> Outcome<bool> {
    let operands = t.inputs("tensors")?;
    let stated = t.call.text("equation", "");
    let equation = explicit_equation(
        stated,
        operands.len(),
        |operand| t.rank(operands[operand]),
        |what| t.call.wrong(what),
    )?;
    t.finish(Op::Einsum { equation }, operands)
}

/// A product summed over pairs of dimensions.
fn tensordot(t: &mut Translation) -> Outcome<bool> {
    let (a, b) = (t.input("self")?, t.input("other")?);
    let (of_a, of_b) = (
        t.call.ints("dims_self", &[])?,
        t.call.ints("dims_other", &[])?,
    );
    let (rank_a, rank_b) = (t.rank(a)?, t.rank(b)?);
    let resolved = |dims: &[i64], rank: usize| -> Option<Vec<usize>> {
        dims.iter()
            .map(|dim| crate::graph::resolve_dim(*dim, rank))
            .collect()
    };
    let (Some(of_a), Some(of_b)) = (resolved(&of_a, rank_a), resolved(&of_b, rank_b)) else {
        return Err(t
            .call
            .wrong("sums over a dimension that an operand does not have"));
    };
    if of_a.len() != of_b.len() || rank_a + rank_b > 40 {
        return Err(t.call.wrong("sums over dimensions that do not pair up"));
    }
    let mut letters = ('a'..='z').chain('A'..='Z');
    let first: String = letters.by_ref().take(rank_a).collect();
    let mut second: Vec<char> = letters.take(rank_b).collect();
    for (one, two) in of_a.iter().zip(&of_b) {
        second[*two] = first.chars().nth(*one).unwrap_or('a');
    }
    let kept_a = first
        .chars()
        .enumerate()
        .filter(|(at, _)| !of_a.contains(at));
    let kept_b = second
        .iter()
        .enumerate()
        .filter(|(at, _)| !of_b.contains(at));
    let result: String = kept_a
        .map(|(_, c)| c)
        .chain(kept_b.map(|(_, c)| *c))
        .collect();
    let second: String = second.iter().collect();
    let equation = format!("{first},{second}->{result}");
    t.finish(Op::Einsum { equation }, vec![a, b])
}

/// All dimensions but one; all of them for -1.
fn all_but(t: &Translation, x: Operand, dim: i64) -> Outcome<Vec<i64>> {
    let rank = t.rank(x)? as i64;
    Ok((0..rank).filter(|other| *other != dim).collect())
}

/// Salimans and Kingma, Weight Normalization, 2016: a direction scaled to a length.
fn weight_norm(t: &mut Translation) -> Outcome<bool> {
    let (v, g) = (t.input("v")?, t.input("g")?);
    let dims = all_but(t, v, t.call.int("dim", Some(0))?)?;
    let size = t.step(norm(2.0, dims.clone(), true), vec![v]);
    let factor = t.step(Op::Divide, vec![g, size]);
    t.finish(Op::Multiply, vec![v, factor])?;
    t.finish_part(1, norm(2.0, dims, true), vec![v]);
    Ok(true)
}

/// The cross product along a dimension of three elements.
fn cross(t: &mut Translation, name: &str) -> Outcome<bool> {
    let (a, b) = (t.input("self")?, t.input("other")?);
    let dim = match (t.call.get("dim"), name) {
        (Some(_), _) => t.call.int("dim", None)?,
        (None, "linalg_cross") => -1,
        // The first dimension of three elements.
        (None, _) => {
            let found = t.shape(a)?.iter().position(|size| *size == Some(3));
            found.ok_or_else(|| t.call.wrong("has no dimension of three elements"))? as i64
        }
    };
    let next = t.literal(&[3], 3, |i| ((i + 1) % 3) as f64)?;
    let last = t.literal(&[3], 3, |i| ((i + 2) % 3) as f64)?;
    let mut product = |left, right| {
        let a = t.step(Op::Take { dim }, vec![a, left]);
        let b = t.step(Op::Take { dim }, vec![b, right]);
        t.step(Op::Multiply, vec![a, b])
    };
    let both = vec![product(next, last), product(last, next)];
    t.finish(Op::Subtract { factor: 1.0 }, both)
}

/// The Kronecker product.
fn kronecker(t: &mut Translation) -> Outcome<bool> {
    let (mut a, mut b) = (t.input("self")?, t.input("other")?);
    let rank = t.rank(a)?.max(t.rank(b)?);
    for x in [&mut a, &mut b] {
        for _ in t.rank(*x)?..rank {
            *x = t.step(Op::Unsqueeze { dim: 0 }, vec![*x]);
        }
    }
    for dim in 0..rank as i64 {
        a = t.step(Op::Unsqueeze { dim: 2 * dim + 1 }, vec![a]);
        b = t.step(Op::Unsqueeze { dim: 2 * dim }, vec![b]);
    }
    let mut product = t.step(Op::Multiply, vec![a, b]);
    for dim in 0..rank as i64 {
        let (start, end) = (dim, dim + 1);
        product = t.step(Op::Flatten { start, end }, vec![product]);
    }
    t.finish(Op::Identity, vec![product])
}
