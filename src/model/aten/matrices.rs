//! Functions of matrices: inverses, determinants, decompositions and solutions.

use super::build::{Translation, shape_of};
use crate::graph::{Activation, Dim, Function, MatrixFunction, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "inverse" | "linalg_inv" | "linalg_inv_ex" => matrix(t, MatrixFunction::Inverse),
        "matrix_exp" | "linalg_matrix_exp" => matrix(t, MatrixFunction::Exponential),
        "det" | "linalg_det" | "_linalg_det" => matrix(t, MatrixFunction::Determinant),
        "logdet" => {
            // The logarithm of a negative determinant is NaN, as in PyTorch.
            let x = t.input("self")?;
            let sign = t.step(function(MatrixFunction::DeterminantSign, vec![]), vec![x]);
            let size = t.step(function(MatrixFunction::LogAbsDeterminant, vec![]), vec![x]);
            let sign = t.activate(Activation::Log, sign);
            t.finish(Op::Add { factor: 1.0 }, vec![size, sign])
        }
        "slogdet" | "linalg_slogdet" | "_linalg_slogdet" => {
            let x = t.input(t.call.either("A", "self"))?;
            for (index, kind) in [
                MatrixFunction::DeterminantSign,
                MatrixFunction::LogAbsDeterminant,
            ]
            .into_iter()
            .enumerate()
            {
                t.finish_part(index, function(kind, vec![]), vec![x]);
            }
            Ok(true)
        }
        "linalg_eigvalsh" => eigenvalues(t, t.input("self")?),
        "_linalg_eigh" if !t.call.flag("compute_v", true)? => eigenvalues(t, t.input("A")?),
        "linalg_svdvals" => {
            let x = t.input("A")?;
            let op = singular_values(t, x)?;
            t.finish(op, vec![x])
        }
        "_linalg_svd" if !t.call.flag("compute_uv", true)? => {
            let x = t.input("A")?;
            let op = singular_values(t, x)?;
            t.finish_part(1, op, vec![x]);
            Ok(true)
        }
        "linalg_cholesky" | "linalg_cholesky_ex" => {
            if t.call.flag("upper", false)? {
                return Err(t
                    .call
                    .wrong("computes an upper factor, which is not supported"));
            }
            matrix(t, MatrixFunction::Cholesky)
        }
        "linalg_householder_product" => {
            let (x, factors) = (t.input("input")?, t.input("tau")?);
            let sizes = vec![t.extent(x, -2)?, t.extent(x, -1)?];
            let kind = MatrixFunction::Householder;
            t.finish(function(kind, sizes), vec![x, factors])
        }
        "linalg_solve" | "_linalg_solve_ex" | "linalg_solve_ex" => solve(t),
        "linalg_qr" if t.call.text("mode", "reduced") == "reduced" => {
            let x = t.input("A")?;
            let (rows, columns) = (t.extent(x, -2)?, t.extent(x, -1)?);
            let least = rows.min(columns);
            let parts = [
                (MatrixFunction::QrOrthonormal, vec![rows, least]),
                (MatrixFunction::QrTriangular, vec![least, columns]),
            ];
            for (index, (kind, sizes)) in parts.into_iter().enumerate() {
                t.finish_part(index, function(kind, sizes), vec![x]);
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// A function of matrices; `sizes` replace the last two dimensions.
fn function(kind: MatrixFunction, sizes: Vec<i64>) -> Op {
    Op::Function(Function::Matrix { kind, sizes })
}

/// The solution x of ax = b, or of xa = b. A vector b is a column.
fn solve(t: &mut Translation) -> Outcome<bool> {
    let (a, b) = (t.input("A")?, t.input("B")?);
    let (of_a, of_b) = (t.shape(a)?, t.shape(b)?);
    let is_left = t.call.flag("left", true)?;
    // PyTorch takes b as vectors if it has one dimension, or the shape of a without its last.
    let is_vector = of_b.len() == 1 || (of_b.len() + 1 == of_a.len() && of_a.starts_with(&of_b));
    let kind = MatrixFunction::Solve;
    match (is_vector, is_left) {
        (true, true) => {
            let size = t.extent(b, -1)?;
            let column = t.step(Op::Unsqueeze { dim: -1 }, vec![b]);
            let solved = t.step(function(kind, vec![size, 1]), vec![a, column]);
            t.finish(Op::Squeeze { dims: vec![-1] }, vec![solved])
        }
        (false, true) => {
            let sizes = vec![t.extent(b, -2)?, t.extent(b, -1)?];
            t.finish(function(kind, sizes), vec![a, b])
        }
        (false, false) => {
            let sizes = vec![t.extent(b, -1)?, t.extent(b, -2)?];
            let turn = || Op::Transpose { a: -2, b: -1 };
            let (a, b) = (t.step(turn(), vec![a]), t.step(turn(), vec![b]));
            let solved = t.step(function(kind, sizes), vec![a, b]);
            t.finish(turn(), vec![solved])
        }
        (true, false) => Err(t.call.wrong("solves for a vector from the right")),
    }
}

/// The eigenvalues of symmetric matrices, of which one triangle is read.
fn eigenvalues(t: &mut Translation, x: Operand) -> Outcome<bool> {
    let lower = t.call.text("UPLO", "L") != "U";
    let size = t.extent(x, -1)?;
    let kind = MatrixFunction::SymmetricEigenvalues { lower };
    t.finish(function(kind, vec![size]), vec![x])
}

fn singular_values(t: &Translation, x: Operand) -> Outcome<Op> {
    let count = t.extent(x, -2)?.min(t.extent(x, -1)?);
    Ok(function(MatrixFunction::SingularValues, vec![count]))
}

fn matrix(t: &mut Translation, kind: MatrixFunction) -> Outcome<bool> {
    let x = t.input(t.call.either("A", "self"))?;
    let sizes = match kind {
        MatrixFunction::Determinant => Vec::new(),
        _ => {
            let shape = shape_of(x, t.graph)
                .map(<[Dim]>::to_vec)
                .unwrap_or_default();
            let last = shape.iter().rev().take(2).rev();
            let sizes: Option<Vec<i64>> = last.map(|dim| dim.fixed()).collect();
            match sizes.filter(|sizes| sizes.len() == 2) {
                Some(sizes) => sizes,
                None => return Err(t.call.wrong("needs matrices of a known size")),
            }
        }
    };
    t.finish(function(kind, sizes), vec![x])
}
