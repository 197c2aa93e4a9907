//! `x between a and b`: a truth value for numbers and lengths, a band for a query.

use std::rc::Rc;

use super::scope::Scope;
use super::types::Type;
use super::value::{QueryBand, Value};
use super::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_design::Bound;
use gia_syntax::tree::{BinaryOp, Expr};

impl Checker<'_> {
    pub(super) fn eval_band(
        &mut self,
        value: &Expr,
        low: &Expr,
        high: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let (of, from, to) = (
            self.eval(value, scope),
            self.eval(low, scope),
            self.eval(high, scope),
        );
        let (of, from, to) = (of?, from?, to?);
        if matches!(of, Value::Query(_) | Value::Model(_) | Value::Head(_)) {
            let query = self.coerce(of, &Type::Query);
            let Value::Query(query) = self.place(query, value.span, "here")? else {
                return Err(ErrorReported);
            };
            let bounds = (self.eval_bound(low, from)?, self.eval_bound(high, to)?);
            let ordered = match bounds {
                (Bound::Value(a), Bound::Value(b)) | (Bound::Quantile(a), Bound::Quantile(b)) => {
                    a < b
                }
                _ => true,
            };
            if !ordered {
                return self.fail(
                    Diagnostic::error(Code::Empty, "nothing lies between these bounds")
                        .at(low.span, "the lower")
                        .at(high.span, "the higher"),
                );
            }
            let words = |expr: &Expr| self.text_of(expr.span);
            return Ok(Value::Band(Rc::new(QueryBand {
                formula: query.formula.clone(),
                low: bounds.0,
                high: bounds.1,
                words: format!(
                    "{} between {} and {}",
                    words(value),
                    words(low),
                    words(high)
                ),
            })));
        }
        let mut inside = true;
        for (op, bound, expr) in [
            (BinaryOp::GreaterEqual, from, low),
            (BinaryOp::LessEqual, to, high),
        ] {
            let compared = self.binary(op, of.clone(), bound.clone());
            let compared = compared.map_err(|diagnostic| {
                let placed = diagnostic
                    .at(value.span, of.kind())
                    .at(expr.span, bound.kind());
                Box::new(placed)
            });
            inside &= matches!(self.place(compared, value.span, "here")?, Value::Bool(true));
        }
        Ok(Value::Bool(inside))
    }

    /// An end of the interval for a query: an answer, or a quantile of the answers.
    fn eval_bound(&mut self, written: &Expr, value: Value) -> EvalResult<Bound> {
        match value {
            Value::Quantile(share) => return Ok(Bound::Quantile(share)),
            Value::Share(share) => {
                let text = self.text_of(written.span);
                return self.fail(
                    Diagnostic::error(
                        Code::AmbiguousPercentage,
                        "a share does not say between which answers of a query",
                    )
                    .at(written.span, "of what?")
                    .suggest(
                        format!("for the answer below which so many of all lie, write `quantile({text})`"),
                        [(written.span, format!("quantile({text})"))],
                    )
                    .suggest(
                        format!("for the answer {share} itself, write `{share}`"),
                        [(written.span, share.to_string())],
                    ),
                );
            }
            _ => {}
        }
        let fitted = self.coerce(value, &Type::Number);
        match self.place(fitted, written.span, "here")? {
            Value::Number(number) => Ok(Bound::Value(number)),
            _ => Err(ErrorReported),
        }
    }
}
