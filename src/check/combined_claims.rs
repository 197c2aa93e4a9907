//! Claims outside experiments: `expect necessity.effect - elsewhere.effect > 0.5`.

mod joint_grid;
mod refusals;
mod terms;

use std::rc::Rc;

use super::Checker;
use super::experiment::{flip, strip_abs};
use super::scope::Scope;
use super::value::Value;
use super::{ErrorReported, EvalResult, free_vars};
use gia_base::diag::{Code, Diagnostic, equivalence_claim};
use gia_base::source::Span;
use gia_design::{CombinedClaim, Experiment, Relation, Settings, Term};
use gia_syntax::tree::{BinaryOp, Expect, Expr, ExprKind};

/// A claim that waits for the experiments to be laid out.
pub struct PendingClaim {
    pub expect: Expect,
    pub span: Span,
}

/// What a combined claim may speak of.
struct Surroundings<'a> {
    scope: &'a Rc<Scope>,
    /// Names of all experiments of the script.
    declared: &'a [String],
    /// Those that could be laid out.
    experiments: &'a [Experiment],
    settings: &'a Settings,
}

/// A sum of contrasts and numbers.
#[derive(Default)]
struct Sum {
    terms: Vec<Term>,
    constant: f64,
}

/// The two sides of a combined claim.
struct Sides<'t> {
    terms: Vec<Term>,
    /// What is added to the terms.
    constant: f64,
    name: String,
    relation: Relation,
    magnitude: bool,
    /// What the sum is compared with; none for zero.
    threshold: Option<&'t Expr>,
}

impl Checker<'_> {
    /// The claims that stand outside experiments.
    pub(super) fn combined_claims(
        &mut self,
        scope: &Rc<Scope>,
        declared: &[String],
        experiments: &[Experiment],
        settings: &Settings,
    ) -> Vec<CombinedClaim> {
        let around = Surroundings {
            scope,
            declared,
            experiments,
            settings,
        };
        let pending = std::mem::take(&mut self.to_claim);
        pending
            .iter()
            .filter_map(|claim| self.combined_claim(claim, &around).ok())
            .collect()
    }

    fn combined_claim(
        &mut self,
        claim: &PendingClaim,
        around: &Surroundings,
    ) -> EvalResult<CombinedClaim> {
        let expect = &claim.expect;
        // Nothing more is said of what could not be read.
        let mut is_lost = false;
        free_vars::visit_names(&expect.claim, &mut |name, _| {
            is_lost |= matches!(around.scope.value(name), Some(Value::Error));
        });
        if is_lost {
            return Err(ErrorReported);
        }
        if expect.across_models {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "a claim across models stands in the experiment that measures them",
                )
                .at(expect.claim.span, "outside of experiments"),
            );
        }
        if let Some(beyond) = &expect.beyond {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "a claim beyond other sequences stands in the experiment whose edits are made in them",
                )
                .at(beyond.span, "outside of experiments"),
            );
        }
        let sides = self.sides_of_combined(&expect.claim, around)?;
        self.refuse_other_units(&sides.terms, around, &expect.claim)?;
        self.refuse_single_sequences(&sides.terms, around, &expect.claim)?;
        let level = self.level_of_claim(expect, around.settings, around.scope)?;
        let axes = self.joint_axes(&sides.terms, around, &expect.claim)?;
        let points = self.joint_points(&sides, &axes, expect, around)?;
        let stated = Span {
            start: expect.claim.span.start,
            ..claim.span
        };
        Ok(CombinedClaim {
            text: self.text_of(stated),
            span: claim.span,
            name: sides.name,
            terms: sides.terms,
            relation: sides.relation,
            magnitude: sides.magnitude,
            axes,
            points,
            level,
        })
    }

    fn sides_of_combined<'t>(
        &mut self,
        claim: &'t Expr,
        around: &Surroundings,
    ) -> EvalResult<Sides<'t>> {
        let ExprKind::Binary { op, left, right } = &claim.kind else {
            return self.refuse_combined(claim, around);
        };
        let relation = match op {
            BinaryOp::Less => Relation::Less,
            BinaryOp::LessEqual => Relation::LessEqual,
            BinaryOp::Greater => Relation::Greater,
            BinaryOp::GreaterEqual => Relation::GreaterEqual,
            BinaryOp::Equal if mentions_experiment(claim, around) => {
                let instead =
                    equivalence_claim(&self.text_of(left.span), &self.text_of(right.span));
                return self.fail(
                    Diagnostic::error(
                        Code::EqualityClaim,
                        "an interval cannot show that two means are equal",
                    )
                    .at(claim.span, "here")
                    .suggest_here(format!("claim how close they are: `{instead}`"), instead),
                );
            }
            _ => return self.refuse_combined(claim, around),
        };
        let (left_inner, left_abs) = strip_abs(left);
        let (right_inner, right_abs) = strip_abs(right);
        let is_measured = |expr: &Expr| mentions_experiment(expr, around);
        let mut sum = Sum::default();
        let text = |checker: &Self, expr: &Expr| checker.text_of(expr.span);
        let (name, relation, magnitude, threshold) =
            match (is_measured(left_inner), is_measured(right_inner)) {
                (true, true) if !left_abs && !right_abs => {
                    self.add_terms(left_inner, 1.0, around, &mut sum)?;
                    self.add_terms(right_inner, -1.0, around, &mut sum)?;
                    let (a, b) = (text(self, left), text(self, right));
                    let name = match right.kind {
                        ExprKind::Binary { .. } | ExprKind::Unary { .. } => {
                            format!("{a} - ({b})")
                        }
                        _ => format!("{a} - {b}"),
                    };
                    (name, relation, false, None)
                }
                (true, false) if !right_abs => {
                    self.add_terms(left_inner, 1.0, around, &mut sum)?;
                    (text(self, left_inner), relation, left_abs, Some(&**right))
                }
                (false, true) if !left_abs => {
                    self.add_terms(right_inner, 1.0, around, &mut sum)?;
                    (
                        text(self, right_inner),
                        flip(relation),
                        right_abs,
                        Some(&**left),
                    )
                }
                _ => return self.refuse_combined(claim, around),
            };
        Ok(Sides {
            terms: sum.terms,
            constant: sum.constant,
            name,
            relation,
            magnitude,
            threshold,
        })
    }
}

/// Whether an expression names an experiment of the script.
fn mentions_experiment(expr: &Expr, around: &Surroundings) -> bool {
    let mut found = false;
    free_vars::visit_names(expr, &mut |name, _| {
        found |= around.declared.iter().any(|declared| declared == name);
    });
    found
}
