//! What runs, and when: only what a declaration names, and only if the command allows it.

use super::{Files, NO_PYTHON, TOML, said};
use crate::support::command::root;
use crate::support::python::gia_in;

#[test]
fn code_runs_only_if_it_is_allowed() {
    let files = Files::new(TOML);
    for words in [
        vec!["predict", "net.toml", "some.fa"],
        vec![
            "gradients",
            "net.toml",
            "some.fa",
            "--of",
            "0",
            "--npz",
            "found.npz",
        ],
        vec!["run", "run.gia"],
        vec!["plan", "run.gia", "--power"],
        vec!["test", "run.gia"],
        vec!["model", "measure", "net.toml"],
        vec![
            "model",
            "declare",
            "other.toml",
            "--entry",
            "nets:build",
            "--length",
            "12",
        ],
    ] {
        let output = gia_in(files.path(), NO_PYTHON, &words);
        assert!(!output.status.success(), "{words:?}");
        let said = said(&output);
        assert!(
            said.contains("E0516") && said.contains("--allow-python"),
            "{words:?}: {said}"
        );
    }
    let output = files.predict(NO_PYTHON, &[]);
    let said = said(&output);
    assert!(
        said.contains("cannot be started") && said.contains("GIA_PYTHON"),
        "{said}"
    );
}

#[test]
fn checking_and_planning_start_no_python() {
    let files = Files::new(TOML);
    let checked = gia_in(files.path(), NO_PYTHON, &["check", "run.gia"]);
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(said(&checked).contains("W0517"), "{}", said(&checked));
    assert!(!said(&checked).contains("W0316"), "{}", said(&checked));
    let planned = gia_in(files.path(), NO_PYTHON, &["plan", "run.gia"]);
    assert!(planned.status.success(), "{}", said(&planned));
    assert!(
        said(&planned).contains("in Python, where every sequence takes a full pass"),
        "{}",
        said(&planned)
    );
    let shown = gia_in(files.path(), NO_PYTHON, &["model", "inspect", "net.toml"]);
    assert!(shown.status.success(), "{}", said(&shown));
}

#[test]
fn declarations_that_do_not_say_what_runs_are_refused() {
    for (toml, code, text) in [
        ("length = 12\n", "E0504", "not a model file"),
        (
            "kind = \"python\"\nlength = 12\n",
            "E0504",
            "`entry` is missing",
        ),
        (
            "kind = \"python\"\nentry = \"nets.py\"\n",
            "E0504",
            "`entry` of",
        ),
        ("kind = \"ruby\"\nentry = \"a:b\"\n", "E0504", "kind"),
        (
            "kind = \"python\"\nentry = \"a:b\"\nlength = 12\n",
            "E0506",
            "--allow-python",
        ),
        (
            "kind = \"python\"\nentry = \"a:b\"\nlength = 12\nlayout = \"channels_first\"\ntasks = [\"x\"]\nbefore = \"exp\"\n",
            "E0505",
            "runs in Python",
        ),
    ] {
        let files = Files::new(toml);
        let output = gia_in(files.path(), NO_PYTHON, &["check", "run.gia"]);
        let said = said(&output);
        assert!(said.contains(code) && said.contains(text), "{toml}{said}");
    }
    let files = Files::new(TOML);
    std::fs::copy(
        root().join("tests/models/quarter.pt2"),
        files.path().join("net.pt2"),
    )
    .expect("copied");
    let output = gia_in(files.path(), NO_PYTHON, &["predict", "net.pt2", "some.fa"]);
    assert!(
        said(&output).contains("declares a network in Python"),
        "{}",
        said(&output)
    );
}
