//! Completion at the cursor: keywords where they are allowed, names by the expected type, and what strings refer to.
//!
//! Invariant: completion checks and runs nothing; it uses the names that are known, so that it answers while the user types.

use std::path::Path;

use super::candidate::{Candidate, begins};
use super::command_list::COMMANDS;
use super::place::{GIVING, Kind, Place, place};
use super::texts;
use gia_check::{Named, SETTINGS, What, module_names};
use gia_design::{Along, Summary};
use gia_syntax::words;

/// Where the word begins that is completed, and what it may become.
pub fn complete(line: &str, at: usize, names: &[Named], folder: &Path) -> (usize, Vec<Candidate>) {
    let before = line.get(..at).unwrap_or(line);
    if let Some(command) = before.trim_start().strip_prefix(':') {
        return of_command(before, command, names, folder);
    }
    let place = place(before);
    let mut found = match &place.kind {
        Kind::Text => texts::texts(&place, line.get(at..).unwrap_or_default(), names, folder),
        Kind::Field(name) => fields(name, names),
        Kind::Word => of_words(&place, names),
    };
    let is_path = found.iter().any(|candidate| candidate.text.contains('/'));
    if !is_path {
        found.retain(|candidate| begins(&candidate.shown, place.word));
    }
    // Names of files and tasks are others' words, which the terminal must not obey.
    found.retain(|candidate| !candidate.text.chars().any(char::is_control));
    found.dedup();
    (place.start, found)
}

fn plain(word: &str) -> Candidate {
    Candidate {
        text: word.to_string(),
        shown: word.to_string(),
    }
}

fn of_command(
    before: &str,
    command: &str,
    names: &[Named],
    folder: &Path,
) -> (usize, Vec<Candidate>) {
    let Some((command, typed)) = command.split_once(char::is_whitespace) else {
        let found = COMMANDS
            .iter()
            .filter(|known| begins(known.name, command))
            .map(|known| plain(known.name));
        return (before.len() - command.len(), found.collect());
    };
    let typed = typed.trim_start();
    let start = before.len() - typed.len();
    let mut found = match command {
        "load" | "save" | "save!" => {
            return (start, texts::paths(typed, folder, &["gia"], ""));
        }
        "help" => {
            let words = [words::DECLARATIONS, words::STATEMENTS];
            let words = words.into_iter().flatten().map(|word| plain(word));
            names
                .iter()
                .map(|named| plain(&named.name))
                .chain(words)
                .collect()
        }
        "plan" => of_type(names, &["Experiment"]),
        _ => {
            let place = place(typed);
            let (at, found) = complete(typed, typed.len(), names, folder);
            return match place.word.is_empty() && found.is_empty() {
                true => (before.len(), found),
                false => (start + at, found),
            };
        }
    };
    found.retain(|candidate| begins(&candidate.shown, typed));
    (start, found)
}

/// Completions after the dot of a model or a module.
fn fields(of: &str, names: &[Named]) -> Vec<Candidate> {
    let Some(named) = names.iter().find(|named| named.name == of) else {
        return Vec::new();
    };
    match &named.value.what {
        What::Model { declaration, .. } => {
            let outputs = declaration.outputs.iter();
            outputs
                .filter_map(|output| output.name.as_deref())
                .map(plain)
                .collect()
        }
        What::Module(functions) => functions.iter().map(|name| called(name)).collect(),
        _ => Vec::new(),
    }
}

fn called(name: &str) -> Candidate {
    Candidate {
        text: format!("{name}("),
        shown: name.to_string(),
    }
}

fn of_name(named: &Named) -> Candidate {
    match &named.value.what {
        What::Function { .. } => called(&named.name),
        _ => plain(&named.name),
    }
}

/// The functions that make an edit or an arm, as phrases begin.
fn verbs(names: &[Named]) -> Vec<Candidate> {
    let verbs = names.iter().filter(|named| named.makes_edit());
    verbs.map(|named| plain(&named.name)).collect()
}

