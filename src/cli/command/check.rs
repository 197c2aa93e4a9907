//! `gia check PATH...`

use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{self, print_out};
use super::script::{self, STANDARD_INPUT};
use super::{ErrorFormat, Execute, Status};
use crate::pipeline::{Attempt, Script};
use crate::suite;
use gia_base::diag::{Outcome, pluralize, replace_control};
use gia_base::source::Sources;
use gia_study::ExcludedRecords;

#[derive(Args)]
pub struct Arguments {
    /// Scripts to check, or folders to search for them; `-` reads standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// Checks all scripts, even after one has errors.
    fn execute(&self) -> Status {
        let mut status = Status::Success;
        for path in &self.paths {
            if path.as_os_str() == "-" {
                status = status.max(report(STANDARD_INPUT, standard_input(), self));
                continue;
            }
            let scripts = match path.is_dir() {
                true => suite::scripts_in(path),
                false => Ok(vec![path.clone()]),
            };
            match scripts {
                Ok(scripts) => {
                    for script in scripts {
                        let name = script.display().to_string();
                        status = status.max(report(&name, Ok(Script::read(&script)), self));
                    }
                }
                Err(diagnostic) => status = status.max(report("", Err(diagnostic), self)),
            }
        }
        status
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Prints the diagnostics of a script or, if there are no errors, its counts.
fn report(name: &str, attempt: Outcome<Attempt>, arguments: &Arguments) -> Status {
    let attempt = match attempt {
        Ok(attempt) => attempt,
        Err(diagnostic) => {
            print::print_as(&[*diagnostic], &Sources::default(), arguments.error_format);
            return Status::InvalidProgram;
        }
    };
    print::print_as(
        &attempt.diagnostics,
        attempt.sources(),
        arguments.error_format,
    );
    let Ok(script) = attempt.script else {
        return Status::InvalidProgram;
    };
    let experiments = &script.program.experiments;
    print_out(&format!(
        "{name} checks: {}, {}\n",
        pluralize(experiments.len(), "experiment"),
        pluralize(script.program.claim_count, "claim"),
    ));
    for intake in gia_plan::left_out_record_counts(&script.program) {
        let left_out = ExcludedRecords::from(&intake);
        let line = format!("{}: {left_out}\n", left_out.path);
        print_out(&replace_control(&line));
    }
    Status::Success
}

/// Checks the script on standard input. Its relative paths start from the current folder.
fn standard_input() -> Outcome<Attempt> {
    let text = script::standard_input()?;
    Ok(Script::of_text(STANDARD_INPUT, Path::new(""), &text))
}
