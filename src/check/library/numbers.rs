//! Functions of numbers, and of what stands for every background's number.

use std::rc::Rc;
use std::sync::Arc;

use super::Native;
use super::arguments::{bad_value, number};
use crate::check::Checker;
use crate::check::hir::{Formula, Function};
use crate::check::types::Type;
use crate::check::value::{ContrastValue, Query, Value};
use crate::diag::Outcome;

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
