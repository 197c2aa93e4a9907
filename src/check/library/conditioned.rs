//! Backgrounds conditioned on the answers of a model: `filtered` and `maxent`.

use std::rc::Rc;
use std::sync::Arc;

use super::native::{Native, native};
use super::nulls::population_of;
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::{ArgumentLocation, NativeResult, refused};
use crate::value::{Query, QueryBand, Value};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Formula, OutputRef, Selection, SelectionMethod};
use gia_domain::{Conditioned, Conditioning, Population};

pub(super) const NATIVES: &[Native] = &[
    native!("filtered", Filtered, filtered),
    native!("maxent", MaxEnt, maxent),
];

parameters! {
    struct Filtered {
        of: Arc<Population>,
        by: Rc<QueryBand>,
    }
}

parameters! {
    struct MaxEnt {
        of: Rc<Query>,
        from: Arc<Population>,
        steps: f64,
    }
}

fn filtered(checker: &mut Checker, given: Filtered) -> NativeResult<Value> {
    let of = population_of(given.of.get())?;
    let Some(band) = given.by.get() else {
        return refused(Code::TypeMismatch, "a query and its bounds are needed");
    };
    let selection = ConditionedRequest {
        kind: Conditioning::Filtered,
        of,
        query: &band.formula,
        method: SelectionMethod::Rejection {
            low: band.low,
            high: band.high,
        },
        words: format!("with {}", band.words),
        condition: band.words.clone(),
    };
    selection.population(checker, given.of.location(), given.by.location())
}

/// Maximum number of proposals in a walk, which already take hours.
const MAX_STEPS: usize = 1_000_000;

fn maxent(checker: &mut Checker, given: MaxEnt) -> NativeResult<Value> {
    let Some(query) = given.of.get() else {
        return refused(Code::TypeMismatch, "a query is needed");
    };
    let of = population_of(given.from.get())?;
    let steps = given.steps.whole_number()?;
    if steps == 0 || steps > MAX_STEPS {
        let message = format!("a walk has 1 to {MAX_STEPS} steps, not {steps}");
        return given.steps.refuse(Code::OutOfRange, message);
    }
    let written = query.written.as_deref().unwrap_or("a query");
    let selection = ConditionedRequest {
        kind: Conditioning::MaxEnt,
        of,
        query: &query.formula,
        method: SelectionMethod::Metropolis { steps },
        words: format!("after {steps} steps towards {written}"),
        condition: written.to_string(),
    };
    selection.population(checker, given.from.location(), given.of.location())
}

/// A population conditioned on the answers of a model.
struct ConditionedRequest<'q> {
    kind: Conditioning,
    of: Arc<Population>,
    query: &'q Arc<Formula<OutputRef>>,
    method: SelectionMethod,
    words: String,
    /// The condition as the author wrote it.
    condition: String,
}

impl ConditionedRequest<'_> {
    /// Records the selection. Errors are laid at `source`, the argument that gives the backgrounds, or at `question`, the one
    /// that gives the query.
    fn population(
        self,
        checker: &mut Checker,
        source: ArgumentLocation,
        question: ArgumentLocation,
    ) -> NativeResult<Value> {
        if let Some(misfit) = checker.find_model_mismatch(self.query, &self.of, "these") {
            return question.refuse(misfit.code, misfit.message);
        }
        if self.of.depends_on_model() {
            let message = "what a model makes of these backgrounds is known only in a run";
            let diagnostic = Diagnostic::error(Code::KnownOnlyInRun, message)
                .help("several conditions are one query: `min(a - 1, 2 - b) between 0 and 100`");
            return source.label_error(Err(diagnostic.into()));
        }
        let what = gia_design::condition_identity(self.query, self.method);
        let conditioned = Conditioned::new(
            self.kind,
            self.of.clone(),
            what.as_bytes(),
            self.words.clone(),
        );
        let known = checker.selections.iter();
        if known.clone().all(|known| known.key != conditioned.key) {
            checker.selections.push(Selection {
                key: conditioned.key,
                source: self.of,
                query: self.query.clone(),
                method: self.method,
                condition: self.condition,
                description: self.words,
            });
        }
        let population = Population::Null(conditioned.into());
        Ok(Value::Population(Arc::new(population)))
    }
}
