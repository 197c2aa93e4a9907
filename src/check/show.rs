//! `show` statements: which rows or evaluations the reports repeat.

use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::scope::Scope;
use super::types::Type;
use super::value::{EvaluatedValue, EvaluationValue, Value};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_base::spelling::is_name;
use gia_design::{EvaluatedQuery, Experiment};
use gia_syntax::tree::{Expr, ExprKind, Ranking};

/// A `show` that waits for the experiments to be laid out.
pub struct PendingShow {
    pub ranking: Option<(Ranking, Expr)>,
    pub of: Expr,
    pub span: Span,
}

impl Checker<'_> {
    /// The rows that the script asks for. An experiment that could not be laid out gets no further diagnostic.
    pub(super) fn shows(
        &mut self,
        scope: &Rc<Scope>,
        declared: &[String],
        experiments: &[Experiment],
    ) -> Vec<gia_design::Show> {
        let pending = std::mem::take(&mut self.to_show);
        pending
            .iter()
            .filter_map(|show| self.eval_show(show, scope, declared, experiments))
            .collect()
    }

    fn eval_show(
        &mut self,
        show: &PendingShow,
        scope: &Rc<Scope>,
        declared: &[String],
        experiments: &[Experiment],
    ) -> Option<gia_design::Show> {
        let count = match &show.ranking {
            Some((ranking, count)) => {
                let n = self.count(count, "the number of rows", scope).ok()?;
                let ranking = match ranking {
                    Ranking::Top => gia_design::Ranking::Top,
                    Ranking::Bottom => gia_design::Ranking::Bottom,
                };
                Some((ranking, n))
            }
            None => None,
        };
        if self.is_evaluation(show, scope, declared) {
            return None;
        }
        let each = argument_of_each(&show.of);
        let of = each.unwrap_or(&show.of);
        let (index, contrast, outcome) = self.contrast_of_experiment(of, declared, experiments)?;
        let experiment = &experiments[index];
        let root = experiment.name.as_str();
        if let (Some(_), None, [first, _, ..]) = (count, outcome, experiment.outcomes.as_slice()) {
            let name = &experiment.contrasts[contrast].name;
            let diagnostic = Diagnostic::error(
                Code::AmbiguousName,
                format!("`{root}` has several outcomes, and an order is of one"),
            )
            .at(of.span, "of which outcome?");
            self.sink.push(match is_name(&first.name) {
                true => diagnostic.suggest_here(
                    format!("write `{root}.{name}.{}`", first.name),
                    format!("{root}.{name}.{}", first.name),
                ),
                false => diagnostic.help(format!(
                    "give the outcomes names, `measure a = {}, ...`, and write `{root}.{name}.a`",
                    first.name
                )),
            });
            return None;
        }
        if each.is_some() && experiment.each.is_none() {
            self.sink.push(
                Diagnostic::error(
                    Code::MissingPart,
                    format!("`{root}` keeps no rows of single backgrounds"),
                )
                .at(show.of.span, "each of what?")
                .help(format!("write `report each` in experiment `{root}`")),
            );
            return None;
        }
        Some(gia_design::Show {
            each: each.is_some(),
            text: self.text_of(show.span),
            experiment: index,
            contrast,
            outcome,
            ranking: count,
        })
    }
}

