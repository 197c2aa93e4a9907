//! Losses, as scores that a network computes of its own input.

use super::arguments::ElementType;
use super::build::Translation;
use crate::graph::{Activation, Binary, Comparison, Op, Operand, Reduction};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    let loss = match name {
        "l1_loss" => {
            let apart = difference(t)?;
            t.activate(Activation::Abs, apart)
        }
        "mse_loss" => {
            let apart = difference(t)?;
            t.step(Op::Multiply, vec![apart, apart])
        }
        "smooth_l1_loss" => {
            let beta = t.call.number("beta", 1.0)?;
            let apart = difference(t)?;
            quadratic_near_zero(t, apart, beta, 1.0 / beta)
        }
        "huber_loss" => {
            let delta = t.call.number("delta", 1.0)?;
            let apart = difference(t)?;
            quadratic_near_zero(t, apart, delta, 1.0)
        }
        "margin_ranking_loss" => {
            let margin = t.call.number("margin", 0.0)?;
            let both = vec![t.input("input1")?, t.input("input2")?];
            let apart = t.step(Op::Subtract { factor: 1.0 }, both);
            let order = t.input("target")?;
            let agrees = t.step(Op::Multiply, vec![order, apart]);
            let missing = Op::Subtract { factor: 1.0 };
            let missing = t.step(missing, vec![Operand::Number(margin), agrees]);
            t.activate(Activation::Relu, missing)
        }
        "kl_div" => {
            let (x, target) = (t.input("self")?, t.input("target")?);
            if t.call.flag("log_target", false)? {
                let apart = t.step(Op::Subtract { factor: 1.0 }, vec![target, x]);
                let target = t.activate(Activation::Exp, target);
                t.step(Op::Multiply, vec![target, apart])
            } else {
                let own = t.step(Op::Binary(Binary::XLogY), vec![target, target]);
                let crossed = t.step(Op::Multiply, vec![target, x]);
                t.step(Op::Subtract { factor: 1.0 }, vec![own, crossed])
            }
        }
        "poisson_nll_loss" => poisson(t)?,
        "binary_cross_entropy" => {
            let (x, target) = (t.input("self")?, t.input("target")?);
            let rest = complement(t, x);
            let (hit, miss) = (bounded_log(t, x), bounded_log(t, rest));
            let hit = t.step(Op::Multiply, vec![target, hit]);
            let others = complement(t, target);
            let miss = t.step(Op::Multiply, vec![others, miss]);
            let score = t.step(Op::Add { factor: 1.0 }, vec![hit, miss]);
            let loss = t.activate(Activation::Negate, score);
            weighted(t, loss)?
        }
        "binary_cross_entropy_with_logits" => {
            let (x, target) = (t.input("self")?, t.input("target")?);
            let turned = t.activate(Activation::Negate, x);
            let (beta, threshold) = (1.0, 20.0);
            let mut soft = t.activate(Activation::Softplus { beta, threshold }, turned);
            let others = complement(t, target);
            if t.call.get("pos_weight").is_some() {
                let weight = t.input("pos_weight")?;
                let weight = t.step(Op::Multiply, vec![weight, target]);
                let weight = t.step(Op::Add { factor: 1.0 }, vec![others, weight]);
                soft = t.step(Op::Multiply, vec![soft, weight]);
            }
            let others = t.step(Op::Multiply, vec![others, x]);
            let loss = t.step(Op::Add { factor: 1.0 }, vec![others, soft]);
            weighted(t, loss)?
        }
        "cross_entropy_loss" => {
            if t.call.number("label_smoothing", 0.0)? != 0.0 {
                return Err(t.call.wrong("smooths labels, which is not supported"));
            }
            let x = t.input("self")?;
            let dim = class_dim(t, x)?;
            let log = t.step(Op::Softmax { dim, log: true }, vec![x]);
            let target = t.input("target")?;
            if t.element_type("target") == Some(ElementType::Float) {
                let crossed = t.step(Op::Multiply, vec![target, log]);
                let (kind, dims, keep) = (Reduction::Sum, vec![dim], false);
                let score = t.step(Op::Reduce { kind, dims, keep }, vec![crossed]);
                unweighted(t)?;
                t.activate(Activation::Negate, score)
            } else {
                log_likelihood(t, log, target, dim)?
            }
        }
        "nll_loss" => {
            let (x, target) = (t.input("self")?, t.input("target")?);
            let dim = class_dim(t, x)?;
            log_likelihood(t, x, target, dim)?
        }
        _ => return Ok(false),
    };
    let kind = match t.call.int("reduction", Some(1))? {
        0 => return t.finish(Op::Identity, vec![loss]),
        1 => Reduction::Mean,
        _ => Reduction::Sum,
    };
    let (dims, keep) = (Vec::new(), false);
    t.finish(Op::Reduce { kind, dims, keep }, vec![loss])
}

