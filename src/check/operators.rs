//! Operators: the result for each pair of kinds of value, and the error for a pair without meaning.

use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::budget::{Limit, within_formula_limits};
use super::types::Type;
use super::value::{Anchor, ContrastValue, EditValue, Position, Query, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Arithmetic, Formula, Track};
use gia_domain::Population;
use gia_syntax::tree::{BinaryOp, UnaryOp};

impl Checker<'_> {
    pub fn unary(&mut self, op: UnaryOp, operand: Value) -> Outcome<Value> {
        Ok(match (op, operand) {
            (UnaryOp::Minus, Value::Number(n)) => Value::Number(-n),
            (UnaryOp::Minus, Value::Share(n)) => Value::Share(-n),
            (UnaryOp::Minus, Value::Length(n)) => Value::Length(-n),
            (UnaryOp::Minus, Value::Query(q)) => Value::Query(Rc::new(Query {
                formula: Arc::new(Formula::Negate(Box::new((*q.formula).clone()))),
                unit: q.unit.clone(),
                written: None,
            })),
            (UnaryOp::Minus, Value::Track(track)) => {
                let negated = Track::Negate(Box::new((*track.track).clone()));
                track.with(negated, track.unit.clone())?
            }
            (UnaryOp::Minus, Value::Contrast(c)) => Value::Contrast(Rc::new(ContrastValue {
                formula: Formula::Negate(Box::new(c.formula.clone())),
                outcome: c.outcome,
            })),
            (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
            (UnaryOp::Minus, other) => {
                return mismatch(format!("{} cannot be negated", other.kind()), None);
            }
            (UnaryOp::Not, other) => {
                return mismatch(format!("`not` needs a Bool, found {}", other.kind()), None);
            }
        })
    }

    pub fn binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Outcome<Value> {
        use BinaryOp::*;
        match op {
            And | Or => match (&left, &right) {
                (Value::Bool(a), Value::Bool(b)) => {
                    Ok(Value::Bool(if op == And { *a && *b } else { *a || *b }))
                }
                _ => mismatch(
                    format!(
                        "`{}` joins two Bools, found {} and {}",
                        op.symbol(),
                        left.kind(),
                        right.kind()
                    ),
                    None,
                ),
            },
            Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual => {
                self.compare(op, &left, &right)
            }
            _ => self.arithmetic(op, left, right),
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Value, right: Value) -> Outcome<Value> {
        use BinaryOp::*;
        if let Some(value) = self.share_arithmetic(op, &left, &right)? {
            return Ok(value);
        }
        let (left, right) = (as_number(left), as_number(right));
        let (left, right) = bp_of_query(op, left, right);
        let right = self.same_track_under_control(&left, right)?;
        if let Some(track) = self.track_arithmetic(op, &left, &right)? {
            return Ok(track);
        }
        use Value::{Contrast, Length, Number, Query};
        let value = match (op, &left, &right) {
            (_, Number(a), Number(b)) => Number(numbers(op, *a, *b)?),
            (Add, Length(a), Length(b)) => Length(lengths(a.checked_add(*b))?),
            (Subtract, Length(a), Length(b)) => Length(lengths(a.checked_sub(*b))?),
            (Multiply, Length(a), Number(n)) | (Multiply, Number(n), Length(a)) => {
                scaled(*a as f64 * n, &left, &right)?
            }
            (Divide, Length(a), Number(n)) if *n != 0.0 => scaled(*a as f64 / n, &left, &right)?,
            (Div, Length(a), Number(n)) if *n != 0.0 => {
                scaled((*a as f64 / n).floor(), &left, &right)?
            }
            (Divide, Length(a), Length(b)) if *b != 0 => Number(*a as f64 / *b as f64),
            (Div, Length(a), Length(b)) if *b != 0 => Number((*a as f64 / *b as f64).floor()),
            (Mod, Length(a), Length(b)) if *b != 0 => {
                Length((*a as f64).rem_euclid(*b as f64) as i64)
            }
            (Divide | Div | Mod, Length(_), Length(0)) => {
                return Err(Box::new(Diagnostic::error(
                    Code::ArithmeticError,
                    "division by a length of 0 bp",
                )));
            }
            (Divide | Div, Length(_), Number(_)) => {
                return Err(Box::new(Diagnostic::error(
                    Code::ArithmeticError,
                    "division by 0",
                )));
            }
            (Add, Value::Position(p), Length(n)) | (Add, Length(n), Value::Position(p)) => {
                Value::Position(Position {
                    offset: lengths(p.offset.checked_add(*n))?,
                    ..*p
                })
            }
            (Subtract, Value::Position(p), Length(n)) => Value::Position(Position {
                offset: lengths(p.offset.checked_sub(*n))?,
                ..*p
            }),
            (Subtract, Value::Position(a), Value::Position(b)) => Length(self.distance(*a, *b)?),
            (Multiply, row, Number(n)) | (Multiply, Number(n), row)
                if matches!(
                    row,
                    Value::Motif(_)
                        | Value::Construct(_)
                        | Value::List(_)
                        | Value::Cluster(_)
                        | Value::Text(_)
                ) =>
            {
                let Value::Construct(construct) = self.repeatable(row.clone())? else {
                    return undefined_operation(op, &left, &right);
                };
                let times = *n;
                if times < 0.0 || times.fract() != 0.0 || !times.is_finite() {
                    return Err(Box::new(Diagnostic::error(
                        Code::OutOfRange,
                        format!("a construct is repeated a whole number of times, not {times}"),
                    )));
                }
                Limit::Parts.check_within(construct.parts.len() as f64 * times)?;
                Value::Construct(Arc::new(construct.repeat(times as usize)))
            }
            (
                _,
                Query(_) | Number(_) | Value::Model(_) | Value::Head(_),
                Query(_) | Number(_) | Value::Model(_) | Value::Head(_),
            ) if formula_op(op).is_some() => self.combine_queries(op, left, right)?,
            (_, Contrast(_) | Number(_), Contrast(_) | Number(_)) if formula_op(op).is_some() => {
                combine_contrasts(op, &left, &right)?
            }
            _ => return undefined_operation(op, &left, &right),
        };
        Ok(value)
    }

    /// Arithmetic in which a share stays a share, or becomes a position in the sequence.
    fn share_arithmetic(
        &mut self,
        op: BinaryOp,
        left: &Value,
        right: &Value,
    ) -> Outcome<Option<Value>> {
        use BinaryOp::{Add, Divide, Multiply, Subtract};
        use Value::{Length, Number, Share};
        Ok(Some(match (op, left, right) {
            (Add | Subtract, Share(a), Share(b))
            | (Multiply, Share(a), Number(b))
            | (Multiply, Number(a), Share(b))
            | (Divide, Share(a), Number(b)) => Share(numbers(op, *a, *b)?),
            (Add, Share(_), Length(_)) | (Subtract, Share(_), Length(_)) => {
                let place = self.coerce(left.clone(), &Type::Position)?;
                self.arithmetic(op, place, right.clone())?
            }
            (Add, Length(_), Share(_)) => {
                let place = self.coerce(right.clone(), &Type::Position)?;
                self.arithmetic(op, left.clone(), place)?
            }
            _ => return Ok(None),
        }))
    }

    fn repeatable(&mut self, row: Value) -> Outcome<Value> {
        if let Value::List(items) = &row
            && items
                .iter()
                .any(|item| matches!(item, Value::Edit(_) | Value::Arm(_)))
        {
            return not_repeated("a List of edits");
        }
        let construct = self.coerce(row, &Type::Construct)?;
        Ok(construct.as_construct().map_or(construct, Value::Construct))
    }

    /// Length of the sequences of the experiment that is being checked, once known.
    fn sequence_length(&self) -> Option<i64> {
        self.experiment.as_ref()?.sequence_length
    }

    /// The distance from `b` to `a` in bp. They may be measured from different ends if the length of the sequence is known.
    pub fn distance(&self, a: Position, b: Position) -> Outcome<i64> {
        if a.anchor == b.anchor {
            return lengths(a.offset.checked_sub(b.offset));
        }
        match self.sequence_length() {
            Some(length) => Ok(a.start_of(0, length) - b.start_of(0, length)),
            None => Err(Box::new(Diagnostic::error(
                Code::UnitMismatch,
                "these positions are measured from different places, and the sequence's length is known only inside an experiment",
            ))),
        }
    }

    fn compare(&self, op: BinaryOp, left: &Value, right: &Value) -> Outcome<Value> {
        use BinaryOp::*;
        let (left, right) = (&as_number(left.clone()), &as_number(right.clone()));
        let order = match (left, right) {
            (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Value::Length(a), Value::Length(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) if matches!(op, Equal | NotEqual) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) if matches!(op, Equal | NotEqual) => Some(a.cmp(b)),
            (Value::Position(a), Value::Position(b)) if a.anchor == b.anchor => {
                Some(a.offset.cmp(&b.offset))
            }
            (Value::Position(a), Value::Position(b)) if self.sequence_length().is_some() => {
                Some(self.distance(*a, *b)?.cmp(&0))
            }
            (
                Value::Motif(_) | Value::Construct(_) | Value::List(_) | Value::Cluster(_),
                Value::Motif(_) | Value::Construct(_) | Value::List(_) | Value::Cluster(_),
            ) if matches!(op, Equal | NotEqual) => {
                match (left.as_construct(), right.as_construct()) {
                    (Some(a), Some(b)) if a.is_same_as(&b) => Some(std::cmp::Ordering::Equal),
                    (Some(_), Some(_)) => Some(std::cmp::Ordering::Less),
                    _ => return undefined_operation(op, left, right),
                }
            }
            (
                Value::Population(a) | Value::First { of: a, .. },
                Value::Population(b) | Value::First { of: b, .. },
            ) if matches!(op, Equal | NotEqual) => {
                let count = |value: &Value, of: &Population| match value {
                    Value::First { count, .. } => Some(*count),
                    _ => of.size(),
                };
                let (a, b) = (
                    (a.identity(), count(left, a)),
                    (b.identity(), count(right, b)),
                );
                Some(a.cmp(&b))
            }
            (Value::Model(a), Value::Model(b)) if matches!(op, Equal | NotEqual) => Some(a.cmp(b)),
            (Value::Edit(_) | Value::Arm(_), Value::Edit(_) | Value::Arm(_))
                if matches!(op, Equal | NotEqual) =>
            {
                let same = self.same_edits(left, right);
                Some(if same {
                    std::cmp::Ordering::Equal
                } else {
                    std::cmp::Ordering::Less
                })
            }
            (Value::Length(_), Value::Number(n)) | (Value::Number(n), Value::Length(_)) => {
                return unit_mismatch(
                    "a Length is compared with a Number".to_string(),
                    Some(format!("write `{n}bp`")),
                );
            }
            _ => return undefined_operation(op, left, right),
        };
        let Some(order) = order else {
            return undefined_operation(op, left, right);
        };
        Ok(Value::Bool(match op {
            Less => order.is_lt(),
            LessEqual => order.is_le(),
            Greater => order.is_gt(),
            GreaterEqual => order.is_ge(),
            Equal => order.is_eq(),
            _ => order.is_ne(),
        }))
    }

    /// Whether two steps are the same calls with the same arguments, in the same order. An edit is an arm of one.
    fn same_edits(&self, left: &Value, right: &Value) -> bool {
        let edits = |value: &Value| -> Vec<Rc<EditValue>> {
            match value {
                Value::Edit(edit) => vec![edit.clone()],
                Value::Arm(edits) => edits.to_vec(),
                _ => Vec::new(),
            }
        };
        let same = |(a, b): (&Rc<EditValue>, &Rc<EditValue>)| {
            let mut arguments = a.arguments.iter().zip(&b.arguments);
            a.function == b.function && arguments.all(|(a, b)| self.same_argument(a, b))
        };
        let (left, right) = (edits(left), edits(right));
        left.len() == right.len() && left.iter().zip(&right).all(same)
    }

    fn same_argument(&self, a: &Option<Value>, b: &Option<Value>) -> bool {
        let (a, b) = match (a, b) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return true,
            (Some(_), None) | (None, Some(_)) => return false,
        };
        let equal = |a: &Value, b: &Value| {
            let equal = self.compare(BinaryOp::Equal, a, b);
            matches!(equal, Ok(Value::Bool(true)))
        };
        match (a, b) {
            (Value::Variant, Value::Variant) | (Value::None, Value::None) => true,
            (Value::Haplotype(one), Value::Haplotype(other)) => one.is_same_as(other),
            (
                Value::Region { start, end },
                Value::Region {
                    start: other_start,
                    end: other_end,
                },
            ) => {
                equal(&Value::Position(*start), &Value::Position(*other_start))
                    && equal(&Value::Position(*end), &Value::Position(*other_end))
            }
            (Value::Anywhere(one), Value::Anywhere(other)) => one == other,
            _ => equal(a, b),
        }
    }

    fn combine_queries(&mut self, op: BinaryOp, left: Value, right: Value) -> Outcome<Value> {
        let unit_of = |value: &Value| match value {
            Value::Query(q) => Some(q.unit.clone()),
            _ => None,
        };
        let left = self.as_quantity(left)?;
        let right = self.as_quantity(right)?;
        // Sums keep a scale that both sides share, and a number on one side changes no scale.
        let unit = match (op, unit_of(&left), unit_of(&right)) {
            (BinaryOp::Add | BinaryOp::Subtract, Some(a), Some(b)) if a == b => a,
            (BinaryOp::Add | BinaryOp::Subtract, Some(a), None) => a,
            (BinaryOp::Add | BinaryOp::Subtract, None, Some(b)) => b,
            _ => None,
        };
        let part = |value: &Value| match value {
            Value::Query(q) => (*q.formula).clone(),
            Value::Number(n) => Formula::Constant(*n),
            _ => Formula::Constant(f64::NAN),
        };
        let formula = Arc::new(concatenate(op, part(&left), part(&right))?);
        Ok(Value::Query(Rc::new(Query {
            formula,
            unit,
            written: None,
        })))
    }

    fn as_quantity(&mut self, value: Value) -> Outcome<Value> {
        self.coerce(value, &Type::Quantity)
    }
}

