//! The script argument of a command: reads and checks the script, and prints its diagnostics.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrites::CommandFiles;
use super::{ErrorFormat, Status, print};
use crate::pipeline::{Attempt, Script};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::text_of;
use gia_base::source::Sources;

/// Models that the command line gives to a script.
#[derive(Debug, Clone, Args)]
pub struct GivenModels {
    /// Model file in place of that of `model NAME = load(...)`, or for a name that the script does not declare. Its declaration is the one
    /// beside this file.
    #[arg(long = "model", value_name = "NAME=PATH", value_parser = named_model)]
    pub models: Vec<(String, PathBuf)>,
}

/// Arguments of every command that reads a script.
#[derive(Debug, Clone, Args)]
pub struct ScriptArguments {
    /// Script file; `-` reads standard input, whose relative paths start from the current folder.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Models in place of those of the script.
    #[command(flatten)]
    pub given: GivenModels,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    pub error_format: ErrorFormat,
}

/// Reads NAME=PATH. The path starts from the working folder, not from that of the script.
fn named_model(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or("write NAME=PATH, for example `--model net=other.pt2`")?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!("`{name}` is not a name"));
    }
    let path = std::path::absolute(path).map_err(|error| format!("`{path}`: {error}"))?;
    Ok((name.to_string(), path))
}

/// Reads and checks a script, and prints its errors and warnings to standard error. Returns the script and the files that it reads.
pub fn read(arguments: &ScriptArguments) -> Result<(Script, CommandFiles), Status> {
    let is_standard_input = arguments.file.as_os_str() == "-";
    let models = &arguments.given.models;
    let attempt = match is_standard_input {
        false => Script::read_with_models(&arguments.file, models),
        true => match standard_input_script(models) {
            Ok(attempt) => attempt,
            Err(diagnostic) => {
                print(&[*diagnostic], &Sources::default(), arguments);
                return Err(Status::InvalidProgram);
            }
        },
    };
    print(&attempt.diagnostics, attempt.sources(), arguments);
    let mut files = CommandFiles::default();
    let name = match is_standard_input {
        false => &arguments.file,
        true => Path::new(STANDARD_INPUT),
    };
    files.add_script_inputs(name, &attempt);
    let script = attempt.script.map_err(|_| Status::InvalidProgram)?;
    Ok((script, files))
}

/// Reads a script and runs a command on it; prints the error if the command fails.
pub fn run_on(
    arguments: &ScriptArguments,
    command: impl FnOnce(&Script, CommandFiles) -> Outcome<Status>,
) -> Status {
    let (script, files) = match read(arguments) {
        Ok(read) => read,
        Err(status) => return status,
    };
    command(&script, files).unwrap_or_else(|diagnostic| {
        let status = Status::of_error(&diagnostic);
        print(&[*diagnostic], &script.sources, arguments);
        status
    })
}

/// Prints diagnostics to standard error, in the format of `--error-format`.
fn print(diagnostics: &[Diagnostic], sources: &Sources, arguments: &ScriptArguments) {
    print::print_as(diagnostics, sources, arguments.error_format);
}

/// The name of standard input in messages.
pub const STANDARD_INPUT: &str = "standard input";

/// Reads and checks the script on standard input. Its relative paths start from the current folder.
///
/// # Errors
/// Those of [`standard_input`].
pub fn standard_input_script(models: &[(String, PathBuf)]) -> Outcome<Attempt> {
    let text = standard_input()?;
    Ok(Script::of_text_with_models(
        STANDARD_INPUT,
        Path::new(""),
        &text,
        models,
    ))
}

/// Reads standard input to its end.
///
/// # Errors
/// Input that cannot be read or is not UTF-8.
pub fn standard_input() -> Outcome<String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| {
        let what = format!("cannot read {STANDARD_INPUT}: {error}");
        Box::new(Diagnostic::error(Code::MissingFile, what))
    })?;
    text_of(bytes, STANDARD_INPUT)
}
