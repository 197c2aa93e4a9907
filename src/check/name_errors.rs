//! Name resolution, and suggestions for names that nothing declares.

use std::rc::Rc;

use super::experiment::ExperimentScope;
use super::free_vars::MAX_SUGGESTED_ERRORS;
use super::scope::Scope;
use super::types::Type;
use super::value::Value;
use super::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_syntax::tree::{Expr, ExprKind, Name};

/// A suggestion for a name that nothing declares.
enum NameSuggestion {
    /// Replace it by another name or by a text.
    Name { words: String, name: String },
    /// Add a `use` statement for this module.
    Use(String),
}

impl Checker<'_> {
    pub(super) fn lookup(
        &mut self,
        name: &str,
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        match scope.value(name) {
            Some(Value::Error) => Err(ErrorReported),
            Some(value) => Ok(value),
            None if self.names_missing => Err(ErrorReported),
            None if self.is_declared_below(name, span) => {
                let below = self.declared_below[name];
                self.fail(
                    Diagnostic::error(
                        Code::UnknownName,
                        format!("`{name}` is used above its declaration"),
                    )
                    .at(span, "used here")
                    .at(below, "declared here")
                    .help("declarations are read from top to bottom: move this one below that one"),
                )
            }
            None => {
                let mut diagnostic =
                    Diagnostic::error(Code::UnknownName, format!("`{name}` is not declared"))
                        .at(span, "unknown name");
                match self.intended_value(name, scope) {
                    Some(NameSuggestion::Name { words, name }) => {
                        diagnostic = diagnostic.suggest_here(words, name);
                    }
                    Some(NameSuggestion::Use(module)) => {
                        let head = Span::new(span.source, 0, 0);
                        let what = if module == name { "a module of" } else { "in" };
                        diagnostic = diagnostic.suggest(
                            format!("`{name}` is {what} the standard library: add `use {module}`"),
                            [(head, format!("use {module}\n\n"))],
                        );
                    }
                    None => {}
                }
                if let Some(help) = other_spelling(name) {
                    diagnostic = diagnostic.help(help);
                } else if diagnostic.help.is_none()
                    && let Some(help) = self.suggestion(name)
                {
                    diagnostic = diagnostic.help(help);
                } else if diagnostic.help.is_none()
                    && let Some(experiment) = &self.experiment
                    && names_arms(scope)
                {
                    let arms = experiment.arms.join("`, `");
                    diagnostic = diagnostic.help(format!("the arms are `{arms}`"));
                }
                self.fail(diagnostic)
            }
        }
    }

    fn is_declared_below(&self, name: &str, place: Span) -> bool {
        let declared = self.declared_below.get(name);
        declared.is_some_and(|at| at.source == place.source && at.start > place.start)
    }

    /// A replacement for a name that is not declared, if one can be written in its place.
    fn intended_value(&self, name: &str, scope: &Rc<Scope>) -> Option<NameSuggestion> {
        if self.sink.errors() >= MAX_SUGGESTED_ERRORS || self.names_arm_or_outcome(name) {
            return None;
        }
        let visible = scope.visible();
        let letters = format!("the letters of a motif stand in quotes: `\"{name}\"`");
        match closest(name, visible.iter().map(String::as_str)) {
            Some(close) => {
                let words = match is_iupac(name) {
                    true => format!("did you mean `{close}`? {letters}"),
                    false => format!("did you mean `{close}`?"),
                };
                let name = close.to_string();
                return Some(NameSuggestion::Name { words, name });
            }
            None if is_iupac(name) => {
                let name = format!("\"{name}\"");
                return Some(NameSuggestion::Name {
                    words: letters,
                    name,
                });
            }
            None => {}
        }
        let checks_claims = |scope: &ExperimentScope| !scope.contrasts.is_empty();
        if self.experiment.as_ref().is_some_and(checks_claims) {
            return None;
        }
        if super::library::module(name).is_some() {
            return Some(NameSuggestion::Use(name.to_string()));
        }
        super::library::module_with(name).map(|module| NameSuggestion::Use(module.to_string()))
    }

    /// Whether a name is that of an arm or an outcome, which is said of it in words.
    fn names_arm_or_outcome(&self, name: &str) -> bool {
        self.experiment.as_ref().is_some_and(|scope| {
            let is_outcome = !scope.contrasts.is_empty() && scope.outcome(name).is_some();
            is_outcome || scope.arm(name).is_some()
        })
    }

    pub(super) fn suggestion(&self, name: &str) -> Option<String> {
        // Each is a search among all names, and nobody reads so many.
        if self.sink.errors() >= MAX_SUGGESTED_ERRORS {
            return None;
        }
        let scope = self.experiment.as_ref()?;
        if scope.arm(name).is_some() {
            return Some(format!(
                "`{name}` is an arm; name what it is compared with: `contrast {name}_effect = {name} - control`"
            ));
        }
        if let Some(contrast) = scope.contrasts.first()
            && scope.outcome(name).is_some()
        {
            return Some(format!(
                "`{name}` is an outcome, and stands behind a contrast: `{contrast}.{name}`"
            ));
        }
        match scope.contrasts.as_slice() {
            [] => {}
            [one] => return Some(format!("the contrast of this experiment is `{one}`")),
            several => {
                let shown: Vec<String> = several.iter().take(8).map(|c| format!("`{c}`")).collect();
                let more = several.len().saturating_sub(8);
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                return Some(format!(
                    "the contrasts of this experiment are {}{more}",
                    shown.join(", ")
                ));
            }
        }
        None
    }

    /// The error for a call of an unknown function, with suggestions of functions that return the type that is needed.
    pub(super) fn unknown_constructor(
        &self,
        expr: &Expr,
        ty: &Type,
        scope: &Rc<Scope>,
    ) -> Option<Diagnostic> {
        let ExprKind::Call { function, .. } = &expr.kind else {
            return None;
        };
        let ExprKind::Name(name) = &function.kind else {
            return None;
        };
        let unknown = scope.get(name).is_none()
            && self.intended_value(name, scope).is_none()
            && self.suggestion(name).is_none();
        if !unknown || self.names_missing || self.is_declared_below(name, function.span) {
            return None;
        }
        let gives = |result: &Type| match result {
            Type::Sequences => *ty == Type::Population,
            result => result == ty,
        };
        let makers: Vec<String> = self
            .prelude
            .own_bindings()
            .into_iter()
            .filter(|(_, binding)| match &binding.value {
                Value::Function(f) => f.result_type.as_ref().is_some_and(gives),
                _ => false,
            })
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if makers.is_empty() || makers.len() > 16 {
            return None;
        }
        Some(
            Diagnostic::error(Code::UnknownName, format!("there is no function `{name}`"))
                .at(function.span, "unknown function")
                .help(format!("a {ty} is made by {}", makers.join(", "))),
        )
    }

    pub(super) fn refuse_outcome<T>(&mut self, base: &Expr, name: &Name) -> EvalResult<T> {
        let scope = self.experiment.as_ref();
        if scope.is_some_and(|scope| scope.tracks.contains(&name.text)) {
            return self.refuse_track(&name.text, name.span);
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            format!("no outcome is called `{}`", name.text),
        )
        .at(name.span, "unknown outcome");
        let outcomes = scope.map_or(&[][..], |scope| &scope.outcomes);
        let is_name = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if let Some(close) = closest(&name.text, outcomes.iter().map(String::as_str))
            && is_name(&close.to_string())
        {
            let diagnostic = diagnostic.did_you_mean(close);
            return self.fail(diagnostic);
        }
        let help = match (
            closest(&name.text, outcomes.iter().map(String::as_str)),
            outcomes,
        ) {
            (Some(close), _) => format!("did you mean `{close}`?"),
            (None, [_]) => format!(
                "one outcome is measured and needs no name here: write `{}`",
                self.text_of(base.span)
            ),
            (None, several) if several.iter().all(is_name) => {
                format!("outcomes are `{}`", several.join("`, `"))
            }
            (None, [first, ..]) => format!(
                "an outcome is called what `measure` calls it: `measure {} = {first}, ...`",
                name.text
            ),
            (None, []) => return self.fail(diagnostic),
        };
        self.fail(diagnostic.help(help))
    }

    /// A claim about a whole track.
    pub(super) fn refuse_track<T>(&mut self, name: &str, span: Span) -> EvalResult<T> {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let written = if is_name { name } else { "TRACK" };
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{name}` is a track, and a claim is about one number"),
            )
            .at(span, "many numbers")
            .help(format!(
                "measure the number that is claimed, such as `highest = max({written})` with the track in place of its name, or `argmax`, `sum` or one place of it"
            )),
        )
    }

    /// `net[CTCF]`, where nothing is called `CTCF`.
    pub(super) fn refuse_task_without_quotes<T>(
        &mut self,
        model: usize,
        task: &str,
        span: Span,
    ) -> EvalResult<T> {
        let tasks: Vec<String> = self.models[model]
            .declaration
            .outputs
            .iter()
            .flat_map(|output| output.tasks.clone())
            .collect();
        let known = tasks.iter().map(String::as_str);
        let meant = known.clone().find(|known| *known == task);
        let example = meant.or(closest(task, known));
        let example = example.or(tasks.first().map(String::as_str));
        let name = self.models[model].name.clone();
        let diagnostic = Diagnostic::error(Code::UnknownName, format!("`{task}` is not declared"))
            .at(span, "unknown name");
        let (words, text) = match example {
            Some(example) => (
                format!("a task stands in quotes: `{name}[\"{example}\"]`"),
                format!("\"{example}\""),
            ),
            None => (
                format!("its declaration names no tasks; write `{name}[0]`"),
                "0".to_string(),
            ),
        };
        self.fail(diagnostic.suggest_here(words, text))
    }
}