/// Converts a share to a plain number, and leaves any other value as it is.
fn as_number(value: Value) -> Value {
    match value {
        Value::Share(share) => Value::Number(share),
        other => other,
    }
}

/// A length that is added to a query in bp, or subtracted, as a number of bp: `argmax(net.profile["plus"]) - 3bp`.
fn bp_of_query(op: BinaryOp, left: Value, right: Value) -> (Value, Value) {
    let in_bp = |value: &Value| matches!(value, Value::Query(q) if q.unit.as_deref() == Some("bp"));
    match (op, &left, &right) {
        (BinaryOp::Add | BinaryOp::Subtract, query, Value::Length(n)) if in_bp(query) => {
            let number = Value::Number(*n as f64);
            (left, number)
        }
        (BinaryOp::Add | BinaryOp::Subtract, Value::Length(n), query) if in_bp(query) => {
            (Value::Number(*n as f64), right)
        }
        _ => (left, right),
    }
}

fn combine_contrasts(op: BinaryOp, left: &Value, right: &Value) -> Outcome<Value> {
    let mut outcome = None;
    let mut part = |value: &Value| match value {
        Value::Contrast(c) => {
            if let (Some(a), Some(b)) = (outcome, c.outcome)
                && a != b
            {
                return mismatch(
                    "the two sides are about different outcomes".to_string(),
                    None,
                );
            }
            outcome = outcome.or(c.outcome);
            Ok(c.formula.clone())
        }
        Value::Number(n) => Ok(Formula::Constant(*n)),
        other => mismatch(format!("{} in a contrast", other.kind()), None),
    };
    let left = part(left)?;
    let right = part(right)?;
    let formula = concatenate(op, left, right)?;
    Ok(Value::Contrast(Rc::new(ContrastValue { formula, outcome })))
}

