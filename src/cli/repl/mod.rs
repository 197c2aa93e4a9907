//! `gia repl`: an interactive session, or one that reads its entries from standard input.
//!
//! Invariant: all output goes through the `print` argument of [`run`]. [`Session`] evaluates entries and passes text to a listener.

mod candidate;
mod command;
mod command_list;
mod complete;
mod cursor_context;
mod editor;
mod entry;
mod help;
mod hint;
mod history;
mod motif_table;
mod runs;
mod session;
mod session_script;
mod stop_flag;
mod string_completion;
mod value;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History};
use rustyline::{ColorMode, CompletionType, Config, Editor};

pub use candidate::Candidate;
pub use complete::complete;
pub use editor::{highlight, is_complete};
pub use hint::{InlineHint, hint};
pub use session::{Listener, Session, Setup};
pub use stop_flag::StopFlag;

use editor::LineHelper;
use gia_base::diag::Style;
use gia_engine::{IdleWorkers, Options};

/// How an entry or a whole session ended, in ascending order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// The entry worked, and all claims are supported.
    Success,
    /// A claim is refuted or undecided.
    Failure,
    /// An entry does not check, or a command is unknown or has wrong arguments.
    InvalidProgram,
    /// The user stopped a run.
    Interrupted,
    /// A run failed because of a model, a data file, a device or a disk.
    RunFailed,
}

/// Output of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output<'t> {
    /// A result, such as a value or a table, for standard output.
    Result(&'t str),
    /// A diagnostic, for standard error.
    Diagnostic(&'t str),
}

const PROMPT: &str = "gia> ";
/// Maximum number of entries in the history.
const MAX_HISTORY_ENTRIES: usize = 10_000;

/// Runs a session, which starts with the declarations of the script `file` if there is one. On a terminal, entries are edited
/// and the ending is that of the session. Otherwise entries are lines of standard input, and the ending is the most severe of
/// theirs.
///
/// `print` writes the output of the session.
pub fn run(options: Options, file: Option<&Path>, print: &mut dyn FnMut(Output)) -> Ending {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let style = Style::for_terminal(std::io::stdout().is_terminal());
    // Without a signal handler, Ctrl-C ends the process.
    let stop = match terminal {
        true => StopFlag::on_interrupt().unwrap_or_default(),
        false => StopFlag::default(),
    };
    let stop_flag = stop.clone();
    let setup = Setup {
        options: Options {
            idle_workers: IdleWorkers::enabled(),
            overseer: options
                .overseer
                .cancel_when(move || stop_flag.is_requested()),
            ..options
        },
        folder: PathBuf::new(),
        progress: std::io::stderr().is_terminal(),
        stop,
    };
    let mut session = Session::new(setup, style);
    if terminal {
        print(Output::Result(&style.dim(concat!(
            "gia ",
            env!("CARGO_PKG_VERSION"),
            "; `:help` lists the commands, Ctrl-D quits\n"
        ))));
    }
    if let Some(file) = file {
        let ending = session.load(file, print);
        if ending != Ending::Success {
            return ending;
        }
    }
    match terminal {
        true => read_terminal(&mut session, print),
        false => read_lines(&mut session, print),
    }
}

/// Reads entries from standard input. An incomplete entry continues on the next line.
fn read_lines(session: &mut Session, print: &mut dyn FnMut(Output)) -> Ending {
    let mut ending = Ending::Success;
    let mut entry = String::new();
    for line in std::io::stdin().lines() {
        let Ok(line) = line else {
            break;
        };
        entry.push_str(&line);
        if is_complete(&entry) {
            ending = ending.max(session.enter(&std::mem::take(&mut entry), print));
            if session.is_over() {
                return ending;
            }
        } else {
            entry.push('\n');
        }
    }
    ending.max(session.enter(&entry, print))
}

/// Reads entries from a terminal.
fn read_terminal(session: &mut Session, print: &mut dyn FnMut(Output)) -> Ending {
    let colour = match session.style.colour {
        true => ColorMode::Enabled,
        false => ColorMode::Disabled,
    };
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_prompt_limit(200)
        .color_mode(colour)
        .bracketed_paste(true)
        .auto_add_history(false)
        .max_history_size(MAX_HISTORY_ENTRIES)
        .and_then(|builder| builder.history_ignore_dups(true))
        .map(rustyline::config::Builder::build)
        .unwrap_or_default();
    let Ok(mut editor) = Editor::<LineHelper, FileHistory>::with_config(config) else {
        return read_lines(session, print);
    };
    let history_path = history::path().filter(|path| history::prepare(path).is_ok());
    if let Some(path) = &history_path {
        // A damaged history is ignored.
        let _ = editor.load_history(path);
    }
    loop {
        session.style = Style::for_terminal(true);
        editor.set_helper(Some(LineHelper {
            names: session.shared_names(),
            folder: session.folder().to_path_buf(),
            style: session.style,
        }));
        match editor.readline(PROMPT) {
            Ok(text) => {
                if !text.trim().is_empty() {
                    let _ = editor.add_history_entry(text.as_str());
                    if let Some(path) = &history_path {
                        let _ = editor.history_mut().append(path);
                    }
                }
                session.enter(&text, print);
                if session.is_over() {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(_) => break,
        }
    }
    Ending::Success
}
