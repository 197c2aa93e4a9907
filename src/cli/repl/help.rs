//! `:help`: shows the documentation of a name, a keyword, a `:command` or an error code.
//!
//! Invariant: help on a function comes from its declaration and the `##` lines above it.

use super::command_list::COMMANDS;
use super::session::{Listener, Session};
use super::{Ending, Output, value};
use gia_base::diag::{
    Code, Diagnostic, Style, closest, wrap_example, wrap_lines, wrap_signature, wrapping,
};
use gia_check::doc;
use gia_check::{DescriptionTopic, VisibleName};
use gia_syntax::keywords;

/// Shows help on a name or, if it is empty, an overview.
pub fn show(session: &Session, name: &str, say: Listener) -> Ending {
    if name.is_empty() {
        say(Output::Result(&overview(session)));
        return Ending::Success;
    }
    match page(session, name) {
        Some(text) => {
            say(Output::Result(&text));
            Ending::Success
        }
        None => session.show_error(say, unknown(session, name)),
    }
}

fn page(session: &Session, name: &str) -> Option<String> {
    let style = session.style;
    if let Some(command) = name.strip_prefix(':') {
        let command = COMMANDS.iter().find(|known| known.name == command)?;
        let line = format!(":{} {}", command.name, command.arguments);
        return Some(format!(
            "{}\n{}\n",
            style.bold(line.trim_end()),
            indented(command.description, style)
        ));
    }
    if let Some(named) = find_name(session, name) {
        return Some(name_help(named, style));
    }
    let of_code = code_help(name).map(|text| wrap_lines(&text, style.width.clamp(30, 100)));
    let of_word = || Some(doc::find_entry(name)?.to_plain_text(style.width.clamp(30, 100)));
    of_code.or_else(of_word)
}

/// The page of `gia explain` for the code of a diagnostic: `E0301`, `e0301` or `error[E0301]`.
fn code_help(name: &str) -> Option<String> {
    let number = name.rsplit('[').next().unwrap_or(name);
    let number = number.trim_end_matches(']').to_uppercase();
    let code = Code::ALL.iter().find(|code| code.number() == number)?;
    Some(format!("{}\n\n{}\n", code.number(), code.meaning()))
}

/// Looks up a name, which may be in a module: `syntax.spacing`.
fn find_name<'s>(session: &'s Session, name: &str) -> Option<&'s VisibleName> {
    match name.split_once('.') {
        None => session.lookup(name),
        Some((module, name)) => match &session.lookup(module)?.value.what {
            DescriptionTopic::Module(names) => names
                .iter()
                .any(|known| known == name)
                .then(|| session.lookup(name))
                .flatten(),
            _ => None,
        },
    }
}

fn name_help(named: &VisibleName, style: Style) -> String {
    let mut text = match &named.value.what {
        DescriptionTopic::Function { signature, .. } => {
            style.bold(&wrap_signature(signature, style.width.max(30))) + "\n"
        }
        _ => value::line(Some(&named.name), &named.value, style),
    };
    // Names of the language itself have a page in the manual instead of a declaration.
    let entry = (!named.own && named.doc.is_none()).then(|| doc::find_value_entry(&named.name));
    if let Some(entry) = entry.flatten() {
        let shown = entry.to_plain_text(style.width.clamp(30, 100));
        let (_, rest) = shown.split_once('\n').unwrap_or(("", &shown));
        text.push_str(rest);
    }
    if let Some(doc) = &named.doc {
        text.push_str(&documentation(doc, style));
    }
    text
}

/// The text of `##` lines: paragraphs are rewrapped, examples kept.
fn documentation(doc: &str, style: Style) -> String {
    let mut text = String::new();
    let mut paragraph = String::new();
    for line in doc.lines().chain([""]) {
        let example = doc::is_example(line.trim());
        if line.trim().is_empty() || example {
            if !paragraph.is_empty() {
                text.push_str(&indented(&std::mem::take(&mut paragraph), style));
                text.push('\n');
            }
            if example {
                let columns = style.width.clamp(30, 100) - 4;
                let lines = wrap_example(line.trim(), columns).replace('\n', "\n    ");
                text.push_str(&format!("\n    {lines}\n"));
            }
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim());
        }
    }
    text
}

fn indented(text: &str, style: Style) -> String {
    let options = wrapping(style.width.clamp(30, 100))
        .initial_indent("  ")
        .subsequent_indent("  ");
    textwrap::fill(text, options)
}

fn overview(session: &Session) -> String {
    let style = session.style;
    let mut text = String::new();
    for paragraph in [
        "Enter a declaration to keep it, an experiment to run it, or an expression to show its value. An entry continues on the \
         next line while a bracket is open.",
        "",
    ] {
        text.push_str(&textwrap::fill(
            paragraph,
            wrapping(style.width.clamp(30, 100)),
        ));
        text.push('\n');
    }
    for command in COMMANDS.iter().filter(|command| command.name != "save!") {
        let line = format!(":{} {}", command.name, command.arguments);
        let options = wrapping(style.width.max(30)).subsequent_indent("                      ");
        text.push_str(&textwrap::fill(
            &format!("  {line:<18}  {}", command.description),
            options,
        ));
        text.push('\n');
    }
    let list = |of: &[&str]| of.join(", ");
    let (edits, functions): (Vec<&VisibleName>, Vec<&VisibleName>) =
        functions(session).partition(|named| named.makes_edit());
    let names = |of: Vec<&VisibleName>| {
        let names: Vec<&str> = of.iter().map(|named| named.name.as_str()).collect();
        names.join(", ")
    };
    let sections = [
        ("declarations", list(keywords::DECLARATIONS)),
        ("in experiments", list(keywords::STATEMENTS)),
        ("edits", names(edits)),
        ("functions", names(functions)),
    ];
    for (title, names) in sections {
        let first = format!("  {title:<18}  ");
        let options = wrapping(style.width.max(30))
            .initial_indent(&first)
            .subsequent_indent("                      ");
        text.push('\n');
        text.push_str(&textwrap::fill(&names, options));
    }
    text.push('\n');
    text
}

fn functions(session: &Session) -> impl Iterator<Item = &VisibleName> {
    let names = session.names().iter();
    names.filter(|named| matches!(named.value.what, DescriptionTopic::Function { .. }))
}

fn unknown(session: &Session, name: &str) -> Diagnostic {
    let names = session.names().iter().map(|named| named.name.as_str());
    let words = keywords::DECLARATIONS.iter().chain(keywords::STATEMENTS);
    let diagnostic = Diagnostic::error(
        Code::UnknownName,
        format!("there is no name or keyword `{name}`"),
    );
    match closest(name, names.chain(words.copied())) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic.help("list them with `:help`"),
    }
}
