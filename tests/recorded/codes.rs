//! Pages of codes: the mistake that a page shows gives the code, and its mend gives none.

use std::path::Path;
use std::process::{Command, Output};

use gia::check;
use gia::diag::{Code, Example, ExampleKind, Explanation};
use gia::source::Sources;

use crate::support::command::root;
use crate::{Group, needs_worker, trial};

/// Codes whose examples run a network.
const OF_RUNS: [Code; 11] = [
    Code::IncompleteDeclaration,
    Code::WrongHash,
    Code::NotDifferentiable,
    Code::WorkerFailed,
    Code::DeviceMissing,
    Code::ModelFailed,
    Code::NoLibtorch,
    Code::OutOfMemory,
    Code::Interrupted,
    Code::WorkerRestarted,
    Code::WorkerSilent,
];

pub fn group() -> Group {
    let test = |code: &'static Code| {
        let trial = trial(format!("codes/{}", code.number()), move || {
            let explanation = code.explanation();
            for example in &explanation.examples {
                match example.kind {
                    ExampleKind::Wrong => wrong_example(*code, &explanation, example.text),
                    ExampleKind::Mended => mended_example(&explanation, example.text),
                    ExampleKind::WrongRun
                    | ExampleKind::MendedRun
                    | ExampleKind::Commands
                    | ExampleKind::MendedCommands
                    | ExampleKind::File(..)
                    | ExampleKind::Network(_) => run_example(*code, &explanation, example),
                }
            }
        });
        match OF_RUNS.contains(code) {
            true => needs_worker(trial),
            false => trial,
        }
    };
    Group {
        name: "codes",
        min_trials: 50,
        trials: Code::ALL.iter().map(test).collect(),
    }
}

/// A folder with the files and networks of a page that its wrong or its mended examples read.
fn folder(explanation: &Explanation, wrong: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    // Networks come first, so that a page can replace the declaration of one.
    for example in &explanation.examples {
        if let ExampleKind::Network(path) = example.kind {
            copy_network(&root().join(path), folder.path());
        }
    }
    for example in &explanation.examples {
        if let ExampleKind::File(name, only) = example.kind
            && only.is_none_or(|only| only == wrong)
        {
            std::fs::write(folder.path().join(name), example.text).expect("a file");
        }
    }
    folder
}

/// Copies a network and, where it has one, its declaration.
fn copy_network(network: &Path, folder: &Path) {
    for file in [network, &network.with_extension("toml")] {
        let name = file.file_name().expect("the name of a file");
        if file == network || file.exists() {
            std::fs::copy(file, folder.join(name)).expect("a network of the source tree");
        }
    }
}

/// The codes that checking a script gives.
fn found(folder: &Path, text: &str) -> Vec<Code> {
    let mut sources = Sources::default();
    let main = sources.add("script.gia", folder, text);
    let checked = check::check(main, &mut sources);
    checked.diagnostics.iter().map(|d| d.code).collect()
}

fn wrong_example(code: Code, explanation: &Explanation, text: &str) {
    let folder = folder(explanation, true);
    let codes = found(folder.path(), text);
    assert!(codes.contains(&code), "it gives {codes:?}\n{text}");
}

fn mended_example(explanation: &Explanation, text: &str) {
    let folder = folder(explanation, false);
    let codes = found(folder.path(), text);
    assert!(codes.is_empty(), "the mend gives {codes:?}\n{text}");
}

/// How often commands are run until they give what their page says.
const MAX_ATTEMPTS: usize = 10;

fn run_example(code: Code, explanation: &Explanation, example: &Example) {
    // Commands that write to a file during a run may find no moment of it on a busy machine.
    let mut found = None;
    for _ in 0..MAX_ATTEMPTS {
        let Some((wrong, output)) = run(explanation, example) else {
            return;
        };
        match problem_of_run(code, wrong, &output) {
            Some(problem) => found = Some((problem, output)),
            None => return,
        }
    }
    if let Some((problem, output)) = found {
        let said = String::from_utf8_lossy(&output.stderr);
        panic!("{:?} {problem}\n{said}", example.kind);
    }
}

/// Runs a script or the commands of an example, and tells whether it is a wrong one; none for the other kinds.
fn run(explanation: &Explanation, example: &Example) -> Option<(bool, Output)> {
    let run_script = "gia run script.gia";
    let (wrong, commands) = match example.kind {
        ExampleKind::WrongRun => (true, run_script),
        ExampleKind::MendedRun => (false, run_script),
        ExampleKind::Commands => (true, example.text),
        ExampleKind::MendedCommands => (false, example.text),
        ExampleKind::Wrong
        | ExampleKind::Mended
        | ExampleKind::File(..)
        | ExampleKind::Network(_) => return None,
    };
    let folder = folder(explanation, wrong);
    if commands == run_script {
        std::fs::write(folder.path().join("script.gia"), example.text).expect("a script");
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_gia"));
    let programs = programs.parent().expect("a folder").to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(programs).chain(std::env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", commands])
        .current_dir(folder.path())
        .env("PATH", std::env::join_paths(paths).expect("paths"))
        .env("NO_COLOR", "1")
        .output()
        .expect("a shell starts");
    Some((wrong, output))
}

/// What is wrong with how an example that is run ended; none where nothing is.
fn problem_of_run(code: Code, wrong: bool, output: &Output) -> Option<&'static str> {
    let said = String::from_utf8_lossy(&output.stderr);
    let gives = |code: &Code| said.contains(&format!("[{}]", code.number()));
    let stops = code.number().starts_with('E');
    if wrong {
        match (gives(&code), output.status.success()) {
            (false, _) => Some("does not give the code"),
            (true, true) if stops => Some("succeeds"),
            (true, _) => None,
        }
    } else if Code::ALL.iter().any(gives) {
        Some("gives a code")
    } else {
        (!output.status.success()).then_some("does not succeed")
    }
}
