//! `vary`: axes, with the values that statements see and those that are reported.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use super::axis_names::{first_repeated, place_words, tell_motifs_apart, written_name};
use super::{Checker, ErrorReported, EvalResult, Parts};
use crate::free_vars;
use crate::populations::set_value;
use crate::scope::Scope;
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, count, pluralize};
use gia_design::{Axis, AxisValue};
use gia_domain::Population;
use gia_syntax::tree::{Expr, Name};

/// What stands behind `in`: a list, and the condition that selects among its values.
#[derive(Clone, Copy)]
pub struct AxisValues<'t> {
    pub list: &'t Expr,
    pub condition: Option<&'t Expr>,
}

/// An axis with the values that the statements see and those that are reported.
pub struct LaidAxis {
    pub reported: Axis,
    pub values: Vec<Value>,
}

/// A grid point, by the index of its value on each axis.
///
/// Displayed, it is ` at gap = 12 bp, n = 2`, or nothing for an experiment without axes.
#[derive(Clone, Copy)]
pub struct GridPosition<'p> {
    pub axes: &'p [LaidAxis],
    pub indices: &'p [usize],
}

impl fmt::Display for GridPosition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, (axis, &index)) in self.axes.iter().zip(self.indices).enumerate() {
            let before = if i == 0 { " at " } else { ", " };
            let Axis { name, values } = &axis.reported;
            write!(f, "{before}{name} = {}", values[index])?;
        }
        Ok(())
    }
}

impl Checker<'_> {
    pub(super) fn axes(
        &mut self,
        parts: &Parts,
        scope: &Rc<Scope>,
        varying: &HashSet<String>,
    ) -> EvalResult<Vec<LaidAxis>> {
        let mut axes: Vec<LaidAxis> = Vec::new();
        let mut failed = false;
        for (name, values) in &parts.axes {
            let first = parts.axes.iter().find(|(known, _)| known.text == name.text);
            if let Some((first, _)) = first.filter(|(first, _)| first.span != name.span) {
                self.declared_twice(name, first.span);
                failed = true;
                continue;
            }
            if free_vars::mentions_any(values.list, varying) {
                self.sink.push(
                    Diagnostic::error(
                        Code::AxisDependence,
                        format!("the values of `{}` depend on an axis", name.text),
                    )
                    .at(values.list.span, "not the same at every grid point")
                    .help("a grid is a full one; a `let` may compute one value from several axes"),
                );
                failed = true;
                continue;
            }
            if let Some(condition) = values.condition
                && let Some(other) = name_of_another_axis(condition, name, varying)
            {
                self.sink.push(
                    Diagnostic::error(
                        Code::AxisDependence,
                        format!(
                            "which values `{}` takes depends on `{other}`, which changes along an axis",
                            name.text
                        ),
                    )
                    .at(condition.span, "not the same at every grid point")
                    .help(format!(
                        "a grid is a full one: the condition may use `{}` and what is declared outside of the experiment",
                        name.text
                    )),
                );
                failed = true;
                continue;
            }
            match self.axis(name, *values, scope) {
                Ok(axis) => axes.push(axis),
                Err(ErrorReported) => failed = true,
            }
        }
        let points = axes
            .iter()
            .try_fold(1usize, |n, axis| n.checked_mul(axis.values.len()));
        let room = self.budget.add_points(points.unwrap_or(usize::MAX));
        if let Some((name, _)) = parts.axes.last() {
            let sizes = axes.iter().map(|axis| count(axis.values.len()));
            let sizes = sizes.collect::<Vec<_>>().join(" x ");
            let label = format!("{sizes} values on the axes");
            self.place(room, name.span, &label)?;
        }
        if failed { Err(ErrorReported) } else { Ok(axes) }
    }

    fn axis(
        &mut self,
        name: &Name,
        written: AxisValues,
        scope: &Rc<Scope>,
    ) -> EvalResult<LaidAxis> {
        let expr = written.list;
        let value = each_sequence(self.eval(expr, scope)?);
        let (Value::List(values) | Value::Cluster(values)) = value else {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("an axis runs over a list, found {}", value.kind()),
                )
                .at(expr.span, "here")
                .help("write a range `a to b step s` or a list `[a, b, c]`"),
            );
        };
        if values.is_empty() {
            return self.fail(
                Diagnostic::error(Code::Empty, "the axis has no values").at(expr.span, "empty"),
            );
        }
        let mut values = values.to_vec();
        if values.iter().any(|value| matches!(value, Value::Number(_))) {
            for value in &mut values {
                if let Value::Share(share) = value {
                    *value = Value::Number(*share);
                }
            }
        }
        for value in &mut values {
            if matches!(value, Value::Function(function) if function.is_anywhere()) {
                *value = Value::Anywhere(None);
            }
            // A cluster stands for its representative.
            if let Value::Cluster(motifs) = value
                && let Some(representative) = motifs.first().cloned()
            {
                *value = representative;
            }
            if holds_motif(value) {
                let fitted = self.coerce(value.clone(), &Type::Construct);
                let row = self.place(fitted, expr.span, "here")?;
                *value = row.as_construct().map_or(row, Value::Construct);
            }
        }
        if let Some(other) = values.iter().find(|v| !alike(v, &values[0])) {
            let mut diagnostic = Diagnostic::error(
                Code::TypeMismatch,
                format!(
                    "the values of an axis are of one kind; found {} and {}",
                    values[0].kind(),
                    other.kind()
                ),
            )
            .at(expr.span, "here");
            if let [Value::Text(text), Value::Motif(_) | Value::Construct(_)]
            | [Value::Motif(_) | Value::Construct(_), Value::Text(text)] = [&values[0], other]
            {
                diagnostic = diagnostic.help(format!(
                    "in a list a text stays a text; the motif that its letters spell is `iupac(\"{text}\")`"
                ));
            }
            return self.fail(diagnostic);
        }
        tell_motifs_apart(&mut values);
        let mut reported = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            match written_name(expr, i, value).or_else(|| self.axis_value(value)) {
                Some(value) => reported.push(value),
                None => {
                    let diagnostic = Diagnostic::error(
                        Code::TypeMismatch,
                        format!("{} cannot stand on an axis", value.kind()),
                    )
                    .at(expr.span, "here");
                    return self.fail(match value {
                        Value::Haplotype(_) => diagnostic.help(
                            "vary its number or the name of its sample, `vary person in [\"child\", \"mother\"]`; or what it does, `apply(haplotype(...))`",
                        ),
                        _ => diagnostic,
                    });
                }
            }
        }
        if let Some(condition) = written.condition {
            let held = self.values_that_hold(name, condition, &values, scope)?;
            let mut keep = held.iter().copied();
            values.retain(|_| keep.next().unwrap_or(false));
            let mut keep = held.iter().copied();
            reported.retain(|_| keep.next().unwrap_or(false));
        }
        // Places from several ends stand side by side only by name.
        if reported
            .iter()
            .any(|value| matches!(value, AxisValue::Name(_)))
        {
            for value in &mut reported {
                if let AxisValue::Position(offset) = value {
                    *value = AxisValue::Name(place_words("start", *offset));
                }
            }
        }
        if let Some((first, second)) = first_repeated(&reported) {
            let diagnostic = self.one_name_twice(&reported[first], &values[first], &values[second]);
            return self.fail(diagnostic.at(expr.span, "here"));
        }
        Ok(LaidAxis {
            reported: Axis {
                name: name.text.clone(),
                values: reported,
            },
            values,
        })
    }

    /// For each value of an axis whether the condition behind `where` holds of it; an error if it holds of none.
    fn values_that_hold(
        &mut self,
        name: &Name,
        condition: &Expr,
        values: &[Value],
        scope: &Rc<Scope>,
    ) -> EvalResult<Vec<bool>> {
        let mut held = Vec::with_capacity(values.len());
        for value in values {
            let here = Scope::child(scope);
            here.bind(&name.text, value.clone(), Some(name.span));
            match self.eval_as(condition, &Type::Bool, &here)? {
                Value::Bool(holds) => held.push(holds),
                _ => return Err(ErrorReported),
            }
        }
        if held.contains(&true) {
            return Ok(held);
        }
        let all = pluralize(values.len(), "value");
        self.fail(
            Diagnostic::error(
                Code::Empty,
                format!(
                    "the condition holds of none of the {all} of `{}`, so the axis is empty",
                    name.text
                ),
            )
            .at(condition.span, "never true"),
        )
    }
}

