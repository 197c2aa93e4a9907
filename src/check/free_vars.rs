//! Names in expressions without evaluating them: which names a text mentions, and whether the body of a function that
//! nobody calls mentions a name that nothing declares.

use std::collections::HashSet;
use std::rc::Rc;

use super::experiment::words_of_claims;
use super::scope::Scope;
use super::{Checker, library};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_syntax::tree::{Experiment, Expr, ExprKind, File, ItemKind, Statement, StatementKind};

/// Errors of a script behind which it is no longer asked what was meant.
pub(super) const MAX_SUGGESTED_ERRORS: usize = 100;

/// Calls `visit` on every name that an expression reads, experiments inside it included.
pub fn visit_names(expr: &Expr, visit: &mut impl FnMut(&str, Span)) {
    // The word `arm` is no name, so no function of a script can be meant by it.
    visit_names_outside_calls(&["arm"], expr, visit);
}

/// Calls `visit` on every name that an expression reads, except in the arguments of these functions, which are labels and not names.
pub fn visit_names_outside_calls(
    of_labels: &[&str],
    expr: &Expr,
    visit: &mut impl FnMut(&str, Span),
) {
    match &expr.kind {
        ExprKind::Name(name) => visit(name, expr.span),
        ExprKind::Experiment(body) => return visit_names_in_experiment(body, visit),
        ExprKind::Call { function, .. } if matches!(&function.kind, ExprKind::Name(name) if of_labels.contains(&name.as_str())) =>
        {
            return visit_names_outside_calls(of_labels, function, visit);
        }
        // An axis may be called like an edit, and is not mentioned by it.
        ExprKind::Phrase { verb, .. } if library::builtin(&verb.text).is_none() => {
            visit(&verb.text, verb.span);
        }
        _ => {}
    }
    expr.for_each_child(&mut |child| visit_names_outside_calls(of_labels, child, visit));
}

/// Whether an expression mentions one of these names.
pub fn mentions_any(expr: &Expr, names: &HashSet<String>) -> bool {
    let mut found = false;
    visit_names(expr, &mut |name, _| found |= names.contains(name));
    found
}

/// Places at which the statements of an experiment mention one of these names.
pub fn spans_in_experiment(body: &Experiment, names: &HashSet<String>) -> Vec<Span> {
    let mut places = Vec::new();
    visit_names_in_statements(body, &mut |name, span| {
        if names.contains(name) {
            places.push(span);
        }
    });
    places
}

fn visit_names_in_experiment(body: &Experiment, visit: &mut impl FnMut(&str, Span)) {
    let own = names_declared_in_experiment(body);
    visit_names_in_statements(body, &mut |name, span| {
        if !own.contains(name) {
            visit(name, span);
        }
    });
}

/// Calls `visit` on every name that the statements of an experiment read, those that it declares itself included.
// Behind a pointer, so that experiments inside experiments do not nest closure types without end.
fn visit_names_in_statements(body: &Experiment, visit: &mut dyn FnMut(&str, Span)) {
    let statements = body.statements.iter();
    for expr in statements.flat_map(Statement::expressions) {
        visit_names(expr, &mut |name: &str, span: Span| visit(name, span));
    }
}

/// Names that the statements of an experiment declare: axes, arms, contrasts, outcomes, labels and lets.
fn names_declared_in_experiment(body: &Experiment) -> HashSet<String> {
    let mut names: HashSet<String> = ["control", "treated", "effect", "interaction", "arm"]
        .map(String::from)
        .into();
    // What claims are about, such as `peak` and `median`, are words of `expect`.
    names.extend(words_of_claims().map(String::from));
    for statement in &body.statements {
        match &statement.kind {
            StatementKind::Vary { axis: name, .. }
            | StatementKind::Arm { name, .. }
            | StatementKind::Contrast { name, .. } => {
                names.insert(name.text.clone());
            }
            StatementKind::Let(binding) => {
                names.insert(binding.name.text.clone());
            }
            StatementKind::Factorial { parts, .. } => {
                if let ExprKind::List(items) = &parts.kind {
                    names.extend(
                        items
                            .iter()
                            .filter_map(|i| i.label.as_ref())
                            .map(|l| l.text.clone()),
                    );
                }
            }
            _ => {}
        }
    }
    names
}

impl Checker<'_> {
    /// Reports names in the bodies of a file's functions that nothing declares, called or not.
    pub fn check_names_of_functions(&mut self, file: &File, scope: &Rc<Scope>) {
        // A module that could not be read has been reported, and might have declared anything.
        if self.names_missing {
            return;
        }
        for item in &file.items {
            let ItemKind::Fn(function) = &item.kind else {
                continue;
            };
            let parameters: Vec<&str> = function
                .parameters
                .iter()
                .map(|p| p.name.text.as_str())
                .collect();
            let mut unknown = Vec::new();
            if let Some(body) = &function.body {
                visit_names(body, &mut |name, span| {
                    if !parameters.contains(&name) && scope.get(name).is_none() {
                        unknown.push((name.to_string(), span));
                    }
                });
            }
            for (name, span) in unknown {
                let diagnostic =
                    Diagnostic::error(Code::UnknownName, format!("`{name}` is not declared"))
                        .at(span, "unknown name");
                if self.sink.errors() >= MAX_SUGGESTED_ERRORS {
                    self.sink.push(diagnostic);
                    continue;
                }
                let visible = scope.visible();
                let known = visible
                    .iter()
                    .map(String::as_str)
                    .chain(parameters.iter().copied());
                self.sink.push(match closest(&name, known) {
                    Some(close) => diagnostic.did_you_mean(close),
                    None => diagnostic,
                });
            }
        }
    }
}
