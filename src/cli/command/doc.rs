//! `gia doc [NAME] [--into DIR]`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;

use super::outputs::WriteErrors;
use super::print::{self, eprint_line, print_diagnostics, print_out};
use super::{Execute, Status};
use gia_base::diag::{Diagnostic, Outcome, wrapping};
use gia_check::doc;
use gia_report::OutputFile;

/// Width of the names in the list of all functions, in columns.
const NAME_COLUMNS: usize = 20;

#[derive(Args)]
pub struct Arguments {
    /// Function or keyword to show; without a name, all functions are listed.
    #[arg(value_name = "NAME", conflicts_with = "into")]
    name: Option<String>,
    /// Write the reference pages to this folder, as Markdown.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        match (&self.name, &self.into) {
            (Some(name), _) => show(name),
            (None, Some(folder)) => match write(folder) {
                Ok(failed) if failed.is_empty() => Status::Success,
                Ok(failed) => {
                    print_diagnostics(&failed);
                    Status::RunFailed
                }
                Err(diagnostic) => {
                    print_diagnostics(&[*diagnostic]);
                    Status::RunFailed
                }
            },
            (None, None) => {
                for entry in doc::functions() {
                    let line = format!("{:<NAME_COLUMNS$}  {}", entry.name, entry.summary());
                    print_out(&format!("{}\n", list_line(&line, NAME_COLUMNS + 2)));
                }
                Status::Success
            }
        }
    }
}

fn show(name: &str) -> Status {
    match doc::find_entry(name) {
        Some(entry) => {
            print_out(&entry.to_plain_text(text_width()));
            Status::Success
        }
        None => {
            let help = match doc::closest_entry(name) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`gia doc` lists all functions".to_string(),
            };
            eprint_line(&format!(
                "error: no function or keyword is called `{name}`; {help}"
            ));
            Status::InvalidProgram
        }
    }
}

/// Writes the reference pages; returns an error for each file that could not be written.
fn write(folder: &std::path::Path) -> Outcome<Vec<Diagnostic>> {
    gia_engine::make_folder(folder)?;
    let mut failed = WriteErrors::default();
    for page in doc::pages() {
        let file = OutputFile::open(folder.join(&page.file));
        failed.collect(file.and_then(|file| file.commit(page.text.as_bytes())));
    }
    Ok(failed.0)
}

/// Width of text, in columns: that of standard output, but no more than is readable.
pub(super) fn text_width() -> usize {
    const MAX_COLUMNS: usize = 100;
    print::stdout_style().width.min(MAX_COLUMNS)
}

/// A line of a list, whose second column begins at `indent`: wrapped on a terminal, whole in a pipe, for grep.
pub(super) fn list_line(line: &str, indent: usize) -> String {
    let indent = " ".repeat(indent);
    match std::io::stdout().is_terminal() {
        true => textwrap::fill(line, wrapping(text_width()).subsequent_indent(&indent)),
        false => line.to_string(),
    }
}
