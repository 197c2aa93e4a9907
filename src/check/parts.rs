//! A construct with some of its motifs left out: `pair without g`, `pair keeping t`.

use std::rc::Rc;

use super::scope::Scope;
use super::types::Type;
use super::value::Value;
use super::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_syntax::tree::{Expr, Name};

impl Checker<'_> {
    /// Gaps stand where motifs are left out, so that the others stay at their places.
    pub(super) fn parts(
        &mut self,
        base: &Expr,
        keeping: bool,
        labels: &[Name],
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let value = self.eval_as(base, &Type::Construct, scope)?;
        let construct = value.as_construct().ok_or(ErrorReported)?;
        let known: Vec<&str> = construct
            .parts
            .iter()
            .filter_map(|p| p.display_name())
            .collect();
        for label in labels {
            if !known.contains(&label.text.as_str()) {
                let diagnostic = Diagnostic::error(
                    Code::UnknownName,
                    format!("the construct has no part `{}`", label.text),
                )
                .at(label.span, "unknown part");
                return self.fail(match closest(&label.text, known.iter().copied()) {
                    Some(close) => diagnostic.suggest_here(
                        format!(
                            "did you mean `{close}`? its parts are `{}`",
                            known.join("`, `")
                        ),
                        close,
                    ),
                    None if known.is_empty() => diagnostic.help("it holds no motif, only gaps"),
                    None => diagnostic.help(format!("its parts are `{}`", known.join("`, `"))),
                });
            }
        }
        let labels: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
        Ok(Value::Construct(
            construct.with_gaps(&labels, keeping).into(),
        ))
    }
}
