//! Claims about how a contrast runs along an axis: `increasing(effect over n)`, `peak(effect over gap) between 8bp and
//! 12bp`.

use super::axes::LaidAxis;
use super::claims::Sides;
use super::{Checker, Context, Stop, Try};
use crate::check::hir::{Contrast, Point, Relation, Shape};
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, closest};
use crate::source::Span;
use crate::syntax::tree::{Argument, Expect, Expr, ExprKind, Name};

/// A claim about a curve.
pub(super) struct Curve<'t> {
    pub shape: Shape,
    relation: Relation,
    /// What runs along the axis.
    value: &'t Expr,
}

const WORDS: [&str; 3] = ["increasing", "decreasing", "peak"];

impl Checker<'_> {
    /// The curve that a claim is about; none for a claim about levels.
    pub(super) fn curve<'t>(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        claim: &'t Expr,
    ) -> Try<Option<Curve<'t>>> {
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
        let least = if word == "peak" { 3 } else { 2 };
        let values = &axes[axis].values;
        if values.len() < least {
            return self.fail(
                Diagnostic::error(
                    Code::BadValue,
                    format!("`{word}` needs an axis of at least {least} values"),
                )
                .at(argument.value.span, "here"),
            );
        }
        let (shape, relation) = match (word, bounds) {
            ("peak", Some((low, high))) => {
                let inside = self.inside(context, axes, points, axis, (low, high))?;
                (Shape::Peak { axis, inside }, Relation::Greater)
            }
            ("peak", None) => {
                let text = self.text_of(call.span);
                let ends = axes[axis].reported.values.first();
                let ends = ends.zip(axes[axis].reported.values.last());
                let (a, b) = ends.map_or((String::new(), String::new()), |(a, b)| {
                    (
                        a.to_string().replace(' ', ""),
                        b.to_string().replace(' ', ""),
                    )
                });
                return self.fail(
                    Diagnostic::error(Code::TypeMismatch, "a peak is claimed to lie somewhere")
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
            ("decreasing", None) => (Shape::Steps { axis }, Relation::Less),
            (_, None) => (Shape::Steps { axis }, Relation::Greater),
        };
        Ok(Some(Curve {
            shape,
            relation,
            value,
        }))
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
    ) -> Try<Sides<'t>> {
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
    ) -> Try<Vec<bool>> {
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
            let Value::Bool(within) = self.between(&name, low, high, &scope)? else {
                return Err(Stop);
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

    fn axis_called(&mut self, axes: &[LaidAxis], name: &Name) -> Try<usize> {
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
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None if all.is_empty() => {
                diagnostic.help("an axis is declared by `vary NAME in VALUES`")
            }
            None => diagnostic.help(format!("there are `{}`", all.join("`, `"))),
        })
    }

    fn refuse_curve<T>(&mut self, word: &str, place: Span) -> Try<T> {
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{word}` is claimed of a contrast over an axis"),
            )
            .at(place, "here")
            .help(format!("for example `{word}(effect over gap)`")),
        )
    }

    /// Steps and peaks compare grid points background by background.
    pub(super) fn refuse_other_backgrounds(
        &mut self,
        curve: &Curve,
        held: &[usize],
        points: &[Point],
        span: Span,
    ) -> Try<()> {
        let (Shape::Steps { axis } | Shape::Peak { axis, .. }) = curve.shape else {
            return Ok(());
        };
        for (i, &first) in held.iter().enumerate() {
            for &second in &held[i + 1..] {
                let (a, b) = (&points[first], &points[second]);
                let others = |point: &Point| {
                    let mut at = point.at.clone();
                    at.remove(axis);
                    at
                };
                let one = std::sync::Arc::ptr_eq(&a.population, &b.population)
                    || a.population.identity() == b.population.identity();
                if others(a) == others(b) && !(one && a.count == b.count) {
                    return self.fail(
                        Diagnostic::error(
                            Code::BadValue,
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

/// A call of a word for curves, and what stands between its brackets.
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
