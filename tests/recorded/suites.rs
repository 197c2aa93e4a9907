//! What `gia test` prints and writes: `tests/suites/golden`.

use crate::support::command::gia;
use crate::support::suites::{suite, timeless, written};
use crate::{Group, golden, trial};

/// Scripts with claims of every verdict, and scripts that break.
const ALL: [&str; 2] = ["tests/suites/broken", "tests/suites/findings.gia"];

pub fn group() -> Group {
    let of = |file: &'static str, output: fn() -> String| {
        trial(format!("suites/{file}"), move || {
            golden::check(&format!("tests/suites/golden/{file}"), &output());
        })
    };
    Group {
        name: "suites",
        min_trials: 7,
        trials: vec![
            of("known.txt", || printed(&["tests/suites/known"])),
            of("findings.txt", || printed(&["tests/suites/findings.gia"])),
            of("junit.xml", || timeless(&written("--junit", &ALL).1)),
            of("summary.md", || written("--markdown", &ALL).1),
            of("annotations.txt", annotations),
            of("paired.txt", paired),
            of("pooled.txt", pooled),
        ],
    }
}

fn printed(arguments: &[&str]) -> String {
    let ended = suite(arguments);
    let said = ended.said;
    assert!(
        ended.status.is_some() && !said.contains("panicked"),
        "{said}"
    );
    timeless(&ended.out)
}

/// What `gia diff` prints of two runs that kept their values: some effects are on the same backgrounds, some of these of few sources, and
/// others are not.
fn paired() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for run in ["before", "after"] {
        let script = format!("tests/suites/paired/{run}.gia");
        let (json, values) = (at(&format!("{run}.json")), at(&format!("{run}.parquet")));
        let ended = gia([
            "run", &script, "-q", "--device", "cpu", "--json", &json, "--values", &values,
        ]);
        assert_eq!(ended.status.code(), Some(0));
    }
    let ended = gia(["diff", &at("before.json"), &at("after.json")]);
    String::from_utf8(ended.stdout).expect("a text")
}

/// What `gia run` prints of experiments under several null models, of which some have sources in common.
fn pooled() -> String {
    let ended = gia(["run", "tests/suites/pooled/nulls.gia", "--device", "cpu"]);
    assert_eq!(ended.status.code(), Some(0));
    String::from_utf8(ended.stdout).expect("a text")
}

/// The lines that GitHub reads.
fn annotations() -> String {
    let printed = printed(&[&ALL[..], &["--github"]].concat());
    let lines = printed.lines().filter(|line| line.starts_with("::"));
    lines.map(|line| line.to_string() + "\n").collect()
}
