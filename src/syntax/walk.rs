//! The expressions that expressions and statements hold.

use super::tree::*;

impl Expr {
    /// Calls `visit` on this expression and on every one inside it, outer before inner.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&'t Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::Percent(_)
            | ExprKind::Length(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Sequence { .. }
            | ExprKind::Name(_) => {}
            ExprKind::List(items) => items.iter().for_each(|item| item.value.walk(visit)),
            ExprKind::Map(entries) => entries.iter().for_each(|entry| {
                entry.key.walk(visit);
                entry.value.walk(visit);
            }),
            ExprKind::Call {
                function,
                arguments,
            } => {
                function.walk(visit);
                arguments
                    .iter()
                    .for_each(|argument| argument.value.walk(visit));
            }
            ExprKind::Index { base: a, index: b }
            | ExprKind::Binary {
                left: a, right: b, ..
            }
            | ExprKind::Region { start: a, end: b } => {
                a.walk(visit);
                b.walk(visit);
            }
            ExprKind::Field { base: inner, .. }
            | ExprKind::Parts { base: inner, .. }
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Over { value: inner, .. } => inner.walk(visit),
            ExprKind::To { from, to, step } => {
                from.walk(visit);
                to.walk(visit);
                step.iter().for_each(|step| step.walk(visit));
            }
            ExprKind::Between { value, low, high } => {
                value.walk(visit);
                low.walk(visit);
                high.walk(visit);
            }
            ExprKind::Experiment(body) => {
                for statement in &body.statements {
                    statement
                        .expressions()
                        .iter()
                        .for_each(|expr| expr.walk(visit));
                }
            }
            ExprKind::Arm(steps) => steps.iter().for_each(|step| step.walk(visit)),
            ExprKind::Phrase { arguments, .. } => {
                arguments
                    .iter()
                    .for_each(|argument| argument.value.walk(visit));
            }
        }
    }
}

impl Statement {
    /// Its expressions, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            StatementKind::Vary { values, .. } => vec![values],
            StatementKind::Background { source, first }
            | StatementKind::Reference { source, first } => {
                std::iter::once(source).chain(first).collect()
            }
            StatementKind::Sample { size } => size.expressions().collect(),
            StatementKind::Step(step) => vec![step],
            StatementKind::Arm { steps, .. } => steps.iter().collect(),
            StatementKind::Factorial { parts, at } => vec![parts, at],
            StatementKind::Measure { outcomes } => {
                outcomes.iter().map(|outcome| &outcome.value).collect()
            }
            StatementKind::Contrast { value, .. } => vec![value],
            StatementKind::Report { .. } => Vec::new(),
            StatementKind::Expect(Expect {
                claim,
                condition,
                level,
            }) => std::iter::once(claim)
                .chain(condition)
                .chain(level)
                .collect(),
            StatementKind::Let(binding) => vec![&binding.value],
        }
    }
}

impl Item {
    /// Its expressions, in the order of the text; of an experiment, those of its statements.
    pub fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            ItemKind::Use(_) => Vec::new(),
            ItemKind::Set { value, .. } => vec![value],
            ItemKind::Let(binding) => vec![&binding.value],
            ItemKind::Fn(function) => {
                let defaults = function
                    .parameters
                    .iter()
                    .filter_map(|p| p.default.as_ref());
                defaults.chain(&function.body).collect()
            }
            ItemKind::Experiment { body, .. } => body
                .statements
                .iter()
                .flat_map(Statement::expressions)
                .collect(),
            ItemKind::Show { ranking, of } => {
                let count = ranking.iter().map(|(_, count)| count);
                count.chain(std::iter::once(of)).collect()
            }
        }
    }
}
