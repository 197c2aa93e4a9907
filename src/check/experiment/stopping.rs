//! Stopping rules: `sample until width < 0.05 max 100_000`.

use super::{Checker, Context, EvalResult};
use crate::types::Type;
use crate::value::Value;
use crate::{ErrorReported, free_vars};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Claim, ClaimKind, Point, Quantile, Stopping, StoppingRule};
use gia_syntax::tree::{self, Expr, SampleSize};

impl Checker<'_> {
    /// The stopping rule. It must be able to end the run, and every interval must hold at each interim analysis.
    pub(super) fn stopping(
        &mut self,
        context: &Context,
        points: &[Point],
        claims: &[Claim],
    ) -> EvalResult<Option<Stopping>> {
        let Some(SampleSize::Until { rule, most }) = context.parts.sample else {
            return Ok(None);
        };
        for expr in context.parts.sample.iter().flat_map(|s| s.expressions()) {
            if free_vars::mentions_any(expr, &context.varying) {
                return self.fail(
                    Diagnostic::error(
                        Code::AxisDependence,
                        "an experiment stops as a whole, so its rule cannot depend on an axis",
                    )
                    .at(expr.span, "changes along an axis"),
                );
            }
        }
        let count = points.first().map_or(0, |point| point.count);
        if count < Stopping::FIRST_ANALYSIS_BACKGROUNDS {
            return self.fail(
                Diagnostic::error(
                    Code::TooFewBackgrounds,
                    format!(
                        "a run looks at its numbers after {} backgrounds for the first time, and this ends at {count}",
                        Stopping::FIRST_ANALYSIS_BACKGROUNDS
                    ),
                )
                .at(most.span, "here")
                .help(format!("write `sample {count}` to draw so many without looking")),
            );
        }
        self.refuse_summaries(context)?;
        self.refuse_claims_of_one_look(claims)?;
        let (rule, text) = match rule {
            tree::StoppingRule::Narrow(width) => {
                let text = format!("width < {}", self.text_of(width.span));
                (StoppingRule::Width(self.width(context, width)?), text)
            }
            tree::StoppingRule::Decided if claims.is_empty() => {
                return self.fail(
                    Diagnostic::error(
                        Code::MissingPart,
                        "there is nothing to decide: the experiment claims nothing",
                    )
                    .at(context.span, "without `expect`")
                    .help("add `expect effect > 0`, or write `sample until width < 0.05 max ...`"),
                );
            }
            tree::StoppingRule::Decided => (StoppingRule::Decided, "decided".to_string()),
        };
        Ok(Some(Stopping {
            rule,
            text,
            max: count,
        }))
    }

    fn width(&mut self, context: &Context, expr: &Expr) -> EvalResult<f64> {
        match self.eval_as(expr, &Type::Number, &context.scope)? {
            Value::Number(width) if width > 0.0 => Ok(width),
            Value::Number(width) => self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("no interval is narrower than {width}"),
                )
                .at(expr.span, "must be above 0"),
            ),
            _ => Err(ErrorReported),
        }
    }

    fn refuse_summaries(&mut self, context: &Context) -> EvalResult<()> {
        let Some(summary) = context.parts.summaries.first() else {
            return Ok(());
        };
        self.fail(
            Diagnostic::error(
                Code::VariableSampleSize,
                format!(
                    "`{}` holds for a number of backgrounds that is fixed beforehand, and this one depends on what is found",
                    summary.name.text
                ),
            )
            .at(summary.name.span, "here")
            .help("leave it out, or draw a fixed number: `sample 1000`"),
        )
    }

    fn refuse_claims_of_one_look(&mut self, claims: &[Claim]) -> EvalResult<()> {
        let word = |claim: &Claim| match claim.kind {
            ClaimKind::Periodic { .. } => Some("`periodic`"),
            ClaimKind::Quantile(quantile) => Some(match quantile {
                Quantile::LowerQuartile => "a claim about a lower quartile",
                Quantile::Median => "a claim about a median",
                Quantile::UpperQuartile => "a claim about an upper quartile",
            }),
            ClaimKind::Share => Some("a claim about a share"),
            ClaimKind::AcrossModels => Some("a claim across models"),
            ClaimKind::SingleValue => Some("a claim about one sequence"),
            ClaimKind::Beyond { .. } => Some("a claim by rank"),
            // Their intervals are confidence sequences.
            ClaimKind::Level | ClaimKind::Steps { .. } | ClaimKind::Peak { .. } => None,
        };
        let found = claims.iter().find_map(|claim| Some((claim, word(claim)?)));
        let Some((claim, word)) = found else {
            return Ok(());
        };
        self.fail(
            Diagnostic::error(
                Code::VariableSampleSize,
                format!(
                    "{word} is tested once, at a number of backgrounds that is fixed beforehand"
                ),
            )
            .at(claim.span, "here")
            .help("draw a fixed number: `sample 1000`"),
        )
    }
}
