//! Reading and checking a script for a command, with its diagnostics printed.

use std::io::{IsTerminal, Write};

use super::{ErrorFormat, ScriptArguments, Status};
use crate::diag::{self, Diagnostic, Outcome};
use crate::pipeline::Script;
use crate::report::Style;
use crate::source::Sources;

/// Reads and checks; prints what is wrong, and what is to be warned of, to standard error.
pub fn read(arguments: &ScriptArguments) -> Result<Script, Status> {
    let attempt = Script::read(&arguments.file);
    print(&attempt.diagnostics, attempt.sources(), arguments);
    attempt.script.map_err(|_| Status::WrongProgram)
}

/// Reads a script and does with it what a command does; prints what broke.
pub fn carry_out(
    arguments: &ScriptArguments,
    command: impl FnOnce(&Script) -> Outcome<Status>,
) -> Status {
    let script = match read(arguments) {
        Ok(script) => script,
        Err(status) => return status,
    };
    command(&script).unwrap_or_else(|diagnostic| {
        let status = Status::of_broken(&diagnostic);
        print(&[*diagnostic], &script.sources, arguments);
        status
    })
}

/// Prints diagnostics to standard error in the form that was asked for.
pub fn print(diagnostics: &[Diagnostic], sources: &Sources, arguments: &ScriptArguments) {
    print_as(diagnostics, sources, arguments.error_format);
}

pub fn print_as(diagnostics: &[Diagnostic], sources: &Sources, format: ErrorFormat) {
    if diagnostics.is_empty() {
        return;
    }
    let style = style(std::io::stderr().is_terminal());
    let text = diag::render(diagnostics, sources, format.into(), style);
    // Nobody is left to tell where standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints to standard output; a reader that has gone away (`gia run x.gia | head`) is no error.
pub fn print_out(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// How to write for this terminal, or for none.
pub fn style(terminal: bool) -> Style {
    Style::for_terminal(terminal)
}
