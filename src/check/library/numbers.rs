//! Functions of numbers, queries and contrasts.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::parameter_types::{AnyValue, List, ParameterType, Quantity, Several};
use super::parameters::parameters;
use crate::Checker;
use crate::budget::within_formula_limits;
use crate::native_function::{NativeResult, refused};
use crate::tracks::{jensen_shannon, weighted_mean};
use crate::types::Type;
use crate::value::{ContrastValue, Query, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Arithmetic, Formula, Function, Reduction, Track};
use gia_syntax::tree::BinaryOp;

pub(super) const NATIVES: &[Native] = &[
    native!("count", Count, count),
    native!("quantile", QuantileOf, quantile),
    native!("exp", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Exp
    )),
    native!("log", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Log
    )),
    native!("log2", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Log2
    )),
    native!("log10", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Log10
    )),
    native!("log1p", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Log1p
    )),
    native!("sqrt", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Sqrt
    )),
    native!("abs", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Abs
    )),
    native!("logit", Probability, |c, given| quantity(
        c,
        given.p.into_value(),
        Function::Logit
    )),
    native!("sigmoid", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Sigmoid
    )),
    native!("softplus", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Softplus
    )),
    native!("frozen", OneQuantity, |c, given| quantity(
        c,
        given.x.into_value(),
        Function::Frozen
    )),
    native!("sum", Quantities, |c, given| reduction(
        c,
        &given.of,
        Reduction::Sum
    )),
    native!("mean", Mean, mean),
    native!("max", Quantities, |c, given| reduction(
        c,
        &given.of,
        Reduction::Max
    )),
    native!("min", Quantities, |c, given| reduction(
        c,
        &given.of,
        Reduction::Min
    )),
    native!("argmax", OfTrack, argmax),
    native!("jsd", TwoTracks, jsd),
    native!("bins", Bins, bins),
    native!("overall", Overall, overall),
    native!("softmax", Quantities, softmax),
    native!("round", OneNumber, |_, given| rounded(given, f64::round)),
    native!("floor", OneNumber, |_, given| rounded(given, f64::floor)),
    native!("ceil", OneNumber, |_, given| rounded(given, f64::ceil)),
];

parameters! {
    struct Count {
        values: AnyValue,
    }
}

parameters! {
    struct QuantileOf {
        share: f64,
    }
}

parameters! {
    struct OneQuantity {
        x: Quantity,
    }
}

parameters! {
    struct Probability {
        p: Quantity,
    }
}

parameters! {
    struct Quantities {
        of: Several,
    }
}

parameters! {
    struct Mean {
        of: Several,
        weights: Rc<TrackValue>,
    }
}

parameters! {
    struct OfTrack {
        of: Rc<TrackValue>,
    }
}

parameters! {
    struct TwoTracks {
        of: Rc<TrackValue>,
        other: AnyValue,
    }
}

parameters! {
    struct Bins {
        of: AnyValue,
        numbers: List<f64>,
    }
}

parameters! {
    struct Overall {
        of: Quantity,
    }
}

parameters! {
    struct OneNumber {
        x: f64,
    }
}

fn count(_: &mut Checker, given: Count) -> NativeResult<Value> {
    let location = given.values.location();
    let counted = match given.values.into_value() {
        Value::List(items) | Value::Cluster(items) => Some(items.len()),
        Value::Map(entries) => Some(entries.len()),
        Value::First { count, .. } => Some(count),
        Value::Population(population) => match population.size() {
            None => {
                return location.refuse(Code::TypeMismatch, "a null model has no end to count to");
            }
            size => size,
        },
        _ => None,
    };
    match counted {
        Some(count) => Ok(Value::Number(count as f64)),
        None => location.refuse(
            Code::TypeMismatch,
            "`count` needs a list or a set of sequences",
        ),
    }
}

/// The number; NaN for `none`.
fn rounded(given: OneNumber, round: fn(f64) -> f64) -> NativeResult<Value> {
    let number = given.x.get().copied().unwrap_or(f64::NAN);
    Ok(Value::Number(round(number)))
}

/// A quantile of a query's answers.
fn quantile(_: &mut Checker, given: QuantileOf) -> NativeResult<Value> {
    match given.share.get() {
        Some(share) if (0.0..=1.0).contains(share) => Ok(Value::Quantile(*share)),
        Some(_) => {
            let diagnostic =
                Diagnostic::error(Code::OutOfRange, "a share lies between 0% and 100%");
            let diagnostic = match given.share.without_percent_sign() {
                Some(share) => diagnostic.suggest_here(format!("write `{share}`"), share),
                None => diagnostic,
            };
            given.share.label_error(Err(Box::new(diagnostic)))
        }
        None => refused(
            Code::TypeMismatch,
            format!("{} is no share", Value::None.kind()),
        ),
    }
}

