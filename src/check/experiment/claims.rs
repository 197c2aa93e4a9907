//! Claims: the contrast and outcome, the comparison, and the grid points of each.

mod refusals;
mod sides;
mod text;

use std::rc::Rc;

use super::axes::LaidAxis;
use super::beyond::ClaimedPoints;
use super::quantities::Quantity;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::types::Type;
use crate::value::{ContrastValue, Value};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::{Claim, Contrast, NullEffects, Point, Relation, Settings};
use gia_syntax::tree::{Expect, Expr};

pub use sides::{flip, strip_abs};

/// The two sides of a claim: what is measured, and what it is compared with.
pub(super) struct Sides<'t> {
    pub(super) measured: Rc<ContrastValue>,
    /// The name of an unnamed contrast: its source text.
    pub(super) name: String,
    pub(super) relation: Relation,
    /// What it is compared with; none for zero.
    pub(super) threshold: Option<&'t Expr>,
    /// `abs(...)` around the quantity: the claim is about its size.
    pub(super) magnitude: bool,
    /// What the claim is about, of the contrast.
    pub(super) quantity: Quantity,
}

impl Checker<'_> {
    pub(super) fn claims(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        contrasts: &mut Vec<Contrast>,
        nulls: &mut Vec<NullEffects>,
    ) -> EvalResult<Vec<Claim>> {
        let mut claims = Vec::new();
        let mut failed = false;
        let named = contrasts.clone();
        self.scope_mut().contrasts = named.iter().map(|c| c.name.clone()).collect();
        for (expect, span) in &context.parts.expects {
            match self.claim(
                context, axes, points, &named, contrasts, nulls, expect, *span,
            ) {
                Ok(claim) => claims.push(claim),
                Err(ErrorReported) => failed = true,
            }
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok(claims)
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "a claim, and everything it may speak of"
    )]
    fn claim(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        named: &[Contrast],
        contrasts: &mut Vec<Contrast>,
        nulls: &mut Vec<NullEffects>,
        expect: &Expect,
        span: Span,
    ) -> EvalResult<Claim> {
        let curve = self.curve(context, axes, points, &expect.claim)?;
        let sides = match &curve {
            Some(curve) => self.side_of_curve(context, axes, points, named, expect, curve)?,
            None => self.sides(context, axes, points, named, &expect.claim)?,
        };
        let outcome = self.outcome_of(&sides, &expect.claim)?;
        let contrast = contrast_of(&sides, expect.claim.span, contrasts);
        let level = self.level_of_claim(expect, context.settings, &context.scope)?;
        let mut held = Vec::new();
        let mut thresholds = Vec::new();
        for (i, point) in points.iter().enumerate() {
            let here = self.point_scope(context, axes, &point.at)?;
            if let Some(condition) = &expect.condition {
                let Value::Bool(holds) = self.eval_as(condition, &Type::Bool, &here)? else {
                    return Err(ErrorReported);
                };
                if !holds {
                    continue;
                }
            }
            let threshold = match sides.threshold {
                None => 0.0,
                // A shift in bp may be compared with a length.
                Some(expr) if self.is_in_bp(&sides.measured, sides.quantity) => {
                    let value = self.eval(expr, &here)?;
                    let value = match value {
                        Value::Length(bp) => Value::Number(bp as f64),
                        other => other,
                    };
                    let fitted = self.coerce(value, &Type::Number);
                    match self.place(fitted, expr.span, "here")? {
                        Value::Number(n) => n,
                        _ => return Err(ErrorReported),
                    }
                }
                Some(expr) => match self.eval_as(expr, &Type::Number, &here)? {
                    Value::Number(n) => n,
                    _ => return Err(ErrorReported),
                },
            };
            held.push(i);
            thresholds.push(threshold);
        }
        if held.is_empty() {
            let place = expect.condition.as_ref().map_or(span, |c| c.span);
            return self.fail(
                Diagnostic::error(
                    Code::NoGridPoint,
                    "the condition holds at no grid point, so nothing is claimed",
                )
                .at(place, "never true"),
            );
        }
        self.check_thresholds(&sides, &thresholds)?;
        let kind = match curve {
            Some(curve) => {
                self.refuse_other_backgrounds(curve.axis, &held, points, span)?;
                curve.kind
            }
            None => sides.quantity.kind(),
        };
        if sides.quantity != Quantity::Mean {
            self.refuse_quantity_of_means(&contrasts[contrast], sides.quantity, expect)?;
        }
        let of = ClaimedPoints {
            points,
            held: &held,
            thresholds: &thresholds,
            has_threshold: sides.threshold.is_some(),
            contrast: &contrasts[contrast],
            is_of_ensemble: self.is_of_ensemble(points, &held, outcome),
            level,
        };
        let kind = match (&expect.beyond, expect.across_models) {
            (Some(beyond), _) => {
                let null = self.null_effects(context, axes, points, beyond, nulls)?;
                self.beyond(&kind, (null, &nulls[null]), &of, expect, beyond)?
            }
            (None, true) => self.across_models(kind, &of, outcome, expect)?,
            (None, false) => self.single_value(kind, &of, context.parts.background, expect)?,
        };
        // The statement without its keyword.
        let stated = Span {
            start: expect.claim.span.start,
            ..span
        };
        Ok(Claim {
            kind,
            text: self.text_of(stated),
            span,
            contrast,
            outcome,
            relation: sides.relation,
            magnitude: sides.magnitude,
            thresholds,
            points: held,
            level,
        })
    }

    /// The confidence level of a claim: its own behind `at`, or that of the script.
    pub(crate) fn level_of_claim(
        &mut self,
        expect: &Expect,
        settings: &Settings,
        scope: &Rc<Scope>,
    ) -> EvalResult<f64> {
        let Some(expr) = &expect.level else {
            return Ok(settings.level);
        };
        let Value::Number(level) = self.eval_as(expr, &Type::Number, scope)? else {
            return Err(ErrorReported);
        };
        self.fraction(level, expr.span, "the level of a claim")
    }

    fn outcome_of(&mut self, sides: &Sides, claim: &Expr) -> EvalResult<usize> {
        match (sides.measured.outcome, self.outcome_names().len()) {
            (Some(outcome), _) => Ok(outcome),
            (None, 1) => Ok(0),
            (None, 0) => {
                let tracks = self.experiment.as_ref().map(|scope| &scope.tracks);
                let name = tracks.and_then(|tracks| tracks.first().cloned());
                self.refuse_track(&name.unwrap_or_default(), claim.span)
            }
            (None, _) => {
                let names = self.outcome_names().join("`, `");
                let example = self.outcome_names()[0].clone();
                let diagnostic = Diagnostic::error(
                    Code::AmbiguousOutcome,
                    format!("the experiment measures `{names}`; say which the claim is about"),
                )
                .at(claim.span, "about which outcome?");
                let simple = example
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_');
                let (contrast, place) = self.first_measured(claim);
                let named = format!("{contrast}.{example}");
                self.fail(match place {
                    Some(place) if simple => {
                        diagnostic.suggest(format!("write `{named}`"), [(place, named)])
                    }
                    _ => diagnostic.help(format!(
                        "name the outcomes: `measure a = ..., b = ...`, and claim `{contrast}.a > 0`"
                    )),
                })
            }
        }
    }

    /// The first contrast or arm that a claim names, and where.
    fn first_measured(&self, claim: &Expr) -> (String, Option<Span>) {
        let mut first = None;
        free_vars::visit_names(claim, &mut |name, span| {
            let known = self.contrast_names().iter().chain(self.arm_names());
            if first.is_none() && known.into_iter().any(|known| known == name) {
                first = Some((name.to_string(), span));
            }
        });
        match first {
            Some((name, span)) => (name, Some(span)),
            None => ("effect".to_string(), None),
        }
    }
}

/// Index of the contrast that a claim is about. A formula that is no contrast yet is added as one.
fn contrast_of(sides: &Sides, span: Span, contrasts: &mut Vec<Contrast>) -> usize {
    let formula = &sides.measured.formula;
    if let Some(known) = contrasts.iter().position(|c| c.formula == *formula) {
        return known;
    }
    contrasts.push(Contrast {
        name: sides.name.clone(),
        formula: formula.clone(),
        span,
    });
    contrasts.len() - 1
}
