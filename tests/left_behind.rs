//! Nothing is left behind by a run that fails, and what a killed one leaves the next one removes.

use std::path::Path;

use crate::interrupted::{FORMULAS, Running};
use crate::support::command::gia;
use crate::support::written;

const QUICK: &str = "model sums = additive({\"GATA\": 2.0})
experiment one {
    background uniform(length: 50bp)
    sample 20
    embed \"GATA\" at center
    measure sums
}
";

fn run(folder: &Path, more: &[&str]) -> Option<i32> {
    let at = |word: &str| match word.strip_prefix('@') {
        Some(name) => folder.join(name).display().to_string(),
        None => word.to_string(),
    };
    let words = ["run", "@quick.gia", "-q"].iter().chain(more);
    gia(words.map(|word| at(word))).status.code()
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let running = Running::start(FORMULAS);
    running.signal("-KILL", &running.child.id().to_string());
    let (_, _, _, folder) = running.end();
    let is_part = |name: &String| name.starts_with(".gia-") && name.ends_with(".part");
    assert!(written::names(folder.path()).iter().any(is_part));
    std::fs::write(folder.path().join("quick.gia"), QUICK).expect("written");
    assert_eq!(run(folder.path(), &["--json", "@other.json"]), Some(0));
    let left = written::names(folder.path());
    assert_eq!(left, ["other.json", "quick.gia", "script.gia"]);
}

#[test]
fn a_run_that_goes_on_keeps_its_files() {
    let running = Running::start(FORMULAS);
    let part = |names: Vec<String>| names.into_iter().find(|name| name.starts_with(".gia-"));
    let before = part(running.names()).expect("its file");
    std::fs::write(running.folder.path().join("quick.gia"), QUICK).expect("written");
    assert_eq!(
        run(running.folder.path(), &["--json", "@other.json"]),
        Some(0)
    );
    assert_eq!(part(running.names()), Some(before));
    running.interrupt();
    running.interrupt();
    running.end();
}

#[test]
fn a_failure_leaves_no_file_and_no_empty_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("quick.gia"), QUICK).expect("written");
    for more in [
        &["--figures", "@figs/deep", "--json", "@absent/s.json"][..],
        &["--csv", "@t.csv", "--json", "@absent/s.json"],
        &["--values", "@v.parquet", "--json", "@absent/s.json"],
        &["--json", "@quick.gia", "--figures", "@figs"],
    ] {
        assert!(matches!(run(folder.path(), more), Some(2 | 3)), "{more:?}");
        assert_eq!(written::names(folder.path()), ["quick.gia"], "{more:?}");
    }
}
