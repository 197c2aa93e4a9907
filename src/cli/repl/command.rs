//! What each `:command` of a session does.
//!
//! Invariant: a command changes the session only if its help says so, and a wrong one changes nothing.

use std::path::{Path, PathBuf};

use super::command_list::{Action, COMMANDS, Command};
use super::session::{Listener, Session};
use super::{Ending, Said, help, value};
use crate::pipeline::Script;
use gia_base::diag::{Code, Diagnostic, Outcome, closest, wrap_lines};
use gia_engine::Memory;
use gia_report::OutputFile;

/// The command that a line without a colon means, as other prompts have it: `help`, `help rc`, `?`, `quit`, `exit()`. None
/// where the session knows its first word as a name.
pub fn meant(session: &Session, text: &str) -> Option<String> {
    let text = text.trim();
    let (word, rest) = match text.strip_prefix('?') {
        Some(rest) => ("?", rest),
        None => {
            let end = text.find(|c: char| !c.is_ascii_alphabetic());
            text.split_at(end.unwrap_or(text.len()))
        }
    };
    if session.known(word).is_some() {
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

/// Executes a line that begins with a colon.
pub fn carry_out(session: &mut Session, line: &str, say: Listener) -> Ending {
    let line = line.trim_start_matches(':').trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let Some(command) = found(name) else {
        return session.refuse(say, unknown(name));
    };
    match (command.takes, rest) {
        ("", "") => act(command.action, session, "", say),
        ("", _) => session.refuse(say, wrong(format!("`:{}` takes nothing", command.name))),
        (takes, "") if !takes.starts_with('[') => session.refuse(
            say,
            wrong(format!("`:{name}` lacks its {takes}")).help(format!("write `:{name} {takes}`")),
        ),
        _ => act(command.action, session, rest, say),
    }
}

fn act(action: Action, session: &mut Session, text: &str, say: Listener) -> Ending {
    match action {
        Action::Help => help::tell(session, text, say),
        Action::Type => of_type(session, text, say),
        Action::Plan => show_plan(session, text, say),
        Action::Models => models(session, say),
        Action::List => list(session, say),
        Action::Load => session.load(&named(text), say),
        Action::Save => write(session, text, false, say),
        Action::SaveOver => write(session, text, true, say),
        Action::Reset => {
            session.forget();
            Ending::Supported
        }
        Action::Quit => {
            session.leave();
            Ending::Supported
        }
    }
}

/// The command with a name, or the only one with this prefix.
fn found(name: &str) -> Option<&'static Command> {
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
    let diagnostic = wrong(format!("there is no command `:{name}`"));
    match closest(name, names()) {
        Some(close) => diagnostic.help(format!("did you mean `:{close}`?")),
        None => {
            let all: Vec<&str> = names().collect();
            diagnostic.help(format!("commands are `:{}`", all.join("`, `:")))
        }
    }
}

fn wrong(message: String) -> Diagnostic {
    Diagnostic::error(Code::Syntax, message)
}

fn of_type(session: &mut Session, text: &str, say: Listener) -> Ending {
    match session.look(text, say) {
        Some((seen, _)) => {
            let line = value::line(None, &seen, session.style);
            say(Said::Result(&line));
            Ending::Supported
        }
        None => Ending::WrongProgram,
    }
}

fn show_plan(session: &mut Session, text: &str, say: Listener) -> Ending {
    let program = match text {
        "" => session.whole(),
        text => session.look(text, say).map(|(_, program)| program),
    };
    let Some(program) = program else {
        return Ending::WrongProgram;
    };
    if program.experiments.is_empty() && program.evaluations.is_empty() {
        let message = match text {
            "" => "no experiment is declared yet".to_string(),
            text => format!("`{text}` is no experiment"),
        };
        return session.refuse(say, wrong(message));
    }
    let plan = gia_plan::lower(&program);
    let memory = Memory::of(&plan, &session.setup.options);
    let text = format!("{}\n{memory}", plan.show());
    say(Said::Result(&wrap_lines(&text, session.style.width)));
    Ending::Supported
}

fn models(session: &Session, say: Listener) -> Ending {
    let models = session
        .names()
        .iter()
        .filter(|named| named.own && named.value.ty == "Model");
    let pages: Vec<String> = models
        .map(|named| value::page(Some(&named.name), &named.value, session.style))
        .collect();
    if pages.is_empty() {
        say(Said::Result(
            "no model yet: `model net = load(\"net.pt2\")`\n",
        ));
    }
    say(Said::Result(&pages.concat()));
    Ending::Supported
}

fn list(session: &Session, say: Listener) -> Ending {
    say(Said::Result(&session.grown.text()));
    Ending::Supported
}

fn write(session: &mut Session, path: &str, over: bool, say: Listener) -> Ending {
    let path = named(path);
    let full = session.folder().join(&path);
    match written(session, &path, &full, over) {
        Ok(()) => {
            say(Said::Result(&format!("written to {}\n", path.display())));
            Ending::Supported
        }
        Err(diagnostic) => {
            let broke = diagnostic.code == Code::Write;
            let ending = session.refuse(say, *diagnostic);
            if broke { Ending::RunBroke } else { ending }
        }
    }
}

/// Writes a script that checks where it will lie.
fn written(session: &Session, path: &Path, full: &Path, over: bool) -> Outcome<()> {
    let shown = path.display();
    if session.grown.is_empty() {
        return Err(Box::new(wrong("there is nothing to save yet".to_string())));
    }
    if full.exists() && !over {
        let message = format!("there is a file `{shown}` already");
        return Err(Box::new(
            Diagnostic::error(Code::Write, message)
                .help(format!("`:save! {shown}` writes over it")),
        ));
    }
    let file = OutputFile::open(full)?;
    let text = session.grown.text();
    let folder = full.parent().unwrap_or(Path::new(""));
    let attempt = Script::of_text(&shown.to_string(), folder, &text);
    if attempt.script.is_err() {
        let first = attempt.diagnostics.into_iter().find(Diagnostic::is_error);
        let why = first.map_or(String::new(), |error| format!(": {}", error.message));
        let message = format!("in `{shown}` these lines would not check{why}");
        return Err(Box::new(wrong(message).help(
            "paths start from the folder of their script: save it where they are found from",
        )));
    }
    file.commit(text.as_bytes())
}

/// A path as typed, with or without quotes.
fn named(path: &str) -> PathBuf {
    let bare = path
        .strip_prefix('"')
        .and_then(|path| path.strip_suffix('"'));
    PathBuf::from(bare.unwrap_or(path))
}
