//! Evaluation of a model on sequences with known labels or measurements.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::nulls::population_of;
use super::parameter_types::Sequences;
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::{EvaluatedValue, EvaluationValue, Query, Value};
use gia_base::diag::{Code, Diagnostic, closest, pluralize};
use gia_design::{Formula, GroundTruth, OutputRef};
use gia_domain::{MeasuredColumn, Population};

pub(super) const NATIVES: &[Native] = &[
    native!("evaluate", Evaluate, evaluate),
    native!("agreement", Agreement, agreement),
];

parameters! {
    struct Evaluate {
        of: Rc<Query>,
        positives: Sequences,
        negatives: Sequences,
    }
}

parameters! {
    struct Agreement {
        of: Rc<Query>,
        on: Sequences,
        table: Rc<str>,
        column: Rc<str>,
    }
}

fn evaluate(checker: &mut Checker, given: Evaluate) -> NativeResult<Value> {
    let positives = sequences(&given.positives)?;
    let negatives = sequences(&given.negatives)?;
    let query = query(&given.of)?;
    fits(checker, &query.formula, &given.positives, &positives)?;
    fits(checker, &query.formula, &given.negatives, &negatives)?;
    if positives.identity() == negatives.identity() {
        let message = "positives and negatives are the same sequences";
        return given.negatives.refuse(Code::Repeated, message);
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::Queries(vec![query.clone()]),
        ground_truth: GroundTruth::Classes {
            positives,
            negatives,
        },
    })))
}

fn agreement(checker: &mut Checker, given: Agreement) -> NativeResult<Value> {
    let on = sequences(&given.on)?;
    let (path, column) = (given.table.text(), given.column.text());
    let query = query(&given.of)?;
    fits(checker, &query.formula, &given.on, &on)?;
    let full = checker.files.resolve(path);
    let table = given
        .table
        .label_error(MeasuredColumn::read(&full, column))?;
    checker.files.record_hash(path, &table.sha256);
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
            pluralize(measured.len() + missing.len(), "sequence")
        );
        let mut diagnostic = Diagnostic::error(Code::NoSuchItem, message);
        let known = table.numbers.keys().map(String::as_str);
        if let Some(close) = closest(first, known.take(1000)) {
            diagnostic = diagnostic.help(format!("it has a row `{close}`"));
        }
        return given.table.label_error(Err(diagnostic.into()));
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::Queries(vec![query.clone()]),
        ground_truth: GroundTruth::Measured {
            sequences: on,
            measurements: Arc::from(measured),
            column: column.to_string(),
        },
    })))
}

/// A finite set of at least two sequences.
fn sequences(argument: &Argument<Sequences>) -> NativeResult<Arc<Population>> {
    let population = population_of(argument.get().map(|Sequences(set)| set))?;
    let size = population.size().unwrap_or(0);
    if size < 2 {
        let message = format!("at least two sequences are needed, not {size}");
        return argument.refuse(Code::TooFewBackgrounds, message);
    }
    Ok(population)
}

pub(super) fn query(argument: &Argument<Rc<Query>>) -> NativeResult<&Rc<Query>> {
    match argument.get() {
        Some(query) => Ok(query),
        None => argument.refuse(Code::TypeMismatch, "a query is needed"),
    }
}

/// Refuses sequences that the models of a query do not accept.
pub(super) fn fits(
    checker: &mut Checker,
    formula: &Formula<OutputRef>,
    argument: &Argument<Sequences>,
    population: &Arc<Population>,
) -> NativeResult<()> {
    let Some(misfit) = checker.find_model_mismatch(formula, population, "these") else {
        return Ok(());
    };
    let mut diagnostic = Diagnostic::error(misfit.code, misfit.message);
    if let Some((wanted, given)) = misfit.lengths
        && given > wanted
    {
        diagnostic = diagnostic.help(format!(
            "add `width: {wanted}bp` to the call that reads the sequences, which takes the central part of each"
        ));
    }
    argument.label_error(Err(diagnostic.into()))
}
