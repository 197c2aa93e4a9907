//! How a claimed formula is written: without the outcome, which has a row of its own, and as a difference.

use crate::Checker;
use gia_base::source::Span;
use gia_syntax::tree::{BinaryOp, Expr, ExprKind};
use gia_syntax::without_comments;

impl Checker<'_> {
    /// A formula as it is written, without the outcome that it is claimed of: it has a row for every outcome.
    pub(in crate::experiment) fn contrast_text(&self, expr: &Expr) -> String {
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
    pub(super) fn difference_text(&self, left: &Expr, right: &Expr) -> String {
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
