//! `arm(...)` and `interaction(...)`: the arms of the experiment that is being checked, as the leaves of a contrast.

use super::experiment::ExperimentScope;
use super::value::Value;
use super::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_design::Formula;
use gia_syntax::tree::{Argument, ExprKind};

impl Checker<'_> {
    /// The names between the brackets of `interaction(...)` and `arm(...)`.
    fn bracketed_labels(
        &mut self,
        arguments: &[Argument],
        message: &str,
    ) -> EvalResult<Vec<String>> {
        let mut labels = Vec::new();
        for argument in arguments {
            match &argument.value.kind {
                ExprKind::Name(name) => labels.push(name.clone()),
                _ => {
                    return self.fail(
                        Diagnostic::error(Code::TypeMismatch, message)
                            .at(argument.value.span, "not a name"),
                    );
                }
            }
        }
        Ok(labels)
    }

    /// `arm(gata)`, or `arm(g, t)` for the arm of a factorial that holds these parts, in any order.
    pub(super) fn eval_arm_call(
        &mut self,
        arguments: &[Argument],
        span: Span,
    ) -> EvalResult<Value> {
        let message = "`arm` takes the name of an arm, or the labels of a factorial's parts";
        let wanted = self.bracketed_labels(arguments, message)?;
        let outside = ExperimentScope::default();
        let scope = self.experiment.as_ref().unwrap_or(&outside);
        let found = match wanted.as_slice() {
            [name] => scope.arm(name),
            several => scope.arm_of_factors(several),
        };
        if let Some(arm) = found {
            return Ok(Value::of_arms(Formula::Leaf(arm)));
        }
        let message = match wanted.as_slice() {
            [] => "`arm` needs the name of an arm".to_string(),
            [name] => format!("there is no arm `{name}`"),
            _ if scope.factor_arms.is_empty() => {
                "only a `factorial` has arms of several parts".into()
            }
            several => format!("the factorial has no arm of `{}`", several.join("`, `")),
        };
        let diagnostic = Diagnostic::error(Code::UnknownName, message).at(span, "here");
        let close = match wanted.as_slice() {
            [name] => closest(name, scope.arms.iter().map(String::as_str)),
            _ => None,
        };
        let mut known: Vec<String> = Vec::new();
        for (i, arm) in scope.arms.iter().enumerate() {
            known.push(
                match scope.factor_arms.iter().find(|(_, index)| *index == i) {
                    Some((labels, _)) => format!("`arm({})`", labels.join(", ")),
                    None => format!("`arm({arm})`"),
                },
            );
        }
        self.fail(match close {
            Some(close) => diagnostic.did_you_mean(close),
            None if known.is_empty() => diagnostic
                .help("arms belong to an experiment: name one in its `contrast` or `expect`"),
            None => diagnostic.help(format!("the arms are {}", known.join(", "))),
        })
    }

    /// `interaction(g, t)` of a factorial's parts, in any order.
    pub(super) fn eval_interaction_call(
        &mut self,
        arguments: &[Argument],
        span: Span,
    ) -> EvalResult<Value> {
        let message = "`interaction` takes the labels of a factorial's parts";
        let wanted = self.bracketed_labels(arguments, message)?;
        let scope = self.experiment.as_ref();
        let Some(scope) = scope.filter(|scope| !scope.interactions.is_empty()) else {
            return self.fail(
                Diagnostic::error(Code::UnknownName, "only a `factorial` has interactions")
                    .at(span, "no factorial here")
                    .help("write the contrast with arms of your own, such as `contrast joint = both - first - second + control`"),
            );
        };
        if let Some(formula) = scope.interaction(&wanted) {
            return Ok(Value::of_arms(formula.clone()));
        }
        let all: Vec<String> = scope
            .interactions
            .iter()
            .map(|(labels, _)| format!("`interaction({})`", labels.join(", ")))
            .collect();
        self.fail(
            Diagnostic::error(Code::UnknownName, "the factorial has no such interaction")
                .at(span, "here")
                .help(format!("it has {}", all.join(", "))),
        )
    }
}
