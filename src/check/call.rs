//! Calls: arguments to parameters, functions with a body and functions of the interpreter.

use std::collections::HashSet;
use std::rc::Rc;

use super::native_function::{Arguments, WrittenArgument};
use super::scope::Scope;
use super::types::Type;
use super::value::{FunctionValue, Query, Value};
use super::{Checker, ErrorReported, EvalResult, free_vars, library};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_syntax::tree::{Argument, Expr, ExprKind, ListItem};

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        function: &Expr,
        arguments: &[Argument],
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        if let ExprKind::Name(name) = &function.kind
            && name == "interaction"
            && scope.get(name).is_none()
        {
            return self.eval_interaction_call(arguments, span);
        }
        if matches!(&function.kind, ExprKind::Name(name) if name == "arm") {
            return self.eval_arm_call(arguments, span);
        }
        let callee = match self.eval(function, scope) {
            Ok(Value::Function(callee)) => callee,
            Ok(of @ (Value::Model(_) | Value::Head(_) | Value::Query(_) | Value::Track(_))) if matches!(arguments, [only] if only.name.is_none()) =>
            {
                let on = &arguments[0].value;
                let value = self.eval(on, scope)?;
                return self.predict_by_call(&of, value, (function.span, on.span));
            }
            Ok(other) => {
                let diagnostic = Diagnostic::error(
                    Code::NotCallable,
                    format!("{} is not a function", other.kind()),
                )
                .at(function.span, "called here");
                return self.fail(match library_function_of_name(function, scope) {
                    Some((module, name)) => diagnostic.help(format!(
                        "`{name}` is declared anew here; the library's is `{module}.{name}`"
                    )),
                    None => diagnostic,
                });
            }
            Err(ErrorReported) => {
                // The arguments may hold mistakes of their own.
                for argument in arguments {
                    let _ = self.eval(&argument.value, scope);
                }
                return Err(ErrorReported);
            }
        };
        let listed = arguments_as_list(&callee, arguments);
        let arguments = listed.as_deref().unwrap_or(arguments);
        self.call_function(&callee, arguments, span, scope)
    }

    /// Calls a function with these arguments.
    pub(super) fn call_function(
        &mut self,
        callee: &Rc<FunctionValue>,
        arguments: &[Argument],
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        self.call_with_constants(callee, arguments, &[], span, scope)
    }

    /// Calls a function with these arguments. `constants` holds the values of the first arguments that are evaluated
    /// already; none for one that is not.
    pub(super) fn call_with_constants(
        &mut self,
        callee: &Rc<FunctionValue>,
        arguments: &[Argument],
        constants: &[Option<Value>],
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let (given, written) = self.bind_arguments(callee, arguments, constants, span, scope)?;
        self.apply_function(callee, given, &written, span)
    }

    /// Calls a function that is named alone, as `reverse_complement` is in a step.
    pub(super) fn call_without_arguments(
        &mut self,
        callee: &Rc<FunctionValue>,
        span: Span,
    ) -> EvalResult<Value> {
        let scope = callee.scope.clone();
        self.call_function(callee, &[], span, &scope)
    }

    /// A value for each parameter, in the order of the declaration, and how it is written.
    fn bind_arguments(
        &mut self,
        callee: &Rc<FunctionValue>,
        arguments: &[Argument],
        constants: &[Option<Value>],
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<(Vec<Value>, Vec<Option<WrittenArgument>>)> {
        let parameters = &callee.declaration.parameters;
        let function = &callee.declaration.name.text;
        let mut given: Vec<Option<Value>> = vec![None; parameters.len()];
        let mut written = vec![None; parameters.len()];
        let mut misnamed = false;
        let mut failed = false;
        let mut next = 0;
        let constants = constants.iter().chain(std::iter::repeat(&None));
        for (argument, constant) in arguments.iter().zip(constants) {
            let slot = slot_of(argument, callee, &mut next);
            let Some(slot) = slot else {
                self.sink.push(unknown_argument(callee, argument));
                misnamed = true;
                failed = true;
                continue;
            };
            let parameter = &parameters[slot];
            if given[slot].is_some() {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{}` of `{function}` is given twice", parameter.name.text),
                    )
                    .at(argument.value.span, "again here"),
                );
                failed = true;
                continue;
            }
            written[slot] = Some(WrittenArgument::new(&argument.value));
            let value = match constant {
                Some(value) => Ok(value.clone()),
                None => self.argument(callee, slot, &argument.value, scope),
            };
            failed |= value.is_err();
            given[slot] = Some(value.unwrap_or(Value::Error));
        }
        // A default may use the parameters before it.
        let has_default = given.iter().any(Option::is_none);
        let inner = has_default.then(|| Scope::child(&callee.scope));
        let mut values = Vec::with_capacity(parameters.len());
        let types = callee.parameter_types.iter();
        for ((parameter, ty), value) in parameters.iter().zip(types).zip(given) {
            let value = match (value, &parameter.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    self.check_recursion(callee, span)?;
                    let value = self.eval_as(default, ty, inner.as_ref().unwrap_or(scope));
                    self.calls.leave(callee);
                    value?
                }
                // The missing one is most likely the one with the wrong name.
                (None, None) if misnamed => Value::Error,
                (None, None) => {
                    self.sink.push(
                        Diagnostic::error(
                            Code::MissingArgument,
                            format!("`{function}` needs `{}`", parameter.name.text),
                        )
                        .at(span, format!("`{}: {ty}` is missing", parameter.name.text)),
                    );
                    failed = true;
                    Value::Error
                }
            };
            if let Some(inner) = &inner {
                let span = Some(parameter.name.span);
                inner.bind(&parameter.name.text, value.clone(), span);
            }
            values.push(value);
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok((values, written))
        }
    }

    /// The value of an argument, converted to the type of its parameter.
    fn argument(
        &mut self,
        callee: &FunctionValue,
        slot: usize,
        argument: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let value = self.eval(argument, scope)?;
        match self.coerce(value, &callee.parameter_types[slot]) {
            Ok(value) => Ok(self.as_written(value, argument.span)),
            Err(diagnostic) => {
                let wrong = self.wrong_argument(diagnostic, callee, slot, argument, scope);
                self.fail(wrong)
            }
        }
    }

    /// The values of the arguments that mention none of these names, by which they vary. None for each other one, and for
    /// one that is wrong.
    pub(super) fn constant_arguments(
        &mut self,
        callee: &FunctionValue,
        arguments: &[Argument],
        varying: &HashSet<String>,
        scope: &Rc<Scope>,
    ) -> Box<[Option<Value>]> {
        let mut next = 0;
        let values = arguments.iter().map(|argument| {
            let slot = slot_of(argument, callee, &mut next)?;
            let varies = free_vars::mentions_any(&argument.value, varying);
            (!varies).then(|| self.argument(callee, slot, &argument.value, scope).ok())?
        });
        values.collect()
    }

    /// The error on an argument whose value does not convert to the type of its parameter.
    fn wrong_argument(
        &mut self,
        diagnostic: Box<Diagnostic>,
        callee: &FunctionValue,
        slot: usize,
        argument: &Expr,
        scope: &Rc<Scope>,
    ) -> Diagnostic {
        let ty = &callee.parameter_types[slot];
        let slip = match ty {
            Type::Construct => self.gap_without_unit(argument, scope),
            _ => None,
        };
        let slip = slip.or_else(|| self.name_without_unit(argument, ty, scope));
        let slip = slip.or_else(|| match ty {
            Type::Region | Type::Place => self.list_as_region(argument),
            _ => None,
        });
        if let Some(slip) = slip {
            return slip;
        }
        let diagnostic = match ty {
            Type::Region => self.with_other_end(diagnostic, argument, scope),
            _ => diagnostic,
        };
        if !diagnostic.labels.is_empty() {
            return *diagnostic;
        }
        let declaration = &callee.declaration;
        let parameter = &declaration.parameters[slot].name.text;
        let label = format!("parameter `{parameter}` of `{}`", declaration.name.text);
        diagnostic.at(argument.span, label)
    }

    fn check_recursion(&mut self, callee: &Rc<FunctionValue>, span: Span) -> EvalResult<()> {
        let entered = self.calls.enter(callee, span);
        self.place(entered, span, "the innermost")
    }

    /// Records the source text of a query that is passed to a function.
    fn as_written(&self, value: Value, span: Span) -> Value {
        match value {
            Value::Query(query) if query.written.is_none() => Value::Query(Rc::new(Query {
                written: Some(self.text_of(span)),
                ..(*query).clone()
            })),
            other => other,
        }
    }

    fn apply_function(
        &mut self,
        callee: &Rc<FunctionValue>,
        given: Vec<Value>,
        written: &[Option<WrittenArgument>],
        span: Span,
    ) -> EvalResult<Value> {
        if let Some(native) = callee.native {
            // Paths start from the folder of the text that names them.
            let source = self.sources.get(span.source);
            self.files.folder.clone_from(&source.folder);
            let name = &callee.declaration.name.text;
            self.refuse_first_of_nulls(name, &given, written, span)?;
            let arguments = Arguments::new(&callee.declaration, &given, written, span);
            let value = match native.call(self, &arguments) {
                Ok(value) => value,
                Err(refusal) => match refusal.argument {
                    Some(argument) => self.place(Err(refusal.diagnostic), argument, "here")?,
                    None => self.place(Err(refusal.diagnostic), span, "in this call")?,
                },
            };
            return self.count_value(value, span);
        }
        let Some(body) = &callee.declaration.body else {
            return Err(ErrorReported);
        };
        // Functions that call each other twice would fail a million times, each time with the same errors.
        if self.calls.has_given_up(callee) {
            return Err(ErrorReported);
        }
        self.check_recursion(callee, span)?;
        let inner = Scope::child(&callee.scope);
        for (parameter, value) in callee.declaration.parameters.iter().zip(given) {
            inner.bind(&parameter.name.text, value, Some(parameter.name.span));
        }
        let errors = self.sink.errors();
        let result = match &callee.result_type {
            Some(ty) => self.eval_as(body, ty, &inner),
            None => self.eval(body, &inner),
        };
        self.calls.leave(callee);
        if result.is_err() {
            self.calls.record_failure(callee);
        }
        // Who called is named too: the mistake may lie in what was passed.
        if result.is_err() && self.sink.errors() > errors {
            self.sink.note_caller(span, &callee.declaration.name.text);
        }
        result
    }
}

/// Index of the parameter of an argument. `next` counts the arguments without a name.
fn slot_of(argument: &Argument, callee: &FunctionValue, next: &mut usize) -> Option<usize> {
    let parameters = &callee.declaration.parameters;
    match &argument.name {
        Some(name) => parameters.iter().position(|p| p.name.text == name.text),
        None => {
            *next += 1;
            (*next <= parameters.len()).then_some(*next - 1)
        }
    }
}

/// Several arguments of a function that takes one list: `max(a, b)` is `max([a, b])`.
fn arguments_as_list(callee: &FunctionValue, arguments: &[Argument]) -> Option<Vec<Argument>> {
    let (items, named): (Vec<&Argument>, Vec<&Argument>) =
        arguments.iter().partition(|given| given.name.is_none());
    // What stands beside the list is given by its name, as `weights` of `mean`.
    let takes_one_list = matches!(
        &*callee.parameter_types,
        [Type::List(_)] | [Type::List(_), Type::Track]
    );
    if items.len() < 2 || !takes_one_list {
        return None;
    }
    let (first, last) = (items.first()?.value.span, items.last()?.value.span);
    let items = items.iter().map(|argument| ListItem {
        value: argument.value.clone(),
        label: None,
    });
    let list = Argument {
        name: None,
        value: Expr {
            kind: ExprKind::List(items.collect()),
            span: Span::new(first.source, first.start as usize, last.end as usize),
        },
    };
    Some(
        std::iter::once(list)
            .chain(named.into_iter().cloned())
            .collect(),
    )
}

/// The module in use that has a function of the name that is called, and that name.
fn library_function_of_name<'e>(
    function: &'e Expr,
    scope: &Scope,
) -> Option<(&'static str, &'e str)> {
    let ExprKind::Name(name) = &function.kind else {
        return None;
    };
    let module = library::module_with(name)?;
    let in_use = matches!(scope.get(module)?.value, Value::Module(_));
    in_use.then_some((module, name.as_str()))
}

fn unknown_argument(callee: &FunctionValue, argument: &Argument) -> Diagnostic {
    let function = &callee.declaration.name.text;
    let parameters = &callee.declaration.parameters;
    match &argument.name {
        None => Diagnostic::error(
            Code::UnknownArgument,
            format!(
                "`{function}` takes at most {} argument{}",
                parameters.len(),
                if parameters.len() == 1 { "" } else { "s" }
            ),
        )
        .at(argument.value.span, "one too many"),
        Some(name) => {
            let diagnostic = Diagnostic::error(
                Code::UnknownArgument,
                format!("`{function}` has no parameter `{}`", name.text),
            )
            .at(name.span, "unknown parameter");
            let known: Vec<&str> = parameters.iter().map(|p| p.name.text.as_str()).collect();
            match closest(&name.text, known.iter().copied()) {
                Some(close) => diagnostic.did_you_mean(close),
                None => diagnostic.help(format!("it has `{}`", known.join("`, `"))),
            }
        }
    }
}
