//! `gia completions SHELL` and `gia man`: what shells and `man` read of the command line, made from its definition.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::outputs::Failed;
use super::print::{print_exact, print_plain};
use super::{Cli, Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_report::OutputFile;

#[derive(Args)]
pub struct CompletionsArguments {
    /// The shell that is to complete commands, options and files.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Args)]
pub struct ManArguments {
    /// Write a page for `gia` and one for each command into this folder, in place of the first to standard output.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Execute for CompletionsArguments {
    fn execute(&self) -> Status {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "gia", &mut script);
        print_exact(&String::from_utf8_lossy(&script));
        Status::Supported
    }
}

impl Execute for ManArguments {
    fn execute(&self) -> Status {
        match pages(self) {
            Ok(failed) if failed.is_empty() => Status::Supported,
            Ok(failed) => {
                print_plain(&failed);
                Status::RunBroke
            }
            Err(diagnostic) => {
                print_plain(&[*diagnostic]);
                Status::RunBroke
            }
        }
    }
}

/// What could not be written.
fn pages(arguments: &ManArguments) -> Outcome<Vec<Diagnostic>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Names the pages of commands `gia-run` and so on, and gives them their place in the synopsis.
    command.build();
    let Some(folder) = &arguments.into else {
        print_exact(&String::from_utf8_lossy(&page(&command)?));
        return Ok(Vec::new());
    };
    gia_engine::make_folder(folder)?;
    let mut failed = Failed::default();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let page = page(command)?;
        let file = OutputFile::open(folder.join(format!("{name}.1")));
        failed.take(file.and_then(|file| file.commit(&page)));
    }
    Ok(failed.0)
}

fn page(command: &clap::Command) -> Outcome<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| {
            let what = format!("the manual page cannot be made: {error}");
            Box::new(Diagnostic::error(Code::Write, what))
        })?;
    Ok(page)
}
