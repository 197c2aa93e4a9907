//! Claims: the contrast and outcome, the comparison, and the grid points of each.

use std::rc::Rc;

use super::axes::LaidAxis;
use super::beyond::ClaimedPoints;
use super::quantities::Quantity;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::types::Type;
use crate::value::{ContrastValue, Value};
use gia_base::diag::{Code, Diagnostic, equivalence_claim};
use gia_base::source::Span;
use gia_design::{Arithmetic, Claim, Contrast, Formula, NullEffects, Point, Relation, Settings};
use gia_syntax::tree::{BinaryOp, Expect, Expr, ExprKind};
use gia_syntax::without_comments;

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

    fn sides<'t>(
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
    fn is_in_bp(&self, contrast: &ContrastValue, quantity: Quantity) -> bool {
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

    fn refuse_claim<T>(&mut self, claim: &Expr) -> EvalResult<T> {
        let diagnostic = Diagnostic::error(
            Code::TypeMismatch,
            "a claim compares a contrast with a number or with another contrast",
        )
        .at(claim.span, "not a claim");
        let parts = self.parts_of_claim(claim);
        if parts.len() < 2 {
            let example = self
                .contrast_names()
                .first()
                .map_or("effect", String::as_str);
            let help = format!("for example `expect {example} > 0`");
            return self.fail(diagnostic.help(help));
        }
        // What stands behind the claim, `where` and `at`, belongs to each of its parts.
        let source = self.sources.get(claim.span.source);
        let text = &source.text[claim.span.end as usize..];
        let end = text.find(['\n', '#', ';', '}']).unwrap_or(text.len());
        let behind = text[..end].trim_end();
        let before = &source.text[..claim.span.start as usize];
        let line = &before[before.rfind('\n').map_or(0, |i| i + 1)..];
        let indent = &line[..line.len() - line.trim_start().len()];
        let between = format!("{behind}\n{indent}expect ");
        let words: Vec<String> = parts
            .iter()
            .map(|part| format!("`expect {part}`"))
            .collect();
        self.fail(diagnostic.suggest_here(
            format!(
                "each part is an `expect` of its own: {}",
                words.join(" and ")
            ),
            parts.join(&between),
        ))
    }

    /// The comparisons that are joined in what is taken for one claim; none where it is not made of several.
    fn parts_of_claim(&self, claim: &Expr) -> Vec<String> {
        let text = |expr: &Expr| self.text_of(expr.span);
        match &claim.kind {
            ExprKind::Between { value, low, high } => vec![
                format!("{} >= {}", text(value), text(low)),
                format!("{} <= {}", text(value), text(high)),
            ],
            ExprKind::Binary {
                op: BinaryOp::And,
                left,
                right,
            } => [left, right]
                .into_iter()
                .flat_map(|side| match self.parts_of_claim(side) {
                    parts if parts.is_empty() => vec![text(side)],
                    parts => parts,
                })
                .collect(),
            ExprKind::Binary { op, left, right } if op.compares() => match &left.kind {
                ExprKind::Binary {
                    op: first,
                    right: middle,
                    ..
                } if first.compares() => vec![
                    text(left),
                    format!("{} {} {}", text(middle), op.symbol(), text(right)),
                ],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
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

    /// A formula as it is written, without the outcome that it is claimed of: it has a row for every outcome.
    pub(super) fn contrast_text(&self, expr: &Expr) -> String {
        let mut cuts = Vec::new();
        outcomes_in(expr, &mut cuts);
        cuts.sort_by_key(|cut: &Span| cut.start);
        let mut text = String::new();
        let mut from = expr.span.start;
        for cut in cuts.iter().chain([&Span {
            start: expr.span.end,
            ..expr.span
        }]) {
            let kept = Span {
                start: from,
                end: cut.start,
                ..expr.span
            };
            text.push_str(&without_comments(self.sources.slice(kept)));
            from = cut.end;
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The source text of the difference that `left > right` is about.
    fn difference_text(&self, left: &Expr, right: &Expr) -> String {
        let (a, b) = (self.contrast_text(left), self.contrast_text(right));
        let loose = matches!(
            right.kind,
            ExprKind::Unary { .. }
                | ExprKind::Binary {
                    op: BinaryOp::Add | BinaryOp::Subtract,
                    ..
                }
        );
        if loose && !stands_in_brackets(&b) {
            format!("{a} - ({b})")
        } else {
            format!("{a} - {b}")
        }
    }
}

/// Whether one pair of brackets encloses a whole expression, as in `(a + b)` and not in `(a) + (b)`.
fn stands_in_brackets(text: &str) -> bool {
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return text.starts_with('(') && i + 1 == text.len();
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
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

/// Where `.OUTCOME` stands in a formula.
fn outcomes_in(expr: &Expr, cuts: &mut Vec<Span>) {
    match &expr.kind {
        ExprKind::Field { base, name } => {
            cuts.push(Span {
                start: base.span.end,
                ..name.span
            });
            outcomes_in(base, cuts);
        }
        ExprKind::Unary { operand, .. } => outcomes_in(operand, cuts),
        ExprKind::Binary { left, right, .. } => {
            outcomes_in(left, cuts);
            outcomes_in(right, cuts);
        }
        ExprKind::Call { arguments, .. } => {
            for argument in arguments {
                outcomes_in(&argument.value, cuts);
            }
        }
        _ => {}
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
