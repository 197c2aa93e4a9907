//! Networks.

use super::Native;
use super::arguments::{blame, length, text, word};
use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Diagnostic, Outcome};
use crate::model::{Given, Layout, UnknownBase};

pub(super) const NATIVES: &[(&str, Native)] = &[("load", load)];

fn load(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let layouts = [
        ("channels_first", Layout::ChannelsFirst),
        ("channels_last", Layout::ChannelsLast),
    ];
    let unknowns = [
        ("zeros", UnknownBase::Zeros),
        ("quarter", UnknownBase::Quarter),
    ];
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
        sha256: text(&values[7]).map(String::from),
    };
    let model = checker.load_model(text(&values[0]).unwrap_or_default(), given);
    // The file is at fault, unless it is one of the arguments that contradicts it.
    let named = |diagnostic: &Diagnostic, parameter: &str| {
        diagnostic
            .message
            .starts_with(&format!("`{parameter}` is "))
    };
    let parameters = [
        "path", "length", "alphabet", "layout", "unknown", "tasks", "unit", "sha256",
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
