//! Output formats of a study: each is a file here and an entry of [`REPORT_FORMATS`].
//!
//! The command line derives its options, their help, and what they may overwrite from this list.

mod csv;
mod figures;
mod html;
mod json;
mod methods;
mod parquet;
mod rows;

use std::path::Path;

pub(crate) use csv::CsvRows;
pub use csv::to_csv;
pub use html::to_html;
pub use json::{from_json, to_json, write_comparison, write_json};
pub(crate) use parquet::ParquetRows;
pub use parquet::to_parquet;
pub(crate) use rows::{RowError, RowWriter};

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
    &methods::FORMAT,
];

/// An output format of a study.
#[derive(Debug)]
pub struct ReportFormat {
    /// Name of its option, without dashes.
    pub option: &'static str,
    /// Help text of the option.
    pub help: &'static str,
    /// Writes a study in this format.
    pub writer: Writer,
    /// Whether it draws figures. Drawing takes longest, so such formats are written after those that hold the numbers.
    pub draws: bool,
}

/// The function of a format that writes a study to a file or a folder.
#[derive(Debug)]
pub enum Writer {
    /// Writes the study to a file.
    Study(fn(&Study, OutputFile) -> Outcome<()>),
    /// Writes the rows of the study, as a table, to a file.
    Table(fn(&TidyTable, OutputFile) -> Outcome<()>),
    /// Writes the study to files in an existing folder.
    Folder {
        /// Extensions of the files. Their names are not known before they are written.
        extensions: &'static [&'static str],
        /// Writes all files that it can, and returns an error for each that it cannot.
        write: fn(&Study, &Path) -> Vec<Diagnostic>,
    },
}
