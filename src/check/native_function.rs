//! Arguments and results of native functions.

use super::Checker;
use super::value::Value;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Span;
use gia_syntax::tree::{Expr, ExprKind, Fn, Parameter};

/// Result of a native function: a value, or the refusal of an argument.
pub type NativeResult<T> = Result<T, Refusal>;

/// Why a native function refuses its arguments.
#[derive(Debug)]
pub struct Refusal {
    /// It has no span yet.
    pub diagnostic: Box<Diagnostic>,
    /// The argument at fault, where there is one and the call gives it.
    pub argument: Option<Span>,
}

impl From<Box<Diagnostic>> for Refusal {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Refusal {
            diagnostic,
            argument: None,
        }
    }
}

impl From<Diagnostic> for Refusal {
    fn from(diagnostic: Diagnostic) -> Self {
        Box::new(diagnostic).into()
    }
}

/// An argument as a call writes it.
#[derive(Debug, Clone, Copy)]
pub struct WrittenArgument {
    pub span: Span,
    /// It ends in a number with a percent sign, so that a number out of range lacks none.
    pub percent: bool,
}

impl WrittenArgument {
    pub fn new(expr: &Expr) -> Self {
        WrittenArgument {
            span: expr.span,
            percent: ends_in_percent(expr),
        }
    }
}

fn ends_in_percent(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Percent(_) => true,
        ExprKind::Unary { operand, .. } => ends_in_percent(operand),
        ExprKind::Binary { right, .. } => ends_in_percent(right),
        _ => false,
    }
}

/// Source position of an argument, or of the call that leaves it out.
#[derive(Debug, Clone, Copy)]
pub struct ArgumentLocation {
    /// The argument as written; none if the call leaves it out.
    pub argument: Option<WrittenArgument>,
    /// The whole call.
    pub call: Span,
}

impl ArgumentLocation {
    /// Lays an error at this argument.
    pub fn label_error<T>(self, outcome: Outcome<T>) -> NativeResult<T> {
        outcome.map_err(|diagnostic| Refusal {
            diagnostic,
            argument: self.argument.map(|written| written.span),
        })
    }

    /// Refuses this argument.
    pub fn refuse<T>(self, code: Code, message: impl Into<String>) -> NativeResult<T> {
        self.label_error(refused(code, message))
    }

    /// Adds the place of this argument to a warning.
    pub fn warn(self, warning: Diagnostic) -> Diagnostic {
        let span = self.argument.map_or(self.call, |written| written.span);
        warning.at(span, "here")
    }
}

/// The arguments of one call: a value for each parameter that the prelude declares, fitted to its type.
pub struct Arguments<'a> {
    declaration: &'a Fn,
    values: &'a [Value],
    /// Source position and spelling of each argument; none for one that is left out.
    written: &'a [Option<WrittenArgument>],
    call: Span,
}

impl<'a> Arguments<'a> {
    /// `values` and `written` are parallel to the parameters of the declaration.
    pub fn new(
        declaration: &'a Fn,
        values: &'a [Value],
        written: &'a [Option<WrittenArgument>],
        call: Span,
    ) -> Self {
        Arguments {
            declaration,
            values,
            written,
            call,
        }
    }

    /// The values in the order of the parameters; none for an argument that the call leaves out.
    pub fn values(&self) -> Box<[Option<Value>]> {
        let values = self.values.iter().zip(self.written);
        values
            .map(|(value, written)| written.is_some().then(|| value.clone()))
            .collect()
    }

    /// Value and place of the argument of a parameter. A name that the prelude does not declare is an internal error; a
    /// test compares the names with the prelude.
    pub fn named(&self, name: &str) -> Outcome<(&Value, ArgumentLocation)> {
        let is_named = |parameter: &Parameter| parameter.name.text == name;
        let index = self.declaration.parameters.iter().position(is_named);
        let found = index.and_then(|i| Some((self.values.get(i)?, *self.written.get(i)?)));
        let Some((value, argument)) = found else {
            let function = &self.declaration.name.text;
            return refused(
                Code::UnknownArgument,
                format!(
                    "internal error: the prelude declares no parameter `{name}` of `{function}`"
                ),
            );
        };
        let call = self.call;
        Ok((value, ArgumentLocation { argument, call }))
    }
}

/// Refuses a call, with no argument at fault.
pub fn refused<T, E: From<Box<Diagnostic>>>(
    code: Code,
    message: impl Into<String>,
) -> Result<T, E> {
    Err(Box::new(Diagnostic::error(code, message)).into())
}

/// A function that the interpreter supplies for a declaration without a body.
pub trait NativeFunction: std::fmt::Debug {
    /// Whether it reads the parameters that a declaration names, each by its name and type.
    fn accepts_parameters(&self, declaration: &Fn) -> bool;

    fn call(&self, checker: &mut Checker, arguments: &Arguments) -> NativeResult<Value>;
}
