//! `gia report STUDY`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::outputs::OutputArguments;
use super::script::{self, print_as, print_out};
use super::{ErrorFormat, Status};
use crate::diag::{Code, Outcome};
use crate::report::{self, from_json};
use crate::source::Sources;

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

/// Writes what is asked for; without a file to write, the table that the run printed.
pub fn main(arguments: &Arguments) -> Status {
    match write(arguments) {
        Ok(()) => Status::Supported,
        Err(diagnostic) => {
            let wrong = matches!(diagnostic.code, Code::MissingFile | Code::BadStudy);
            print_as(&[*diagnostic], &Sources::default(), arguments.error_format);
            match wrong {
                true => Status::WrongProgram,
                false => Status::RunBroke,
            }
        }
    }
}

fn write(arguments: &Arguments) -> Outcome<()> {
    let outputs = arguments.outputs.open()?;
    let study = from_json(&arguments.study)?;
    outputs.write(&study)?;
    if arguments.outputs.is_empty() {
        let style = script::style(std::io::stdout().is_terminal());
        print_out(&report::table(&study, style));
    }
    Ok(())
}
