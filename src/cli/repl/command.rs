//! The `:commands` of a session.
//!
//! Invariant: a command changes the session only if its help says so; a failed one changes nothing.

use std::path::{Path, PathBuf};

use super::command_list::{Action, COMMANDS, Command};
use super::session::{Listener, Session};
use super::{Ending, Output, help, value};
use crate::pipeline::Script;
use gia_base::diag::{Code, Diagnostic, Outcome, closest, wrap_lines};
use gia_engine::MemoryEstimate;
use gia_report::OutputFile;

/// The command that a line without a colon stands for, as in other shells: `help`, `help rc`, `?`, `quit`, `exit()`. None if the
/// session has a name like its first word.
pub fn implied_command(session: &Session, text: &str) -> Option<String> {
    let text = text.trim();
    let (word, rest) = match text.strip_prefix('?') {
        Some(rest) => ("?", rest),
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphabetic());
            text.split_at(end.unwrap_or(text.len()))
        }
    };
    if session.lookup(word).is_some() {
        return None;
    }
    let rest = rest.trim();
    let inner = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let rest = inner.unwrap_or(rest).trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
    match (word, rest) {
        ("help" | "?", name) if name.chars().all(is_name) => Some(format!(":help {name}")),
        ("quit" | "exit" | "q", "") => Some(":quit".to_string()),
        _ => None,
    }
}

/// Executes a line that starts with a colon.
pub fn execute(session: &mut Session, line: &str, say: Listener) -> Ending {
    let line = line.trim_start_matches(':').trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let Some(command) = find_command(name) else {
        return session.show_error(say, unknown(name));
    };
    match (command.arguments, rest) {
        ("", "") => perform(command.action, session, "", say),
        ("", _) => session.show_error(say, error(format!("`:{}` takes no argument", command.name))),
        (arguments, "") if !arguments.starts_with('[') => session.show_error(
            say,
            error(format!("`:{name}` needs an argument"))
                .help(format!("write `:{name} {arguments}`")),
        ),
        _ => perform(command.action, session, rest, say),
    }
}

fn perform(action: Action, session: &mut Session, text: &str, say: Listener) -> Ending {
    match action {
        Action::Help => help::show(session, text, say),
        Action::Type => show_type(session, text, say),
        Action::Plan => show_plan(session, text, say),
        Action::Models => show_models(session, say),
        Action::List => list_declarations(session, say),
        Action::Load => session.load(&unquoted(text), say),
        Action::Save => save_and_report(session, text, false, say),
        Action::SaveOver => save_and_report(session, text, true, say),
        Action::Reset => {
            session.reset();
            Ending::Success
        }
        Action::Quit => {
            session.leave();
            Ending::Success
        }
    }
}

/// The command with this name, or the only one with this prefix.
fn find_command(name: &str) -> Option<&'static Command> {
    let exact = COMMANDS.iter().find(|command| command.name == name);
    exact.or_else(|| {
        let mut begun = COMMANDS.iter().filter(|command| {
            !name.is_empty() && command.name.starts_with(name) && command.name != "save!"
        });
        let first = begun.next()?;
        begun.next().is_none().then_some(first)
    })
}

fn unknown(name: &str) -> Diagnostic {
    let names = || COMMANDS.iter().map(|command| command.name);
    let diagnostic = error(format!("unknown command `:{name}`"));
    match closest(name, names()) {
        Some(close) => diagnostic.help(format!("did you mean `:{close}`?")),
        None => {
            let all: Vec<&str> = names().collect();
            diagnostic.help(format!("the commands are `:{}`", all.join("`, `:")))
        }
    }
}

fn error(message: String) -> Diagnostic {
    Diagnostic::error(Code::Syntax, message)
}

fn show_type(session: &mut Session, text: &str, say: Listener) -> Ending {
    match session.inspect_expression(text, say) {
        Some((seen, _)) => {
            let line = value::line(None, &seen, session.style);
            say(Output::Result(&line));
            Ending::Success
        }
        None => Ending::InvalidProgram,
    }
}

fn show_plan(session: &mut Session, text: &str, say: Listener) -> Ending {
    let program = match text {
        "" => session.whole_program(),
        text => session
            .inspect_expression(text, say)
            .map(|(_, program)| program),
    };
    let Some(program) = program else {
        return Ending::InvalidProgram;
    };
    if program.experiments.is_empty() && program.evaluations.is_empty() {
        let message = match text {
            "" => "no experiment has been declared".to_string(),
            text => format!("`{text}` is not an experiment"),
        };
        return session.show_error(say, error(message));
    }
    let plan = gia_plan::lower(&program);
    let memory = MemoryEstimate::of(&plan, &session.setup.options);
    let text = format!("{}\n{memory}", plan.show());
    say(Output::Result(&wrap_lines(&text, session.style.width)));
    Ending::Success
}

fn show_models(session: &Session, say: Listener) -> Ending {
    let models = session
        .names()
        .iter()
        .filter(|named| named.own && named.value.ty == "Model");
    let pages: Vec<String> = models
        .map(|named| value::page(Some(&named.name), &named.value, session.style))
        .collect();
    if pages.is_empty() {
        say(Output::Result(
            "no models; declare one with `model net = load(\"net.pt2\")`\n",
        ));
    }
    say(Output::Result(&pages.concat()));
    Ending::Success
}

fn list_declarations(session: &Session, say: Listener) -> Ending {
    say(Output::Result(&session.script.text()));
    Ending::Success
}

fn save_and_report(session: &mut Session, path: &str, overwrite: bool, say: Listener) -> Ending {
    let path = unquoted(path);
    let full = session.folder().join(&path);
    match save(session, &path, &full, overwrite) {
        Ok(()) => {
            say(Output::Result(&format!("saved to {}\n", path.display())));
            Ending::Success
        }
        Err(diagnostic) => {
            let is_write_error = diagnostic.code == Code::WriteFailed;
            let ending = session.show_error(say, *diagnostic);
            if is_write_error {
                Ending::RunFailed
            } else {
                ending
            }
        }
    }
}

/// Saves the declarations as a script, after checking that it has no errors in its new folder.
fn save(session: &Session, path: &Path, full: &Path, overwrite: bool) -> Outcome<()> {
    let shown = path.display();
    if session.script.is_empty() {
        return Err(Box::new(error("there is nothing to save".to_string())));
    }
    if full.exists() && !overwrite {
        let message = format!("`{shown}` exists already");
        return Err(Box::new(
            Diagnostic::error(Code::WriteFailed, message)
                .help(format!("overwrite it with `:save! {shown}`")),
        ));
    }
    let file = OutputFile::open(full)?;
    let text = session.script.text();
    let folder = full.parent().unwrap_or(Path::new(""));
    let attempt = Script::of_text(&shown.to_string(), folder, &text);
    if attempt.script.is_err() {
        let first = attempt.diagnostics.into_iter().find(Diagnostic::is_error);
        let why = first.map_or(String::new(), |error| format!(": {}", error.message));
        let message = format!("the declarations would have errors in `{shown}`{why}");
        return Err(Box::new(error(message).help(
            "relative paths start from the folder of the script, so save it to a folder from which they are found",
        )));
    }
    file.commit(text.as_bytes())
}

/// A path as typed, with or without quotes.
fn unquoted(path: &str) -> PathBuf {
    let bare = path
        .strip_prefix('"')
        .and_then(|path| path.strip_suffix('"'));
    PathBuf::from(bare.unwrap_or(path))
}
