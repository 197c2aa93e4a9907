//! Removes spans from syntax trees, so that trees can be compared.
//!
//! Only spans are changed, so that every new field of the tree is compared.

use crate::tree::*;
use gia_base::source::{SourceId, Span};

const EMPTY_SPAN: Span = Span {
    source: SourceId(0),
    start: 0,
    end: 0,
};

pub fn clear_spans(file: &mut File) {
    for item in &mut file.items {
        item.span = EMPTY_SPAN;
        match &mut item.kind {
            ItemKind::Use(Module::File { span, .. }) => *span = EMPTY_SPAN,
            ItemKind::Use(Module::Library(module)) => name(module),
            ItemKind::Set { name: of, value } => {
                name(of);
                expr(value);
            }
            ItemKind::Let(binding) => bound(binding),
            ItemKind::Fn(function) => {
                name(&mut function.name);
                for parameter in &mut function.parameters {
                    name(&mut parameter.name);
                    ty(&mut parameter.ty);
                    parameter.default.iter_mut().for_each(expr);
                }
                function.result.iter_mut().for_each(ty);
                function.body.iter_mut().for_each(expr);
            }
            ItemKind::Experiment { name: of, body } => {
                name(of);
                experiment(body);
            }
            ItemKind::Expect(of) => expect(of),
            ItemKind::Show { ranking, of } => {
                if let Some((_, count)) = ranking {
                    expr(count);
                }
                expr(of);
            }
        }
    }
}

fn expect(expect: &mut Expect) {
    expr(&mut expect.claim);
    expect.beyond.iter_mut().for_each(expr);
    expect.condition.iter_mut().for_each(expr);
    expect.level.iter_mut().for_each(expr);
}

fn name(name: &mut Name) {
    name.span = EMPTY_SPAN;
}

fn ty(ty_expr: &mut TypeExpr) {
    ty_expr.span = EMPTY_SPAN;
    name(&mut ty_expr.name);
    ty_expr.arguments.iter_mut().for_each(ty);
}

fn bound(binding: &mut Let) {
    name(&mut binding.name);
    expr(&mut binding.value);
}

fn experiment(body: &mut Experiment) {
    body.span = EMPTY_SPAN;
    for statement in &mut body.statements {
        statement.span = EMPTY_SPAN;
        match &mut statement.kind {
            StatementKind::Vary {
                axis,
                values,
                condition,
            } => {
                name(axis);
                expr(values);
                condition.iter_mut().for_each(expr);
            }
            StatementKind::Background(source) | StatementKind::Reference(source) => expr(source),
            StatementKind::Sample { size } => match size {
                SampleSize::Fixed(count) | SampleSize::PerSource(count) => expr(count),
                SampleSize::Until { rule, most } => {
                    if let StoppingRule::Narrow(width) = rule {
                        expr(width);
                    }
                    expr(most);
                }
            },
            StatementKind::Step(step) => expr(step),
            StatementKind::Arm { name: of, steps } => {
                name(of);
                steps.iter_mut().for_each(expr);
            }
            StatementKind::Factorial { parts, at } => {
                expr(parts);
                expr(at);
            }
            StatementKind::Measure { outcomes } => {
                for outcome in outcomes {
                    outcome.name.iter_mut().for_each(name);
                    expr(&mut outcome.value);
                }
            }
            StatementKind::Contrast { name: of, value } => {
                name(of);
                expr(value);
            }
            StatementKind::Report { summaries } => {
                for summary in summaries {
                    name(&mut summary.name);
                    summary.brackets = EMPTY_SPAN;
                    summary.arguments.iter_mut().flatten().for_each(argument);
                    summary.over.iter_mut().for_each(name);
                    summary.beyond.iter_mut().for_each(expr);
                }
            }
            StatementKind::Expect(of) => expect(of),
            StatementKind::Let(binding) => bound(binding),
        }
    }
}

fn argument(of: &mut Argument) {
    of.name.iter_mut().for_each(name);
    expr(&mut of.value);
}

fn expr(of: &mut Expr) {
    of.span = EMPTY_SPAN;
    match &mut of.kind {
        ExprKind::Number(_)
        | ExprKind::Percent(_)
        | ExprKind::Length(_)
        | ExprKind::FractionalLength(_)
        | ExprKind::Bool(_)
        | ExprKind::Text(_)
        | ExprKind::Sequence { .. }
        | ExprKind::Name(_) => {}
        ExprKind::List(items) => {
            for item in items {
                expr(&mut item.value);
                item.label.iter_mut().for_each(name);
            }
        }
        ExprKind::Map(entries) => {
            for entry in entries {
                expr(&mut entry.key);
                expr(&mut entry.value);
            }
        }
        ExprKind::Call {
            function,
            arguments,
        } => {
            expr(function);
            arguments.iter_mut().for_each(argument);
        }
        ExprKind::Index { base, index } => {
            expr(base);
            expr(index);
        }
        ExprKind::Field { base, name: of } => {
            expr(base);
            name(of);
        }
        ExprKind::Parts { base, labels, .. } => {
            expr(base);
            labels.iter_mut().for_each(name);
        }
        ExprKind::Unary { operand, .. } => expr(operand),
        ExprKind::Binary { left, right, .. } => {
            expr(left);
            expr(right);
        }
        ExprKind::To { from, to, step } => {
            expr(from);
            expr(to);
            step.iter_mut().for_each(|step| expr(step));
        }
        ExprKind::Between { value, low, high } => {
            expr(value);
            expr(low);
            expr(high);
        }
        ExprKind::Over { value, axis } => {
            expr(value);
            name(axis);
        }
        ExprKind::First { of, count } => {
            expr(of);
            expr(count);
        }
        ExprKind::Region { start, end } => {
            expr(start);
            expr(end);
        }
        ExprKind::Experiment(body) => experiment(body),
        ExprKind::Arm(steps) => steps.iter_mut().for_each(expr),
        ExprKind::Phrase { verb, arguments } => {
            name(verb);
            for argument in arguments {
                argument.name.iter_mut().for_each(name);
                expr(&mut argument.value);
            }
        }
    }
}
