//! The terms of a claim outside of experiments: contrasts with their weights, taken out of sums, differences and products.

use super::{Sum, Surroundings, mentions_experiment};
use crate::experiment::words_of_claims;
use crate::types::Type;
use crate::value::Value;
use crate::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Experiment, Term};
use gia_syntax::tree::{BinaryOp, Expr, ExprKind, UnaryOp};

impl Checker<'_> {
    /// Adds the terms of a sum of contrasts and numbers, each times `weight`.
    pub(super) fn add_terms(
        &mut self,
        expr: &Expr,
        weight: f64,
        around: &Surroundings,
        sum: &mut Sum,
    ) -> EvalResult<()> {
        if !mentions_experiment(expr, around) {
            let Value::Number(number) = self.eval_as(expr, &Type::Number, around.scope)? else {
                return Err(ErrorReported);
            };
            sum.constant += weight * number;
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Unary {
                op: UnaryOp::Minus,
                operand,
            } => self.add_terms(operand, -weight, around, sum),
            ExprKind::Binary {
                op: op @ (BinaryOp::Add | BinaryOp::Subtract),
                left,
                right,
            } => {
                self.add_terms(left, weight, around, sum)?;
                let sign = if *op == BinaryOp::Add { 1.0 } else { -1.0 };
                self.add_terms(right, sign * weight, around, sum)
            }
            ExprKind::Binary {
                op: BinaryOp::Multiply,
                left,
                right,
            } if !mentions_experiment(left, around) => {
                let factor = self.factor(left, around)?;
                self.add_terms(right, weight * factor, around, sum)
            }
            ExprKind::Binary {
                op: BinaryOp::Multiply,
                left,
                right,
            } if !mentions_experiment(right, around) => {
                let factor = self.factor(right, around)?;
                self.add_terms(left, weight * factor, around, sum)
            }
            ExprKind::Binary {
                op: BinaryOp::Divide,
                left,
                right,
            } if !mentions_experiment(right, around) => {
                let factor = self.factor(right, around)?;
                self.add_terms(left, weight / factor, around, sum)
            }
            ExprKind::Call { function, .. } if word_of_claims(function).is_some() => {
                let word = word_of_claims(function).unwrap_or_default();
                self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("`{word}` is claimed in the experiment that it is about"),
                    )
                    .at(expr.span, "outside of experiments")
                    .help("claims outside of experiments are about sums and differences of means"),
                )
            }
            ExprKind::Field { .. } | ExprKind::Name(_) | ExprKind::Call { .. } => {
                if !weight.is_finite() {
                    return self.fail(
                        Diagnostic::error(Code::OutOfRange, "the factor of this term is too large")
                            .at(expr.span, "here"),
                    );
                }
                let found = self.contrast_of_experiment(expr, around.declared, around.experiments);
                let (experiment, contrast, outcome) = found.ok_or(ErrorReported)?;
                let outcome =
                    self.outcome_of_term(expr, &around.experiments[experiment], contrast, outcome)?;
                sum.terms.push(Term {
                    weight,
                    experiment,
                    contrast,
                    outcome,
                });
                Ok(())
            }
            _ => self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "experiments are compared by sums and differences of their contrasts",
                )
                .at(expr.span, "no contrast of an experiment")
                .help("for example `expect first.effect - second.effect > 0`"),
            ),
        }
    }

    fn outcome_of_term(
        &mut self,
        expr: &Expr,
        experiment: &Experiment,
        contrast: usize,
        outcome: Option<usize>,
    ) -> EvalResult<usize> {
        let contrast = &experiment.contrasts[contrast];
        let name = &experiment.name;
        if !contrast.formula.overall().is_empty() {
            return self.fail(
                Diagnostic::error(
                    Code::ContrastOfMeans,
                    format!(
                        "`{}` of `{name}` compares means over all backgrounds, which has no number for each to compare with others",
                        contrast.name
                    ),
                )
                .at(expr.span, "here"),
            );
        }
        match (outcome, experiment.outcomes.as_slice()) {
            (Some(outcome), _) => Ok(outcome),
            (None, [_]) => Ok(0),
            (None, outcomes) => {
                let first = format!("{}.{}", self.text_of(expr.span), outcomes[0].name);
                self.fail(
                    Diagnostic::error(
                        Code::AmbiguousOutcome,
                        format!("`{name}` measures several outcomes; say which the claim is about"),
                    )
                    .at(expr.span, "about which outcome?")
                    .suggest_here(format!("write `{first}`"), first),
                )
            }
        }
    }

    /// A number that a contrast is multiplied with or divided by.
    fn factor(&mut self, expr: &Expr, around: &Surroundings) -> EvalResult<f64> {
        let Value::Number(factor) = self.eval_as(expr, &Type::Number, around.scope)? else {
            return Err(ErrorReported);
        };
        if factor != 0.0 && factor.is_finite() {
            return Ok(factor);
        }
        self.fail(
            Diagnostic::error(
                Code::OutOfRange,
                format!("a contrast times or over {factor} says nothing"),
            )
            .at(expr.span, "here"),
        )
    }

    /// Refuses terms whose outcomes have different units.
    pub(super) fn refuse_other_units(
        &mut self,
        terms: &[Term],
        around: &Surroundings,
        claim: &Expr,
    ) -> EvalResult<()> {
        let unit = |term: &Term| {
            let experiment = &around.experiments[term.experiment];
            experiment.outcomes[term.outcome].unit.clone()
        };
        let units: Vec<String> = terms.iter().filter_map(unit).collect();
        let other = units.iter().find(|unit| **unit != units[0]);
        let Some(other) = other else {
            return Ok(());
        };
        self.fail(
            Diagnostic::error(
                Code::UnitMismatch,
                format!(
                    "an effect in `{}` is compared with one in `{other}`",
                    units[0]
                ),
            )
            .at(claim.span, "different units"),
        )
    }

    /// Refuses a claim whose experiments have one sequence, or one source, at each grid point: nothing says how much such a difference varies.
    pub(super) fn refuse_single_sequences(
        &mut self,
        terms: &[Term],
        around: &Surroundings,
        claim: &Expr,
    ) -> EvalResult<()> {
        let mut points = terms
            .iter()
            .flat_map(|term| &around.experiments[term.experiment].points);
        if !points.all(|point| point.count == 1 || point.population.is_one_source()) {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::NoReplication,
                "one sequence is no replication: nothing says how much the difference of such effects varies",
            )
            .at(claim.span, "of one sequence")
            .help("make both edits arms of one experiment and rank its contrast: `expect first - second > 0 beyond shuffled(…) first 200`"),
        )
    }
}

/// The word of a claim about a curve or a quantity, if a function is one.
fn word_of_claims(function: &Expr) -> Option<&'static str> {
    let ExprKind::Name(name) = &function.kind else {
        return None;
    };
    words_of_claims().find(|word| word == name)
}
