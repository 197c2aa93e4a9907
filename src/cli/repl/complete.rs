//! Completion at the cursor: keywords where they are allowed, names by the expected type, and what strings refer to.
//!
//! Invariant: completion checks and runs nothing. It only looks up names that are already checked, so that it is fast enough for every
//! key press.

use std::path::Path;

use super::candidate::{Candidate, has_prefix};
use super::command_list::COMMANDS;
use super::cursor_context::{CursorContext, Kind, cursor_context, names_something};
use super::string_completion;
use gia_check::{DescriptionTopic, SETTINGS, VisibleName, module_names};
use gia_design::{CurveStatistic, Drivers, Summary};
use gia_syntax::keywords;

/// Completes the word at byte `at` of a line. Returns the byte offset of its start and the candidates.
pub fn complete(
    line: &str,
    at: usize,
    names: &[VisibleName],
    folder: &Path,
) -> (usize, Vec<Candidate>) {
    let before = line.get(..at).unwrap_or(line);
    if let Some(command) = before.trim_start().strip_prefix(':') {
        return complete_command(before, command, names, folder);
    }
    let context = cursor_context(before);
    let mut found = match &context.kind {
        Kind::String => string_completion::complete_string(
            &context,
            line.get(at..).unwrap_or_default(),
            names,
            folder,
        ),
        Kind::Field(name) => fields(name, names),
        Kind::Word => complete_word(&context, names),
    };
    let is_path = found.iter().any(|candidate| candidate.text.contains('/'));
    if !is_path {
        found.retain(|candidate| has_prefix(&candidate.displayed, context.word));
    }
    // Names of files and tasks may contain control characters, which must not reach the terminal.
    found.retain(|candidate| !candidate.text.chars().any(char::is_control));
    found.dedup();
    (context.start, found)
}

/// A candidate that is listed as it is written.
fn plain_candidate(word: &str) -> Candidate {
    Candidate {
        text: word.to_string(),
        displayed: word.to_string(),
    }
}

/// Completes a `:command` or its argument.
fn complete_command(
    before: &str,
    command: &str,
    names: &[VisibleName],
    folder: &Path,
) -> (usize, Vec<Candidate>) {
    let Some((command, typed)) = command.split_once(char::is_whitespace) else {
        let found = COMMANDS
            .iter()
            .filter(|known| has_prefix(known.name, command))
            .map(|known| plain_candidate(known.name));
        return (before.len() - command.len(), found.collect());
    };
    let typed = typed.trim_start();
    let start = before.len() - typed.len();
    let mut found = match command {
        "load" | "save" | "save!" => {
            return (start, string_completion::paths(typed, folder, &["gia"], ""));
        }
        "help" => {
            let words = [keywords::DECLARATIONS, keywords::STATEMENTS];
            let words = words
                .into_iter()
                .flatten()
                .map(|word| plain_candidate(word));
            names
                .iter()
                .map(|named| plain_candidate(&named.name))
                .chain(words)
                .collect()
        }
        "plan" => names_of_type(names, &["Experiment"]),
        _ => {
            let context = cursor_context(typed);
            let (at, found) = complete(typed, typed.len(), names, folder);
            return match context.word.is_empty() && found.is_empty() {
                true => (before.len(), found),
                false => (start + at, found),
            };
        }
    };
    found.retain(|candidate| has_prefix(&candidate.displayed, typed));
    (start, found)
}

/// Completions after the dot of a model or a module.
fn fields(of: &str, names: &[VisibleName]) -> Vec<Candidate> {
    let Some(named) = names.iter().find(|named| named.name == of) else {
        return Vec::new();
    };
    match &named.value.what {
        DescriptionTopic::Model { declaration, .. } => {
            let outputs = declaration.outputs.iter();
            outputs
                .filter_map(|output| output.name.as_deref())
                .map(plain_candidate)
                .collect()
        }
        DescriptionTopic::Module(functions) => {
            functions.iter().map(|name| function(name)).collect()
        }
        _ => Vec::new(),
    }
}

/// A function, written with its opening parenthesis.
fn function(name: &str) -> Candidate {
    Candidate {
        text: format!("{name}("),
        displayed: name.to_string(),
    }
}

/// A name, by its kind.
fn candidate_of(named: &VisibleName) -> Candidate {
    match &named.value.what {
        DescriptionTopic::Function { .. } => function(&named.name),
        _ => plain_candidate(&named.name),
    }
}

/// The functions that make an edit or an arm, as phrases begin.
fn verbs(names: &[VisibleName]) -> Vec<Candidate> {
    let verbs = names.iter().filter(|named| named.makes_edit());
    verbs.map(|named| plain_candidate(&named.name)).collect()
}

