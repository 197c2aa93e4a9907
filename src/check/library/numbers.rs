//! Functions of numbers, and of what stands for every background's number.

use std::rc::Rc;
use std::sync::Arc;

use super::Native;
use super::arguments::{blame, number, refused};
use crate::check::Checker;
use crate::check::budget::short_enough;
use crate::check::hir::{Arithmetic, Formula, Function, Reduction};
use crate::check::types::Type;
use crate::check::value::{ContrastValue, Query, Value};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::syntax::tree::BinaryOp;

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("count", count),
    ("quantile", quantile),
    ("exp", |c, v| quantity(c, v, Function::Exp)),
    ("log", |c, v| quantity(c, v, Function::Log)),
    ("log2", |c, v| quantity(c, v, Function::Log2)),
    ("log10", |c, v| quantity(c, v, Function::Log10)),
    ("log1p", |c, v| quantity(c, v, Function::Log1p)),
    ("sqrt", |c, v| quantity(c, v, Function::Sqrt)),
    ("abs", |c, v| quantity(c, v, Function::Abs)),
    ("logit", |c, v| quantity(c, v, Function::Logit)),
    ("sigmoid", |c, v| quantity(c, v, Function::Sigmoid)),
    ("softplus", |c, v| quantity(c, v, Function::Softplus)),
    ("sum", |c, v| reduce(c, list(v)?, Reduction::Sum)),
    ("mean", |c, v| reduce(c, list(v)?, Reduction::Mean)),
    ("max", |c, v| reduce(c, list(v)?, Reduction::Max)),
    ("min", |c, v| reduce(c, list(v)?, Reduction::Min)),
    ("overall", overall),
    ("softmax", softmax),
    ("round", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).round()))
    }),
    ("floor", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).floor()))
    }),
    ("ceil", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).ceil()))
    }),
];

fn count(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    match &values[0] {
        Value::List(items) => Ok(Value::Number(items.len() as f64)),
        _ => refused(Code::TypeMismatch, "`count` needs a list"),
    }
}

/// The answer of a query below which a share of all lies.
fn quantile(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    match &values[0] {
        Value::Number(share) if (0.0..=1.0).contains(share) => Ok(Value::Quantile(*share)),
        Value::Number(share) => {
            let diagnostic =
                Diagnostic::error(Code::OutOfRange, "a share lies between 0% and 100%");
            let outcome = match share {
                1.0..=100.0 => {
                    diagnostic.suggest_here(format!("write `{share}%`"), format!("{share}%"))
                }
                _ => diagnostic,
            };
            blame(checker, 0, Err(Box::new(outcome)))
        }
        other => refused(Code::TypeMismatch, format!("{} is no share", other.kind())),
    }
}

/// A function of one number, of every background's number, or of arms.
fn quantity(checker: &mut Checker, values: &[Value], function: Function) -> Outcome<Value> {
    match checker.coerce(values[0].clone(), &Type::Quantity)? {
        Value::Number(n) => {
            let result = function.apply(n);
            if result.is_finite() {
                Ok(Value::Number(result))
            } else {
                refused(Code::ArithmeticError, format!("not a finite number at {n}"))
            }
        }
        Value::Query(query) => Ok(Value::Query(Rc::new(Query {
            formula: Arc::new(Formula::Call(function, Box::new((*query.formula).clone()))),
            unit: None,
            written: None,
        }))),
        Value::Contrast(contrast) => Ok(Value::Contrast(Rc::new(ContrastValue {
            formula: Formula::Call(function, Box::new(contrast.formula.clone())),
            outcome: contrast.outcome,
        }))),
        other => refused(
            Code::TypeMismatch,
            format!("{} is not a number", other.kind()),
        ),
    }
}

/// The mean of an arm over all backgrounds.
fn overall(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    match &values[0] {
        Value::Contrast(contrast) if !contrast.formula.overall().is_empty() => refused(
            Code::Repeated,
            "this is a mean over all backgrounds already",
        ),
        Value::Contrast(contrast) => Ok(Value::Contrast(Rc::new(ContrastValue {
            formula: Formula::Overall(Box::new(contrast.formula.clone())),
            outcome: contrast.outcome,
        }))),
        other => refused(
            Code::TypeMismatch,
            format!(
                "`overall` is a mean of an arm over all backgrounds, as in `overall(treated) / overall(control)`, not of {}",
                other.kind()
            ),
        ),
    }
}

