//! The formats that a study is written in: each a file here and an entry of [`REPORT_FORMATS`].
//!
//! The command line takes its options, their help, and what they may overwrite from this list.

mod csv;
mod figures;
mod html;
mod json;
mod parquet;

use std::path::Path;

pub use csv::to_csv;
pub use html::to_html;
pub use json::{from_json, to_json, write_comparison, write_json};
pub use parquet::to_parquet;

use super::{OutputFile, TidyTable};
use gia_base::diag::{Diagnostic, Outcome};
use gia_study::Study;

/// All formats, in the order in which the help lists them.
pub const REPORT_FORMATS: &[&ReportFormat] = &[
    &json::FORMAT,
    &html::FORMAT,
    &figures::FORMAT,
    &csv::FORMAT,
    &parquet::FORMAT,
];

/// A format that a study is written in.
#[derive(Debug)]
pub struct ReportFormat {
    /// Name of the option that asks for it, without dashes.
    pub option: &'static str,
    /// What the help says of the option.
    pub help: &'static str,
    pub writer: Writer,
    /// It draws. Drawing takes longest, so such formats are written after those that hold the numbers.
    pub draws: bool,
}

/// What a format is made of and where it goes.
#[derive(Debug)]
pub enum Writer {
    /// The study, into a file.
    Study(fn(&Study, OutputFile) -> Outcome<()>),
    /// The rows of the study as a table, into a file.
    Table(fn(&TidyTable, OutputFile) -> Outcome<()>),
    /// The study, into files of a folder, which exists. Returns what could not be written.
    Folder {
        /// Extensions of the files. Their names are known when they are written.
        extensions: &'static [&'static str],
        write: fn(&Study, &Path) -> Vec<Diagnostic>,
    },
}