/// A name in the condition of an axis whose value another axis changes.
fn name_of_another_axis(
    condition: &Expr,
    axis: &Name,
    varying: &HashSet<String>,
) -> Option<String> {
    let mut other = None;
    free_vars::visit_names(condition, &mut |name, _| {
        if name != axis.text && varying.contains(name) {
            other.get_or_insert_with(|| name.to_string());
        }
    });
    other
}

/// Of a set of real sequences, the list of them, each a set of one; any other value as it is.
fn each_sequence(value: Value) -> Value {
    let set = match &value {
        Value::Population(population) => match &**population {
            Population::Sequences { set, .. } => Some((set, set.sequences.len())),
            Population::Null(_) => None,
        },
        Value::First { of, count } => match &**of {
            Population::Sequences { set, .. } => Some((set, *count)),
            Population::Null(_) => None,
        },
        _ => None,
    };
    let Some((set, count)) = set else {
        return value;
    };
    let each = (0..count).filter_map(|index| set.only(index));
    Value::List(Rc::new(each.map(set_value).collect()))
}

/// Whether two values can stand on one axis; a motif is a construct of one.
fn alike(a: &Value, b: &Value) -> bool {
    let is_construct = |value: &Value| matches!(value, Value::Motif(_) | Value::Construct(_));
    // A null model and real sequences are both what backgrounds come from.
    let is_population = |value: &Value| matches!(value, Value::Population(_) | Value::First { .. });
    let is_step = |value: &Value| matches!(value, Value::Edit(_) | Value::Arm(_));
    let is_place = |value: &Value| matches!(value, Value::Position(_) | Value::Anywhere(_));
    a.kind() == b.kind()
        || (is_place(a) && is_place(b))
        || (is_step(a) && is_step(b))
        || (is_construct(a) && is_construct(b))
        || (is_population(a) && is_population(b))
}

/// Whether a value is a bracketed row with a motif in it, and so a construct.
fn holds_motif(value: &Value) -> bool {
    let Value::List(items) = value else {
        return false;
    };
    let is_motif =
        |item: &Value| matches!(item, Value::Motif(_) | Value::Construct(_) | Value::Text(_));
    items.iter().any(|item| is_motif(item) || holds_motif(item))
}