fn concatenate<Leaf: Copy>(
    op: BinaryOp,
    left: Formula<Leaf>,
    right: Formula<Leaf>,
) -> Outcome<Formula<Leaf>> {
    // Callers have asked `formula_op` first.
    let op = formula_op(op).unwrap_or(Arithmetic::Add);
    within_formula_limits(Formula::Binary(op, Box::new(left), Box::new(right)))
}

/// The arithmetic that an operator means in a formula; none for one that it does not take.
pub(super) fn formula_op(op: BinaryOp) -> Option<Arithmetic> {
    Some(match op {
        BinaryOp::Add => Arithmetic::Add,
        BinaryOp::Subtract => Arithmetic::Subtract,
        BinaryOp::Multiply => Arithmetic::Multiply,
        BinaryOp::Divide => Arithmetic::Divide,
        BinaryOp::Power => Arithmetic::Power,
        _ => return None,
    })
}

fn numbers(op: BinaryOp, a: f64, b: f64) -> Outcome<f64> {
    use BinaryOp::*;
    if b == 0.0 && matches!(op, Divide | Div | Mod) {
        return Err(Box::new(Diagnostic::error(
            Code::ArithmeticError,
            "division by 0",
        )));
    }
    let value = match op {
        Add => a + b,
        Subtract => a - b,
        Multiply => a * b,
        Divide => a / b,
        Div => (a / b).floor(),
        Mod => a - b * (a / b).floor(),
        _ => a.powf(b),
    };
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Box::new(Diagnostic::error(
            Code::ArithmeticError,
            format!("`{a} {} {b}` is not a finite number", op.symbol()),
        )))
    }
}

