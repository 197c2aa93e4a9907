//! `gia test` and `gia diff`, on scripts whose models have a known truth.

mod against;
mod paired;
mod stopped;
mod workflow;

use std::path::Path;

use gia::study::case_name;
use serde_json::Value;

use crate::support::command::gia_with;
use crate::support::suites::{Ended, NOWHERE, suite, timeless, written};

impl Ended {
    #[track_caller]
    pub fn with(self, status: i32, last: &str) -> Ended {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.said);
        let found = self.out.lines().last().unwrap_or_default();
        assert_eq!(found, last, "{}", self.said);
        assert!(!self.said.contains("panicked"), "{}", self.said);
        self
    }
}

fn lines(arguments: &[&str]) -> Vec<Value> {
    let (_, text) = written("--json-lines", arguments);
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("JSON, a line each")
}

#[test]
fn claims_that_hold_pass() {
    let ended =
        suite(&["tests/suites/known"]).with(0, "2 files, 5 claims: 5 supported; 1 library beside");
    assert_eq!(ended.said, "");
}

#[test]
fn findings_are_told_in_the_words_of_a_run() {
    suite(&["tests/suites/findings.gia"])
        .with(1, "1 file, 3 claims: 1 supported, 1 refuted, 1 undecided");
    let run = gia_with(["run", "tests/suites/findings.gia"], NOWHERE);
    let run = String::from_utf8_lossy(&run.stdout).into_owned();
    for line in lines(&["tests/suites/findings.gia"]) {
        if line["type"] == "case" {
            let reason = line["reason"].as_str().expect("a reason");
            let start: String = reason.chars().take(30).collect();
            assert!(run.contains(&start), "a run does not say: {reason}");
        }
    }
    let brief = suite(&["tests/suites/findings.gia", "--quiet"]);
    assert!(!brief.out.contains("supported  "), "{}", brief.out);
    assert!(brief.out.contains("refuted"), "{}", brief.out);
}

#[test]
fn undecided_claims_can_be_let_through() {
    let only = ["tests/suites/findings.gia", "--filter", "too_close"];
    suite(&only).with(1, "1 file, 1 claim: 1 undecided");
    let allowed = [&only[..], &["--allow-undecided"]].concat();
    suite(&allowed).with(0, "1 file, 1 claim: 1 undecided (allowed)");
    let (_, xml) = written("--junit", &allowed);
    let document = roxmltree::Document::parse(&xml).expect("XML");
    assert!(
        document
            .descendants()
            .any(|node| node.has_tag_name("skipped"))
    );
    assert!(
        !document
            .descendants()
            .any(|node| node.has_tag_name("failure"))
    );
}

#[test]
fn a_filter_is_a_text_or_an_expression() {
    let folder = "tests/suites/known";
    suite(&[folder, "--filter", "one_site: abs(effect - 2) < 0.5"])
        .with(0, "1 file, 1 claim: 1 supported; 1 library beside");
    suite(&[folder, "--filter", "^.*additive.gia: .*site"])
        .with(0, "1 file, 3 claims: 3 supported; 1 library beside");
    let none = suite(&[folder, "--filter", "no such claim"]);
    assert_eq!(none.status, Some(2), "{}", none.out);
    assert!(none.said.contains("no claim"), "{}", none.said);
}

/// The other experiments of a script do not matter to the numbers of one.
#[test]
fn a_filter_changes_no_number() {
    let of_case = |arguments: &[&str]| -> Value {
        let mut cases = lines(arguments).into_iter();
        let found = cases.find(|line| line["experiment"] == "two_sites");
        found.expect("the case")["deciding"].clone()
    };
    let script = "tests/suites/known/additive.gia";
    assert_eq!(
        of_case(&[script]),
        of_case(&[script, "--filter", "two_sites"])
    );
}

#[test]
fn how_many_run_at_once_changes_nothing_but_the_time() {
    let one = suite(&["tests/suites/known", "tests/suites/findings.gia"]);
    let three = suite(&[
        "tests/suites/known",
        "tests/suites/findings.gia",
        "--jobs",
        "3",
    ]);
    assert_eq!(timeless(&one.out), timeless(&three.out));
    assert_eq!(one.status, three.status);
}

#[test]
fn after_a_failure_nothing_is_started_where_that_is_asked_for() {
    let ended = suite(&[
        "tests/suites/findings.gia",
        "tests/suites/known",
        "--fail-fast",
    ])
    .with(
        1,
        "4 files, 3 claims: 1 supported, 1 refuted, 1 undecided; 3 files were not run",
    );
    assert!(ended.out.contains("not run"), "{}", ended.out);
}

