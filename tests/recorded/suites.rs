//! What `gia test` prints and writes: `tests/suites/golden`.

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
        min_trials: 5,
        trials: vec![
            of("known.txt", || printed(&["tests/suites/known"])),
            of("findings.txt", || printed(&["tests/suites/findings.gia"])),
            of("junit.xml", || timeless(&written("--junit", &ALL).1)),
            of("summary.md", || written("--markdown", &ALL).1),
            of("annotations.txt", annotations),
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

/// The lines that GitHub reads.
fn annotations() -> String {
    let printed = printed(&[&ALL[..], &["--github"]].concat());
    let lines = printed.lines().filter(|line| line.starts_with("::"));
    lines.map(|line| line.to_string() + "\n").collect()
}
