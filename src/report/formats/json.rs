//! The study as JSON, in the public schema that its types declare.

use std::path::Path;

use serde::Serialize;

use super::{ReportFormat, Writer};
use crate::file::{OutputFile, cannot_write};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{self, InputKind};
use gia_study::{Comparison, Study};

pub const FORMAT: ReportFormat = ReportFormat {
    option: "json",
    help: "Write all results to this file",
    writer: Writer::Study(write_json),
    draws: false,
};

/// Indented, keys in the order of the types, numbers to the last bit, a line end at the end.
///
/// # Errors
/// [`Code::NonFinite`] where the study holds a number that JSON has no word for.
pub fn to_json(study: &Study) -> Outcome<String> {
    let text = serde_json::to_string_pretty(study);
    let mut text = text.map_err(|error| unwritable(STUDY, &error))?;
    text.push('\n');
    Ok(text)
}

/// Streams what [`to_json`] gives into a file: the text of a million rows takes a gigabyte, which memory never holds.
///
/// # Errors
/// As [`to_json`], and [`Code::Write`].
pub fn write_json(study: &Study, file: OutputFile) -> Outcome<()> {
    stream(study, STUDY, file)
}

/// Streams a comparison into a file in the same form.
///
/// # Errors
/// As [`write_json`].
pub fn write_comparison(comparison: &Comparison, file: OutputFile) -> Outcome<()> {
    stream(comparison, "comparison", file)
}

const STUDY: &str = "study";

fn stream(what: &impl Serialize, name: &str, file: OutputFile) -> Outcome<()> {
    let path = file.path().to_path_buf();
    file.commit_with(|out| {
        serde_json::to_writer_pretty(&mut *out, what).map_err(|error| match error.is_io() {
            true => cannot_write(&path, &error.into()),
            false => unwritable(name, &error),
        })?;
        let ended = out.write_all(b"\n");
        ended.map_err(|error| cannot_write(&path, &error))
    })
}

fn unwritable(name: &str, error: &serde_json::Error) -> Box<Diagnostic> {
    let message = format!("the {name} cannot be written as JSON: {error}");
    Box::new(Diagnostic::error(Code::NonFinite, message))
}

/// Reads back what [`write_json`] wrote, to an equal study.
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
