//! `gia report STUDY`

use std::path::PathBuf;

use clap::Args;

use super::outputs::OutputArguments;
use super::overwrites::CommandFiles;
use super::print::{self, print_as, print_out};
use super::{ErrorFormat, Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Sources;
use gia_report::from_json;

#[derive(Args)]
pub struct Arguments {
    /// Study to report, written by `gia run --json`.
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    #[command(flatten)]
    outputs: OutputArguments,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// Writes the requested files or, if there are none, prints the table of the run.
    fn execute(&self) -> Status {
        match write(self) {
            Ok(failed) if failed.is_empty() => Status::Success,
            Ok(failed) => {
                print_as(&failed, &Sources::default(), self.error_format);
                Status::RunFailed
            }
            Err(diagnostic) => {
                let wrong = matches!(
                    diagnostic.code,
                    Code::MissingFile | Code::BadStudy | Code::OutputConflict
                );
                print_as(&[*diagnostic], &Sources::default(), self.error_format);
                match wrong {
                    true => Status::InvalidProgram,
                    false => Status::RunFailed,
                }
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Writes the outputs; returns an error for each that could not be written.
fn write(arguments: &Arguments) -> Outcome<Vec<Diagnostic>> {
    let mut files = CommandFiles::default();
    files.add_input("the study", &arguments.study);
    arguments.outputs.register(&mut files);
    files.check()?;
    let outputs = arguments.outputs.open()?;
    let study = from_json(&arguments.study)?;
    let failed = outputs.write(&study);
    if arguments.outputs.is_empty() {
        let style = print::stdout_style();
        print_out(&gia_report::table(&study, style));
    }
    Ok(failed)
}
