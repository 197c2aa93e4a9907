//! What models predict for sequences: `predict(net, peaks)`, `net("ACGT...")`.

use std::rc::Rc;
use std::sync::Arc;

use super::evaluations::fits;
use super::native::{Native, native};
use super::nulls::population_of;
use super::parameter_types::{AnyValue, ParameterType, Sequences};
use super::parameters::parameters;
use crate::native_function::{NativeResult, refused};
use crate::populations::sequence_of_motif;
use crate::types::{Type, motif_from_text, spells_bases};
use crate::value::{EvaluatedValue, EvaluationValue, Query, Value};
use crate::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome, count, pluralize};
use gia_base::source::Span;
use gia_design::{Formula, GroundTruth, OutputRef};
use gia_domain::Population;

pub(super) const NATIVES: &[Native] = &[native!("predict", Predict, predict)];

parameters! {
    struct Predict {
        of: AnyValue,
        on: Sequences,
    }
}

/// Maximum number of tasks that are predicted at once.
const MAX_PREDICTED_TASKS: usize = 200;
/// Maximum number of values of predicted tracks, all of which are kept.
const MAX_TRACK_VALUES: usize = 4_000_000;

fn predict(checker: &mut Checker, given: Predict) -> NativeResult<Value> {
    let on = population_of(given.on.get().map(|Sequences(set)| set))?;
    let location = given.of.location();
    let span = given.of.span();
    let of = given.of.into_value();
    let of = location.label_error(checker.evaluated(&of, span))?;
    if let Some(formula) = of.first_formula() {
        fits(checker, &formula, &given.on, &on)?;
    }
    given.on.label_error(of.check_size(&on))?;
    Ok(prediction(of, on))
}

impl EvaluatedValue {
    /// A formula that reads what is predicted, or its first task; none if nothing is.
    fn first_formula(&self) -> Option<Formula<OutputRef>> {
        let query = match self {
            EvaluatedValue::Queries(queries) => queries.first().cloned(),
            // Every place reads what the whole track reads.
            EvaluatedValue::Track(track, _) => match track.at(0) {
                Some(Value::Query(query)) => Some(query),
                _ => None,
            },
            EvaluatedValue::Map(_)
            | EvaluatedValue::Influence(_)
            | EvaluatedValue::MapComparison(_) => None,
        };
        query.map(|query| (*query.formula).clone())
    }

    /// Refuses tracks of so many sequences that their values cannot all be kept.
    fn check_size(&self, on: &Population) -> Outcome<()> {
        let EvaluatedValue::Track(track, _) = self else {
            return Ok(());
        };
        let sequences = on.size().unwrap_or(0);
        let values = sequences.saturating_mul(track.len());
        if values <= MAX_TRACK_VALUES {
            return Ok(());
        }
        let message = format!(
            "the tracks of {} sequences have {} values, and at most {} are kept",
            count(sequences),
            count(values),
            count(MAX_TRACK_VALUES)
        );
        let most = (MAX_TRACK_VALUES / track.len().max(1)).max(1);
        Err(Diagnostic::error(Code::OutOfRange, message)
            .help(format!(
                "take the first of them, `first {most}`, or a part of the track"
            ))
            .into())
    }
}

/// What is predicted for sequences; of windows of variants for either allele, each called by it.
fn prediction(of: EvaluatedValue, given: Arc<Population>) -> Value {
    let both = given.with_both_alleles();
    let sequences = both.map_or_else(|| given.clone(), Arc::new);
    Value::Evaluation(Rc::new(EvaluationValue {
        of,
        ground_truth: GroundTruth::Unknown {
            sequences,
            given,
            shuffles: None,
        },
    }))
}

impl Checker<'_> {
    /// `net("ACGT...")`: what a model, a query or a track is for sequences.
    pub(crate) fn predict_by_call(
        &mut self,
        of: &Value,
        on: Value,
        (of_span, on_span): (Span, Span),
    ) -> EvalResult<Value> {
        let of = self.evaluated(of, of_span);
        let of = self.place(of, of_span, "here")?;
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
        if let Some(formula) = of.first_formula() {
            let misfit = self.find_model_mismatch(&formula, &on, "these");
            if let Some(misfit) = misfit {
                return self.fail(
                    Diagnostic::error(misfit.code, misfit.message)
                        .at(of_span, misfit.wanted)
                        .at(on_span, misfit.given),
                );
            }
        }
        let size = of.check_size(&on);
        self.place(size, on_span, "here")?;
        Ok(prediction(of, on))
    }

    /// The queries of every task of a model, or the query or track that a value is, with the text that it is written as.
    fn evaluated(&mut self, of: &Value, span: Span) -> Outcome<EvaluatedValue> {
        let text = |checker: &Checker| checker.text_of(span);
        if let Value::Model(model) = of {
            return self.all_tasks(*model).map(EvaluatedValue::Queries);
        }
        if let Some(track) = self.as_track(of)? {
            return Ok(EvaluatedValue::Track(track, text(self)));
        }
        match self.coerce(of.clone(), &Type::Query)? {
            Value::Query(query) => {
                let written = query.written.clone();
                let query = Query {
                    written: Some(written.unwrap_or_else(|| text(self))),
                    ..(*query).clone()
                };
                Ok(EvaluatedValue::Queries(vec![Rc::new(query)]))
            }
            other => refused(Code::TypeMismatch, format!("{} is no query", other.kind())),
        }
    }

    /// A query for every task of a model.
    fn all_tasks(&mut self, model: usize) -> Outcome<Vec<Rc<Query>>> {
        let declaration = self.models[model].declaration.clone();
        let count = declaration.columns();
        if count > MAX_PREDICTED_TASKS {
            let message = format!(
                "`{}` has {}, too many to list",
                self.models[model].name,
                pluralize(count, "output")
            );
            let help = "choose a task or an output, `net.profile[\"plus\"](...)`, or reduce a part of it: `sum(net.profile[...])`";
            return Err(Diagnostic::error(Code::OutOfRange, message)
                .help(help)
                .into());
        }
        let mut queries = Vec::with_capacity(count);
        for column in 0..count {
            let Value::Query(query) = self.task_by_number(model, column as f64)? else {
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
