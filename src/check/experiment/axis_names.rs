//! How reports call the values of an axis.
//!
//! Invariant: no two values of an axis are called alike.

use std::collections::HashMap;

use super::Checker;
use crate::describe::{anywhere_text, percent_text};
use crate::value::{Anchor, Value};
use gia_base::diag::{Code, Diagnostic};
use gia_design::AxisValue;
use gia_domain::{Construct, Motif, PartKind, Population};
use gia_syntax::tree::{BinaryOp, Expr, ExprKind};

impl Checker<'_> {
    /// The error on two values of an axis that are called alike: one value twice, or two that reports could not tell apart.
    pub(super) fn one_name_twice(
        &mut self,
        name: &AxisValue,
        first: &Value,
        second: &Value,
    ) -> Diagnostic {
        let equal = self.binary(BinaryOp::Equal, first.clone(), second.clone());
        if matches!(equal, Ok(Value::Bool(false))) {
            return Diagnostic::error(
                Code::DuplicateName,
                format!("two different values of the axis are called `{name}`"),
            )
            .help("reports call values by their names: give one of them another, as in `motif other = ...`");
        }
        let diagnostic = Diagnostic::error(
            Code::DuplicateName,
            format!("the axis holds `{name}` twice"),
        );
        match first {
            Value::Model(_) => {
                diagnostic.help("a file that is loaded under two names is one model")
            }
            _ => diagnostic,
        }
    }

    pub(super) fn axis_value(&self, value: &Value) -> Option<AxisValue> {
        Some(match value {
            Value::Number(n) | Value::Share(n) => AxisValue::Number(*n),
            Value::Length(n) => AxisValue::Length(*n),
            Value::Bool(b) => AxisValue::Bool(*b),
            Value::Text(text) => AxisValue::Name(text.to_string()),
            Value::Motif(motif) => AxisValue::Name(motif.name.clone()),
            Value::Construct(construct) => AxisValue::Name(describe(construct)),
            Value::Model(model) => AxisValue::Name(self.models[*model].name.clone()),
            Value::Edit(_) | Value::Arm(_) => AxisValue::Name(self.edit_text(value)),
            Value::Population(population) => {
                let name = self.population_names.get(&population.identity()).cloned();
                let only = match &**population {
                    Population::Sequences { set, .. } if set.sequences.len() == 1 => {
                        set.sequences.first().map(|one| one.name.clone())
                    }
                    Population::Sequences { .. } | Population::Null(_) => None,
                };
                let name = name.or(only);
                AxisValue::Name(name.unwrap_or_else(|| population.describe()))
            }
            Value::First { of, count } => {
                let name = self.population_names.get(&of.identity()).cloned();
                let name = name.unwrap_or_else(|| of.describe());
                AxisValue::Name(format!("{name} first {count}"))
            }
            Value::Position(p) => match p.anchor {
                Anchor::Start => AxisValue::Position(p.offset),
                Anchor::Center => AxisValue::Name(place_words("center", p.offset)),
                Anchor::End => AxisValue::Name(place_words("end", p.offset)),
                Anchor::Share(share) => {
                    AxisValue::Name(place_words(&percent_text(share), p.offset))
                }
            },
            Value::Anywhere(within) => AxisValue::Name(anywhere_text(*within)),
            _ => return None,
        })
    }
}

/// `center`, `end - 5 bp`.
pub fn place_words(anchor: &str, offset: i64) -> String {
    match offset {
        0 => anchor.to_string(),
        _ if offset < 0 => format!("{anchor} - {} bp", offset.unsigned_abs()),
        _ => format!("{anchor} + {offset} bp"),
    }
}

/// What the author calls a value that has no name of its own.
pub fn written_name(axis: &Expr, index: usize, value: &Value) -> Option<AxisValue> {
    let ExprKind::List(items) = &axis.kind else {
        return None;
    };
    match (&items.get(index)?.value.kind, value) {
        (
            ExprKind::Name(name),
            Value::Population(_) | Value::Construct(_) | Value::Edit(_) | Value::Arm(_),
        ) => Some(AxisValue::Name(name.clone())),
        _ => None,
    }
}

/// A construct in a few words: `[GATA1, 10 bp, TAL1]`.
fn describe(construct: &Construct) -> String {
    let parts: Vec<String> = construct
        .parts
        .iter()
        .map(|part| match &part.kind {
            PartKind::Motif(motif) => motif.name.clone(),
            PartKind::Gap(gap) => format!("{gap} bp"),
        })
        .collect();
    format!("[{}]", parts.join(", "))
}

/// Indices of the first two values that are called alike.
pub fn first_repeated(values: &[AxisValue]) -> Option<(usize, usize)> {
    let mut seen = HashMap::new();
    values
        .iter()
        .enumerate()
        .find_map(|(i, value)| Some((seen.insert(value.to_string(), i)?, i)))
}

/// Puts the identifiers of different motifs behind the name that they share (`JUN MA0488.2`), where each has one of its own.
pub fn tell_motifs_apart(values: &mut [Value]) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, value) in values.iter().enumerate() {
        if let Value::Motif(motif) = value {
            places.entry(motif.name.clone()).or_default().push(i);
        }
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        let ids = places.iter().map(|&i| match &values[i] {
            Value::Motif(motif) => motif.alternate.clone(),
            _ => None,
        });
        let Some(ids) = ids.collect::<Option<Vec<String>>>() else {
            continue;
        };
        for (&i, id) in places.iter().zip(&ids) {
            if let Value::Motif(motif) = &values[i] {
                let named = Motif {
                    name: format!("{} {id}", motif.name),
                    ..(**motif).clone()
                };
                values[i] = Value::Motif(named.into());
            }
        }
    }
}
