//! Fields and indices: `effect.logit`, `net["CTCF"]`.

use std::rc::Rc;

use crate::scope::Scope;
use crate::value::{ContrastValue, Value};
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest, pluralize};
use gia_domain::{Population, find_motif};
use gia_syntax::tree::{Expr, ExprKind, Name};

impl Checker<'_> {
    pub(super) fn eval_field(
        &mut self,
        base: &Expr,
        name: &Name,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let value = self.eval(base, scope)?;
        match value {
            Value::Contrast(contrast) => {
                let scope = self.experiment.as_ref();
                let Some(outcome) = scope.and_then(|scope| scope.outcome(&name.text)) else {
                    return self.refuse_outcome(base, name);
                };
                Ok(Value::Contrast(Rc::new(ContrastValue {
                    formula: contrast.formula.clone(),
                    outcome: Some(outcome),
                })))
            }
            Value::Module(names) => match names.get_here(&name.text) {
                Some(binding) => Ok(binding.value),
                None => {
                    let module = self.text_of(base.span);
                    let diagnostic = Diagnostic::error(
                        Code::UnknownName,
                        format!("the module `{module}` has no `{}`", name.text),
                    )
                    .at(name.span, "unknown name");
                    let known: Vec<String> =
                        names.own_bindings().into_iter().map(|(n, _)| n).collect();
                    let close = closest(&name.text, known.iter().map(String::as_str));
                    self.fail(match close {
                        Some(close) => diagnostic
                            .suggest_here(format!("did you mean `{module}.{close}`?"), close),
                        None => diagnostic.help(format!("it has `{}`", known.join("`, `"))),
                    })
                }
            },
            Value::Model(model) => {
                let head = self.head_by_name(model, &name.text);
                self.place(head, name.span, "unknown output")
            }
            other => self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("{} has no part `{}`", other.kind(), name.text),
                )
                .at(name.span, "here"),
            ),
        }
    }

    pub(super) fn eval_index(
        &mut self,
        base: &Expr,
        index: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let value = self.eval(base, scope);
        if let (Ok(Value::Model(model)), ExprKind::Name(task)) = (&value, &index.kind)
            && scope.get(task).is_none()
            && !self.names_missing
        {
            return self.refuse_task_without_quotes(*model, task, index.span);
        }
        let at = self.eval(index, scope);
        let (value, at) = (value?, at?);
        match (&value, &at) {
            (Value::Model(model), Value::Text(task)) => {
                let query = self.task_by_name(*model, task);
                self.place(query, index.span, "unknown task")
            }
            (Value::Model(model), Value::Number(n)) => {
                let query = self.task_by_number(*model, *n);
                self.place(query, index.span, "no such output")
            }
            (Value::Model(model), Value::Region { .. } | Value::Position(_) | Value::Length(_)) => {
                let head = self.only_track(*model);
                let head = self.place(head, base.span, "here")?;
                let numbers = self.index_head(head, &at);
                self.place(numbers, index.span, "here")
            }
            (Value::Head(head), _) => {
                let numbers = self.index_head(*head, &at);
                self.place(numbers, index.span, "here")
            }
            (Value::Population(population), _)
                if let Population::Sequences { set, .. } = &**population =>
            {
                self.index_sequences(set, &at, index.span)
            }
            (Value::First { of, count }, _)
                if let Some(Population::Sequences { set, .. }) = of.head(*count) =>
            {
                self.index_sequences(&set, &at, index.span)
            }
            (Value::Track(track), _) => {
                let number = self.index_track(track, &at);
                self.place(number, index.span, "here")
            }
            (Value::List(items) | Value::Cluster(items), Value::Number(n)) => {
                let found = (*n >= 0.0 && n.fract() == 0.0)
                    .then(|| items.get(*n as usize))
                    .flatten();
                match found {
                    Some(item) => Ok(item.clone()),
                    None => self.fail(
                        Diagnostic::error(
                            Code::NoSuchItem,
                            format!(
                                "the list has {}, counted from 0; there is no item {n}",
                                pluralize(items.len(), "item")
                            ),
                        )
                        .at(index.span, "here"),
                    ),
                }
            }
            (Value::List(items) | Value::Cluster(items), Value::Text(name))
                if holds_motifs(items) =>
            {
                let motifs = items.iter().filter_map(|item| match item {
                    Value::Motif(motif) => Some(&**motif),
                    _ => None,
                });
                let found = find_motif(motifs, name, "the list").cloned();
                let motif = self.place(found, index.span, "here")?;
                Ok(Value::Motif(motif.into()))
            }
            _ => self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("{} cannot be indexed with {}", value.kind(), at.kind()),
                )
                .at(base.span, value.kind())
                .at(index.span, at.kind()),
            ),
        }
    }
}

/// Whether a list is one of motifs, which have names.
fn holds_motifs(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item, Value::Motif(_)))
}
