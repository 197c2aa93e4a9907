//! Files that were once answered wrongly, each with what is right: `cases/FOLDER.toml` says what `gia` has to answer for
//! every file of `cases/FOLDER`. With `GIA_CASES` set, the same is asked of the folders there, file by file:
//! `make check-cases`.

use gia::source::SourceId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::Trial;
use serde::Deserialize;

use crate::support::command::root;
use crate::{Group, needs_worker, trial};

/// The expected outcomes of one folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    /// Arguments of `gia`, run in a copy of the folder, for cases without a `command` of their own.
    command: Option<Vec<String>>,
    /// What the folder's script names where each case puts its own file.
    placeholder: Option<String>,
    /// Files that are no case of their own: scripts, genomes, notes.
    #[serde(default)]
    inputs: Vec<String>,
    /// Scripts and other texts that the folder itself lacks, by name.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    file: String,
    command: Option<Vec<String>>,
    /// Texts of the folder's scripts and what stands there instead, for this case.
    #[serde(default)]
    edits: Vec<(String, String)>,
    status: i32,
    /// Each stands in what is printed on either stream.
    #[serde(default)]
    says: Vec<String>,
    /// None stands in what is printed.
    #[serde(default)]
    never: Vec<String>,
    /// The sequences of FASTA files that the run writes, in order and whatever their names.
    #[serde(default)]
    letters: BTreeMap<String, Vec<String>>,
}

pub fn group() -> Group {
    let mut trials = Vec::new();
    for name in entries(&root().join("tests/cases")) {
        if let Some(name) = name.strip_suffix(".toml") {
            folder_trials(name, &mut trials);
        }
    }
    Group {
        name: "cases",
        min_trials: 100,
        trials,
    }
}

/// A trial for each case of `cases/NAME.toml`, and one that no file lacks an expected outcome.
fn folder_trials(name: &str, trials: &mut Vec<Trial>) {
    let expected = root().join(format!("tests/cases/{name}.toml"));
    let text = std::fs::read_to_string(expected).expect("expected outcomes");
    let folder: Folder = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}.toml: {e}"));
    let folder = Arc::new(folder);
    let files =
        std::env::var_os("GIA_CASES").map_or_else(|| root().join("tests/cases"), PathBuf::from);
    let files = files.join(name);
    for (number, case) in folder.cases.iter().enumerate() {
        let earlier = &folder.cases[..number];
        let nth = earlier.iter().filter(|c| c.file == case.file).count() + 1;
        let nth = if nth > 1 {
            format!("#{nth}")
        } else {
            String::new()
        };
        let title = format!("cases/{name}/{}{nth}", case.file);
        let (files, folder) = (files.clone(), folder.clone());
        let runs_network = runs_network(case, &folder);
        let trial = trial(title, move || {
            if let Err(complaint) = answered(&files, &folder, &folder.cases[number]) {
                panic!("{complaint}");
            }
        });
        trials.push(match runs_network {
            true => needs_worker(trial),
            false => trial,
        });
    }
    trials.push(trial(format!("cases/{name}.toml"), move || {
        let mut known: BTreeSet<&str> = folder.inputs.iter().map(String::as_str).collect();
        known.extend(folder.cases.iter().map(|case| case.file.as_str()));
        let mut unknown = entries(&files);
        unknown.retain(|file| !known.contains(file.as_str()));
        assert!(unknown.is_empty(), "no expected outcome of {unknown:?}");
    }));
}

/// The arguments of `gia` for a case.
fn command<'a>(case: &'a Case, folder: &'a Folder) -> Option<&'a Vec<String>> {
    case.command.as_ref().or(folder.command.as_ref())
}

/// Whether the network of a case predicts; a network that is refused does not.
fn runs_network(case: &Case, folder: &Folder) -> bool {
    let verb = command(case, folder).and_then(|command| command.first());
    let predicts = verb.is_some_and(|verb| ["run", "predict", "gradients"].contains(&&**verb));
    predicts && case.status == 0 && case.file.ends_with(".pt2")
}

/// Names of files, sorted.
fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    names
}

/// Runs one case in a copy of its folder.
fn answered(files: &Path, folder: &Folder, case: &Case) -> Result<(), String> {
    let copy = tempfile::tempdir().expect("a folder");
    for name in entries(files) {
        std::fs::copy(files.join(&name), copy.path().join(&name)).expect("a copy");
    }
    for (name, text) in &folder.files {
        std::fs::write(copy.path().join(name), text).expect("a file");
    }
    for name in entries(copy.path()) {
        if !name.ends_with(".gia") {
            continue;
        }
        let written = std::fs::read_to_string(copy.path().join(&name)).expect("a script");
        // Files kept elsewhere may be in the spelling of an earlier version.
        let mut script = match gia::syntax::upgrade(SourceId(0), &written) {
            Ok(Some(upgraded)) => upgraded,
            _ => written,
        };
        if let Some(placeholder) = &folder.placeholder {
            script = script.replace(placeholder, &case.file);
        }
        for (old, new) in &case.edits {
            script = script.replace(old, new);
        }
        std::fs::write(copy.path().join(&name), script).expect("a script");
    }
    let command = command(case, folder).ok_or("no command")?;
    let output = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(command)
        .current_dir(copy.path())
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .expect("the built program starts");
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if output.status.code() != Some(case.status) {
        return Err(format!(
            "ended with {:?} instead of {}:\n{printed}",
            output.status.code(),
            case.status
        ));
    }
    for text in &case.says {
        if !printed.contains(text) {
            return Err(format!("`{text}` is not said:\n{printed}"));
        }
    }
    for text in &case.never {
        if printed.contains(text) {
            return Err(format!("`{text}` is said:\n{printed}"));
        }
    }
    for (path, expected) in &case.letters {
        let text = std::fs::read_to_string(copy.path().join(path))
            .map_err(|e| format!("{path}: {e}\n{printed}"))?;
        let found = sequences(&text);
        if &found != expected {
            return Err(format!("{path} holds {found:#?} instead of {expected:#?}"));
        }
    }
    Ok(())
}

fn sequences(fasta: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in fasta.lines() {
        match (line.starts_with('>'), found.last_mut()) {
            (true, _) | (false, None) => found.push(String::new()),
            (false, Some(last)) => last.push_str(line),
        }
    }
    found
}