impl Checker<'_> {
    /// The experiment, contrast and outcome that `hexamers.effect.dnase` names, by index; no outcome if none is named. An experiment that
    /// could not be laid out gets no further diagnostic.
    pub(super) fn contrast_of_experiment(
        &mut self,
        of: &Expr,
        declared: &[String],
        experiments: &[Experiment],
    ) -> Option<(usize, usize, Option<usize>)> {
        let Some(root) = root_name(of) else {
            self.sink.push(
                Diagnostic::error(Code::TypeMismatch, "this is no contrast of an experiment")
                    .at(of.span, "here")
                    .help("write `NAME.effect`, with the name of an experiment"),
            );
            return None;
        };
        let Some(index) = experiments.iter().position(|e| e.name == root) else {
            if !declared.iter().any(|name| name == root) {
                let diagnostic = Diagnostic::error(
                    Code::UnknownName,
                    format!("there is no experiment `{root}`"),
                )
                .at(of.span, "unknown experiment");
                let close = closest(root, declared.iter().map(String::as_str));
                self.sink.push(match close {
                    Some(close) => diagnostic.did_you_mean(close),
                    None => diagnostic,
                });
            }
            return None;
        };
        let experiment = &experiments[index];
        // Names of contrasts are compared as they are written: `interaction(a, b)` is one.
        let squeezed = |text: &str| text.replace(char::is_whitespace, "");
        let text = squeezed(&self.text_of(of.span));
        let wanted = text.strip_prefix(root).unwrap_or_default();
        let wanted = wanted.strip_prefix('.').unwrap_or(wanted);
        let mut found = None;
        for (c, contrast) in experiment.contrasts.iter().enumerate() {
            let name = squeezed(&contrast.name);
            if wanted == name {
                found = Some((c, None));
            }
            for (o, outcome) in experiment.outcomes.iter().enumerate() {
                if wanted == format!("{name}.{}", squeezed(&outcome.name)) {
                    found = Some((c, Some(o)));
                }
            }
        }
        let Some((contrast, outcome)) = found else {
            let curve = experiment.tracks.iter().find(|track| {
                let of = wanted.strip_suffix(&squeezed(&track.name));
                let of = of.and_then(|of| of.strip_suffix('.'));
                let mut contrasts = experiment.contrasts.iter();
                of.is_some_and(|of| contrasts.any(|contrast| squeezed(&contrast.name) == of))
            });
            if let Some(track) = curve {
                self.sink.push(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!(
                            "`{}` is a curve, which has a number at each place and no rows to show",
                            track.name
                        ),
                    )
                    .at(of.span, "a curve")
                    .help(format!(
                        "the report of `{root}` draws it, and `gia run --csv` has its places; to show one number, measure it: `max(TRACK)`, `TRACK[20bp]`"
                    )),
                );
                return None;
            }
            let names: Vec<&str> = experiment
                .contrasts
                .iter()
                .map(|c| c.name.as_str())
                .collect();
            let diagnostic = Diagnostic::error(
                Code::UnknownName,
                if wanted.is_empty() {
                    format!("say which contrast of `{root}` is meant")
                } else {
                    format!("`{root}` has no contrast `{wanted}`")
                },
            )
            .at(of.span, "here");
            self.sink
                .push(match closest(wanted, names.iter().copied()) {
                    Some(close) => diagnostic.suggest_here(
                        format!("did you mean `{root}.{close}`?"),
                        format!("{root}.{close}"),
                    ),
                    None => diagnostic.help(format!("its contrasts are `{}`", names.join("`, `"))),
                });
            return None;
        };
        Some((index, contrast, outcome))
    }

    /// Whether a model is shown beside what is known, rather than rows of an experiment; if so, it is noted, or what is wrong with
    /// it is.
    fn is_evaluation(
        &mut self,
        show: &PendingShow,
        scope: &Rc<Scope>,
        declared: &[String],
    ) -> bool {
        let Some(root) = root_name(&show.of) else {
            return false;
        };
        let bound = scope.get(root).map(|binding| binding.value);
        let may_be = matches!(
            bound,
            Some(
                Value::Function(_)
                    | Value::Evaluation(_)
                    | Value::Model(_)
                    // Of a wrong declaration, which is reported there.
                    | Value::Error
            )
        );
        if !may_be || declared.iter().any(|name| name == root) {
            return false;
        }
        let Ok(value) = self.eval_as(&show.of, &Type::Evaluation, scope) else {
            return true;
        };
        let Value::Evaluation(evaluation) = value else {
            return true;
        };
        if show.ranking.is_some() {
            self.sink.push(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "an evaluation has no rows to put in order",
                )
                .at(show.span, "here")
                .help("write `show NAME` or `show evaluate(...)`"),
            );
            return true;
        }
        self.note_evaluation(&evaluation, show.of.span);
        true
    }
}

impl Checker<'_> {
    /// Adds an evaluation that is written at a place to those of the program: one for each query.
    pub(super) fn note_evaluation(&mut self, evaluation: &EvaluationValue, span: Span) {
        let text = self.text_of(span);
        let design = |outcome: String, unit: &Option<String>, query: EvaluatedQuery, bounded| {
            gia_design::Evaluation {
                text: text.clone(),
                outcome,
                unit: unit.clone(),
                bounded,
                query,
                ground_truth: evaluation.ground_truth.clone(),
                level: 0.0,
            }
        };
        let evaluations = match &evaluation.of {
            EvaluatedValue::Queries(queries) => {
                let of_queries = queries.iter().map(|query| {
                    let written = query.written.clone();
                    let outcome = written.unwrap_or_else(|| "query".to_string());
                    let formula = EvaluatedQuery::Number(query.formula.clone());
                    design(outcome, &query.unit, formula, self.is_share(&query.formula))
                });
                of_queries.collect()
            }
            EvaluatedValue::Track(track, written) => {
                let measured = match track.measured() {
                    Ok(measured) => measured,
                    Err(diagnostic) => {
                        self.sink.push(diagnostic.at(span, "predicted here"));
                        return;
                    }
                };
                let query = EvaluatedQuery::Track(Arc::new(measured));
                vec![design(written.clone(), &track.unit, query, false)]
            }
            EvaluatedValue::MapComparison(maps) => {
                let query = maps.clone().map(|map| map.map.contributions.clone());
                let [one, other] = [&maps[0].query, &maps[1].query];
                let outcome = match one == other {
                    true => one.clone(),
                    false => format!("{one} and {other}"),
                };
                vec![design(
                    outcome,
                    &None,
                    EvaluatedQuery::MapComparison(query),
                    false,
                )]
            }
            EvaluatedValue::Influence(map) => {
                let query = EvaluatedQuery::Influence(map.map.clone());
                vec![design(map.track.clone(), &map.unit, query, false)]
            }
            EvaluatedValue::Map(map) => {
                let query = EvaluatedQuery::Map(map.map.clone());
                vec![design(map.query.clone(), &map.unit, query, false)]
            }
        };
        self.evaluations.extend::<Vec<_>>(evaluations);
    }
}

/// The first name in an expression such as `hexamers.effect`.
fn root_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        ExprKind::Field { base, .. } => root_name(base),
        ExprKind::Call { function, .. } => root_name(function),
        _ => None,
    }
}

/// The name of the experiment or the evaluation that a `show` is about.
pub(super) fn shown_name(of: &Expr) -> Option<&str> {
    root_name(argument_of_each(of).unwrap_or(of))
}

/// What stands between the brackets of `each(variants.effect)`.
fn argument_of_each(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Call {
        function,
        arguments,
    } = &expr.kind
    else {
        return None;
    };
    let is_each =
        matches!(&function.kind, ExprKind::Name(name) if name == gia_design::EachReport::WORD);
    match arguments.as_slice() {
        [only] if is_each && only.name.is_none() => Some(&only.value),
        _ => None,
    }
}
