//! Claims outside experiments: `expect necessity.effect - elsewhere.effect > 0.5`.

use std::rc::Rc;

use super::Checker;
use super::experiment::{flip, strip_abs, words_of_claims};
use super::scope::Scope;
use super::types::Type;
use super::value::{Anchor, Position, Value};
use super::{ErrorReported, EvalResult, free_vars};
use gia_base::diag::{Code, Diagnostic, equivalence_claim};
use gia_base::source::Span;
use gia_design::{
    Axis, AxisValue, CombinedClaim, CombinedPoint, Experiment, Relation, Settings, Term,
};
use gia_syntax::tree::{BinaryOp, Expect, Expr, ExprKind, UnaryOp};

/// Maximum number of points of a claim about several experiments.
const MAX_POINTS: usize = 1_000_000;

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

    /// Adds the terms of a sum of contrasts and numbers, each times `weight`.
    fn add_terms(
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
    fn refuse_other_units(
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
    fn refuse_single_sequences(
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

    /// The axes of all experiments of a claim, each once.
    fn joint_axes(
        &mut self,
        terms: &[Term],
        around: &Surroundings,
        claim: &Expr,
    ) -> EvalResult<Vec<Axis>> {
        let mut axes: Vec<(Axis, &str)> = Vec::new();
        for term in terms {
            let experiment = &around.experiments[term.experiment];
            for axis in &experiment.axes {
                let Some((known, of)) = axes.iter().find(|(known, _)| known.name == axis.name)
                else {
                    axes.push((axis.clone(), &experiment.name));
                    continue;
                };
                let is_in = |values: &[AxisValue], value: &AxisValue| values.contains(value);
                let all_known = axis.values.iter().all(|value| is_in(&known.values, value));
                if all_known && known.values.len() == axis.values.len() {
                    continue;
                }
                return self.fail(
                    Diagnostic::error(
                        Code::UnfitAxis,
                        format!(
                            "axis `{}` has other values in `{}` than in `{of}`, so their points cannot be compared",
                            axis.name, experiment.name
                        ),
                    )
                    .at(claim.span, "compares them")
                    .help("give both axes the same values, or call them by different names to compare each with each"),
                );
            }
        }
        let axes: Vec<Axis> = axes.into_iter().map(|(axis, _)| axis).collect();
        let points = axes.iter().map(|axis| axis.values.len());
        let points = points.fold(1usize, usize::saturating_mul);
        if points > MAX_POINTS {
            return self.fail(
                Diagnostic::error(
                    Code::BudgetExceeded,
                    format!("the axes of these experiments have {points} points together, more than {MAX_POINTS}"),
                )
                .at(claim.span, "here"),
            );
        }
        Ok(axes)
    }

    fn joint_points(
        &mut self,
        sides: &Sides,
        axes: &[Axis],
        expect: &Expect,
        around: &Surroundings,
    ) -> EvalResult<Vec<CombinedPoint>> {
        let mut points = Vec::new();
        let mut at = vec![0; axes.len()];
        loop {
            let scope = Scope::child(around.scope);
            for (axis, &i) in axes.iter().zip(&at) {
                scope.bind(&axis.name, value_on_axis(&axis.values[i]), None);
            }
            let holds = match &expect.condition {
                None => true,
                Some(condition) => match self.eval_as(condition, &Type::Bool, &scope)? {
                    Value::Bool(holds) => holds,
                    _ => return Err(ErrorReported),
                },
            };
            if holds {
                let threshold = self.threshold_of_combined(sides, &scope)?;
                let terms = sides.terms.iter();
                let of_terms = terms
                    .map(|term| point_of(&around.experiments[term.experiment], axes, &at))
                    .collect::<Option<Vec<usize>>>();
                points.push(CombinedPoint {
                    at: at.clone(),
                    of_terms: of_terms.ok_or(ErrorReported)?,
                    threshold,
                });
            }
            // The next point, the last axis fastest.
            let Some(axis) = (0..axes.len()).rfind(|&a| at[a] + 1 < axes[a].values.len()) else {
                break;
            };
            at[axis] += 1;
            at[axis + 1..].fill(0);
        }
        if points.is_empty() {
            let place = expect.condition.as_ref().unwrap_or(&expect.claim).span;
            return self.fail(
                Diagnostic::error(
                    Code::NoGridPoint,
                    "the condition holds at no grid point, so nothing is claimed",
                )
                .at(place, "never true"),
            );
        }
        Ok(points)
    }

    fn threshold_of_combined(&mut self, sides: &Sides, scope: &Rc<Scope>) -> EvalResult<f64> {
        let Some(expr) = sides.threshold else {
            return Ok(-sides.constant);
        };
        let Value::Number(threshold) = self.eval_as(expr, &Type::Number, scope)? else {
            return Err(ErrorReported);
        };
        if sides.magnitude && threshold <= 0.0 {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("a size is compared with a positive number, not {threshold}"),
                )
                .at(expr.span, "here"),
            );
        }
        if sides.magnitude && sides.constant != 0.0 {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "within `abs(...)` stand contrasts alone, without a number added",
                )
                .at(expr.span, "compared with this"),
            );
        }
        Ok(threshold - sides.constant)
    }

    fn refuse_combined<T>(&mut self, claim: &Expr, around: &Surroundings) -> EvalResult<T> {
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

/// The grid point of an experiment with these values on the joint axes.
fn point_of(experiment: &Experiment, axes: &[Axis], at: &[usize]) -> Option<usize> {
    let mut point = 0;
    for axis in &experiment.axes {
        let joint = axes.iter().position(|known| known.name == axis.name)?;
        let value = &axes[joint].values[at[joint]];
        let place = axis.values.iter().position(|known| known == value)?;
        point = point * axis.values.len() + place;
    }
    Some(point)
}

/// A value of an axis for conditions and thresholds; a name is a text.
fn value_on_axis(value: &AxisValue) -> Value {
    match value {
        AxisValue::Number(n) => Value::Number(*n),
        AxisValue::Length(n) => Value::Length(*n),
        AxisValue::Position(n) => Value::Position(Position {
            anchor: Anchor::Start,
            offset: *n,
        }),
        AxisValue::Bool(b) => Value::Bool(*b),
        AxisValue::Name(name) => Value::Text(name.as_str().into()),
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

/// The word of a claim about a curve or a quantity, if a function is one.
fn word_of_claims(function: &Expr) -> Option<&'static str> {
    let ExprKind::Name(name) = &function.kind else {
        return None;
    };
    words_of_claims().find(|word| word == name)
}
