//! `gia repl`: an interactive session, or one that reads its entries from standard input.
//!
//! Invariant: output goes through the `print` of [`run`] alone; [`Session`] does the work and passes text to a listener.

mod candidate;
mod command;
mod command_list;
mod complete;
mod editor;
mod entry;
mod grown;
mod help;
mod hint;
mod history;
mod place;
mod runs;
mod session;
mod stop;
mod texts;
mod value;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History};
use rustyline::{ColorMode, CompletionType, Config, Editor};

pub use candidate::Candidate;
pub use complete::complete;
pub use editor::{coloured, is_whole};
pub use hint::{Hinted, hint};
pub use session::{Listener, Session, Setup};
pub use stop::Stop;

use editor::Editing;
use gia_base::diag::Style;
use gia_engine::{Options, Resting};

/// How an entry or a whole session ended, in ascending order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Nothing is wrong, and every claim that was judged is supported.
    Supported,
    /// A claim is refuted or undecided.
    Unsupported,
    /// An entry is wrong: it does not check, or the command is unknown or wrong.
    WrongProgram,
    /// The user stopped a run.
    Interrupted,
    /// A run failed because of a model, data, device or disk.
    RunBroke,
}

/// Output of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'t> {
    /// A result, such as a value or a table, for standard output.
    Result(&'t str),
    /// A diagnostic, for standard error.
    Diagnosis(&'t str),
}

const PROMPT: &str = "gia> ";
/// Maximum number of entries in the history.
const REMEMBERED: usize = 10_000;

/// Runs a session, which starts with the declarations of the script `file` if there is one. On a terminal, entries are edited
/// and the ending is that of the session. Otherwise entries are lines of standard input, and the ending is the most severe of
/// theirs.
///
/// `print` writes the output of the session.
pub fn run(options: Options, file: Option<&Path>, print: &mut dyn FnMut(Said)) -> Ending {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let style = Style::for_terminal(std::io::stdout().is_terminal());
    // Where the signal cannot be heard, it ends the program as it does any other.
    let stop = match terminal {
        true => Stop::on_interrupt().unwrap_or_default(),
        false => Stop::default(),
    };
    let asked = stop.clone();
    let setup = Setup {
        options: Options {
            resting: Resting::allowed(),
            overseer: options.overseer.until(move || asked.is_asked()),
            ..options
        },
        folder: PathBuf::new(),
        progress: std::io::stderr().is_terminal(),
        stop,
    };
    let mut session = Session::new(setup, style);
    if terminal {
        print(Said::Result(&style.dim(concat!(
            "gia ",
            env!("CARGO_PKG_VERSION"),
            "; `:help` tells what there is, Ctrl-D ends\n"
        ))));
    }
    if let Some(file) = file {
        let ending = session.load(file, print);
        if ending != Ending::Supported {
            return ending;
        }
    }
    match terminal {
        true => converse(&mut session, print),
        false => read_lines(&mut session, print),
    }
}

/// Reads entries from standard input. An incomplete entry continues on the next line.
fn read_lines(session: &mut Session, print: &mut dyn FnMut(Said)) -> Ending {
    let mut ending = Ending::Supported;
    let mut entry = String::new();
    for line in std::io::stdin().lines() {
        let Ok(line) = line else {
            break;
        };
        entry.push_str(&line);
        if is_whole(&entry) {
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
fn converse(session: &mut Session, print: &mut dyn FnMut(Said)) -> Ending {
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
        .max_history_size(REMEMBERED)
        .and_then(|builder| builder.history_ignore_dups(true))
        .map(rustyline::config::Builder::build)
        .unwrap_or_default();
    let Ok(mut editor) = Editor::<Editing, FileHistory>::with_config(config) else {
        return read_lines(session, print);
    };
    let remembered = history::path().filter(|path| history::prepare(path).is_ok());
    if let Some(path) = &remembered {
        // A damaged history is left behind, and the session begins without it.
        let _ = editor.load_history(path);
    }
    loop {
        session.style = Style::for_terminal(true);
        editor.set_helper(Some(Editing {
            names: session.shared_names(),
            folder: session.folder().to_path_buf(),
            style: session.style,
        }));
        match editor.readline(PROMPT) {
            Ok(text) => {
                if !text.trim().is_empty() {
                    let _ = editor.add_history_entry(text.as_str());
                    if let Some(path) = &remembered {
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
    Ending::Supported
}
