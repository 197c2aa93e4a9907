//! Networks, and models made of others.

use std::rc::Rc;

use super::native::{Native, native};
use super::parameter_types::{self, Length, List};
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::{NativeResult, refused};
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::ModelKind;
use gia_model::{Declaration, LastStep, Layout, LoadArguments, UnknownBase};

pub(super) const NATIVES: &[Native] = &[
    native!("load", Load, load),
    native!("ensemble", Ensemble, ensemble),
    native!("rc_average", RcAverage, rc_average),
];

parameters! {
    struct Load {
        path: Rc<str>,
        length: Length,
        alphabet: Rc<str>,
        layout: Rc<str>,
        unknown: Rc<str>,
        tasks: List<Rc<str>>,
        unit: Rc<str>,
        before: Rc<str>,
        sha256: Rc<str>,
    }
}

parameters! {
    struct Ensemble {
        members: List<parameter_types::Model>,
    }
}

parameters! {
    struct RcAverage {
        of: parameter_types::Model,
    }
}

fn load(checker: &mut Checker, arguments: Load) -> NativeResult<Value> {
    let layouts = [
        ("channels_first", Layout::ChannelsFirst),
        ("channels_last", Layout::ChannelsLast),
    ];
    let unknowns = [
        ("zeros", UnknownBase::Zeros),
        ("quarter", UnknownBase::Quarter),
    ];
    let steps = LastStep::ALL.map(|step| (step.word(), step));
    let tasks = arguments.tasks.get();
    let given = LoadArguments {
        length: arguments.length.length()?,
        alphabet: arguments.alphabet.optional_text().map(String::from),
        layout: arguments.layout.keyword(&layouts)?,
        unknown: arguments.unknown.keyword(&unknowns)?,
        tasks: tasks.map(|tasks| {
            tasks
                .iter()
                .flatten()
                .map(|task| task.to_string())
                .collect()
        }),
        unit: arguments.unit.optional_text().map(String::from),
        before: arguments.before.keyword(&steps)?,
        sha256: arguments.sha256.optional_text().map(String::from),
    };
    let model = checker.load_model(arguments.path.text(), given);
    // The file is at fault, unless it is one of the arguments that contradicts it.
    let contradicting = [
        ("length", arguments.length.location()),
        ("alphabet", arguments.alphabet.location()),
        ("layout", arguments.layout.location()),
        ("unknown", arguments.unknown.location()),
        ("tasks", arguments.tasks.location()),
        ("unit", arguments.unit.location()),
        ("before", arguments.before.location()),
        ("sha256", arguments.sha256.location()),
    ];
    let named = |diagnostic: &Diagnostic, parameter: &str| {
        diagnostic
            .message
            .starts_with(&format!("`{parameter}` is "))
    };
    let culprit = match &model {
        Err(diagnostic) => contradicting
            .iter()
            .find(|(parameter, _)| named(diagnostic, parameter))
            .map_or(arguments.path.location(), |(_, location)| *location),
        Ok(_) => arguments.path.location(),
    };
    Ok(Value::Model(culprit.label_error(model)?))
}

/// The mean of several networks that answer the same questions.
fn ensemble(checker: &mut Checker, given: Ensemble) -> NativeResult<Value> {
    let Some(members) = given.members.get() else {
        return refused(Code::TypeMismatch, "an ensemble is made of models");
    };
    let members: Vec<usize> = members
        .iter()
        .flatten()
        .map(|parameter_types::Model(model)| model)
        .collect();
    Ok(Value::Model(ensemble_of(checker, members)?))
}

/// One model of several that answer the same questions.
pub fn ensemble_of(checker: &mut Checker, members: Vec<usize>) -> Outcome<usize> {
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
            return Err(Box::new(Diagnostic::error(
                Code::DeclarationMismatch,
                message,
            )));
        }
    }
    let names: Vec<&str> = members
        .iter()
        .map(|&member| checker.models[member].name.as_str())
        .collect();
    let name = format!("ensemble({})", names.join(", "));
    checker.ensemble_model(members, name)
}

fn is_ensemble(checker: &Checker, model: usize) -> bool {
    match checker.models[model].kind {
        ModelKind::Single(_) | ModelKind::Attribution(_) => false,
        ModelKind::Ensemble(_) => true,
        ModelKind::BothStrands(one) => is_ensemble(checker, one),
    }
}

/// The first difference between the inputs or outputs of two models: what differs, and how each is.
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
        if x.axes != y.axes {
            let axes = |output: &gia_model::Output| {
                let axes = output.axes.iter();
                let axes = axes.map(|axis| format!("{} of {}", axis.name, axis.size));
                axes.collect::<Vec<_>>().join(", ")
            };
            return Some(("the list of axes", axes(x), axes(y)));
        }
        let unit = |unit: &Option<String>| unit.clone().unwrap_or("not declared".into());
        if x.unit != y.unit {
            return Some(("the unit", unit(&x.unit), unit(&y.unit)));
        }
        if x.track != y.track {
            let place = |output: &gia_model::Output| match output.track {
                Some(track) => format!("{} bins from {}", track.bins, track.start),
                None => "not along the sequence".into(),
            };
            return Some(("an output", place(x), place(y)));
        }
    }
    None
}

/// The mean of a model's predictions for a sequence and for its reverse complement.
fn rc_average(checker: &mut Checker, given: RcAverage) -> NativeResult<Value> {
    let Some(&parameter_types::Model(model)) = given.of.get() else {
        return refused(Code::TypeMismatch, "a model is needed");
    };
    let of = &checker.models[model];
    if let ModelKind::BothStrands(_) = of.kind {
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
    Ok(Value::Model(checker.both_strands_model(model, name)))
}
