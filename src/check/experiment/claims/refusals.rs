//! What is said of an expression that is no claim.

use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_syntax::tree::{BinaryOp, Expr, ExprKind};

impl Checker<'_> {
    pub(super) fn refuse_claim<T>(&mut self, claim: &Expr) -> EvalResult<T> {
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
}
