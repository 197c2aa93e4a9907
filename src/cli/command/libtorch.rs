//! `gia libtorch fetch`: fetches a libtorch, for machines whose Python has no PyTorch that fits.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::{Args, Subcommand};

use super::print::{eprint_line, print_diagnostics};
use super::{Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_engine::installed::fetched_folder;

/// The program that fetches it: that of the build from sources.
const PROGRAM: &str = include_str!("../fetch_libtorch.py");

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Fetch a libtorch 2.11 for the CPU, about 500 MB, with pip.
    ///
    /// It lies in `$XDG_DATA_HOME/gia/libtorch`, or in that folder below `~/.local/share`, where gia finds it. A second call finds the work
    /// done.
    Fetch,
    /// Print the folder that `fetch` fills.
    Folder,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let done = match self.action {
            Action::Fetch => fetch(),
            Action::Folder => folder().map(|folder| {
                super::print::print_out(&format!("{}\n", folder.display()));
                Status::Success
            }),
        };
        done.unwrap_or_else(|diagnostic| {
            print_diagnostics(&[*diagnostic]);
            Status::RunFailed
        })
    }
}

fn folder() -> Outcome<PathBuf> {
    fetched_folder().ok_or_else(|| {
        let message = "there is no home folder to put libtorch into";
        let help = "set XDG_DATA_HOME or HOME to a folder";
        Box::new(Diagnostic::error(Code::WriteFailed, message).help(help))
    })
}

fn fetch() -> Outcome<Status> {
    let folder = folder()?;
    // `LIBTORCH` makes the program fetch nothing, which is right for a build only.
    let mut command = Command::new("python3");
    command
        .args(["-", "--into"])
        .arg(&folder)
        .env_remove("LIBTORCH")
        .stdin(Stdio::piped());
    let mut child = command.spawn().map_err(|error| {
        let message = format!("`python3` cannot be started: {error}");
        let help = "install Python 3.8 or newer with pip: libtorch comes as a Python package";
        Box::new(Diagnostic::error(Code::NoLibtorch, message).help(help))
    })?;
    let written = child
        .stdin
        .take()
        .map(|mut input| input.write_all(PROGRAM.as_bytes()));
    let ended = child
        .wait()
        .ok()
        .filter(|_| matches!(written, Some(Ok(()))));
    if ended.is_some_and(|status| status.success()) {
        eprint_line("`gia doctor` shows what gia finds");
        return Ok(Status::Success);
    }
    // The program has said why.
    Ok(Status::RunFailed)
}