fn difference(t: &mut Translation) -> Outcome<Operand> {
    let both = vec![t.input("self")?, t.input("target")?];
    Ok(t.step(Op::Subtract { factor: 1.0 }, both))
}

fn complement(t: &mut Translation, x: Operand) -> Operand {
    t.step(Op::Subtract { factor: 1.0 }, vec![Operand::Number(1.0), x])
}

/// `scale` times half the square up to `bound`, and the line that continues it.
fn quadratic_near_zero(t: &mut Translation, x: Operand, bound: f64, scale: f64) -> Operand {
    let size = t.activate(Activation::Abs, x);
    if bound == 0.0 {
        return size;
    }
    let square = t.step(Op::Multiply, vec![x, x]);
    let near = t.step(Op::Multiply, vec![square, Operand::Number(0.5 * scale)]);
    let far = t.step(
        Op::Subtract { factor: 1.0 },
        vec![size, Operand::Number(0.5 * bound)],
    );
    let far = t.step(Op::Multiply, vec![far, Operand::Number(bound * scale)]);
    let is_near = t.step(
        Op::Compare(Comparison::Less),
        vec![size, Operand::Number(bound)],
    );
    t.step(Op::Where, vec![is_near, near, far])
}

/// The logarithm, at least -100, as PyTorch bounds it.
fn bounded_log(t: &mut Translation, x: Operand) -> Operand {
    let log = t.activate(Activation::Log, x);
    let (min, max) = (-100.0, f64::INFINITY);
    t.activate(Activation::Clamp { min, max }, log)
}

fn poisson(t: &mut Translation) -> Outcome<Operand> {
    if t.call.flag("full", false)? {
        return Err(t
            .call
            .wrong("adds Stirling's approximation, which is not supported"));
    }
    let (x, target) = (t.input("input")?, t.input("target")?);
    let (rate, log) = if t.call.flag("log_input", true)? {
        (t.activate(Activation::Exp, x), x)
    } else {
        let eps = Operand::Number(t.call.number("eps", 1e-8)?);
        let above = t.step(Op::Add { factor: 1.0 }, vec![x, eps]);
        (x, t.activate(Activation::Log, above))
    };
    let hits = t.step(Op::Multiply, vec![target, log]);
    Ok(t.step(Op::Subtract { factor: 1.0 }, vec![rate, hits]))
}

fn weighted(t: &mut Translation, loss: Operand) -> Outcome<Operand> {
    if t.call.get("weight").is_none() {
        return Ok(loss);
    }
    let weight = t.input("weight")?;
    Ok(t.step(Op::Multiply, vec![loss, weight]))
}

fn unweighted(t: &Translation) -> Outcome<()> {
    match t.call.get("weight") {
        None => Ok(()),
        Some(_) => Err(t.call.wrong("weights the classes, which is not supported")),
    }
}

/// The dimension of the classes.
fn class_dim(t: &Translation, x: Operand) -> Outcome<i64> {
    Ok(i64::from(t.rank(x)? > 1))
}

/// Minus the log likelihood of the class with each index.
fn log_likelihood(
    t: &mut Translation,
    log: Operand,
    target: Operand,
    dim: i64,
) -> Outcome<Operand> {
    unweighted(t)?;
    let ignored = t.call.int("ignore_index", Some(-100))?;
    // A mean over elements of which some are left out counts only the others.
    if ignored >= 0 {
        return Err(t.call.wrong("ignores a class, which is not supported"));
    }
    let index = t.step(Op::Unsqueeze { dim }, vec![target]);
    let picked = t.step(Op::TakeEach { dim }, vec![log, index]);
    let picked = t.step(Op::Squeeze { dims: vec![dim] }, vec![picked]);
    Ok(t.activate(Activation::Negate, picked))
}
