//! Steps of arms: phrases, and expressions that are edits or arms.

use super::{Builder, Child, children, next};
use crate::Rule;
use crate::tree::{Argument, Expr, ExprKind, Name, PLACE};

impl Builder<'_> {
    pub(super) fn step(&mut self, pair: Child) -> Expr {
        let inner = next(&mut pair.into_inner());
        match inner.as_rule() {
            Rule::phrase => self.phrase(inner),
            _ => self.expr(inner),
        }
    }

    /// The steps between the braces of an arm.
    pub(super) fn steps(&mut self, pair: Child) -> Vec<Expr> {
        children(pair).map(|step| self.step(step)).collect()
    }

    pub fn phrase(&mut self, pair: Child) -> Expr {
        let span = self.span(&pair);
        let mut parts = children(pair);
        let verb = self.name(next(&mut parts));
        let arguments = parts.map(|part| match part.as_rule() {
            Rule::clause => self.clause(part),
            _ => Argument {
                name: None,
                value: self.expr(part),
            },
        });
        let arguments = arguments.collect();
        Expr {
            kind: ExprKind::Phrase { verb, arguments },
            span,
        }
    }

    fn clause(&mut self, pair: Child) -> Argument {
        let mut parts = children(pair);
        let word = next(&mut parts);
        let name = match word.as_rule() {
            Rule::at_word => Name {
                text: PLACE.to_string(),
                span: self.span(&word),
            },
            _ => self.name(word),
        };
        Argument {
            name: Some(name),
            value: self.expr(next(&mut parts)),
        }
    }
}
