//! `gia doc [NAME] [--into DIR]`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::outputs::Failed;
use super::print::{print_out, print_plain, tell};
use super::{Execute, Status};
use gia_base::diag::{Diagnostic, Outcome, wrapping};
use gia_check::doc;
use gia_report::OutputFile;

/// Columns for the names in the list of all functions.
const NAME_WIDTH: usize = 20;

#[derive(Args)]
pub struct Arguments {
    /// A function of the standard library or a word of the language; all functions where none is given.
    #[arg(value_name = "NAME", conflicts_with = "into")]
    name: Option<String>,
    /// Write the reference pages, in Markdown, into this folder.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        match (&self.name, &self.into) {
            (Some(name), _) => one(name),
            (None, Some(folder)) => match write(folder) {
                Ok(failed) if failed.is_empty() => Status::Supported,
                Ok(failed) => {
                    print_plain(&failed);
                    Status::RunBroke
                }
                Err(diagnostic) => {
                    print_plain(&[*diagnostic]);
                    Status::RunBroke
                }
            },
            (None, None) => {
                for entry in doc::functions() {
                    let indent = " ".repeat(NAME_WIDTH + 2);
                    let options = wrapping(columns()).subsequent_indent(&indent);
                    let line = format!("{:<NAME_WIDTH$}  {}", entry.name, entry.summary());
                    // Other programs get one line a function.
                    let shown = match std::io::stdout().is_terminal() {
                        true => textwrap::fill(&line, options),
                        false => line,
                    };
                    print_out(&format!("{shown}\n"));
                }
                Status::Supported
            }
        }
    }
}

fn one(name: &str) -> Status {
    match doc::entry(name) {
        Some(entry) => {
            print_out(&entry.shown(columns()));
            Status::Supported
        }
        None => {
            let help = match doc::meant(name) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`gia doc` lists all functions".to_string(),
            };
            tell(&format!("there is nothing called `{name}`; {help}"));
            Status::WrongProgram
        }
    }
}

/// What could not be written.
fn write(folder: &std::path::Path) -> Outcome<Vec<Diagnostic>> {
    gia_engine::make_folder(folder)?;
    let mut failed = Failed::default();
    for page in doc::pages() {
        let file = OutputFile::open(folder.join(&page.file));
        failed.take(file.and_then(|file| file.commit(page.text.as_bytes())));
    }
    Ok(failed.0)
}

/// Columns to write for: those of the terminal up to what reads well.
pub(super) fn columns() -> usize {
    const READABLE: usize = 100;
    match terminal_size::terminal_size() {
        Some((width, _)) if std::io::stdout().is_terminal() => usize::from(width.0).min(READABLE),
        _ => READABLE,
    }
}
