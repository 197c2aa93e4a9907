//! Edits.

use super::{Builder, Child, children, next};
use crate::Rule;
use crate::tree::{Disruption, Edit, EditKind, Expr, ExprKind, Side};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;

impl Builder<'_> {
    pub(super) fn edit(&mut self, pair: Child) -> Edit {
        let span = self.span(&pair);
        let inner = next(&mut pair.into_inner());
        let rule = inner.as_rule();
        let mut parts = children(inner);
        let kind = match rule {
            Rule::insert => EditKind::Insert {
                construct: self.expr(next(&mut parts)),
                at: self.expr(next(&mut parts)),
                shifting: side(parts.next()),
            },
            Rule::delete => EditKind::Delete {
                region: self.expr(next(&mut parts)),
                shifting: side(parts.next()),
            },
            Rule::mutate => {
                let (place, to) = self.sides_of_to(next(&mut parts), span, "mutate", "\"T\"");
                EditKind::Mutate { place, to }
            }
            Rule::shuffle => EditKind::Shuffle {
                region: self.expr(next(&mut parts)),
                preserving: self.preserving(parts.next()),
            },
            Rule::randomize => EditKind::Randomize {
                region: self.expr(next(&mut parts)),
                like: parts.next().map(|p| self.expr(p)),
            },
            Rule::disrupt => EditKind::Disrupt {
                motif: self.expr(next(&mut parts)),
                by: match parts.next() {
                    Some(by) if by.as_rule() == Rule::by_randomize => Disruption::Randomize,
                    by => Disruption::Shuffle {
                        preserving: self.preserving(by.and_then(|by| children(by).next())),
                    },
                },
            },
            Rule::invert => EditKind::Invert {
                region: self.expr(next(&mut parts)),
            },
            Rule::move_region => {
                let (region, to) = self.sides_of_to(next(&mut parts), span, "move", "50bp");
                EditKind::Move { region, to }
            }
            Rule::swap => EditKind::Swap {
                first: self.expr(next(&mut parts)),
                second: self.expr(next(&mut parts)),
            },
            Rule::reverse_complement => EditKind::ReverseComplement,
            Rule::apply_variant => EditKind::ApplyVariant,
            _ => EditKind::Embed {
                construct: self.expr(next(&mut parts)),
                at: self.expr(next(&mut parts)),
            },
        };
        Edit { kind, span }
    }

    /// The two sides of a `to`, which the grammar takes for the operator of `1 to 3`.
    fn sides_of_to(&mut self, pair: Child, edit: Span, word: &str, example: &str) -> (Expr, Expr) {
        let whole = self.expr(pair);
        match whole.kind {
            ExprKind::To {
                from,
                to,
                step: None,
            } => (*from, *to),
            kind => {
                let whole = Expr {
                    kind,
                    span: whole.span,
                };
                let text = self.text[whole.span.range()].to_string();
                self.diagnostics.push(
                    Diagnostic::error(Code::Syntax, format!("`{word}` lacks its `to`"))
                        .at(edit, "here")
                        .help(format!(
                            "write `{word} {text} to {example}`, or what else it is"
                        )),
                );
                (whole.clone(), whole)
            }
        }
    }

    fn preserving(&mut self, pair: Option<Child>) -> Option<Expr> {
        let pair = pair?;
        let value = children(pair).next()?;
        Some(self.expr(value))
    }
}

fn side(pair: Option<Child>) -> Side {
    let left = pair.is_some_and(|pair| children(pair).any(|p| p.as_rule() == Rule::left));
    if left { Side::Left } else { Side::Right }
}