/// Applies a function of one number to a number, a query or a contrast.
fn quantity(checker: &mut Checker, of: Value, function: Function) -> NativeResult<Value> {
    match checker.coerce(of, &Type::Quantity)? {
        Value::Number(n) => {
            let result = function.apply(n);
            if result.is_finite() {
                Ok(Value::Number(result))
            } else {
                refused(Code::ArithmeticError, format!("not a finite number at {n}"))
            }
        }
        Value::Query(query) => Ok(Value::Query(Rc::new(Query {
            formula: Arc::new(Formula::Call(function, Box::new((*query.formula).clone()))),
            unit: None,
            written: None,
        }))),
        Value::Track(track) => {
            let of = Track::Call(function, Box::new((*track.track).clone()));
            Ok(track.with(of, None)?)
        }
        Value::Contrast(contrast) => Ok(Value::Contrast(Rc::new(ContrastValue {
            formula: Formula::Call(function, Box::new(contrast.formula.clone())),
            outcome: contrast.outcome,
        }))),
        other => refused(
            Code::TypeMismatch,
            format!("{} is not a number", other.kind()),
        ),
    }
}

/// The mean of an arm over all backgrounds.
fn overall(_: &mut Checker, given: Overall) -> NativeResult<Value> {
    match given.of.into_value() {
        Value::Contrast(contrast) if !contrast.formula.overall().is_empty() => refused(
            Code::Repeated,
            "this is a mean over all backgrounds already",
        ),
        Value::Contrast(contrast) => Ok(Value::Contrast(Rc::new(ContrastValue {
            formula: Formula::Overall(Box::new(contrast.formula.clone())),
            outcome: contrast.outcome,
        }))),
        other => refused(
            Code::TypeMismatch,
            format!(
                "`overall` is a mean of an arm over all backgrounds, as in `overall(treated) / overall(control)`, not of {}",
                other.kind()
            ),
        ),
    }
}

/// The values of a list that has at least one.
fn nonempty(items: &[Value]) -> NativeResult<&[Value]> {
    match items {
        [] => refused(Code::Empty, "the list is empty"),
        items => Ok(items),
    }
}

/// Where a track is greatest.
fn argmax(_: &mut Checker, given: OfTrack) -> NativeResult<Value> {
    let summit = given.of.required()?.summit();
    given.of.label_error(summit)
}

/// The Jensen-Shannon distance of a track to another one, or to itself under the control.
fn jsd(checker: &mut Checker, given: TwoTracks) -> NativeResult<Value> {
    let track = given.of.required()?.clone();
    let location = given.other.location();
    let other = match given.other.into_value() {
        Value::Contrast(arm) if arm.formula == Formula::Leaf(0) => None,
        Value::Contrast(_) => {
            return location.refuse(
                Code::TypeMismatch,
                "`jsd` compares the profile under each arm with that of the same background under `control`, or two tracks",
            );
        }
        other => {
            let other = checker.coerce(other, &Type::Track);
            match location.label_error(other)? {
                Value::Track(other) => Some(other),
                other => {
                    return location.refuse(
                        Code::TypeMismatch,
                        format!("expected a Track, found {}", other.kind()),
                    );
                }
            }
        }
    };
    location.label_error(jensen_shannon(&track, other.as_deref()))
}

/// Bins of an output or of a track by their numbers.
fn bins(checker: &mut Checker, given: Bins) -> NativeResult<Value> {
    let numbers = given.numbers.required()?;
    let numbers: Vec<f64> = numbers.iter().flatten().collect();
    let of = given.of.location();
    let track = match given.of.into_value() {
        Value::Track(track) => track,
        Value::Head(head) => Rc::new(of.label_error(checker.head_track(head))?),
        Value::Model(model) => {
            let track = checker
                .only_output(model)
                .and_then(|head| checker.head_track(head));
            Rc::new(of.label_error(track)?)
        }
        other => {
            return of.refuse(
                Code::TypeMismatch,
                format!(
                    "bins are of an output of a model, such as `net.profile[\"plus\"]`, or of a track, not of {}",
                    other.kind()
                ),
            );
        }
    };
    given.numbers.label_error(track.selected(&numbers))
}

/// The sum, mean, greatest or smallest of several.
fn reduction(
    checker: &mut Checker,
    of: &Argument<Several>,
    reduction: Reduction,
) -> NativeResult<Value> {
    match of.required()? {
        Several::Track(track) => Ok(track.reduced(reduction)?),
        Several::List(items) => reduce(checker, nonempty(items)?, reduction),
    }
}

