//! Evaluation of expressions. An error is reported with its span, and evaluation goes on where it can.

mod access;
mod binary;
mod literals;
mod ranges;

use std::rc::Rc;

use super::budget::Limit;
use super::native_function::{NativeResult, Refusal};
use super::scope::Scope;
use super::types::Type;
use super::value::{Placement, Position, Value};
use super::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Span;
use gia_domain::Alphabet;
use gia_syntax::tree::{Expr, ExprKind, SequenceAlphabet};

/// Stack that is left when more is taken, and how much is taken then: functions of the interpreter read files and models
/// in what is left.
const MIN_STACK_BYTES: usize = 512 << 10;
const STACK_GROWTH_BYTES: usize = 8 << 20;

/// The largest number that counts something, such as backgrounds.
pub(super) const MAX_COUNT: usize = 1_000_000_000;

impl Checker<'_> {
    pub fn eval(&mut self, expr: &Expr, scope: &Rc<Scope>) -> EvalResult<Value> {
        self.spend(1, expr.span)?;
        let depth = Limit::Nesting.check_within((self.nesting + 1) as f64);
        self.place(depth, expr.span, "the innermost")?;
        self.nesting += 1;
        let value = stacker::maybe_grow(MIN_STACK_BYTES, STACK_GROWTH_BYTES, || {
            self.eval_inner(expr, scope)
        });
        self.nesting -= 1;
        value
    }

    fn eval_inner(&mut self, expr: &Expr, scope: &Rc<Scope>) -> EvalResult<Value> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(n) => Ok(Value::Number(*n)),
            ExprKind::Percent(n) => Ok(Value::Share(*n)),
            ExprKind::Length(n) => Ok(Value::Length(*n)),
            ExprKind::FractionalLength(_) => {
                let written = self.text_of(span);
                self.fail(
                    Diagnostic::error(
                        Code::OutOfRange,
                        format!("`{written}` is not a whole number of base pairs"),
                    )
                    .at(span, "a length counts base pairs"),
                )
            }
            ExprKind::Bool(b) => Ok(Value::Bool(*b)),
            ExprKind::Text(text) => Ok(Value::Text(text.as_str().into())),
            ExprKind::Sequence { alphabet, letters } => {
                let alphabet = match alphabet {
                    SequenceAlphabet::Dna => Alphabet::Dna,
                    SequenceAlphabet::Rna => Alphabet::Rna,
                };
                let motif = self.place(
                    literals::motif_from_letters(letters, alphabet),
                    span,
                    "in this sequence",
                )?;
                Ok(Value::Motif(motif.into()))
            }
            ExprKind::Name(name) => self.lookup(name, span, scope),
            ExprKind::List(items) => {
                let list = self.eval_list(items, scope)?;
                self.count_value(list, span)
            }
            ExprKind::Map(entries) => {
                let map = self.eval_map(entries, scope)?;
                self.count_value(map, span)
            }
            ExprKind::Call {
                function,
                arguments,
            } => self.call(function, arguments, span, scope),
            ExprKind::Index { base, index } => self.eval_index(base, index, scope),
            ExprKind::Field { base, name } => self.eval_field(base, name, scope),
            ExprKind::Parts {
                base,
                keeping,
                labels,
            } => self.parts(base, *keeping, labels, scope),
            ExprKind::Unary { op, operand } => {
                let value = self.eval(operand, scope)?;
                let result = self.unary(*op, value);
                let result = self.place(result, operand.span, "here")?;
                self.count_value(result, span)
            }
            ExprKind::Binary { op, left, right } => {
                let result = self.binary_expr(*op, left, right, span, scope)?;
                self.count_value(result, span)
            }
            ExprKind::To { from, to, step } => {
                self.eval_range(from, to, step.as_deref(), span, scope)
            }
            ExprKind::Over { value, axis } => {
                let text = self.text_of(value.span);
                self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "only `increasing`, `decreasing`, `peak` and `periodic` take a contrast along an axis, each as a whole claim",
                    )
                    .at(span, "here")
                    .help(format!(
                        "write `expect increasing({text} over {axis})`, or `expect peak({text} over {axis}) between LOW and HIGH`",
                        axis = axis.text
                    )),
                )
            }
            ExprKind::Between { value, low, high } => self.eval_band(value, low, high, scope),
            ExprKind::First { of, count } => {
                let first = self.eval_first(of, count, scope)?;
                self.count_value(first, span)
            }
            ExprKind::Region { start, end } => {
                let start = self.position(start, scope);
                let end = self.position(end, scope);
                Ok(Value::Region {
                    start: start?,
                    end: end?,
                })
            }
            ExprKind::Arm(steps) => {
                let arm = self.arm_value(steps, scope)?;
                self.count_value(arm, span)
            }
            ExprKind::Phrase { verb, arguments } => self.phrase(verb, arguments, span, scope),
            ExprKind::Experiment(body) => {
                Ok(Value::Experiment(Rc::new(super::value::ExperimentValue {
                    body: body.clone(),
                    scope: scope.clone(),
                })))
            }
        }
    }

    /// Evaluates and fits to a type, with the mistake placed on the expression.
    pub fn eval_as(&mut self, expr: &Expr, ty: &Type, scope: &Rc<Scope>) -> EvalResult<Value> {
        if let Some(diagnostic) = self.unknown_constructor(expr, ty, scope) {
            return self.fail(diagnostic);
        }
        let value = self.eval(expr, scope)?;
        self.fit(value, expr, ty, scope)
    }

    /// Evaluates an outcome: a query, or a track along an output, which stays one.
    pub fn eval_outcome(&mut self, expr: &Expr, scope: &Rc<Scope>) -> EvalResult<Value> {
        if let Some(diagnostic) = self.unknown_constructor(expr, &Type::Query, scope) {
            return self.fail(diagnostic);
        }
        let value = self.eval(expr, scope)?;
        let track = match &value {
            Value::Track(track) => Some(track.clone()),
            // An output without positions is most often one whose task was forgotten.
            Value::Head(head) if self.lies_along(*head) => {
                let track = self.as_track(&value);
                self.place(track, expr.span, "here")?
            }
            _ => None,
        };
        match track {
            Some(track) => Ok(Value::Track(track)),
            None => self.fit(value, expr, &Type::Query, scope),
        }
    }

    /// Fits a value to a type, with the mistake placed on its expression.
    fn fit(
        &mut self,
        value: Value,
        expr: &Expr,
        ty: &Type,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let fitted = self.coerce(value, ty);
        if fitted.is_err()
            && *ty == Type::Construct
            && let Some(slip) = self.gap_without_unit(expr, scope)
        {
            return self.fail(slip);
        }
        if fitted.is_err()
            && let Some(slip) = self.name_without_unit(expr, ty, scope)
        {
            return self.fail(slip);
        }
        self.place(fitted, expr.span, "here")
    }

    pub fn position(&mut self, expr: &Expr, scope: &Rc<Scope>) -> EvalResult<Position> {
        match self.eval_as(expr, &Type::Position, scope)? {
            Value::Position(position) => Ok(position),
            _ => Err(ErrorReported),
        }
    }

    /// Where a construct is embedded.
    pub fn placement(&mut self, expr: &Expr, scope: &Rc<Scope>) -> EvalResult<Placement> {
        match self.eval_as(expr, &Type::Placement, scope)? {
            Value::Position(position) => Ok(Placement::At(position)),
            Value::Anywhere(within) => Ok(Placement::Anywhere(within)),
            _ => Err(ErrorReported),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, expr: &Expr, what: &str, scope: &Rc<Scope>) -> EvalResult<usize> {
        let Value::Number(n) = self.eval_as(expr, &Type::Number, scope)? else {
            return Err(ErrorReported);
        };
        if n < 1.0 || n.fract() != 0.0 || n > MAX_COUNT as f64 {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("{what} is a whole number from 1, not {n}"),
                )
                .at(expr.span, "here"),
            );
        }
        Ok(n as usize)
    }

    /// Reports a diagnostic that has no span yet, at a span that the caller knows.
    pub fn place<T>(&mut self, outcome: Outcome<T>, span: Span, label: &str) -> EvalResult<T> {
        match outcome {
            Ok(value) => Ok(value),
            Err(diagnostic) => {
                let placed = if diagnostic.labels.is_empty() {
                    diagnostic.at(span, label)
                } else {
                    *diagnostic
                };
                self.fail(placed)
            }
        }
    }

    /// Reports what a native function refuses, at the argument that is at fault.
    pub fn of_argument<T>(&mut self, result: NativeResult<T>) -> EvalResult<T> {
        match result {
            Ok(value) => Ok(value),
            Err(Refusal {
                diagnostic,
                argument,
            }) => match argument {
                Some(argument) => self.place(Err(diagnostic), argument, "here"),
                None => self.fail(*diagnostic),
            },
        }
    }

    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> EvalResult<T> {
        self.sink.push(diagnostic);
        Err(ErrorReported)
    }
}
