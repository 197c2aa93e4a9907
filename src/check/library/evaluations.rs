//! How well a model does on sequences whose answers are known.

use std::rc::Rc;
use std::sync::Arc;

use super::Native;
use super::arguments::{blame, text};
use super::backgrounds::population_of;
use crate::check::Checker;
use crate::check::hir::Known;
use crate::check::value::{EvaluationValue, Query, Value};
use crate::diag::{Code, Diagnostic, Outcome, closest, counted};
use crate::domain::{MeasuredColumn, Population};

pub(super) const NATIVES: &[(&str, Native)] = &[("evaluate", evaluate), ("agreement", agreement)];

fn evaluate(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let positives = sequences(checker, &values[1], 1)?;
    let negatives = sequences(checker, &values[2], 2)?;
    let query = query(checker, &values[0], &[&positives, &negatives])?;
    if positives.identity() == negatives.identity() {
        let message = "positives and negatives are the same sequences";
        let diagnostic = Diagnostic::error(Code::Repeated, message);
        return blame(checker, 2, Err(diagnostic.into()));
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        query,
        known: Known::Classes {
            positives,
            negatives,
        },
    })))
}

fn agreement(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let on = sequences(checker, &values[1], 1)?;
    let path = text(&values[2]).unwrap_or_default();
    let column = text(&values[3]).unwrap_or_default();
    let query = query(checker, &values[0], &[&on])?;
    let full = checker.resolve(path);
    let table = blame(checker, 2, MeasuredColumn::read(&full, column))?;
    checker.note_file(path, &table.sha256);
    let sampler = on.sampler(0);
    let mut measured = Vec::new();
    let mut missing = Vec::new();
    for index in 0..on.size().unwrap_or(0) {
        let name = sampler.name(index);
        match table.numbers.get(name.as_str()) {
            Some(number) => measured.push(*number),
            None => missing.push(name),
        }
    }
    if let Some(first) = missing.first() {
        let message = format!(
            "`{path}` has no row for {} of the {}, the first of them `{first}`",
            missing.len(),
            counted(measured.len() + missing.len(), "sequence")
        );
        let mut diagnostic = Diagnostic::error(Code::NoSuchItem, message);
        let known = table.numbers.keys().map(String::as_str);
        if let Some(close) = closest(first, known.take(1000)) {
            diagnostic = diagnostic.help(format!("it has a row `{close}`"));
        }
        return blame(checker, 2, Err(diagnostic.into()));
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        query,
        known: Known::Measured {
            on,
            numbers: Arc::from(measured),
            column: column.to_string(),
        },
    })))
}

/// A finite set with something to tell apart.
fn sequences(checker: &mut Checker, value: &Value, argument: usize) -> Outcome<Arc<Population>> {
    let population = population_of(value)?;
    let size = population.size().unwrap_or(0);
    if size < 2 {
        let message = format!("at least two sequences are needed, not {size}");
        let diagnostic = Diagnostic::error(Code::TooFewBackgrounds, message);
        return blame(checker, argument, Err(diagnostic.into()));
    }
    Ok(population)
}

fn query(checker: &mut Checker, value: &Value, of: &[&Arc<Population>]) -> Outcome<Rc<Query>> {
    let Value::Query(query) = value else {
        let diagnostic = Diagnostic::error(Code::TypeMismatch, "a query is needed");
        return blame(checker, 0, Err(diagnostic.into()));
    };
    for (place, population) in of.iter().enumerate() {
        if let Some(misfit) = checker.misfit(&query.formula, population, "these") {
            let mut diagnostic = Diagnostic::error(misfit.code, misfit.message);
            if let Some((wanted, given)) = misfit.lengths
                && given > wanted
            {
                diagnostic = diagnostic.help(format!(
                    "`width: {wanted}bp` takes the central part of each sequence"
                ));
            }
            return blame(checker, place + 1, Err(diagnostic.into()));
        }
    }
    Ok(query.clone())
}
