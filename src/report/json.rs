//! The study as JSON, in the public schema that its types declare.

use std::path::Path;

use serde::Serialize;

use crate::diag::{Code, Diagnostic, Outcome};
use crate::file::{self, InputKind};
use crate::result::{Comparison, Study};

/// Indented, keys in the order of the types, numbers to the last bit, a line end at the end.
///
/// # Errors
/// [`Code::NonFinite`] where the study holds a number that JSON has no word for.
pub fn to_json(study: &Study) -> Outcome<String> {
    written(study, "study")
}

/// A comparison in the same form.
///
/// # Errors
/// As [`to_json`].
pub fn comparison_json(comparison: &Comparison) -> Outcome<String> {
    written(comparison, "comparison")
}

fn written(what: &impl Serialize, name: &str) -> Outcome<String> {
    let mut text = serde_json::to_string_pretty(what).map_err(|error| {
        let message = format!("the {name} cannot be written as JSON: {error}");
        Box::new(Diagnostic::error(Code::NonFinite, message))
    })?;
    text.push('\n');
    Ok(text)
}

/// Reads back what [`to_json`] wrote, to an equal study.
///
/// # Errors
/// [`Code::MissingFile`]; [`Code::BadStudy`] where the file holds something else, or another version of it.
pub fn from_json(path: &Path) -> Outcome<Study> {
    let bytes = file::read_input(path, InputKind::Study)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("`{}` is not a study: {error}", path.display());
        let help = "`gia run FILE --json PATH` writes one";
        Box::new(Diagnostic::error(Code::BadStudy, message).help(help))
    })
}