fn of_words(place: &Place, names: &[Named]) -> Vec<Candidate> {
    let inner = place.open.last();
    let words = |list: &[&str]| -> Vec<Candidate> { list.iter().map(|word| plain(word)).collect() };
    match (place.statement, inner.map(|open| open.sign)) {
        // At the beginning of a statement.
        (None, Some('{')) if inner.and_then(|open| open.statement) == Some("arm") => {
            let mut found = verbs(names);
            found.extend(words(&place.given));
            return found;
        }
        (None, Some('{')) => {
            let mut found = words(words::STATEMENTS);
            found.extend(verbs(names));
            found.push(plain("let"));
            return found;
        }
        (None, _) => {
            let mut found = words(words::DECLARATIONS);
            found.extend(names.iter().map(of_name));
            return found;
        }
        (Some("use"), _) => return module_names().map(plain).collect(),
        (Some("set"), _) if place.previous == Some("set") => return words(&SETTINGS),
        // A name that is given is new.
        _ if place.previous.is_some_and(|word| GIVING.contains(&word)) => return Vec::new(),
        (Some("report"), _) => {
            let beside = Summary::ALL.iter().map(|summary| summary.word());
            let along = Along::ALL.iter().map(|along| along.word());
            return beside.chain(along).map(plain).collect();
        }
        _ => {}
    }
    let wanted = wanted(place, names);
    let mut found = of_type(names, &wanted);
    let fits = |found: &[Candidate]| found.iter().any(|one| begins(&one.shown, place.word));
    if wanted.is_empty() || !fits(&found) {
        found = names.iter().map(of_name).collect();
        found.extend(words(words::KEYWORDS));
        found.extend(words(words::JOINING));
    }
    found.extend(arguments(place, names));
    found.extend(words(&place.given));
    found.sort_by(|a, b| a.shown.cmp(&b.shown));
    found
}

/// Names of these types, and functions that return them.
fn of_type(names: &[Named], wanted: &[&str]) -> Vec<Candidate> {
    let fits = |named: &&Named| match &named.value.what {
        What::Function { signature, .. } => signature
            .rsplit_once("-> ")
            .is_some_and(|(_, result)| wanted.contains(&result)),
        _ => wanted.contains(&named.value.ty.as_str()),
    };
    names.iter().filter(fits).map(of_name).collect()
}

/// The types that are expected at the cursor; none if unknown.
fn wanted(place: &Place, names: &[Named]) -> Vec<&'static str> {
    let call = place
        .open
        .last()
        .filter(|open| open.sign == '(' && !open.of.is_empty());
    if let Some(open) = call {
        let ty = open.parameter(names).map(|(_, ty)| ty);
        return ty.map_or(Vec::new(), |ty| taken_for(&ty).to_vec());
    }
    match place.statement {
        Some("background" | "reference" | "null") => vec!["Population", "Sequences"],
        Some("embed" | "insert" | "factorial" | "disrupt" | "construct") => {
            vec!["Motif", "Construct"]
        }
        Some("motif") => vec!["Motif"],
        Some("measure" | "query") => vec!["Query", "Model", "Quantity"],
        Some("model") => vec!["Model"],
        Some("show") => vec!["Experiment", "Evaluation"],
        _ => Vec::new(),
    }
}

/// The types of values that a parameter of this type accepts.
fn taken_for(ty: &str) -> &'static [&'static str] {
    match ty {
        "Motif" => &["Motif"],
        "Construct" => &["Motif", "Construct"],
        "Population" => &["Population", "Sequences"],
        "Sequences" => &["Sequences"],
        "Model" => &["Model"],
        "Query" | "Quantity" => &["Query", "Model", "Quantity"],
        "Position" => &["Position", "Length"],
        "Length" => &["Length"],
        _ => &[],
    }
}

/// Names of the parameters that a call may still be given.
fn arguments(place: &Place, names: &[Named]) -> Vec<Candidate> {
    let Some(open) = place
        .open
        .last()
        .filter(|open| open.sign == '(' && open.named.is_none())
    else {
        return Vec::new();
    };
    let function = open.of.last();
    let named = names
        .iter()
        .find(|named| Some(&named.name.as_str()) == function);
    let Some(What::Function { parameters, .. }) = named.map(|named| &named.value.what) else {
        return Vec::new();
    };
    let left = parameters.iter().skip(open.done);
    left.map(|(name, _)| Candidate {
        text: format!("{name}: "),
        shown: name.clone(),
    })
    .collect()
}
