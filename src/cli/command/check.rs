//! `gia check PATH...`

use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{self, print_out};
use super::script::{self, STANDARD_INPUT};
use super::{ErrorFormat, Execute, Status};
use crate::pipeline::{Attempt, Script};
use crate::suite;
use gia_base::diag::{Outcome, counted, visible};
use gia_base::source::Sources;
use gia_study::LeftOut;

#[derive(Args)]
pub struct Arguments {
    /// Scripts, and folders whose scripts are checked with those of the folders in them; `-` is standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// A script that is wrong keeps no other from being checked.
    fn execute(&self) -> Status {
        let mut status = Status::Supported;
        for path in &self.paths {
            if path.as_os_str() == "-" {
                status = status.max(tell(STANDARD_INPUT, standard_input(), self));
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
                        status = status.max(tell(&name, Ok(Script::read(&script)), self));
                    }
                }
                Err(diagnostic) => status = status.max(tell("", Err(diagnostic), self)),
            }
        }
        status
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Prints what a check found.
fn tell(name: &str, attempt: Outcome<Attempt>, arguments: &Arguments) -> Status {
    let attempt = match attempt {
        Ok(attempt) => attempt,
        Err(diagnostic) => {
            print::print_as(&[*diagnostic], &Sources::default(), arguments.error_format);
            return Status::WrongProgram;
        }
    };
    print::print_as(
        &attempt.diagnostics,
        attempt.sources(),
        arguments.error_format,
    );
    let Ok(script) = attempt.script else {
        return Status::WrongProgram;
    };
    let experiments = &script.program.experiments;
    let claims = experiments.iter().map(|e| e.claims.len()).sum();
    print_out(&format!(
        "{name} checks: {}, {}\n",
        counted(experiments.len(), "experiment"),
        counted(claims, "claim"),
    ));
    for intake in gia_plan::intakes(&script.program) {
        let left_out = LeftOut::from(&intake);
        let line = format!("{}: {left_out}\n", left_out.path);
        print_out(&visible(&line));
    }
    Status::Supported
}

/// The script of standard input; files that it names are looked for in the folder that `gia` runs in.
fn standard_input() -> Outcome<Attempt> {
    let text = script::standard_input()?;
    Ok(Script::of_text(STANDARD_INPUT, Path::new(""), &text))
}