/// Whether names of arms are values in a scope, as in a contrast.
fn names_arms(scope: &Scope) -> bool {
    matches!(scope.value("control"), Some(Value::Contrast(_)))
}

/// How the language says what a name of no declaration is often meant for.
fn other_spelling(name: &str) -> Option<&'static str> {
    Some(match name {
        "region" => "a region is written with two dots between its ends: `10bp..20bp`",
        "peak" => {
            "a peak is claimed by itself, and is no number: `expect peak(effect over gap) between 35bp and 45bp`"
        }
        "periodic" => {
            "a period is claimed by itself, and is no number: `expect periodic(effect over gap) between 10bp and 11bp`"
        }
        "increasing" => {
            "that a contrast increases is claimed by itself: `expect increasing(effect over gap)`"
        }
        "decreasing" => {
            "that a contrast decreases is claimed by itself: `expect decreasing(effect over gap)`"
        }
        "median" | "lower_quartile" | "upper_quartile" => {
            "a quantile is claimed by itself, and compared with a number: `expect median(effect) > 0`; arithmetic goes inside, `median(2 * effect)`"
        }
        "share" => {
            "a share of backgrounds is claimed by itself, and compared with a number: `expect share(effect) > 90%`"
        }
        _ => return None,
    })
}

/// Whether a name could be the letters of a motif.
fn is_iupac(name: &str) -> bool {
    name.len() >= 3 && name.chars().all(|c| "ACGTUNRYSWKMBDHV".contains(c))
}
