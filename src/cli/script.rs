//! Reading and checking a script for a command, with its diagnostics printed.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use super::{ErrorFormat, ScriptArguments, Status};
use crate::check::{self, hir};
use crate::diag::{self, Diagnostic, Outcome};
use crate::file::{self, FileRecord};
use crate::report::Style;
use crate::source::{SourceId, Sources};

/// A script that checks.
pub struct Script {
    pub sources: Sources,
    pub main: SourceId,
    pub program: hir::Program,
    pub data: Vec<FileRecord>,
    /// Seconds that reading and checking took.
    pub seconds: f64,
}

impl Script {
    /// A hash of all that decides what a run of it predicts, but for the models: its texts, its data, its seed and this program.
    pub fn identity(&self) -> String {
        let mut all = String::new();
        for (_, source) in self.sources.iter() {
            all += &file::sha256_of_bytes(source.text.as_bytes());
        }
        for record in &self.data {
            all += &record.sha256;
        }
        all += env!("CARGO_PKG_VERSION");
        file::sha256_of_bytes(all.as_bytes())
    }
}

/// Reads and checks; prints what is wrong, and what is to be warned of, to standard error.
pub fn read(arguments: &ScriptArguments) -> Result<Script, Status> {
    let started = Instant::now();
    let mut sources = Sources::default();
    let name = arguments.file.display().to_string();
    let text = match crate::file::read_text(&arguments.file) {
        Ok(text) => text,
        Err(diagnostic) => {
            print(&[*diagnostic], &sources, arguments);
            return Err(Status::WrongProgram);
        }
    };
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    let main = sources.add(name, folder, &text);
    let checked = check::check(main, &mut sources);
    print(&checked.diagnostics, &sources, arguments);
    match checked.program {
        Some(program) => Ok(Script {
            sources,
            main,
            program,
            data: checked.data,
            seconds: started.elapsed().as_secs_f64(),
        }),
        None => Err(Status::WrongProgram),
    }
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
        print(&[*diagnostic], &script.sources, arguments);
        Status::RunBroke
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