#[test]
fn an_error_is_no_failure() {
    let wrong = "tests/suites/broken/unknown_name.gia";
    let broke = "tests/suites/broken/no_number.gia";
    let ended = suite(&[wrong]).with(2, "1 file, 0 claims; 1 file does not check");
    assert!(ended.said.contains("unifrom"), "{}", ended.said);
    suite(&[broke]).with(3, "1 file, 0 claims; 1 file broke");
    let all = ["tests/suites/broken", "tests/suites/findings.gia"];
    suite(&all).with(
        3,
        "3 files, 3 claims: 1 supported, 1 refuted, 1 undecided; 1 file does not check; 1 file broke",
    );
    let (_, xml) = written("--junit", &all);
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let count = |name: &str| {
        let nodes = document.descendants();
        nodes.filter(|node| node.has_tag_name(name)).count()
    };
    assert_eq!((count("testsuite"), count("testcase")), (3, 5));
    assert_eq!((count("failure"), count("error")), (2, 2));
    let root = document.root_element();
    assert_eq!(root.attribute("failures"), Some("2"));
    assert_eq!(root.attribute("errors"), Some("2"));
}

#[test]
fn a_suite_that_is_not_there_is_told() {
    let absent = suite(&["tests/suites/nowhere"]);
    assert_eq!(absent.status, Some(2));
    assert!(absent.said.contains("nowhere"), "{}", absent.said);
    let empty = tempfile::tempdir().expect("a folder");
    let none = suite(&[&empty.path().display().to_string()]);
    assert_eq!(none.status, Some(2), "{}", none.said);
    let refused = suite(&["tests/suites/known", "--junit", "no/such/folder/out.xml"]);
    assert_eq!(refused.status, Some(3), "{}", refused.said);
    assert!(refused.said.contains("E0605"), "{}", refused.said);
    assert_eq!(refused.out, "", "nothing ran");
}

/// Each case holds the command that judges it alone, which finds the same.
#[test]
fn the_command_of_a_case_runs_it_again() {
    let cases = lines(&["tests/suites/findings.gia"]);
    let case = cases.iter().find(|line| line["verdict"] == "refuted");
    let case = case.expect("a refuted claim");
    let command = case["command"].as_str().expect("a command");
    let program = env!("CARGO_BIN_EXE_gia");
    let again = std::process::Command::new("sh")
        .args(["-c", &command.replacen("gia", program, 1)])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("GITHUB_ACTIONS", "")
        .output()
        .expect("a shell");
    Ended::from(again).with(1, "1 file, 1 claim: 1 refuted");
}

#[test]
fn lines_tell_all_that_a_summary_counts() {
    let lines = lines(&["tests/suites", "--jobs", "2"]);
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count() as u64;
    let summary = lines.last().expect("a last line");
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["schema"], "gia-suite/1");
    assert_eq!(summary["claims"].as_u64(), Some(of("case")));
    let files = summary["files"].as_u64().zip(summary["libraries"].as_u64());
    assert_eq!(
        files.map(|(files, libraries)| files + libraries),
        Some(of("file"))
    );
    let script = std::fs::read_to_string("tests/suites/findings.gia").expect("the script");
    let case = lines.iter().find(|line| line["verdict"] == "refuted");
    let place = &case.expect("a refuted claim")["place"];
    let line = place["line"].as_u64().expect("a line") as usize;
    assert_eq!(
        script.lines().nth(line - 1).map(str::trim),
        Some("expect effect <")
    );
    assert_eq!(place["end_line"].as_u64(), Some(line as u64 + 1));
    assert!(Path::new(place["file"].as_str().expect("a file")).is_file());
}

#[test]
fn a_claim_over_several_lines_is_named_on_one() {
    assert_eq!(case_name("e", "effect <\n        0"), "e: effect < 0");
}

#[test]
fn on_github_a_summary_and_annotations_are_made_by_themselves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("summary.md");
    std::fs::write(&path, "# before\n").expect("written");
    let shown = path.display().to_string();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &shown)];
    let ended: Ended = gia_with(["test", "tests/suites/findings.gia"], &variables).into();
    assert_eq!(ended.status, Some(1));
    assert!(
        ended
            .out
            .contains("::error file=tests/suites/findings.gia,line=")
    );
    let text = std::fs::read_to_string(&path).expect("the summary");
    assert!(text.starts_with("# before\n## gia test\n"), "{text}");
    assert!(
        text.contains("| ❌ refuted | wrong\\_sign | `effect < 0` |"),
        "{text}"
    );
}
