//! Functions of numbers, and of what stands for every background's number.

use std::rc::Rc;
use std::sync::Arc;

use super::Native;
use super::arguments::{bad_value, number};
use crate::check::Checker;
use crate::check::hir::{Arithmetic, Formula, Function};
use crate::check::types::Type;
use crate::check::value::{ContrastValue, Query, Value};
use crate::diag::Outcome;
use crate::syntax::tree::BinaryOp;

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("count", count),
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
    ("sum", |c, v| total(c, list(v)?)),
    ("mean", mean),
    ("max", |c, v| extreme(c, list(v)?, Arithmetic::Max)),
    ("min", |c, v| extreme(c, list(v)?, Arithmetic::Min)),
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
        _ => bad_value("`count` needs a list"),
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
                bad_value(format!("not a finite number at {n}"))
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
        other => bad_value(format!("{} is not a number", other.kind())),
    }
}

/// The values of a list that has at least one.
fn list(values: &[Value]) -> Outcome<&[Value]> {
    match &values[0] {
        Value::List(items) if !items.is_empty() => Ok(items),
        _ => bad_value("the list is empty"),
    }
}

fn total(checker: &mut Checker, items: &[Value]) -> Outcome<Value> {
    let mut sum = items[0].clone();
    for item in &items[1..] {
        sum = checker.binary(BinaryOp::Add, sum, item.clone())?;
    }
    Ok(sum)
}

fn mean(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let items = list(values)?;
    let sum = total(checker, items)?;
    let unit = shared_unit(items);
    let mean = checker.binary(BinaryOp::Divide, sum, Value::Number(items.len() as f64))?;
    // The mean of numbers on one scale is on that scale.
    Ok(match mean {
        Value::Query(query) => Value::Query(Rc::new(Query {
            unit,
            ..Query::clone(&query)
        })),
        other => other,
    })
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

/// The largest or the smallest of several: of numbers, for each sequence of queries, for each background of contrasts.
fn extreme(checker: &mut Checker, items: &[Value], op: Arithmetic) -> Outcome<Value> {
    let unit = shared_unit(items);
    let mut found = checker.coerce(items[0].clone(), &Type::Quantity)?;
    for item in &items[1..] {
        let item = checker.coerce(item.clone(), &Type::Quantity)?;
        found = match (&found, &item) {
            (Value::Number(a), Value::Number(b)) => Value::Number(op.apply(*a, *b)),
            (Value::Query(_) | Value::Number(_), Value::Query(_) | Value::Number(_)) => {
                let part = |value: &Value| match value {
                    Value::Query(query) => (*query.formula).clone(),
                    other => Formula::Constant(number(other).unwrap_or(f64::NAN)),
                };
                Value::Query(Rc::new(Query {
                    formula: Arc::new(Formula::Binary(
                        op,
                        Box::new(part(&found)),
                        Box::new(part(&item)),
                    )),
                    unit: unit.clone(),
                    written: None,
                }))
            }
            (Value::Contrast(_) | Value::Number(_), Value::Contrast(_) | Value::Number(_)) => {
                let part = |value: &Value| match value {
                    Value::Contrast(contrast) => (contrast.formula.clone(), contrast.outcome),
                    other => (Formula::Constant(number(other).unwrap_or(f64::NAN)), None),
                };
                let ((a, of_a), (b, of_b)) = (part(&found), part(&item));
                if of_a.is_some() && of_b.is_some() && of_a != of_b {
                    return bad_value("contrasts of two outcomes have no common scale");
                }
                Value::Contrast(Rc::new(ContrastValue {
                    formula: Formula::Binary(op, Box::new(a), Box::new(b)),
                    outcome: of_a.or(of_b),
                }))
            }
            (a, b) => {
                return bad_value(format!("{} and {} are not compared", a.kind(), b.kind()));
            }
        };
    }
    Ok(found)
}

/// exp(x) over the sum of all, the largest taken off first so that no exponential overflows.
fn softmax(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let items = list(values)?;
    let largest = extreme(checker, items, Arithmetic::Max)?;
    let mut powers = Vec::with_capacity(items.len());
    for item in items {
        let below = checker.binary(BinaryOp::Subtract, item.clone(), largest.clone())?;
        powers.push(quantity(checker, &[below], Function::Exp)?);
    }
    let sum = total(checker, &powers)?;
    let shares = powers
        .into_iter()
        .map(|power| checker.binary(BinaryOp::Divide, power, sum.clone()))
        .collect::<Outcome<Vec<_>>>()?;
    Ok(Value::List(Rc::new(shares)))
}
