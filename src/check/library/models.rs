//! Networks, and models made of others.

use super::Native;
use super::arguments::{blame, length, refused, text, word};
use crate::check::Checker;
use crate::check::hir::Makeup;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::model::{Declaration, Given, LastStep, Layout, UnknownBase};

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("load", load),
    ("ensemble", ensemble),
    ("rc_average", rc_average),
];

fn load(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let layouts = [
        ("channels_first", Layout::ChannelsFirst),
        ("channels_last", Layout::ChannelsLast),
    ];
    let unknowns = [
        ("zeros", UnknownBase::Zeros),
        ("quarter", UnknownBase::Quarter),
    ];
    let steps = LastStep::ALL.map(|step| (step.word(), step));
    let tasks = match &values[5] {
        Value::List(items) => Some(items.iter().filter_map(text).map(String::from).collect()),
        _ => None,
    };
    let given = Given {
        length: blame(checker, 1, length(&values[1], "length"))?,
        alphabet: text(&values[2]).map(String::from),
        layout: blame(checker, 3, word(&values[3], "layout", &layouts))?,
        unknown: blame(checker, 4, word(&values[4], "unknown", &unknowns))?,
        tasks,
        unit: text(&values[6]).map(String::from),
        before: blame(checker, 7, word(&values[7], "before", &steps))?,
        sha256: text(&values[8]).map(String::from),
    };
    let model = checker.load_model(text(&values[0]).unwrap_or_default(), given);
    // The file is at fault, unless it is one of the arguments that contradicts it.
    let named = |diagnostic: &Diagnostic, parameter: &str| {
        diagnostic
            .message
            .starts_with(&format!("`{parameter}` is "))
    };
    let parameters = [
        "path", "length", "alphabet", "layout", "unknown", "tasks", "unit", "before", "sha256",
    ];
    let culprit = match &model {
        Err(diagnostic) => parameters
            .iter()
            .position(|parameter| named(diagnostic, parameter))
            .unwrap_or(0),
        Ok(_) => 0,
    };
    blame(checker, culprit, model)
}

/// The mean of several networks that answer the same questions.
fn ensemble(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::List(items) = &values[0] else {
        return refused(Code::TypeMismatch, "an ensemble is made of models");
    };
    ensemble_of(checker, items)
}

/// One model of several that answer the same questions.
pub fn ensemble_of(checker: &mut Checker, items: &[Value]) -> Outcome<Value> {
    let members: Vec<usize> = items
        .iter()
        .filter_map(|item| match item {
            Value::Model(model) => Some(*model),
            _ => None,
        })
        .collect();
    let [first, others @ ..] = members.as_slice() else {
        return refused(Code::OutOfRange, "an ensemble needs at least two models");
    };
    if others.is_empty() {
        return refused(Code::OutOfRange, "an ensemble needs at least two models");
    }
    for (i, &member) in members.iter().enumerate() {
        let model = &checker.models[member];
        if members[..i].contains(&member) {
            return refused(Code::Repeated, format!("`{}` is named twice", model.name));
        }
        if is_ensemble(checker, member) {
            let message = format!("`{}` is an ensemble itself", model.name);
            let diagnostic = Diagnostic::error(Code::Repeated, message);
            return Err(Box::new(diagnostic.help("name all its members here")));
        }
        let (one, other) = (&checker.models[*first].declaration, &model.declaration);
        if let Some((what, a, b)) = difference(one, other) {
            let message = format!(
                "the members of an ensemble answer the same questions, but {what} is {a} for `{}` and {b} for `{}`",
                checker.models[*first].name, model.name
            );
            return Err(Box::new(Diagnostic::error(Code::Contradiction, message)));
        }
    }
    let names: Vec<&str> = members
        .iter()
        .map(|&member| checker.models[member].name.as_str())
        .collect();
    let name = format!("ensemble({})", names.join(", "));
    Ok(checker.made_model(Makeup::Ensemble(members), name))
}

fn is_ensemble(checker: &Checker, model: usize) -> bool {
    match checker.models[model].makeup {
        Makeup::One(_) => false,
        Makeup::Ensemble(_) => true,
        Makeup::BothStrands(one) => is_ensemble(checker, one),
    }
}

/// In what two models take or answer differently: what, and how each.
fn difference(a: &Declaration, b: &Declaration) -> Option<(&'static str, String, String)> {
    if a.length != b.length {
        let bp = |n: usize| format!("{n} bp");
        return Some(("the length", bp(a.length), bp(b.length)));
    }
    if a.alphabet_kind() != b.alphabet_kind() {
        let name = |d: &Declaration| d.alphabet_kind().name().to_string();
        return Some(("the alphabet", name(a), name(b)));
    }
    if a.columns() != b.columns() || a.outputs.len() != b.outputs.len() {
        let count = |d: &Declaration| d.columns().to_string();
        return Some(("the number of outputs", count(a), count(b)));
    }
    for (x, y) in a.outputs.iter().zip(&b.outputs) {
        let tasks = |tasks: &[String]| match tasks {
            [] => "not declared".to_string(),
            tasks => format!("\"{}\"", tasks.join("\", \"")),
        };
        if x.tasks != y.tasks {
            return Some(("the list of tasks", tasks(&x.tasks), tasks(&y.tasks)));
        }
        let unit = |unit: &Option<String>| unit.clone().unwrap_or("not declared".into());
        if x.unit != y.unit {
            return Some(("the unit", unit(&x.unit), unit(&y.unit)));
        }
        if x.track != y.track {
            let place = |output: &crate::model::Output| match output.track {
                Some(track) => format!("{} bins from {}", track.bins, track.start),
                None => "not along the sequence".into(),
            };
            return Some(("an output", place(x), place(y)));
        }
    }
    None
}

/// The mean of what a model answers for a sequence and for its reverse complement.
fn rc_average(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::Model(model) = values[0] else {
        return refused(Code::TypeMismatch, "a model is needed");
    };
    let of = &checker.models[model];
    if let Makeup::BothStrands(_) = of.makeup {
        return refused(
            Code::Repeated,
            format!("`{}` is averaged over both strands already", of.name),
        );
    }
    let length = of.declaration.length;
    for output in &of.declaration.outputs {
        if let Some(track) = output.track
            && !track.is_centred(length)
        {
            return refused(
                Code::OffCentreOutput,
                format!(
                    "an output of `{}` lies at {}..{} of {length} bp: read on the other strand its bins lie elsewhere",
                    of.name,
                    track.start,
                    track.end()
                ),
            );
        }
    }
    let name = format!("rc_average({})", of.name);
    Ok(checker.made_model(Makeup::BothStrands(model), name))
}
