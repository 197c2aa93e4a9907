//! The memory that a plan states, beside what a run takes, and what is refused for it. `benches/memory.py` has larger runs.

use std::path::Path;

use crate::support::command::gia;

/// A script whose answers alone take more than any machine has.
const HUGE: &str = "model sums = additive({\"GATA\": 2.0})
experiment huge {
    vary word in kmers(5)
    background uniform(length: 50bp)
    sample 1000000000
    embed word at center
    measure sums
}
";

fn said_of(command: &[&str], text: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.gia");
    std::fs::write(&script, text).expect("written");
    let words = command.iter().map(Path::new);
    let output = gia(words.chain([script.as_path()]));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let said = text(output.stderr);
    // Messages are wrapped at blanks and at hyphens.
    let words = said.split_whitespace().filter(|word| *word != "│");
    let said = words.collect::<Vec<_>>().join(" ").replace("- ", "-");
    (output.status.code(), text(output.stdout), said)
}

#[test]
fn a_run_that_cannot_fit_is_refused_before_it_starts() {
    let (status, out, said) = said_of(&["run"], HUGE);
    assert_eq!(status, Some(3), "{said}");
    assert_eq!(out, "");
    assert!(
        said.contains("E0615") && said.contains("MB are available"),
        "{said}"
    );
    assert!(
        said.contains("fewer backgrounds") && said.contains("--part 1/4"),
        "{said}"
    );
    assert!(said.contains("--ignore-memory"), "{said}");
}

#[test]
fn a_plan_that_cannot_fit_is_shown_with_a_warning() {
    let (status, out, said) = said_of(&["plan"], HUGE);
    assert_eq!(status, Some(0), "{said}");
    assert!(out.contains("in all"), "{out}");
    assert!(said.contains("W0619") && said.contains("E0615"), "{said}");
}

#[test]
fn a_plan_that_fits_is_shown_without_a_word() {
    let (status, _, said) = said_of(&["plan"], &HUGE.replace("1000000000", "100"));
    assert_eq!((status, said.as_str()), (Some(0), ""));
}
