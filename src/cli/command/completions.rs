//! `gia completions SHELL` and `gia man`: completion scripts and manual pages, generated from the definition of the command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::outputs::WriteErrors;
use super::print::{print_diagnostics, print_exact};
use super::{Cli, Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_report::OutputFile;

#[derive(Args)]
pub struct CompletionsArguments {
    /// Shell to generate the script for.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Args)]
pub struct ManArguments {
    /// Write the pages of gia and of all commands to this folder.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Execute for CompletionsArguments {
    fn execute(&self) -> Status {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "gia", &mut script);
        print_exact(&String::from_utf8_lossy(&script));
        Status::Success
    }
}

impl Execute for ManArguments {
    fn execute(&self) -> Status {
        match pages(self) {
            Ok(failed) if failed.is_empty() => Status::Success,
            Ok(failed) => {
                print_diagnostics(&failed);
                Status::RunFailed
            }
            Err(diagnostic) => {
                print_diagnostics(&[*diagnostic]);
                Status::RunFailed
            }
        }
    }
}

/// Prints or writes the manual pages; returns an error for each file that could not be written.
fn pages(arguments: &ManArguments) -> Outcome<Vec<Diagnostic>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives subcommands their full names: `gia-run` for the page, `gia run` in the synopsis.
    command.build();
    let Some(folder) = &arguments.into else {
        print_exact(&String::from_utf8_lossy(&page(&command)?));
        return Ok(Vec::new());
    };
    gia_engine::make_folder(folder)?;
    let mut failed = WriteErrors::default();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let page = page(command)?;
        let file = OutputFile::open(folder.join(format!("{name}.1")));
        failed.collect(file.and_then(|file| file.commit(&page)));
    }
    Ok(failed.0)
}

fn page(command: &clap::Command) -> Outcome<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| {
            let what = format!("cannot generate the manual page: {error}");
            Box::new(Diagnostic::error(Code::WriteFailed, what))
        })?;
    Ok(page)
}
