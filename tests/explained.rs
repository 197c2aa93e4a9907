//! Pages of codes: the mistake that a page shows gives the code, and its mend does not.

use std::path::Path;
use std::process::Command;

use gia::check;
use gia::diag::{Code, Explanation, Kind};
use gia::source::Sources;

use crate::support::command::gia;

/// The folder of a page's scripts, with the files that the wrong or the mended one reads.
fn folder(explanation: &Explanation, wrong: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for example in &explanation.examples {
        if let Kind::File(name, only) = example.kind
            && only.is_none_or(|only| only == wrong)
        {
            std::fs::write(folder.path().join(name), example.text).expect("a file");
        }
    }
    folder
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
                Kind::WrongRun | Kind::Commands | Kind::File(..) => continue,
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

#[test]
fn runs_and_commands_of_pages_give_their_code() {
    for code in Code::ALL {
        let explanation = code.explanation();
        for example in &explanation.examples {
            let folder = folder(&explanation, true);
            let mut command = Command::new("sh");
            match example.kind {
                Kind::WrongRun => {
                    std::fs::write(folder.path().join("script.gia"), example.text)
                        .expect("a script");
                    command.args(["-c", "gia run script.gia"]);
                }
                Kind::Commands => {
                    command.args(["-c", example.text]);
                }
                Kind::Wrong | Kind::Mended | Kind::File(..) => continue,
            }
            let programs = Path::new(env!("CARGO_BIN_EXE_gia"))
                .parent()
                .expect("a folder");
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut paths = vec![programs.to_path_buf()];
            paths.extend(std::env::split_paths(&path));
            let output = command
                .current_dir(folder.path())
                .env("PATH", std::env::join_paths(paths).expect("paths"))
                .env("NO_COLOR", "1")
                .output()
                .expect("a shell starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{}: {said}", code.number());
            assert!(
                said.contains(&format!("[{}]", code.number())),
                "{}: {said}",
                code.number()
            );
        }
    }
}

/// A page explains: more than its one line of meaning, and a mistake with its mend for whatever checking a script alone finds.
#[test]
fn every_code_has_a_page() {
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
        assert_eq!(count(Kind::Wrong), count(Kind::Mended), "{number}");
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
