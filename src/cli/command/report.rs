//! `gia report STUDY`

use std::path::PathBuf;

use clap::Args;

use super::clashes::Files;
use super::outputs::OutputArguments;
use super::print::{self, print_as, print_out};
use super::{ErrorFormat, Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Sources;
use gia_report::from_json;

#[derive(Args)]
pub struct Arguments {
    /// What `gia run --json` wrote.
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    #[command(flatten)]
    outputs: OutputArguments,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// Writes what is asked for; without a file to write, the table that the run printed.
    fn execute(&self) -> Status {
        match write(self) {
            Ok(failed) if failed.is_empty() => Status::Supported,
            Ok(failed) => {
                print_as(&failed, &Sources::default(), self.error_format);
                Status::RunBroke
            }
            Err(diagnostic) => {
                let wrong = matches!(
                    diagnostic.code,
                    Code::MissingFile | Code::BadStudy | Code::Overwrites
                );
                print_as(&[*diagnostic], &Sources::default(), self.error_format);
                match wrong {
                    true => Status::WrongProgram,
                    false => Status::RunBroke,
                }
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// What could not be written.
fn write(arguments: &Arguments) -> Outcome<Vec<Diagnostic>> {
    let mut files = Files::default();
    files.reads("the study", &arguments.study);
    arguments.outputs.note(&mut files);
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
