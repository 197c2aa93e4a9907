//! The script of a command: its arguments, and reading and checking it with its diagnostics printed.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;

use super::clashes::Files;
use super::{ErrorFormat, Status, print};
use crate::pipeline::Script;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::text_of;
use gia_base::source::Sources;

/// What every command that reads a script takes.
#[derive(Debug, Clone, Args)]
pub struct ScriptArguments {
    /// The script.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    pub error_format: ErrorFormat,
}

/// Reads and checks; prints what is wrong, and what is to be warned of, to standard error. With the script comes what it
/// reads.
pub fn read(arguments: &ScriptArguments) -> Result<(Script, Files), Status> {
    let attempt = Script::read(&arguments.file);
    print(&attempt.diagnostics, attempt.sources(), arguments);
    let mut files = Files::default();
    files.reads_script(&arguments.file, &attempt);
    let script = attempt.script.map_err(|_| Status::WrongProgram)?;
    Ok((script, files))
}

/// Reads a script and does with it what a command does; prints what broke.
pub fn carry_out(
    arguments: &ScriptArguments,
    command: impl FnOnce(&Script, Files) -> Outcome<Status>,
) -> Status {
    let (script, files) = match read(arguments) {
        Ok(read) => read,
        Err(status) => return status,
    };
    command(&script, files).unwrap_or_else(|diagnostic| {
        let status = Status::of_broken(&diagnostic);
        print(&[*diagnostic], &script.sources, arguments);
        status
    })
}

/// Prints diagnostics to standard error in the form that was asked for.
fn print(diagnostics: &[Diagnostic], sources: &Sources, arguments: &ScriptArguments) {
    print::print_as(diagnostics, sources, arguments.error_format);
}

/// What messages call a script that has no file.
pub const STANDARD_INPUT: &str = "standard input";

/// The text of standard input.
///
/// # Errors
/// Where it cannot be read, or is not UTF-8.
pub fn standard_input() -> Outcome<String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| {
        let what = format!("{STANDARD_INPUT} cannot be read: {error}");
        Box::new(Diagnostic::error(Code::MissingFile, what))
    })?;
    text_of(bytes, STANDARD_INPUT)
}
