//! The tables of commands and options of the book, held against the command line itself.

use std::collections::BTreeSet;

use clap::Command;

use crate::support::command::root;

/// Rows of all tables of a document, as their cells.
fn rows(document: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(document)).expect("a document");
    let cells = |line: &str| -> Vec<String> {
        let inside = line.trim_matches('|').replace("\\|", " or ");
        inside
            .split('|')
            .map(|cell| cell.trim().to_string())
            .collect()
    };
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(cells)
        .collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// `gia run`, `gia model inspect` and so on.
fn commands(command: &Command, before: &str) -> Vec<(String, Command)> {
    let shown = command
        .get_subcommands()
        .filter(|one| !one.is_hide_set() && one.get_name() != "help");
    shown
        .flat_map(|one| {
            let name = format!("{before} {}", one.get_name());
            match one.has_subcommands() {
                true => commands(one, &name),
                false => vec![(name, one.clone())],
            }
        })
        .collect()
}

fn all_commands() -> Vec<(String, Command)> {
    let mut gia = gia::cli::command();
    gia.build();
    commands(&gia, "gia")
}

fn options(command: &Command) -> BTreeSet<String> {
    let shown = command.get_arguments().filter(|one| !one.is_hide_set());
    let names = shown.flat_map(|one| {
        let aliases = one.get_visible_aliases().unwrap_or_default();
        one.get_long().into_iter().chain(aliases)
    });
    names
        .filter(|name| !["help", "version"].contains(name))
        .map(|name| format!("--{name}"))
        .collect()
}

/// The commands that a table has a row for.
fn in_tables(document: &str) -> BTreeSet<String> {
    let known: Vec<String> = all_commands().into_iter().map(|(name, _)| name).collect();
    let rows = rows(document);
    let named = rows.iter().flat_map(|row| quoted(&row[0]));
    let named: Vec<&str> = named.filter(|word| word.starts_with("gia ")).collect();
    for word in &named {
        let is_known = |name: &String| word == name || word.starts_with(&format!("{name} "));
        assert!(
            known.iter().any(is_known),
            "{document}: `{word}` is no command"
        );
    }
    let has_row = |name: &String| {
        let mut named = named.iter();
        named.any(|word| *word == name || word.starts_with(&format!("{name} ")))
    };
    known.into_iter().filter(has_row).collect()
}

#[test]
fn every_command_has_a_row() {
    let all: BTreeSet<String> = all_commands().into_iter().map(|(name, _)| name).collect();
    for document in ["docs/command_line.md", "docs/language.md"] {
        let missing: Vec<_> = all.difference(&in_tables(document)).cloned().collect();
        assert!(missing.is_empty(), "{document} has no row for {missing:?}");
    }
}

/// An option and a command that has it.
type Pair = (String, String);

#[test]
fn every_option_has_a_row_that_names_its_commands() {
    let all: BTreeSet<Pair> = all_commands()
        .iter()
        .flat_map(|(name, command)| {
            let name = name.trim_start_matches("gia ").to_string();
            options(command)
                .into_iter()
                .map(move |option| (option, name.clone()))
        })
        .collect();
    let mut told: BTreeSet<Pair> = BTreeSet::new();
    for row in rows("docs/language.md") {
        let options = quoted(&row[0]).filter_map(|word| word.split(' ').next());
        for option in options.filter(|word| word.starts_with("--")) {
            let of = row.get(1).into_iter().flat_map(|cell| quoted(cell));
            told.extend(of.map(|command| (option.to_string(), command.to_string())));
        }
    }
    let missing: Vec<_> = all.difference(&told).collect();
    assert!(
        missing.is_empty(),
        "docs/language.md does not have {missing:?}"
    );
    let gone: Vec<_> = told.difference(&all).collect();
    assert!(
        gone.is_empty(),
        "docs/language.md has {gone:?}, the command line does not"
    );
}

#[test]
fn every_option_of_the_command_page_exists() {
    let known: BTreeSet<String> = all_commands()
        .iter()
        .flat_map(|(_, command)| options(command))
        .collect();
    for row in rows("docs/command_line.md") {
        let words = row
            .iter()
            .flat_map(|cell| quoted(cell))
            .flat_map(str::split_whitespace);
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(
                known.contains(option),
                "docs/command_line.md: `{option}` is no option"
            );
        }
    }
}
