//! `--values`: the numbers of single backgrounds.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueHint};

use super::overwrites::CommandFiles;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::Program;
use gia_report::{ValuesFile, ValuesFormat};

/// The option of commands that compute the values of backgrounds.
#[derive(Debug, Clone, Args)]
pub struct ValuesArguments {
    /// Write the values of every background to this table, as CSV or Parquet by its extension.
    #[arg(
        long,
        value_name = "PATH",
        value_hint = ValueHint::FilePath,
        value_parser = PathBufValueParser::new().try_map(ValuesPath::new)
    )]
    values: Option<ValuesPath>,
}

/// A path with the extension of a table.
#[derive(Debug, Clone)]
struct ValuesPath {
    path: PathBuf,
    format: ValuesFormat,
}

impl ValuesPath {
    fn new(path: PathBuf) -> Result<ValuesPath, &'static str> {
        match ValuesFormat::of(&path) {
            Some(format) => Ok(ValuesPath { path, format }),
            None => Err("a table of values ends in `.parquet` or `.csv`"),
        }
    }
}

impl ValuesArguments {
    /// Registers the output file.
    pub fn register(&self, files: &mut CommandFiles) {
        files.add_optional_output("values", self.values.as_ref().map(|values| &values.path));
    }

    /// Opens the file, before anything runs.
    ///
    /// # Errors
    /// A file that cannot be written, and a program without experiments, which has no values.
    pub fn open(&self, program: &Program) -> Outcome<Option<ValuesFile>> {
        let Some(ValuesPath { path, format }) = &self.values else {
            return Ok(None);
        };
        if program.experiments.is_empty() {
            let message = "`--values` keeps the values of experiments, and this script has none";
            return Err(Box::new(Diagnostic::error(Code::NoValues, message)));
        }
        ValuesFile::open(path, *format).map(Some)
    }
}
