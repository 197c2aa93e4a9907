//! Ranges: `1 to 10 step 2`.

use std::rc::Rc;

use crate::budget::Limit;
use crate::scope::Scope;
use crate::value::Value;
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_syntax::tree::Expr;

impl Checker<'_> {
    pub(super) fn eval_range(
        &mut self,
        from: &Expr,
        to: &Expr,
        step: Option<&Expr>,
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
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
        self.place(Limit::Items.check_within(steps + 1.0), span, "here")?;
        self.spend_on_values(steps as u64, span)?;
        let largest = a.abs().max(b.abs());
        let values = (0..=steps as u64)
            .map(|i| make(round_binary_error(a + i as f64 * s, largest)))
            .collect();
        Ok(Value::List(Rc::new(values)))
    }
}

/// A value of a range without the dust of binary fractions: 0.3, not 0.30000000000000004.
fn round_binary_error(value: f64, largest: f64) -> f64 {
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
