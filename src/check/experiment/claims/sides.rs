//! The two sides of a claim: the contrast and what it is compared with.

use std::rc::Rc;

use super::Sides;
use crate::experiment::Context;
use crate::experiment::axes::LaidAxis;
use crate::experiment::quantities::Quantity;
use crate::value::{ContrastValue, Value};
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, equivalence_claim};
use gia_design::{Arithmetic, Contrast, Formula, Point, Relation};
use gia_syntax::tree::{BinaryOp, Expr, ExprKind};

impl Checker<'_> {
    pub(super) fn sides<'t>(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        named: &[Contrast],
        claim: &'t Expr,
    ) -> EvalResult<Sides<'t>> {
        let ExprKind::Binary { op, left, right } = &claim.kind else {
            return self.refuse_claim(claim);
        };
        let relation = match op {
            BinaryOp::Less => Relation::Less,
            BinaryOp::LessEqual => Relation::LessEqual,
            BinaryOp::Greater => Relation::Greater,
            BinaryOp::GreaterEqual => Relation::GreaterEqual,
            BinaryOp::Equal if self.is_quantity(&context.scope, left) => {
                let (measured, value) = (self.text_of(left.span), self.text_of(right.span));
                return self.fail(
                    Diagnostic::error(
                        Code::EqualityClaim,
                        "an interval cannot show that a quantile or a share equals a number",
                    )
                    .at(claim.span, "here")
                    .help(format!(
                        "claim a bound on each side of {value}, such as `expect {measured} > LOW` and `expect {measured} < HIGH`"
                    )),
                );
            }
            BinaryOp::Equal => {
                let instead =
                    equivalence_claim(&self.text_of(left.span), &self.text_of(right.span));
                return self.fail(
                    Diagnostic::error(
                        Code::EqualityClaim,
                        "an interval cannot show that a mean equals a number",
                    )
                    .at(claim.span, "here")
                    .suggest_here(format!("claim how close it is: `{instead}`"), instead),
                );
            }
            BinaryOp::NotEqual => {
                let [a, b] = [left, right].map(|side| self.text_of(side.span));
                let [greater, less] = [">", "<"].map(|sign| format!("{a} {sign} {b}"));
                return self.fail(
                    Diagnostic::error(
                        Code::EqualityClaim,
                        "a claim says on which side of a number the mean lies",
                    )
                    .at(claim.span, "here")
                    .suggest_here(format!("claim `{greater}`"), greater)
                    .suggest_here(format!("or claim `{less}`"), less),
                );
            }
            _ => return self.refuse_claim(claim),
        };
        if chains(claim) {
            return self.refuse_claim(claim);
        }
        let (left_inner, left_abs) = strip_abs(left);
        let (right_inner, right_abs) = strip_abs(right);
        let (left_inner, left_quantity) = self.quantity(&context.scope, left_inner)?;
        let (right_inner, right_quantity) = self.quantity(&context.scope, right_inner)?;
        // Axes are seen too, so that a threshold may depend on them.
        let inner = match points.first() {
            Some(point) => self.point_scope(context, axes, &point.at)?,
            None => context.scope.clone(),
        };
        let inner = self.names_of_claim(claim, [left_inner, right_inner], named, &inner)?;
        let a = self.eval(left_inner, &inner);
        let b = self.eval(right_inner, &inner);
        let measured =
            |value: Rc<ContrastValue>, text: String, relation, threshold, magnitude, quantity| {
                Sides {
                    measured: value,
                    name: text,
                    relation,
                    threshold,
                    magnitude,
                    quantity,
                }
            };
        match (a?, b?) {
            (Value::Contrast(_), Value::Contrast(_))
                if left_quantity != Quantity::Mean || right_quantity != Quantity::Mean =>
            {
                self.refuse_two_quantities(
                    claim,
                    [left_inner, right_inner],
                    [left_quantity, right_quantity],
                )
            }
            (Value::Contrast(a), Value::Contrast(b)) if !left_abs && !right_abs => {
                if let (Some(x), Some(y)) = (a.outcome, b.outcome)
                    && x != y
                {
                    return self.fail(
                        Diagnostic::error(
                            Code::AmbiguousOutcome,
                            "the two sides are about different outcomes",
                        )
                        .at(claim.span, "here"),
                    );
                }
                let formula = Formula::Binary(
                    Arithmetic::Subtract,
                    Box::new(a.formula.clone()),
                    Box::new(b.formula.clone()),
                );
                let value = Rc::new(ContrastValue {
                    formula,
                    outcome: a.outcome.or(b.outcome),
                });
                Ok(measured(
                    value,
                    self.difference_text(left, right),
                    relation,
                    None,
                    false,
                    Quantity::Mean,
                ))
            }
            (Value::Contrast(a), Value::Length(_)) if !self.is_in_bp(&a, left_quantity) => {
                self.refuse_unit(right)
            }
            (Value::Length(_), Value::Contrast(b)) if !self.is_in_bp(&b, right_quantity) => {
                self.refuse_unit(left)
            }
            (Value::Contrast(a), Value::Number(_) | Value::Share(_) | Value::Length(_))
                if !right_abs =>
            {
                Ok(measured(
                    a,
                    self.contrast_text(left_inner),
                    relation,
                    Some(&**right),
                    left_abs,
                    left_quantity,
                ))
            }
            (Value::Number(_) | Value::Share(_) | Value::Length(_), Value::Contrast(b))
                if !left_abs =>
            {
                Ok(measured(
                    b,
                    self.contrast_text(right_inner),
                    flip(relation),
                    Some(&**left),
                    right_abs,
                    right_quantity,
                ))
            }
            _ => self.refuse_claim(claim),
        }
    }

    /// Whether what is claimed of a contrast is a number of base pairs, as of where a track is greatest.
    pub(super) fn is_in_bp(&self, contrast: &ContrastValue, quantity: Quantity) -> bool {
        let units = self
            .experiment
            .as_ref()
            .map_or(&[][..], |scope| &scope.units);
        let unit = match (contrast.outcome, units) {
            (Some(outcome), units) => units.get(outcome),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let in_bp = unit.is_some_and(|unit| unit.as_deref() == Some("bp"));
        in_bp && quantity != Quantity::Share
    }

    fn refuse_unit<T>(&mut self, side: &Expr) -> EvalResult<T> {
        self.fail(
            Diagnostic::error(
                Code::UnitMismatch,
                "an effect is a plain number, and is compared with one",
            )
            .at(side.span, "a Length"),
        )
    }
}

/// `1 < effect < 2`.
fn chains(claim: &Expr) -> bool {
    let ExprKind::Binary { op, left, .. } = &claim.kind else {
        return false;
    };
    op.compares() && matches!(&left.kind, ExprKind::Binary { op, .. } if op.compares())
}

/// `abs(x)` as `x`, and whether it was so.
pub fn strip_abs(expr: &Expr) -> (&Expr, bool) {
    if let ExprKind::Call {
        function,
        arguments,
    } = &expr.kind
        && let (ExprKind::Name(name), [argument]) = (&function.kind, arguments.as_slice())
        && name == "abs"
    {
        return (&argument.value, true);
    }
    (expr, false)
}

/// The relation with its sides exchanged.
pub fn flip(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::Greater,
        Relation::LessEqual => Relation::GreaterEqual,
        Relation::Greater => Relation::Less,
        Relation::GreaterEqual => Relation::LessEqual,
    }
}