/// Completes a name or a keyword.
fn complete_word(context: &CursorContext, names: &[VisibleName]) -> Vec<Candidate> {
    let inner = context.open.last();
    let words = |list: &[&str]| -> Vec<Candidate> {
        list.iter().map(|word| plain_candidate(word)).collect()
    };
    match (context.statement, inner.map(|open| open.bracket)) {
        // At the beginning of a statement.
        (None, Some('{')) if inner.and_then(|open| open.statement) == Some("arm") => {
            let mut found = verbs(names);
            found.extend(words(&context.declared));
            return found;
        }
        (None, Some('{')) => {
            let mut found = words(keywords::STATEMENTS);
            found.extend(verbs(names));
            found.push(plain_candidate("let"));
            return found;
        }
        (None, _) => {
            let mut found = words(keywords::DECLARATIONS);
            found.extend(names.iter().map(candidate_of));
            return found;
        }
        (Some("use"), _) => return module_names().map(plain_candidate).collect(),
        (Some("set"), _) if context.previous == Some("set") => return words(&SETTINGS),
        // A name in a declaration is new, so there is nothing to offer.
        _ if context.previous.is_some_and(names_something) => {
            return Vec::new();
        }
        (Some("report"), _) => {
            let beside = Summary::ALL.iter().map(|summary| summary.word());
            let along = CurveStatistic::ALL.iter().map(|along| along.word());
            let beside = beside.chain([Drivers::WORD]);
            return beside.chain(along).map(plain_candidate).collect();
        }
        _ => {}
    }
    let expected = expected_types(context, names);
    let mut found = names_of_type(names, &expected);
    let fits = |found: &[Candidate]| {
        found
            .iter()
            .any(|one| has_prefix(&one.displayed, context.word))
    };
    if expected.is_empty() || !fits(&found) {
        found = names.iter().map(candidate_of).collect();
        found.extend(words(keywords::KEYWORDS));
        found.extend(words(keywords::JOINING));
    }
    found.extend(arguments(context, names));
    found.extend(words(&context.declared));
    found.sort_by(|a, b| a.displayed.cmp(&b.displayed));
    found
}

/// Names of these types, and functions that return them.
fn names_of_type(names: &[VisibleName], wanted: &[&str]) -> Vec<Candidate> {
    let fits = |named: &&VisibleName| match &named.value.what {
        DescriptionTopic::Function { result, .. } => result
            .as_deref()
            .is_some_and(|result| wanted.contains(&result)),
        _ => wanted.contains(&named.value.ty.as_str()),
    };
    names.iter().filter(fits).map(candidate_of).collect()
}

/// The types that are expected at the cursor; none if unknown.
fn expected_types(context: &CursorContext, names: &[VisibleName]) -> Vec<&'static str> {
    let call = context
        .open
        .last()
        .filter(|open| open.bracket == '(' && !open.callee.is_empty());
    if let Some(open) = call {
        let ty = open.parameter(names).map(|(_, ty)| ty);
        return ty.map_or(Vec::new(), |ty| accepted_types(&ty).to_vec());
    }
    match context.statement {
        Some("background" | "reference" | "null") => vec!["Population", "Sequences"],
        Some("embed" | "insert" | "factorial" | "disrupt" | "construct") => {
            vec!["Motif", "Construct"]
        }
        Some("motif") => vec!["Motif"],
        Some("measure" | "query") => vec!["Query", "Model", "Quantity"],
        Some("model") => vec!["Model"],
        Some("show") => vec!["Experiment", "Evaluation", "Attribution"],
        _ => Vec::new(),
    }
}

/// The types of values that a parameter of this type accepts.
fn accepted_types(ty: &str) -> &'static [&'static str] {
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

/// Names of the parameters that a call does not have an argument for yet.
fn arguments(context: &CursorContext, names: &[VisibleName]) -> Vec<Candidate> {
    let Some(open) = context
        .open
        .last()
        .filter(|open| open.bracket == '(' && open.named.is_none())
    else {
        return Vec::new();
    };
    let function = open.callee.last();
    let named = names
        .iter()
        .find(|named| Some(&named.name.as_str()) == function);
    let Some(DescriptionTopic::Function { parameters, .. }) = named.map(|named| &named.value.what)
    else {
        return Vec::new();
    };
    let remaining = parameters.iter().skip(open.complete_arguments);
    remaining
        .map(|(name, _)| Candidate {
            text: format!("{name}: "),
            displayed: name.clone(),
        })
        .collect()
}
