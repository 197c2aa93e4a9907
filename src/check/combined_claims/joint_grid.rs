//! The grid of a claim outside of experiments: the axes of all its experiments, each once, and the points where it holds.

use std::rc::Rc;

use super::{Sides, Surroundings};
use crate::scope::Scope;
use crate::types::Type;
use crate::value::{Anchor, Position, Value};
use crate::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Axis, AxisValue, CombinedPoint, Experiment, Term};
use gia_syntax::tree::{Expect, Expr};

/// Maximum number of points of a claim about several experiments.
const MAX_POINTS: usize = 1_000_000;

impl Checker<'_> {
    /// The axes of all experiments of a claim, each once.
    pub(super) fn joint_axes(
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

    pub(super) fn joint_points(
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