/// The mean of several, or of a track with a weight for each place.
fn mean(checker: &mut Checker, given: Mean) -> NativeResult<Value> {
    let Some(weights) = given.weights.get() else {
        return reduction(checker, &given.of, Reduction::Mean);
    };
    let track = match given.of.required()? {
        Several::Track(track) => Some(track.clone()),
        Several::List(items) => checker.list_as_track(nonempty(items)?)?,
    };
    match track {
        Some(track) => given.weights.label_error(weighted_mean(&track, weights)),
        None => given.of.refuse(
            Code::TypeMismatch,
            "a mean has weights for numbers and queries, not for contrasts; write it out: `(a + 2 * b) / 3`",
        ),
    }
}

/// Reduces several to one: numbers at once, queries for each sequence, contrasts for each background.
fn reduce(checker: &mut Checker, items: &[Value], reduction: Reduction) -> NativeResult<Value> {
    let unit = shared_unit(items);
    let items = items
        .iter()
        .map(|item| checker.coerce(item.clone(), &Type::Quantity))
        .collect::<Outcome<Vec<_>>>()?;
    let numbers: Vec<f64> = items.iter().filter_map(f64::from_value).collect();
    if numbers.len() == items.len() {
        let result = reduction.apply(numbers);
        return match result.is_finite() {
            true => Ok(Value::Number(result)),
            false => refused(Code::ArithmeticError, "not a finite number"),
        };
    }
    let of_queries = |item: &Value| match item {
        Value::Query(query) => Some((*query.formula).clone()),
        other => f64::from_value(other).map(Formula::Constant),
    };
    if let Some(of) = items.iter().map(of_queries).collect::<Option<Vec<_>>>() {
        let formula = Arc::new(within_formula_limits(reduction_or_operand(reduction, of))?);
        return Ok(Value::Query(Rc::new(Query {
            formula,
            unit,
            written: None,
        })));
    }
    let mut outcome = None;
    let mut of = Vec::with_capacity(items.len());
    for item in &items {
        of.push(match item {
            Value::Contrast(contrast) => {
                if outcome.is_some() && contrast.outcome.is_some() && outcome != contrast.outcome {
                    return refused(
                        Code::TypeMismatch,
                        "contrasts of two outcomes have no common scale",
                    );
                }
                outcome = outcome.or(contrast.outcome);
                contrast.formula.clone()
            }
            Value::Number(n) => Formula::Constant(*n),
            other => {
                return refused(
                    Code::TypeMismatch,
                    format!("{} and {} are not compared", items[0].kind(), other.kind()),
                );
            }
        });
    }
    // Sums of arms are written out, so that their weights can be told.
    let formula = match reduction {
        Reduction::Sum | Reduction::Mean => {
            let count = of.len() as f64;
            let add = |a, b| Formula::Binary(Arithmetic::Add, Box::new(a), Box::new(b));
            let sum = of.into_iter().reduce(add);
            let sum = sum.unwrap_or(Formula::Constant(0.0));
            match reduction {
                Reduction::Mean => Formula::Binary(
                    Arithmetic::Divide,
                    Box::new(sum),
                    Box::new(Formula::Constant(count)),
                ),
                _ => sum,
            }
        }
        _ => reduction_or_operand(reduction, of),
    };
    Ok(Value::Contrast(Rc::new(ContrastValue {
        formula: within_formula_limits(formula)?,
        outcome,
    })))
}

/// A reduction; of a single operand, the operand itself.
fn reduction_or_operand<Leaf>(reduction: Reduction, mut of: Vec<Formula<Leaf>>) -> Formula<Leaf> {
    match of.len() {
        1 => of.remove(0),
        _ => Formula::Reduce(reduction, of),
    }
}

/// The scale that all queries of a list have.
fn shared_unit(items: &[Value]) -> Option<String> {
    let mut units = items.iter().map(|item| match item {
        Value::Query(query) => query.unit.clone(),
        _ => None,
    });
    let first = units.next()??;
    units
        .all(|unit| unit.as_ref() == Some(&first))
        .then_some(first)
}

/// Softmax: exp(x) over the sum of all, a track of a track and a list of a list. The largest x is subtracted first, so that no exponential overflows.
fn softmax(checker: &mut Checker, given: Quantities) -> NativeResult<Value> {
    let items = match given.of.required()? {
        Several::Track(track) => {
            let of = Track::Softmax(Box::new((*track.track).clone()));
            return Ok(track.with(of, None)?);
        }
        Several::List(items) => nonempty(items)?,
    };
    let largest = reduce(checker, items, Reduction::Max)?;
    let mut powers = Vec::with_capacity(items.len());
    for item in items {
        let below = checker.binary(BinaryOp::Subtract, item.clone(), largest.clone())?;
        powers.push(quantity(checker, below, Function::Exp)?);
    }
    let sum = reduce(checker, &powers, Reduction::Sum)?;
    let shares = powers
        .into_iter()
        .map(|power| checker.binary(BinaryOp::Divide, power, sum.clone()))
        .collect::<Outcome<Vec<_>>>()?;
    Ok(Value::List(Rc::new(shares)))
}
