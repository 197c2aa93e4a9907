//! What is said of a text that is no claim outside of experiments.

use super::{Surroundings, mentions_experiment};
use crate::free_vars;
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::Experiment;
use gia_syntax::tree::Expr;

impl Checker<'_> {
    pub(super) fn refuse_combined<T>(
        &mut self,
        claim: &Expr,
        around: &Surroundings,
    ) -> EvalResult<T> {
        let diagnostic = Diagnostic::error(
            Code::TypeMismatch,
            "a claim outside experiments compares contrasts of experiments with each other or with a number",
        )
        .at(claim.span, "not such a claim");
        if let Some((name, place, experiment)) = contrast_without_experiment(claim, around) {
            let full = format!("{experiment}.{name}");
            return self.fail(diagnostic.suggest(
                format!("`{name}` is a contrast of `{experiment}`: write `{full}`, or put the claim into the experiment"),
                [(place, full)],
            ));
        }
        let help = match around.declared {
            [] => "claims about one experiment stand in it".to_string(),
            [one] => format!("for example `expect {one}.effect > 0`"),
            [one, other, ..] => format!("for example `expect {one}.effect - {other}.effect > 0`"),
        };
        self.fail(diagnostic.help(help))
    }
}

/// A name in a claim that only one experiment has as a contrast, with its place and the name of the experiment. None if the claim names an
/// experiment already.
fn contrast_without_experiment(
    claim: &Expr,
    around: &Surroundings,
) -> Option<(String, Span, String)> {
    if mentions_experiment(claim, around) {
        return None;
    }
    let mut found = None;
    free_vars::visit_names(claim, &mut |name, span| {
        let has = |experiment: &&Experiment| experiment.contrasts.iter().any(|c| c.name == name);
        let mut owners = around.experiments.iter().filter(has);
        if let (None, Some(owner), None) = (&found, owners.next(), owners.next()) {
            found = Some((name.to_string(), span, owner.name.clone()));
        }
    });
    found
}