/// The values of a list that has at least one.
fn list(values: &[Value]) -> Outcome<&[Value]> {
    match &values[0] {
        Value::List(items) if !items.is_empty() => Ok(items),
        _ => refused(Code::Empty, "the list is empty"),
    }
}

/// One number of several: of numbers, for each sequence of queries, for each background of contrasts.
fn reduce(checker: &mut Checker, items: &[Value], reduction: Reduction) -> Outcome<Value> {
    let unit = shared_unit(items);
    let items = items
        .iter()
        .map(|item| checker.coerce(item.clone(), &Type::Quantity))
        .collect::<Outcome<Vec<_>>>()?;
    let numbers: Vec<f64> = items.iter().filter_map(number).collect();
    if numbers.len() == items.len() {
        let result = reduction.apply(numbers);
        return match result.is_finite() {
            true => Ok(Value::Number(result)),
            false => refused(Code::ArithmeticError, "not a finite number"),
        };
    }
    let of_queries = |item: &Value| match item {
        Value::Query(query) => Some((*query.formula).clone()),
        other => number(other).map(Formula::Constant),
    };
    if let Some(of) = items.iter().map(of_queries).collect::<Option<Vec<_>>>() {
        let formula = Arc::new(short_enough(reduced(reduction, of))?);
        return Ok(Value::Query(Rc::new(Query {
            formula,
            unit,
            written: None,
        })));
    }
    let mut outcome = None;
    let mut of = Vec::with_capacity(items.len());
    for item in &items {
        of.push(match item {
            Value::Contrast(contrast) => {
                if outcome.is_some() && contrast.outcome.is_some() && outcome != contrast.outcome {
                    return refused(
                        Code::TypeMismatch,
                        "contrasts of two outcomes have no common scale",
                    );
                }
                outcome = outcome.or(contrast.outcome);
                contrast.formula.clone()
            }
            Value::Number(n) => Formula::Constant(*n),
            other => {
                return refused(
                    Code::TypeMismatch,
                    format!("{} and {} are not compared", items[0].kind(), other.kind()),
                );
            }
        });
    }
    // Sums of arms are written out, so that their weights can be told.
    let formula = match reduction {
        Reduction::Sum | Reduction::Mean => {
            let count = of.len() as f64;
            let add = |a, b| Formula::Binary(Arithmetic::Add, Box::new(a), Box::new(b));
            let sum = of.into_iter().reduce(add);
            let sum = sum.unwrap_or(Formula::Constant(0.0));
            match reduction {
                Reduction::Mean => Formula::Binary(
                    Arithmetic::Divide,
                    Box::new(sum),
                    Box::new(Formula::Constant(count)),
                ),
                _ => sum,
            }
        }
        _ => reduced(reduction, of),
    };
    Ok(Value::Contrast(Rc::new(ContrastValue {
        formula: short_enough(formula)?,
        outcome,
    })))
}

/// Of one alone, that one.
fn reduced<Leaf>(reduction: Reduction, mut of: Vec<Formula<Leaf>>) -> Formula<Leaf> {
    match of.len() {
        1 => of.remove(0),
        _ => Formula::Reduce(reduction, of),
    }
}

/// The scale that all queries of a list have.
fn shared_unit(items: &[Value]) -> Option<String> {
    let mut units = items.iter().map(|item| match item {
        Value::Query(query) => query.unit.clone(),
        _ => None,
    });
    let first = units.next()??;
    units
        .all(|unit| unit.as_ref() == Some(&first))
        .then_some(first)
}

/// exp(x) over the sum of all, the largest taken off first so that no exponential overflows.
fn softmax(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let items = list(values)?;
    let largest = reduce(checker, items, Reduction::Max)?;
    let mut powers = Vec::with_capacity(items.len());
    for item in items {
        let below = checker.binary(BinaryOp::Subtract, item.clone(), largest.clone())?;
        powers.push(quantity(checker, &[below], Function::Exp)?);
    }
    let sum = reduce(checker, &powers, Reduction::Sum)?;
    let shares = powers
        .into_iter()
        .map(|power| checker.binary(BinaryOp::Divide, power, sum.clone()))
        .collect::<Outcome<Vec<_>>>()?;
    Ok(Value::List(Rc::new(shares)))
}
