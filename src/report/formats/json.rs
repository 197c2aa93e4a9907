//! Studies as JSON, in the public schema that their types declare.

use std::path::Path;

use serde::Serialize;

use super::{ReportFormat, Writer};
use crate::file::{OutputFile, cannot_write};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{self, InputKind};
use gia_study::{Comparison, Study};

pub const FORMAT: ReportFormat = ReportFormat {
    option: "json",
    help: "Write all results to this file, as JSON",
    writer: Writer::Study(write_json),
    draws: false,
};

/// Serialises a study: indented, keys in the order of the types, numbers to the last bit, with a final newline.
///
/// # Errors
/// [`Code::NonFinite`] if the study holds a number that JSON cannot represent.
pub fn to_json(study: &Study) -> Outcome<String> {
    let text = serde_json::to_string_pretty(study);
    let mut text = text.map_err(|error| json_write_error(STUDY, &error))?;
    text.push('\n');
    Ok(text)
}

/// Streams the output of [`to_json`] to a file, never all in memory: a million rows take a gigabyte.
///
/// # Errors
/// Those of [`to_json`], and [`Code::WriteFailed`].
pub fn write_json(study: &Study, file: OutputFile) -> Outcome<()> {
    stream(study, STUDY, file)
}

/// Streams a comparison to a file in the same style.
///
/// # Errors
/// Those of [`write_json`].
pub fn write_comparison(comparison: &Comparison, file: OutputFile) -> Outcome<()> {
    stream(comparison, "comparison", file)
}

const STUDY: &str = "study";

fn stream(what: &impl Serialize, name: &str, file: OutputFile) -> Outcome<()> {
    let path = file.path().to_path_buf();
    file.commit_with(|out| {
        serde_json::to_writer_pretty(&mut *out, what).map_err(|error| match error.is_io() {
            true => cannot_write(&path, &error.into()),
            false => json_write_error(name, &error),
        })?;
        let ended = out.write_all(b"\n");
        ended.map_err(|error| cannot_write(&path, &error))
    })
}

fn json_write_error(name: &str, error: &serde_json::Error) -> Box<Diagnostic> {
    let message = format!("the {name} cannot be written as JSON: {error}");
    Box::new(Diagnostic::error(Code::NonFinite, message))
}

/// Reads a study that [`write_json`] wrote; it is equal to the one written.
///
/// # Errors
/// [`Code::MissingFile`]; [`Code::BadStudy`] if the file holds something else, or another version of the schema.
pub fn from_json(path: &Path) -> Outcome<Study> {
    let bytes = file::read_input(path, InputKind::Study)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("`{}` is not a study: {error}", path.display());
        let help = "`gia run FILE --json PATH` writes one";
        Box::new(Diagnostic::error(Code::BadStudy, message).help(help))
    })
}
