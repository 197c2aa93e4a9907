//! Pages of codes: the mistake that a page shows gives the code, and its mend gives none.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use gia::check;
use gia::diag::{Code, Example, Explanation, Kind};
use gia::doc;
use gia::source::Sources;

use crate::support::command::{gia, root};

/// Columns of a terminal that a page must fit.
const COLUMNS: usize = 80;

/// A folder with the files and networks of a page that its wrong or its mended examples read.
fn folder(explanation: &Explanation, wrong: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    // Networks come first, so that a page can replace the declaration of one.
    for example in &explanation.examples {
        if let Kind::Network(path) = example.kind {
            copy_network(&root().join(path), folder.path());
        }
    }
    for example in &explanation.examples {
        if let Kind::File(name, only) = example.kind
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

#[test]
fn examples_of_pages_give_their_code_and_mends_give_none() {
    let mut problems = Vec::new();
    let mut mended = 0;
    for code in Code::ALL {
        let number = code.number();
        let explanation = code.explanation();
        for example in &explanation.examples {
            let (wrong, text) = match example.kind {
                Kind::Wrong => (true, example.text),
                Kind::Mended => (false, example.text),
                Kind::WrongRun
                | Kind::MendedRun
                | Kind::Commands
                | Kind::MendedCommands
                | Kind::File(..)
                | Kind::Network(_) => continue,
            };
            let folder = folder(&explanation, wrong);
            let codes = found(folder.path(), text);
            let right = if wrong {
                codes.contains(code)
            } else {
                codes.is_empty()
            };
            mended += usize::from(!wrong);
            if !right {
                let codes: Vec<&str> = codes.iter().map(|code| code.number()).collect();
                problems.push(format!(
                    "{number}: {:?} gives {codes:?}\n{text}",
                    example.kind
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(mended > 25, "only {mended} mends are shown");
}

/// Runs a script or the commands of an example, and tells whether it is a wrong one; none for the other kinds.
fn run(explanation: &Explanation, example: &Example) -> Option<(bool, Output)> {
    let run_script = "gia run script.gia";
    let (wrong, commands) = match example.kind {
        Kind::WrongRun => (true, run_script),
        Kind::MendedRun => (false, run_script),
        Kind::Commands => (true, example.text),
        Kind::MendedCommands => (false, example.text),
        Kind::Wrong | Kind::Mended | Kind::File(..) | Kind::Network(_) => return None,
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

#[test]
fn runs_and_commands_of_pages_give_their_code_and_mends_give_none() {
    // Some examples wait for seconds, so several pages are tried at a time.
    let next = AtomicUsize::new(0);
    let try_pages = || {
        let mut problems = Vec::new();
        while let Some(code) = Code::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let explanation = code.explanation();
            for example in &explanation.examples {
                let Some((wrong, output)) = run(&explanation, example) else {
                    continue;
                };
                if let Some(problem) = problem_of_run(*code, wrong, &output) {
                    let said = String::from_utf8_lossy(&output.stderr);
                    problems.push(format!(
                        "{}: {:?} {problem}\n{said}",
                        code.number(),
                        example.kind
                    ));
                }
            }
        }
        problems
    };
    let problems: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(try_pages)).collect();
        let ended = threads.into_iter();
        ended
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A page explains: it says more than the one line of meaning, and shows an example.
#[test]
fn every_code_has_a_page_with_an_example() {
    for code in Code::ALL {
        let explanation = code.explanation();
        let number = code.number();
        assert!(
            explanation.paragraph.len() > 100,
            "{number}: {}",
            explanation.paragraph
        );
        assert_eq!(
            code.page().matches("```").count(),
            2 * explanation.examples.len(),
            "{number}: a block of no known kind"
        );
        let count = |kind| {
            explanation
                .examples
                .iter()
                .filter(|e| e.kind == kind)
                .count()
        };
        let shown = [Kind::Wrong, Kind::WrongRun, Kind::Commands].map(count);
        assert!(
            shown.iter().sum::<usize>() > 0,
            "{number}: no example gives the code"
        );
        assert_eq!(count(Kind::Wrong), count(Kind::Mended), "{number}");
        assert!(count(Kind::MendedRun) <= count(Kind::WrongRun), "{number}");
        assert!(
            count(Kind::MendedCommands) <= count(Kind::Commands),
            "{number}"
        );
    }
}

#[test]
fn pages_fit_a_terminal() {
    for code in Code::ALL {
        let shown = doc::codes::shown(*code, COLUMNS);
        let too_long = shown.lines().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(too_long, None, "{}", code.number());
    }
}

#[test]
fn explain_prints_the_page() {
    let output = gia(["explain", "e0301"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for text in [
        "E0301\n",
        "every grid point",
        "Wrong:",
        "Right:",
        "    experiment trial {",
    ] {
        assert!(said.contains(text), "`{text}` is not in\n{said}");
    }
}
