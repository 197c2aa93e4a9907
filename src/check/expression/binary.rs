//! Binary operators, and fixes for operands that do not fit each other.

use std::rc::Rc;

use crate::scope::Scope;
use crate::value::Value;
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_syntax::tree::{BinaryOp, Expr, ExprKind};

/// Longest fix in characters that a message repeats; of a longer one, the marked line shows enough.
const MAX_SHOWN_CHARS: usize = 60;

impl Checker<'_> {
    pub(super) fn binary_expr(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        // Both sides are looked at, so that a mistake on each is reported.
        let a = self.eval(left, scope);
        let b = self.eval(right, scope);
        let (a, b) = (a?, b?);
        match self.binary(op, a.clone(), b.clone()) {
            Ok(value) => Ok(value),
            Err(diagnostic) => {
                let slip = (op == BinaryOp::Multiply).then(|| {
                    self.gap_without_unit(left, scope)
                        .or(self.gap_without_unit(right, scope))
                });
                if let Some(slip) = slip.flatten() {
                    return self.fail(slip);
                }
                let of_the_result = matches!(
                    diagnostic.code,
                    Code::OutOfRange | Code::ArithmeticError | Code::Empty | Code::BudgetExceeded
                );
                let placed = if of_the_result {
                    diagnostic.at(span, "here")
                } else {
                    diagnostic.at(left.span, a.kind()).at(right.span, b.kind())
                };
                let placed = suggest_for_operands(placed, op, (left, &a), (right, &b), self);
                self.fail(placed)
            }
        }
    }
}

/// Adds the fixes that depend on how the two sides are written.
fn suggest_for_operands(
    mut diagnostic: Diagnostic,
    op: BinaryOp,
    (left, a): (&Expr, &Value),
    (right, b): (&Expr, &Value),
    checker: &Checker,
) -> Diagnostic {
    if diagnostic.code == Code::UnitMismatch {
        let text = |expr: &Expr| checker.sources.slice(expr.span);
        for (expr, value, other) in [(left, a, b), (right, b, a)] {
            let written_out = matches!(expr.kind, ExprKind::Number(_) | ExprKind::Unary { .. });
            let (Value::Number(n), Value::Length(_) | Value::Position(_)) = (value, other) else {
                continue;
            };
            if *n > 0.0 && *n < 1.0 && matches!(op, BinaryOp::Add | BinaryOp::Subtract) {
                let percent = format!("{}%", (n * 1e8).round() / 1e6);
                let (symbol, first) = (op.symbol(), std::ptr::eq(expr, left));
                let sum = match (first, op, other) {
                    (_, _, Value::Position(_)) | (false, BinaryOp::Subtract, _) => None,
                    (true, ..) => Some(format!("{percent} {symbol} {}", text(right))),
                    (false, ..) => Some(format!("{} {symbol} {percent}", text(left))),
                };
                diagnostic.help = None;
                if let Some(sum) = sum {
                    diagnostic = diagnostic.suggest(
                        format!("a share of the sequence is written with its sign: `{sum}`"),
                        [(expr.span, percent)],
                    );
                }
            } else if written_out && n.fract() == 0.0 {
                let mended = format!("{}bp", text(expr));
                diagnostic.help = None;
                diagnostic = diagnostic.suggest(
                    format!("a length has a unit: write `{mended}`"),
                    [(expr.span, mended)],
                );
            } else if !written_out {
                let factor = match expr.kind {
                    ExprKind::Name(_) => text(expr).to_string(),
                    _ => format!("({})", text(expr)),
                };
                let mended = format!("{factor} * 1bp");
                let shown = match mended.chars().count() <= MAX_SHOWN_CHARS {
                    true => &mended,
                    false => "(...) * 1bp",
                };
                diagnostic.help = None;
                diagnostic = diagnostic.suggest(
                    format!("a number becomes a length when multiplied by one: `{shown}`"),
                    [(expr.span, format!("({mended})"))],
                );
            }
        }
    }
    if let ExprKind::Binary {
        op: first,
        right: middle,
        ..
    } = &left.kind
        && op.compares()
        && first.compares()
    {
        let text = |expr: &Expr| checker.sources.slice(expr.span);
        let parts = format!(
            "{} and {} {} {}",
            text(left),
            text(middle),
            op.symbol(),
            text(right)
        );
        let whole = left.span.to(right.span);
        diagnostic.help = None;
        diagnostic = diagnostic.suggest(
            format!("comparisons do not chain: `{parts}`"),
            [(whole, parts)],
        );
    }
    diagnostic
}
