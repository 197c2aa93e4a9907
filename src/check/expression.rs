//! Expressions to values. A mistake is put into the sink with its place, and evaluation goes on where it can.

use std::rc::Rc;

use super::budget::Limit;
use super::scope::Scope;
use super::types::Type;
use super::value::{ContrastValue, Position, Value, single};
use super::{Checker, Stop, Try};
use crate::diag::{Code, Diagnostic, Outcome, closest, counted};
use crate::domain::{Alphabet, Motif, find_motif};
use crate::source::Span;
use crate::syntax::tree::{BinaryOp, Expr, ExprKind, ListItem, MapEntry, Name, SequenceAlphabet};

/// A mend is written out up to so many characters; beyond, its source line is close enough.
const LONGEST_SHOWN: usize = 60;

/// Stack that is left when more is taken, and how much is taken then: functions of the interpreter read files and models
/// in what is left.
const STACK_LEFT: usize = 512 << 10;
const STACK_TAKEN: usize = 8 << 20;

impl Checker<'_> {
    pub fn eval(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Try<Value> {
        self.spend(1, expr.span)?;
        let depth = Limit::Nesting.hold((self.nesting + 1) as f64);
        self.place(depth, expr.span, "the innermost")?;
        self.nesting += 1;
        let value = stacker::maybe_grow(STACK_LEFT, STACK_TAKEN, || self.eval_inner(expr, scope));
        self.nesting -= 1;
        value
    }

    fn eval_inner(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Try<Value> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(n) => Ok(Value::Number(*n)),
            ExprKind::Percent(n) => Ok(Value::Share(*n)),
            ExprKind::Length(n) => Ok(Value::Length(*n)),
            ExprKind::Bool(b) => Ok(Value::Bool(*b)),
            ExprKind::Text(text) => Ok(Value::Text(text.as_str().into())),
            ExprKind::Sequence { alphabet, letters } => {
                let alphabet = match alphabet {
                    SequenceAlphabet::Dna => Alphabet::Dna,
                    SequenceAlphabet::Rna => Alphabet::Rna,
                };
                let motif = self.place(
                    motif_from_letters(letters, alphabet),
                    span,
                    "in this sequence",
                )?;
                Ok(Value::Motif(motif.into()))
            }
            ExprKind::Name(name) => self.lookup(name, span, scope),
            ExprKind::List(items) => {
                let list = self.list(items, scope)?;
                self.made(list, span)
            }
            ExprKind::Map(entries) => {
                let map = self.map(entries, scope)?;
                self.made(map, span)
            }
            ExprKind::Call {
                function,
                arguments,
            } => self.call(function, arguments, span, scope),
            ExprKind::Index { base, index } => self.index(base, index, scope),
            ExprKind::Field { base, name } => self.field(base, name, scope),
            ExprKind::Parts {
                base,
                keeping,
                labels,
            } => self.parts(base, *keeping, labels, scope),
            ExprKind::Unary { op, operand } => {
                let value = self.eval(operand, scope)?;
                let result = self.unary(*op, value);
                let result = self.place(result, operand.span, "here")?;
                self.made(result, span)
            }
            ExprKind::Binary { op, left, right } => {
                let result = self.binary_expr(*op, left, right, span, scope)?;
                self.made(result, span)
            }
            ExprKind::To { from, to, step } => self.range(from, to, step.as_deref(), span, scope),
            ExprKind::Over { value, axis } => {
                let text = self.text_of(value.span);
                self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "a contrast along an axis is what `increasing`, `decreasing` and `peak` are claimed of",
                    )
                    .at(span, "here")
                    .help(format!("`expect increasing({text} over {})`", axis.text)),
                )
            }
            ExprKind::Between { value, low, high } => self.between(value, low, high, scope),
            ExprKind::Region { start, end } => {
                let start = self.position(start, scope);
                let end = self.position(end, scope);
                Ok(Value::Region {
                    start: start?,
                    end: end?,
                })
            }
            ExprKind::Experiment(body) => {
                Ok(Value::Experiment(Rc::new(super::value::ExperimentValue {
                    body: body.clone(),
                    scope: scope.clone(),
                })))
            }
        }
    }

    /// Evaluates and fits to a type, with the mistake placed on the expression.
    pub fn eval_as(&mut self, expr: &Expr, ty: &Type, scope: &Rc<Scope>) -> Try<Value> {
        if let Some(diagnostic) = self.unknown_maker(expr, ty, scope) {
            return self.fail(diagnostic);
        }
        let value = self.eval(expr, scope)?;
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

    pub fn position(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Try<Position> {
        match self.eval_as(expr, &Type::Position, scope)? {
            Value::Position(position) => Ok(position),
            _ => Err(Stop),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, expr: &Expr, what: &str, scope: &Rc<Scope>) -> Try<usize> {
        let Value::Number(n) = self.eval_as(expr, &Type::Number, scope)? else {
            return Err(Stop);
        };
        if n < 1.0 || n.fract() != 0.0 || n > 1e9 {
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

    /// Puts a diagnostic that has no place yet where its caller knows it to be.
    pub fn place<T>(&mut self, outcome: Outcome<T>, span: Span, label: &str) -> Try<T> {
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

    pub fn fail<T>(&mut self, diagnostic: Diagnostic) -> Try<T> {
        self.sink.push(diagnostic);
        Err(Stop)
    }

    fn list(&mut self, items: &[ListItem], scope: &Rc<Scope>) -> Try<Value> {
        let mut values = Vec::with_capacity(items.len());
        let mut failed = false;
        for item in items {
            let value = self
                .eval(&item.value, scope)
                .and_then(|value| match &item.label {
                    None => Ok(value),
                    Some(label) => self.labelled(value, label, item.value.span),
                });
            match value {
                Ok(value) => values.push(value),
                Err(Stop) => failed = true,
            }
        }
        if failed {
            Err(Stop)
        } else {
            Ok(Value::List(Rc::new(values)))
        }
    }

    fn map(&mut self, entries: &[MapEntry], scope: &Rc<Scope>) -> Try<Value> {
        let mut values = Vec::with_capacity(entries.len());
        let mut failed = false;
        for entry in entries {
            // Both sides are looked at, so that a mistake on each is reported.
            let key = self.eval(&entry.key, scope);
            let value = self.eval(&entry.value, scope);
            match (key, value) {
                (Ok(key), Ok(value)) => values.push((key, value)),
                _ => failed = true,
            }
        }
        if failed {
            Err(Stop)
        } else {
            Ok(Value::Map(Rc::new(values)))
        }
    }

    /// `motif as label`.
    fn labelled(&mut self, value: Value, label: &Name, span: Span) -> Try<Value> {
        let fitted = self.coerce(value, &Type::Motif);
        match self.place(fitted, span, "only a motif takes a label")? {
            Value::Motif(motif) => Ok(Value::Construct(
                single(motif, Some(label.text.clone())).into(),
            )),
            _ => Err(Stop),
        }
    }

    fn binary_expr(
        &mut self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        span: Span,
        scope: &Rc<Scope>,
    ) -> Try<Value> {
        // Both sides are looked at, so that a mistake on each is reported.
        let a = self.eval(left, scope);
        let b = self.eval(right, scope);
        let (a, b) = (a?, b?);
        match self.binary(op, a.clone(), b.clone()) {
            Ok(value) => Ok(value),
            Err(diagnostic) => {
                let slip = (op == BinaryOp::Multiply).then(|| {
                    self.gap_without_unit(left, scope)
                        .or(self.gap_without_unit(right, scope))
                });
                if let Some(slip) = slip.flatten() {
                    return self.fail(slip);
                }
                let of_the_result = matches!(
                    diagnostic.code,
                    Code::OutOfRange | Code::ArithmeticError | Code::Empty | Code::BudgetExceeded
                );
                let placed = if of_the_result {
                    diagnostic.at(span, "here")
                } else {
                    diagnostic.at(left.span, a.kind()).at(right.span, b.kind())
                };
                let placed = mend_of_names(placed, op, (left, &a), (right, &b), self);
                self.fail(placed)
            }
        }
    }

    fn range(
        &mut self,
        from: &Expr,
        to: &Expr,
        step: Option<&Expr>,
        span: Span,
        scope: &Rc<Scope>,
    ) -> Try<Value> {
        let first = self.eval(from, scope);
        let last = self.eval(to, scope);
        let step_value = step.map(|s| self.eval(s, scope)).transpose();
        let (first, last, step_value) = (first?, last?, step_value?);
        let (a, b, s, make): (f64, f64, f64, fn(f64) -> Value) = match (&first, &last, &step_value)
        {
            (Value::Number(a), Value::Number(b), None) => (*a, *b, 1.0, Value::Number),
            (Value::Number(a), Value::Number(b), Some(Value::Number(s))) => {
                (*a, *b, *s, Value::Number)
            }
            (Value::Share(a), Value::Share(b), Some(Value::Share(s))) => (*a, *b, *s, Value::Share),
            (Value::Length(a), Value::Length(b), None) => {
                (*a as f64, *b as f64, 1.0, |x| Value::Length(x as i64))
            }
            (Value::Length(a), Value::Length(b), Some(Value::Length(s))) => {
                (*a as f64, *b as f64, *s as f64, |x| Value::Length(x as i64))
            }
            _ => {
                let mut diagnostic = Diagnostic::error(
                    Code::UnitMismatch,
                    "the ends and the step of a range are all numbers or all lengths",
                )
                .at(from.span, first.kind())
                .at(to.span, last.kind());
                if let (Some(step), Some(value)) = (step, &step_value) {
                    diagnostic = diagnostic.at(step.span, value.kind());
                }
                return self.fail(diagnostic);
            }
        };
        if s <= 0.0 {
            let place = step.map_or(span, |s| s.span);
            return self
                .fail(Diagnostic::error(Code::OutOfRange, "a step is positive").at(place, "here"));
        }
        if b < a {
            let unit = if matches!(first, Value::Length(_)) {
                " bp"
            } else {
                ""
            };
            return self.fail(
                Diagnostic::error(
                    Code::Empty,
                    format!("the range is empty: {b}{unit} lies before {a}{unit}"),
                )
                .at(span, "no values"),
            );
        }
        let steps = ((b - a) / s + 1e-9).floor();
        self.place(Limit::Items.hold(steps + 1.0), span, "here")?;
        self.spend_on_values(steps as u64, span)?;
        let largest = a.abs().max(b.abs());
        let values = (0..=steps as u64)
            .map(|i| make(tidy(a + i as f64 * s, largest)))
            .collect();
        Ok(Value::List(Rc::new(values)))
    }

    fn field(&mut self, base: &Expr, name: &Name, scope: &Rc<Scope>) -> Try<Value> {
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
                    let known: Vec<String> = names.own().into_iter().map(|(n, _)| n).collect();
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

    fn index(&mut self, base: &Expr, index: &Expr, scope: &Rc<Scope>) -> Try<Value> {
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
            (Value::List(items), Value::Number(n)) => {
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
                                counted(items.len(), "item")
                            ),
                        )
                        .at(index.span, "here"),
                    ),
                }
            }
            (Value::List(items), Value::Text(name)) if holds_motifs(items) => {
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

/// A value of a range without the dust of binary fractions: 0.3, not 0.30000000000000004.
fn tidy(value: f64, largest: f64) -> f64 {
    if value.fract() == 0.0 || largest == 0.0 {
        return value;
    }
    let decimals = 14 - largest.log10().ceil() as i32;
    if !(0..=300).contains(&decimals) {
        return value;
    }
    format!("{value:.*}", decimals as usize)
        .parse()
        .unwrap_or(value)
}

/// A sequence as a motif without ambiguity; `N` keeps the background's base.
fn motif_from_letters(letters: &str, alphabet: Alphabet) -> Outcome<Motif> {
    let strange = letters.chars().position(|c| alphabet.encode(c).is_none());
    match strange {
        None if !letters.is_empty() => Motif::from_iupac(letters, alphabet),
        None => Err(Box::new(Diagnostic::error(
            Code::Empty,
            "the sequence is empty",
        ))),
        Some(index) => {
            let letter = letters.chars().nth(index).unwrap_or('?');
            let diagnostic = Diagnostic::error(
                Code::UnknownBase,
                format!(
                    "`{letter}`, letter {}, is no base of {}",
                    index + 1,
                    alphabet.name()
                ),
            );
            Err(Box::new(
                diagnostic.help("a text in plain quotes may hold IUPAC letters"),
            ))
        }
    }
}

/// Mends that depend on how the two sides are written.
fn mend_of_names(
    mut diagnostic: Diagnostic,
    op: BinaryOp,
    (left, a): (&Expr, &Value),
    (right, b): (&Expr, &Value),
    checker: &Checker,
) -> Diagnostic {
    if diagnostic.code == Code::UnitMismatch {
        let text = |expr: &Expr| checker.sources.slice(expr.span);
        for (expr, value, other) in [(left, a, b), (right, b, a)] {
            let written_out = matches!(expr.kind, ExprKind::Number(_) | ExprKind::Unary { .. });
            let (Value::Number(n), Value::Length(_) | Value::Position(_)) = (value, other) else {
                continue;
            };
            if *n > 0.0 && *n < 1.0 && matches!(op, BinaryOp::Add | BinaryOp::Subtract) {
                let percent = format!("{}%", (n * 1e8).round() / 1e6);
                let (symbol, first) = (op.symbol(), std::ptr::eq(expr, left));
                let sum = match (first, op, other) {
                    (_, _, Value::Position(_)) | (false, BinaryOp::Subtract, _) => None,
                    (true, ..) => Some(format!("{percent} {symbol} {}", text(right))),
                    (false, ..) => Some(format!("{} {symbol} {percent}", text(left))),
                };
                diagnostic.help = None;
                if let Some(sum) = sum {
                    diagnostic = diagnostic.suggest(
                        format!("a share of the sequence is written with its sign: `{sum}`"),
                        [(expr.span, percent)],
                    );
                }
            } else if written_out && n.fract() == 0.0 {
                let mended = format!("{}bp", text(expr));
                diagnostic.help = None;
                diagnostic = diagnostic.suggest(
                    format!("a length has a unit: write `{mended}`"),
                    [(expr.span, mended)],
                );
            } else if !written_out {
                let factor = match expr.kind {
                    ExprKind::Name(_) => text(expr).to_string(),
                    _ => format!("({})", text(expr)),
                };
                let mended = format!("{factor} * 1bp");
                let shown = match mended.chars().count() <= LONGEST_SHOWN {
                    true => &mended,
                    false => "(...) * 1bp",
                };
                diagnostic.help = None;
                diagnostic = diagnostic.suggest(
                    format!("a number becomes a length when multiplied by one: `{shown}`"),
                    [(expr.span, format!("({mended})"))],
                );
            }
        }
    }
    if let ExprKind::Binary {
        op: first,
        right: middle,
        ..
    } = &left.kind
        && op.compares()
        && first.compares()
    {
        let text = |expr: &Expr| checker.sources.slice(expr.span);
        let parts = format!(
            "{} and {} {} {}",
            text(left),
            text(middle),
            op.symbol(),
            text(right)
        );
        let whole = left.span.to(right.span);
        diagnostic.help = None;
        diagnostic = diagnostic.suggest(
            format!("comparisons do not chain: `{parts}`"),
            [(whole, parts)],
        );
    }
    diagnostic
}
