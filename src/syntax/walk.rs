//! The expressions that expressions and statements hold.

use super::tree::*;

impl Expr {
    /// Calls `visit` on this expression and on every one inside it, outer before inner.
    pub fn walk<'t>(&'t self, visit: &mut dyn FnMut(&'t Expr)) {
        visit(self);
        self.for_each_child(&mut |child| child.walk(visit));
    }

    /// Calls `visit` on the expressions directly inside this one, in the order of the text; of an experiment, on those of its
    /// statements.
    pub fn for_each_child<'t>(&'t self, visit: &mut dyn FnMut(&'t Expr)) {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::Percent(_)
            | ExprKind::Length(_)
            | ExprKind::FractionalLength(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Sequence { .. }
            | ExprKind::Name(_) => {}
            ExprKind::List(items) => items.iter().for_each(|item| visit(&item.value)),
            ExprKind::Map(entries) => entries.iter().for_each(|entry| {
                visit(&entry.key);
                visit(&entry.value);
            }),
            ExprKind::Call {
                function,
                arguments,
            } => {
                visit(function);
                arguments.iter().for_each(|argument| visit(&argument.value));
            }
            ExprKind::Index { base: a, index: b }
            | ExprKind::Binary {
                left: a, right: b, ..
            }
            | ExprKind::First { of: a, count: b }
            | ExprKind::Region { start: a, end: b } => {
                visit(a);
                visit(b);
            }
            ExprKind::Field { base: inner, .. }
            | ExprKind::Parts { base: inner, .. }
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Over { value: inner, .. } => visit(inner),
            ExprKind::To { from, to, step } => {
                visit(from);
                visit(to);
                step.iter().for_each(|step| visit(step));
            }
            ExprKind::Between { value, low, high } => {
                visit(value);
                visit(low);
                visit(high);
            }
            ExprKind::Experiment(body) => {
                for statement in &body.statements {
                    statement.expressions().into_iter().for_each(&mut *visit);
                }
            }
            ExprKind::Arm(steps) => steps.iter().for_each(visit),
            ExprKind::Phrase { arguments, .. } => {
                arguments.iter().for_each(|argument| visit(&argument.value));
            }
        }
    }
}

impl Statement {
    /// Its expressions, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            StatementKind::Vary {
                values, condition, ..
            } => std::iter::once(values).chain(condition).collect(),
            StatementKind::Background(source) | StatementKind::Reference(source) => vec![source],
            StatementKind::Sample { size } => size.expressions().collect(),
            StatementKind::Step(step) => vec![step],
            StatementKind::Arm { steps, .. } => steps.iter().collect(),
            StatementKind::Factorial { parts, at } => vec![parts, at],
            StatementKind::Measure { outcomes } => {
                outcomes.iter().map(|outcome| &outcome.value).collect()
            }
            StatementKind::Contrast { value, .. } => vec![value],
            StatementKind::Report { summaries } => {
                summaries.iter().flat_map(Summary::expressions).collect()
            }
            StatementKind::Expect(expect) => expect.expressions(),
            StatementKind::Let(binding) => vec![&binding.value],
        }
    }
}

impl Summary {
    /// Its expressions, in the order of the text.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let arguments = self.arguments.iter().flatten();
        arguments
            .map(|argument| &argument.value)
            .chain(&self.beyond)
    }
}

impl Expect {
    /// Its expressions, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        let more = self.beyond.iter().chain(&self.condition);
        let more = more.chain(&self.level);
        std::iter::once(&self.claim).chain(more).collect()
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
            ItemKind::Expect(expect) => expect.expressions(),
            ItemKind::Show { ranking, of } => {
                let count = ranking.iter().map(|(_, count)| count);
                count.chain(std::iter::once(of)).collect()
            }
        }
    }
}
