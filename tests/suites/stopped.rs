//! A suite that `Ctrl-C` stops.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::interrupted::{FORMULAS, Running};

#[test]
fn a_suite_that_is_stopped_reports_what_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let (model, rest) = FORMULAS
        .split_once("experiment quick")
        .expect("experiments");
    let (quick, slow) = rest.split_once("experiment slow").expect("two experiments");
    let write = |name: &str, text: String| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("1_quick.gia", format!("{model}experiment quick{quick}"));
    write("2_slow.gia", format!("{model}experiment slow{slow}"));
    write("3_quick.gia", format!("{model}experiment quick{quick}"));
    let child = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["test", "--junit", "junit.xml"])
        .current_dir(folder.path())
        .env("GITHUB_ACTIONS", "")
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("the built program starts");
    let running = Running { folder, child };
    running.works();
    running.interrupt();
    let (status, out, said, folder) = running.end();
    assert_eq!(status, Some(130), "{out}{said}");
    let last = "3 files, 1 claim: 1 supported; 2 files were not run; stopped before the end";
    assert_eq!(out.lines().last(), Some(last), "{out}");
    let xml = std::fs::read_to_string(folder.path().join("junit.xml")).expect("written");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let skipped = document
        .descendants()
        .filter(|node| node.has_tag_name("skipped"));
    assert_eq!(skipped.count(), 2);
}
