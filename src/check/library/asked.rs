//! Backgrounds that are made by asking a model.

use std::sync::Arc;

use super::Native;
use super::arguments::{blame, refused, whole};
use super::backgrounds::{population, population_of};
use crate::check::Checker;
use crate::check::hir::{By, Formula, Read, Selection};
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{Chosen, Null, Population};

pub(super) const NATIVES: &[(&str, Native)] = &[("filtered", filtered), ("maxent", maxent)];

fn filtered(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let Value::Band(band) = &values[1] else {
        return refused(Code::TypeMismatch, "a query and its bounds are needed");
    };
    let selection = Asked {
        kind: "filtered",
        of,
        query: &band.formula,
        by: By::Between {
            low: band.low,
            high: band.high,
        },
        words: format!("with {}", band.words),
    };
    selection.population(checker, 0, 1)
}

/// Walks of so many proposals are hours of passes.
const MOST_STEPS: usize = 1_000_000;

fn maxent(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::Query(query) = &values[0] else {
        return refused(Code::TypeMismatch, "a query is needed");
    };
    let of = population_of(&values[1])?;
    let steps = blame(checker, 2, whole(&values[2], "steps"))?;
    if steps == 0 || steps > MOST_STEPS {
        let message = format!("a walk has 1 to {MOST_STEPS} steps, not {steps}");
        return blame(checker, 2, refused(Code::OutOfRange, message));
    }
    let written = query.written.as_deref().unwrap_or("a query");
    let selection = Asked {
        kind: "maxent",
        of,
        query: &query.formula,
        by: By::Walk { steps },
        words: format!("after {steps} steps towards {written}"),
    };
    selection.population(checker, 1, 0)
}

/// A population that is made by asking a model.
struct Asked<'q> {
    kind: &'static str,
    of: Arc<Population>,
    query: &'q Arc<Formula<Read>>,
    by: By,
    words: String,
}

impl Asked<'_> {
    /// Notes what is to be asked. `source` and `question` are the arguments that a mistake is laid at.
    fn population(self, checker: &mut Checker, source: usize, question: usize) -> Outcome<Value> {
        if let Some(misfit) = checker.misfit(self.query, &self.of, "these") {
            let diagnostic = Diagnostic::error(misfit.code, misfit.message);
            return blame(checker, question, Err(diagnostic.into()));
        }
        if self.of.awaits_a_model() {
            let message = "what a model makes of these backgrounds is known only in a run";
            let diagnostic = Diagnostic::error(Code::KnownOnlyInRun, message)
                .help("several conditions are one query: `min(a - 1, 2 - b) between 0 and 100`");
            return blame(checker, source, Err(diagnostic.into()));
        }
        let what = format!("{:?} {:?}", self.query, self.by);
        let chosen = Chosen::new(
            self.kind,
            self.of.clone(),
            what.as_bytes(),
            self.words.clone(),
        );
        let known = checker.selections.iter();
        if known.clone().all(|known| known.key != chosen.key) {
            checker.selections.push(Selection {
                key: chosen.key,
                of: self.of,
                query: self.query.clone(),
                by: self.by,
                words: self.words,
            });
        }
        Ok(population(Null::Chosen(chosen)))
    }
}
