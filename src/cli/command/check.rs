//! `gia check PATH...`

use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrites::CommandFiles;
use super::print::{self, print_out};
use super::script::{self, GivenModels, STANDARD_INPUT};
use super::{ErrorFormat, Execute, Status};
use crate::pipeline::{Attempt, Script};
use crate::registration::{self, Registrations, Written};
use crate::suite;
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize, replace_control};
use gia_base::file::make_folder;
use gia_base::source::Sources;
use gia_study::ExcludedRecords;

#[derive(Args)]
pub struct Arguments {
    /// Scripts to check, or folders to search for them; `-` reads standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Write the claims of the script to this file before any run, with hashes of all that decides them; for several scripts, to files in
    /// this folder. `gia run --registered` compares with it.
    #[arg(long, value_name = "PATH")]
    register: Option<PathBuf>,
    #[command(flatten)]
    given: GivenModels,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// Checks all scripts, even after one has errors.
    fn execute(&self) -> Status {
        let is_one_script = matches!(self.paths.as_slice(), [path] if !path.is_dir());
        if let Some(register) = &self.register
            && !is_one_script
            && !register.is_dir()
        {
            let message = format!("`--register {}` is not a folder", register.display());
            let help = "name an existing folder to register several scripts: the registration of `a/b.gia` becomes `DIR/a/b.json`";
            let refused = Diagnostic::error(Code::MissingFile, message).help(help);
            print::print_as(&[refused], &Sources::default(), self.error_format);
            return Status::InvalidProgram;
        }
        let models = &self.given.models;
        let mut status = Status::Success;
        for path in &self.paths {
            if path.as_os_str() == "-" {
                let name = Path::new(STANDARD_INPUT);
                let attempt = script::standard_input_script(models);
                status = status.max(report(name, attempt, self));
                continue;
            }
            let scripts = match path.is_dir() {
                true => suite::scripts_in(path),
                false => Ok(vec![path.clone()]),
            };
            match scripts {
                Ok(scripts) => {
                    for script in scripts {
                        let attempt = Script::read_with_models(&script, models);
                        status = status.max(report(&script, Ok(attempt), self));
                    }
                }
                Err(diagnostic) => {
                    status = status.max(report(Path::new(""), Err(diagnostic), self))
                }
            }
        }
        status
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Prints the diagnostics of a script or, if there are no errors, its counts.
fn report(path: &Path, attempt: Outcome<Attempt>, arguments: &Arguments) -> Status {
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
    let mut files = CommandFiles::default();
    files.add_script_inputs(path, &attempt);
    let Ok(script) = attempt.script else {
        return Status::InvalidProgram;
    };
    let name = path.display();
    let experiments = &script.program.experiments;
    let claims = experiments.iter().map(|experiment| experiment.claims.len());
    let claims = claims.sum::<usize>() + script.program.claims.len();
    print_out(&format!(
        "{name} checks: {}, {}\n",
        pluralize(experiments.len(), "experiment"),
        pluralize(claims, "claim"),
    ));
    for intake in gia_plan::left_out_record_counts(&script.program) {
        let left_out = ExcludedRecords::from(&intake);
        let line = format!("{}: {left_out}\n", left_out.path);
        print_out(&replace_control(&line));
    }
    let Some(register) = &arguments.register else {
        return Status::Success;
    };
    match register_script(&script, path, register, files) {
        Ok(text) => {
            print_out(&text);
            Status::Success
        }
        Err(diagnostic) => {
            let status = Status::of_error(&diagnostic);
            print::print_as(&[*diagnostic], &script.sources, arguments.error_format);
            status
        }
    }
}

/// Writes the registration of a script, and says so. A library makes no claim and has none.
fn register_script(
    script: &Script,
    path: &Path,
    register: &Path,
    mut files: CommandFiles,
) -> Outcome<String> {
    if script.program.experiments.is_empty() {
        return Ok(String::new());
    }
    let file = Registrations(register).path_of(path);
    files.add_option_output("register", &file);
    files.check()?;
    let registration = registration::describe(script)?;
    if let Some(folder) = file.parent().filter(|_| register.is_dir()) {
        make_folder(folder).map_err(|error| gia_report::cannot_write(folder, &error))?;
    }
    let shown = file.display();
    Ok(match registration::register(&file, &registration)? {
        Written::New => {
            format!("registered in {shown}; commit the file, so that others can see its date\n")
        }
        Written::Same(date) => format!("registered in {shown} since {date}, unchanged\n"),
    })
}
