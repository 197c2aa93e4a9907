//! Sites that a null model holds by chance, before any is written.

use super::{Checker, Context};
use crate::check::hir::Point;
use crate::check::names;
use crate::diag::{Code, Diagnostic};
use crate::domain::{Piece, Population, expected_occurrences};
use crate::syntax::tree::{EditKind, Expr};

/// Expected occurrences in one background from which a reader should know of them.
const MANY: f64 = 0.5;

impl Checker<'_> {
    /// A warning for each motif that is embedded, is the same over the grid, and occurs often in the null model.
    pub(super) fn warn_of_chance(&mut self, context: &Context, points: &[Point]) {
        let Some(Point { population, .. }) = points.first() else {
            return;
        };
        let varies = |expr: &Expr| names::mentions(expr, &context.varying);
        let source = context.parts.background.map(|(source, _)| source);
        if !matches!(**population, Population::Null(_)) || source.is_some_and(varies) {
            return;
        }
        let edits = context.parts.all_edits();
        let embedded = edits.filter_map(|edit| match &edit.kind {
            EditKind::Embed { construct, .. } => Some(construct),
            _ => None,
        });
        let row = context.parts.factorial.iter().map(|(_, row, _)| *row);
        let constructs: Vec<&Expr> = embedded.chain(row).filter(|expr| !varies(expr)).collect();
        let mut seen: Vec<String> = Vec::new();
        for expr in constructs {
            let Ok(construct) = self.construct(expr, &context.scope) else {
                continue;
            };
            for part in &construct.parts {
                let Piece::Motif(motif) = &part.piece else {
                    continue;
                };
                if seen.contains(&motif.name) {
                    continue;
                }
                seen.push(motif.name.clone());
                let expected = expected_occurrences(population, motif).unwrap_or(0.0);
                if expected >= MANY {
                    let expected = (expected * 100.0).round() / 100.0;
                    self.sink.push(
                        Diagnostic::warning(
                            Code::ByChance,
                            format!(
                                "a background holds `{}` {expected} times by chance, before it is written",
                                motif.name
                            ),
                        )
                        .at(expr.span, "embedded here")
                        .help("`without(NULL, MOTIF)` draws backgrounds that do not hold it"),
                    );
                }
            }
        }
    }
}
