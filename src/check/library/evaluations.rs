//! Evaluation of a model on sequences with known labels or measurements.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::nulls::population_of;
use super::parameter_types::{AnyValue, ParameterType, Sequences};
use super::parameters::parameters;
use crate::native_function::{NativeResult, refused};
use crate::populations::sequence_of_motif;
use crate::types::{Type, motif_from_text, spells_bases};
use crate::value::{EvaluationValue, Query, Value};
use crate::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_base::source::Span;
use gia_design::GroundTruth;
use gia_domain::{MeasuredColumn, Population};

pub(super) const NATIVES: &[Native] = &[
    native!("evaluate", Evaluate, evaluate),
    native!("agreement", Agreement, agreement),
    native!("predict", Predict, predict),
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

parameters! {
    struct Predict {
        of: AnyValue,
        on: Sequences,
    }
}

/// Maximum number of tasks that are predicted at once.
const MAX_PREDICTED_TASKS: usize = 200;

fn predict(checker: &mut Checker, given: Predict) -> NativeResult<Value> {
    let on = population_of(given.on.get().map(|Sequences(set)| set))?;
    let location = given.of.location();
    let of = given.of.into_value();
    let queries = location.label_error(checker.predicted_queries(&of))?;
    if let Some(first) = queries.first() {
        fits(checker, first, &given.on, &on)?;
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        queries,
        ground_truth: GroundTruth::Unknown {
            sequences: with_both_alleles(on),
        },
    })))
}

/// Windows of variants with either allele, each called by it; other sequences as they are.
fn with_both_alleles(of: Arc<Population>) -> Arc<Population> {
    of.with_both_alleles().map_or(of, Arc::new)
}

impl Checker<'_> {
    /// `net("ACGT...")`: what a model, or one of its outputs, predicts for sequences.
    pub(crate) fn predict_by_call(
        &mut self,
        of: &Value,
        on: Value,
        (of_span, on_span): (Span, Span),
    ) -> EvalResult<Value> {
        let queries = self.predicted_queries(of);
        let queries = self.place(queries, of_span, "here")?;
        let on = match &on {
            // Letters are a sequence however few they are: the network says how many it takes.
            Value::Text(text) if spells_bases(text) => {
                motif_from_text(text).and_then(|motif| sequence_of_motif(&motif))
            }
            _ => self.coerce(on, &Type::Sequences),
        };
        let on = self.place(on, on_span, "here")?;
        let Some(Sequences(on)) = Sequences::from_value(&on) else {
            return Err(ErrorReported);
        };
        if let Some(first) = queries.first() {
            let misfit = self.find_model_mismatch(&first.formula, &on, "these");
            if let Some(misfit) = misfit {
                return self.fail(
                    Diagnostic::error(misfit.code, misfit.message)
                        .at(of_span, misfit.wanted)
                        .at(on_span, misfit.given),
                );
            }
        }
        Ok(Value::Evaluation(Rc::new(EvaluationValue {
            queries,
            ground_truth: GroundTruth::Unknown {
                sequences: with_both_alleles(on),
            },
        })))
    }

    /// The queries of every task of a model, or the one that a value is.
    fn predicted_queries(&mut self, of: &Value) -> Outcome<Vec<Rc<Query>>> {
        let Value::Model(model) = of else {
            return match self.coerce(of.clone(), &Type::Query)? {
                Value::Query(query) => Ok(vec![query]),
                other => refused(Code::TypeMismatch, format!("{} is no query", other.kind())),
            };
        };
        let declaration = self.models[*model].declaration.clone();
        let count = declaration.columns();
        if count > MAX_PREDICTED_TASKS {
            let message = format!(
                "`{}` has {}, too many to list",
                self.models[*model].name,
                pluralize(count, "output")
            );
            let help = "choose a task, or reduce a part of a profile: `sum(net.profile[...])`";
            return Err(Diagnostic::error(Code::OutOfRange, message)
                .help(help)
                .into());
        }
        let mut queries = Vec::with_capacity(count);
        for column in 0..count {
            let Value::Query(query) = self.task_by_number(*model, column as f64)? else {
                return refused(Code::TypeMismatch, "a task is one number");
            };
            let name = declaration.task_name(column).map(str::to_string);
            queries.push(Rc::new(Query {
                written: Some(name.unwrap_or_else(|| column.to_string())),
                ..(*query).clone()
            }));
        }
        Ok(queries)
    }
}

fn evaluate(checker: &mut Checker, given: Evaluate) -> NativeResult<Value> {
    let positives = sequences(&given.positives)?;
    let negatives = sequences(&given.negatives)?;
    let query = query(&given.of)?;
    fits(checker, query, &given.positives, &positives)?;
    fits(checker, query, &given.negatives, &negatives)?;
    if positives.identity() == negatives.identity() {
        let message = "positives and negatives are the same sequences";
        return given.negatives.refuse(Code::Repeated, message);
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        queries: vec![query.clone()],
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
    fits(checker, query, &given.on, &on)?;
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
        queries: vec![query.clone()],
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

fn query(argument: &Argument<Rc<Query>>) -> NativeResult<&Rc<Query>> {
    match argument.get() {
        Some(query) => Ok(query),
        None => argument.refuse(Code::TypeMismatch, "a query is needed"),
    }
}

/// Refuses sequences that the models of a query do not accept.
fn fits(
    checker: &mut Checker,
    query: &Query,
    argument: &Argument<Sequences>,
    population: &Arc<Population>,
) -> NativeResult<()> {
    let Some(misfit) = checker.find_model_mismatch(&query.formula, population, "these") else {
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