fn lengths(value: Option<i64>) -> Outcome<i64> {
    match value {
        Some(v) if v.abs() <= 1_000_000_000_000 => Ok(v),
        _ => Err(Box::new(Diagnostic::error(
            Code::ArithmeticError,
            "the length is too large",
        ))),
    }
}

fn scaled(value: f64, left: &Value, right: &Value) -> Outcome<Value> {
    if value.abs() > 1e12 {
        return Err(Box::new(Diagnostic::error(
            Code::ArithmeticError,
            "the length is too large",
        )));
    }
    if value.fract() != 0.0 {
        return mismatch(
            format!(
                "{} and {} give {value} bp, not a whole number",
                left.kind(),
                right.kind()
            ),
            Some("`div` divides and rounds down".to_string()),
        );
    }
    Ok(Value::Length(value as i64))
}

fn undefined_operation<T>(op: BinaryOp, left: &Value, right: &Value) -> Outcome<T> {
    use Value::{Length, Number, Position};
    let symbol = op.symbol();
    match (op, left, right) {
        (BinaryOp::Add | BinaryOp::Subtract, Length(_) | Position(_), Number(n))
        | (BinaryOp::Add | BinaryOp::Subtract, Number(n), Length(_) | Position(_)) => {
            unit_mismatch(
                format!(
                    "{} and {} cannot be mixed by `{symbol}`",
                    left.kind(),
                    right.kind()
                ),
                (n.fract() == 0.0).then(|| format!("a length has a unit: write `{n}bp`")),
            )
        }
        (BinaryOp::Add, Position(_), Position(_)) => unit_mismatch(
            "two positions cannot be added".to_string(),
            Some(
                "a position moves by a length; the difference of two positions is a length"
                    .to_string(),
            ),
        ),
        (BinaryOp::Multiply, Length(_), Length(_)) => unit_mismatch(
            "two lengths cannot be multiplied".to_string(),
            Some("multiply a length by a plain number".to_string()),
        ),
        (BinaryOp::Add, Value::List(_), _) | (BinaryOp::Add, _, Value::List(_)) => mismatch(
            format!("{} and {} cannot be added", left.kind(), right.kind()),
            Some("`+` joins no lists; as steps, and as parts of a construct, lists may stand in a list: `[a, b]`".to_string()),
        ),
        (BinaryOp::Equal | BinaryOp::NotEqual, Value::Motif(_), Value::Text(text))
        | (BinaryOp::Equal | BinaryOp::NotEqual, Value::Text(text), Value::Motif(_)) => mismatch(
            format!("`{symbol}` does not work on {} and {}", left.kind(), right.kind()),
            Some(format!(
                "a motif is compared with a motif: `LIST[\"{text}\"]` is the one of that name in a list"
            )),
        ),
        (BinaryOp::Multiply, Value::Edit(_) | Value::Arm(_), _) => not_repeated(left.kind()),
        (BinaryOp::Multiply, _, Value::Edit(_) | Value::Arm(_)) => not_repeated(right.kind()),
        (_, Position(p), _) if p.anchor == Anchor::Center && op.compares() => unit_mismatch(
            "these positions are measured from different places".to_string(),
            None,
        ),
        _ => mismatch(
            format!(
                "`{symbol}` does not work on {} and {}",
                left.kind(),
                right.kind()
            ),
            None,
        ),
    }
}

/// The error on `3 * embed(M, center)`: what is made again is a second edit, with random choices of its own.
fn not_repeated<T>(what: &str) -> Outcome<T> {
    mismatch(
        format!("{what} cannot be repeated"),
        Some("each edit is a call of its own".to_string()),
    )
}

fn mismatch<T>(message: String, help: Option<String>) -> Outcome<T> {
    fail(Code::TypeMismatch, message, help)
}

fn unit_mismatch<T>(message: String, help: Option<String>) -> Outcome<T> {
    fail(Code::UnitMismatch, message, help)
}

fn fail<T>(code: Code, message: String, help: Option<String>) -> Outcome<T> {
    let mut diagnostic = Diagnostic::error(code, message);
    diagnostic.help = help;
    Err(Box::new(diagnostic))
}
