//! Claims about how a contrast runs along an axis: `increasing(effect over n)`, `peak(effect over gap) between 8bp and
//! 12bp`.

use super::axes::LaidAxis;
use super::claims::Sides;
use super::quantities::Quantity;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_design::{AxisValue, ClaimKind, Contrast, CurveStatistic, Point, Relation};
use gia_syntax::tree::{Argument, Expect, Expr, ExprKind, Name};

/// A claim about a curve.
pub(super) struct Curve<'t> {
    pub kind: ClaimKind,
    /// Index of the axis that it runs along.
    pub axis: usize,
    relation: Relation,
    /// The contrast that runs along it.
    value: &'t Expr,
}

pub(super) const WORDS: [&str; 4] = ["increasing", "decreasing", "peak", "periodic"];

impl Checker<'_> {
    /// The curve that a claim is about; none for a claim about levels.
    pub(super) fn curve<'t>(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        claim: &'t Expr,
    ) -> EvalResult<Option<Curve<'t>>> {
        let (call, bounds) = match &claim.kind {
            ExprKind::Between { value, low, high } => (&**value, Some((&**low, &**high))),
            _ => (claim, None),
        };
        let Some((word, arguments)) = call_of(call) else {
            return Ok(None);
        };
        if context.scope.get(word).is_some() {
            return Ok(None);
        }
        let ([argument], true) = (arguments, arguments.iter().all(|a| a.name.is_none())) else {
            return self.refuse_curve(word, call.span);
        };
        let ExprKind::Over { value, axis } = &argument.value.kind else {
            return self.refuse_curve(word, argument.value.span);
        };
        let axis = self.axis_called(axes, axis)?;
        let least = match word {
            "peak" => CurveStatistic::Peak.min_axis_values(),
            "periodic" => CurveStatistic::Period.min_axis_values(),
            _ => 2,
        };
        let values = &axes[axis].values;
        if values.len() < least {
            return self.fail(
                Diagnostic::error(
                    Code::UnfitAxis,
                    format!("`{word}` needs an axis of at least {least} values"),
                )
                .at(argument.value.span, "here"),
            );
        }
        let (kind, relation) = match (word, bounds) {
            ("peak", Some((low, high))) => {
                let inside = self.inside(context, axes, points, axis, (low, high))?;
                (
                    ClaimKind::Peak {
                        axis,
                        allowed: inside,
                    },
                    Relation::Greater,
                )
            }
            ("periodic", Some(bounds)) => {
                let bounds = self.period(context, &axes[axis], bounds)?;
                (
                    ClaimKind::Periodic {
                        axis,
                        period: bounds,
                    },
                    Relation::Greater,
                )
            }
            ("peak" | "periodic", None) => {
                let text = self.text_of(call.span);
                let words = |value: &AxisValue| value.to_string().replace(' ', "");
                let values = &axes[axis].reported.values;
                let (what, a, b) = match (word, values.first(), values.last()) {
                    ("peak", Some(a), Some(b)) => {
                        ("a peak is claimed to lie somewhere", words(a), words(b))
                    }
                    (_, Some(AxisValue::Number(_)), _) => (
                        "a period is claimed to lie somewhere",
                        "10".into(),
                        "11".into(),
                    ),
                    _ => (
                        "a period is claimed to lie somewhere",
                        "10bp".into(),
                        "11bp".into(),
                    ),
                };
                return self.fail(
                    Diagnostic::error(Code::TypeMismatch, what)
                        .at(call.span, "between what?")
                        .help(format!("for example `expect {text} between {a} and {b}`")),
                );
            }
            (_, Some(_)) => {
                return self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("`{word}` holds or not; it lies between nothing"),
                    )
                    .at(claim.span, "here"),
                );
            }
            ("decreasing", None) => (ClaimKind::Steps { axis }, Relation::Less),
            (_, None) => (ClaimKind::Steps { axis }, Relation::Greater),
        };
        Ok(Some(Curve {
            kind,
            axis,
            relation,
            value,
        }))
    }

    /// The bounds of a period, in the unit of the axis: between two cycles over the axis and two places. A period need not be a whole
    /// number of base pairs: the helix of DNA turns once in 10.5.
    fn period(
        &mut self,
        context: &Context,
        axis: &LaidAxis,
        (low, high): (&Expr, &Expr),
    ) -> EvalResult<(f64, f64)> {
        let of_axis = |value: &AxisValue| match value {
            AxisValue::Number(x) => Some(*x),
            AxisValue::Length(bp) | AxisValue::Position(bp) => Some(*bp as f64),
            AxisValue::Bool(_) | AxisValue::Name(_) => None,
        };
        let places: Option<Vec<f64>> = axis.reported.values.iter().map(of_axis).collect();
        let Some(mut places) = places else {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "a period is told along numbers, lengths or positions",
                )
                .at(low.span.to(high.span), "along an axis of other values"),
            );
        };
        places.sort_by(f64::total_cmp);
        let of_numbers = matches!(axis.reported.values.first(), Some(AxisValue::Number(_)));
        let ty = if of_numbers {
            Type::Number
        } else {
            Type::Length
        };
        let mut bounds = [0.0; 2];
        for (bound, expr) in bounds.iter_mut().zip([low, high]) {
            *bound = match expr.kind {
                ExprKind::FractionalLength(bp) if !of_numbers => bp,
                _ => match self.eval_as(expr, &ty, &context.scope)? {
                    Value::Number(x) => x,
                    Value::Length(bp) => bp as f64,
                    _ => return Err(ErrorReported),
                },
            };
        }
        let [a, b] = bounds;
        let steps = places.windows(2).map(|pair| pair[1] - pair[0]);
        let shortest = 2.0 * steps.fold(f64::INFINITY, f64::min);
        let longest = 0.5 * (places[places.len() - 1] - places[0]);
        let place = low.span.to(high.span);
        if a >= b {
            return self.fail(
                Diagnostic::error(Code::Empty, "no period lies between these bounds")
                    .at(place, "here"),
            );
        }
        if a < shortest || b > longest {
            let unit = if of_numbers { "" } else { " bp" };
            return self.fail(
                Diagnostic::error(
                    Code::UnfitAxis,
                    format!(
                        "along this axis periods from {shortest}{unit} to {longest}{unit} can be told: two places for a cycle, and two \
                         cycles over the axis"
                    ),
                )
                .at(place, "here")
                .help("vary in smaller steps for shorter periods, and farther for longer ones"),
            );
        }
        Ok((a, b))
    }

    /// The contrast that runs along the axis, as a side of a comparison.
    pub(super) fn side_of_curve<'t>(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        named: &[Contrast],
        expect: &'t Expect,
        curve: &Curve,
    ) -> EvalResult<Sides<'t>> {
        let inner = match points.first() {
            Some(point) => self.point_scope(context, axes, &point.at)?,
            None => context.scope.clone(),
        };
        // Names are read as on one side of a comparison with zero.
        let zero = Expr {
            kind: ExprKind::Number(0.0),
            span: curve.value.span,
        };
        let inner = self.names_of_claim(&expect.claim, [curve.value, &zero], named, &inner)?;
        match self.eval(curve.value, &inner)? {
            Value::Contrast(measured) => Ok(Sides {
                measured,
                name: self.contrast_text(curve.value),
                relation: curve.relation,
                threshold: None,
                magnitude: false,
                quantity: Quantity::Mean,
            }),
            other => self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("a contrast runs along an axis, not {}", other.kind()),
                )
                .at(curve.value.span, other.kind()),
            ),
        }
    }

    /// Which values of an axis lie between two bounds.
    fn inside(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        axis: usize,
        (low, high): (&Expr, &Expr),
    ) -> EvalResult<Vec<bool>> {
        let (name, _) = &context.parts.axes[axis];
        let name = Expr {
            kind: ExprKind::Name(name.text.clone()),
            span: low.span.to(high.span),
        };
        let mut inside = vec![false; axes[axis].values.len()];
        let mut seen = vec![false; inside.len()];
        for point in points {
            let value = point.at[axis];
            if std::mem::replace(&mut seen[value], true) {
                continue;
            }
            let scope = self.point_scope(context, axes, &point.at)?;
            let Value::Bool(within) = self.eval_band(&name, low, high, &scope)? else {
                return Err(ErrorReported);
            };
            inside[value] = within;
        }
        if inside.iter().all(|within| *within) || !inside.contains(&true) {
            let words = if inside.contains(&true) {
                "all values of the axis lie between these bounds, so the claim says nothing"
            } else {
                "no value of the axis lies between these bounds"
            };
            return self.fail(
                Diagnostic::error(Code::NoGridPoint, words).at(low.span.to(high.span), "here"),
            );
        }
        Ok(inside)
    }

    pub(super) fn axis_called(&mut self, axes: &[LaidAxis], name: &Name) -> EvalResult<usize> {
        let known = || axes.iter().map(|axis| axis.reported.name.as_str());
        if let Some(axis) = known().position(|axis| axis == name.text) {
            return Ok(axis);
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            format!("there is no axis `{}`", name.text),
        )
        .at(name.span, "unknown axis");
        let all: Vec<&str> = known().collect();
        self.fail(match closest(&name.text, known()) {
            Some(close) => diagnostic.did_you_mean(close),
            None if all.is_empty() => {
                diagnostic.help("an axis is declared by `vary NAME in VALUES`")
            }
            None => diagnostic.help(format!("the axes are `{}`", all.join("`, `"))),
        })
    }

    fn refuse_curve<T>(&mut self, word: &str, place: Span) -> EvalResult<T> {
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{word}` is claimed of a contrast over an axis"),
            )
            .at(place, "here")
            .help(format!("for example `{word}(effect over gap)`")),
        )
    }

    /// Refuses a claim along an axis whose grid points have different backgrounds, which cannot be paired.
    pub(super) fn refuse_other_backgrounds(
        &mut self,
        axis: usize,
        held: &[usize],
        points: &[Point],
        span: Span,
    ) -> EvalResult<()> {
        for (i, &first) in held.iter().enumerate() {
            for &second in &held[i + 1..] {
                let (a, b) = (&points[first], &points[second]);
                let others = |point: &Point| {
                    let mut at = point.at.to_vec();
                    at.remove(axis);
                    at
                };
                let one = std::sync::Arc::ptr_eq(&a.population, &b.population)
                    || a.population.identity() == b.population.identity();
                if others(a) == others(b) && !(one && a.count == b.count) {
                    return self.fail(
                        Diagnostic::error(
                            Code::UnfitAxis,
                            "along this axis the backgrounds change too, so nothing can be compared background by background",
                        )
                        .at(span, "here")
                        .help("compare the levels: `expect effect > 0 where ...`"),
                    );
                }
                if others(a) == others(b) {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The word and the arguments of a call such as `peak(...)`; none for another expression.
fn call_of(expr: &Expr) -> Option<(&'static str, &[Argument])> {
    let ExprKind::Call {
        function,
        arguments,
    } = &expr.kind
    else {
        return None;
    };
    let ExprKind::Name(name) = &function.kind else {
        return None;
    };
    let word = WORDS.into_iter().find(|word| word == name)?;
    Some((word, arguments))
}
