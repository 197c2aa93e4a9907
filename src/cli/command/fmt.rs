//! `gia fmt PATH...`: scripts in the one style of the language.
//!
//! A file that does not parse is told and left as it is; the others are formatted all the same.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;

use super::print::{self, eprint_line as say, print_as, print_exact, print_out};
use super::script::{self, STANDARD_INPUT};
use super::{ErrorFormat, Execute, Status};
use gia_base::diag::{Code, Diagnostic, Outcome, Style, pluralize};
use gia_base::file::{read_text, unreadable};
use gia_base::source::Sources;
use gia_report::OutputFile;
use gia_syntax::format::{Unformatted, format};

#[derive(Args)]
#[command(after_help = "\
Exit status:
  0  all files are formatted
  1  with --check, a file is not formatted
  2  a file does not parse, and was not changed
  3  a file cannot be read or written")]
pub struct Arguments {
    /// Scripts to format, or folders to search for them; `-` formats standard input to standard output.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Print the changes as a diff instead of making them; exit with status 1 if there are any.
    #[arg(long)]
    check: bool,
    /// Rewrite spellings of earlier versions of the language.
    #[arg(long)]
    upgrade: bool,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

/// A text that was read, and where it goes.
struct Script {
    /// Name of the script in messages, as the user gave it.
    name: String,
    /// The file to write; none for standard input.
    path: Option<PathBuf>,
    text: String,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let mut status = Status::Success;
        let mut changed = 0;
        for path in &self.paths {
            let scripts = match scripts_at(path) {
                Ok(scripts) => scripts,
                Err(diagnostic) => {
                    report_failure(*diagnostic, self);
                    status = status.max(Status::RunFailed);
                    continue;
                }
            };
            for script in scripts {
                let result = script.and_then(|script| {
                    let formatted = formatted(&script, self)?;
                    write_or_diff(&script, formatted, self)
                });
                match result {
                    Ok(was_changed) => changed += usize::from(was_changed),
                    Err(FormatFailure::Told) => status = status.max(Status::InvalidProgram),
                    Err(FormatFailure::Broke(diagnostic)) => {
                        // Text that is not UTF-8 is a script that does not parse.
                        status = status.max(match diagnostic.code {
                            Code::Syntax => Status::InvalidProgram,
                            _ => Status::RunFailed,
                        });
                        report_failure(*diagnostic, self);
                    }
                }
            }
        }
        if self.check && changed > 0 {
            say(&format!("not formatted: {}", pluralize(changed, "file")));
            status = status.max(Status::Failure);
        }
        status
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Why a file was not formatted.
enum FormatFailure {
    /// It does not parse, which was printed.
    Told,
    Broke(Box<Diagnostic>),
}

impl From<Box<Diagnostic>> for FormatFailure {
    fn from(diagnostic: Box<Diagnostic>) -> FormatFailure {
        FormatFailure::Broke(diagnostic)
    }
}

fn report_failure(diagnostic: Diagnostic, arguments: &Arguments) {
    print_as(&[diagnostic], &Sources::default(), arguments.error_format);
}

/// The scripts that a path of the command line stands for, in the order of their paths.
fn scripts_at(path: &Path) -> Outcome<Vec<Result<Script, FormatFailure>>> {
    if path.as_os_str() == "-" {
        return Ok(vec![standard_input()]);
    }
    let mut paths = Vec::new();
    if path.is_dir() {
        scripts_below(path, &mut paths)?;
    } else {
        paths.push(path.to_path_buf());
    }
    let read = |path: PathBuf| -> Result<Script, FormatFailure> {
        let text = read_text(&path)?;
        Ok(Script {
            name: path.display().to_string(),
            path: Some(path),
            text,
        })
    };
    Ok(paths.into_iter().map(read).collect())
}

fn standard_input() -> Result<Script, FormatFailure> {
    let text = script::standard_input()?;
    Ok(Script {
        name: STANDARD_INPUT.to_string(),
        path: None,
        text,
    })
}

/// The scripts of a folder and of those in it, without hidden ones and without following links to folders.
fn scripts_below(folder: &Path, found: &mut Vec<PathBuf>) -> Outcome<()> {
    let refused = |error: std::io::Error| unreadable(folder, &error);
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(refused)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(refused)?.is_dir() {
            scripts_below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "gia") {
            found.push(path);
        }
    }
    Ok(())
}

fn formatted(script: &Script, arguments: &Arguments) -> Result<String, FormatFailure> {
    let mut sources = Sources::default();
    let id = sources.add(script.name.clone(), Path::new(""), &script.text);
    if arguments.upgrade {
        match gia_syntax::upgrade(id, &script.text) {
            Ok(None) => {}
            Ok(Some(text)) => {
                let upgraded = Script {
                    name: script.name.clone(),
                    path: None,
                    text,
                };
                return formatted(&upgraded, arguments);
            }
            Err(diagnostics) => {
                print_as(&diagnostics, &sources, arguments.error_format);
                return Err(FormatFailure::Told);
            }
        }
    }
    format(id, &script.text).map_err(|unformatted| match unformatted {
        Unformatted::Wrong(diagnostics) => {
            print_as(&diagnostics, &sources, arguments.error_format);
            FormatFailure::Told
        }
        Unformatted::Changed => FormatFailure::Broke(Box::new(
            Diagnostic::error(
                Code::WriteFailed,
                format!(
                    "`{}` is left as it is: formatted, it would say something else",
                    script.name
                ),
            )
            .help("this is a fault of `gia fmt`; a report of it with the file is welcome"),
        )),
    })
}

/// Writes what was formatted, or shows how it differs; whether it does.
fn write_or_diff(
    script: &Script,
    formatted: String,
    arguments: &Arguments,
) -> Result<bool, FormatFailure> {
    let differs = formatted != script.text;
    if arguments.check {
        if differs {
            let style = print::stdout_style();
            let difference = patch_text(script, &formatted, style);
            match std::io::stdout().is_terminal() {
                true => print_out(&difference),
                // What `patch` is to read.
                false => print_exact(&difference),
            }
        }
        return Ok(differs);
    }
    match &script.path {
        None => print_exact(&formatted),
        Some(path) if differs => {
            OutputFile::open(path)?.commit(formatted.as_bytes())?;
            print_out(&format!("formatted {}\n", script.name));
        }
        Some(_) => {}
    }
    Ok(differs)
}

/// The changes of formatting as a unified diff, which `patch` reads.
fn patch_text(script: &Script, formatted: &str, style: Style) -> String {
    let text = super::line_diff::unified_diff(&script.text, formatted, &script.name);
    let coloured = text.split_inclusive('\n').map(|line| {
        let (code, end) = line.split_at(line.trim_end_matches('\n').len());
        match line.as_bytes().first() {
            Some(b'+') => style.green(code) + end,
            Some(b'-') => style.red(code) + end,
            _ => line.to_string(),
        }
    });
    coloured.collect()
}
