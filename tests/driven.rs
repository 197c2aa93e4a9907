//! `gia` as another program drives it: a script on standard input, and progress as lines of JSON.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const TEXT: &str = "model sums = additive({\"GATA\": 2.0})
experiment site {
    background fasta(\"one.fa\")
    embed \"GATA\" at center
    measure sums
    report each
}
experiment many {
    background uniform(length: 50bp)
    sample 3000
    embed \"GATA\" at center
    measure sums
}
";

/// Runs `gia` in a folder, with a text as its standard input.
fn gia_in(folder: &Path, arguments: &[&str], text: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("it is read");
    drop(input);
    child.wait_with_output().expect("it ends")
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let records = ">one\nACGTACGTTAGCATCGATCGACGT\n>two\nTTTTACGTTAGCATCGATCGACGT\n";
    std::fs::write(folder.path().join("one.fa"), records).expect("a file");
    folder
}

#[test]
fn a_script_on_standard_input_reads_files_of_the_current_folder() {
    let folder = folder();
    std::fs::write(folder.path().join("same.gia"), TEXT).expect("a file");
    let rows = |file: &str, text: &str| {
        let run = gia_in(
            folder.path(),
            &["run", file, "--json", "study.json", "-q"],
            text,
        );
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(0), "{said}");
        let study = std::fs::read_to_string(folder.path().join("study.json")).expect("a study");
        let study: Value = serde_json::from_str(&study).expect("JSON");
        (
            study["script"]["path"].clone(),
            study["experiments"].clone(),
        )
    };
    let (name, given) = rows("-", TEXT);
    assert_eq!(name, "standard input");
    assert_eq!(given, rows("same.gia", "").1);
    let plan = gia_in(folder.path(), &["plan", "-"], TEXT);
    assert!(String::from_utf8_lossy(&plan.stdout).contains("experiment site"));
}

#[test]
fn diagnostics_point_into_standard_input() {
    let wrong = TEXT.replace("measure sums\n    report", "measure summs\n    report");
    for command in ["check", "plan", "run"] {
        let run = gia_in(
            folder().path(),
            &[command, "-", "--error-format", "short"],
            &wrong,
        );
        assert_eq!(run.status.code(), Some(2), "{command}");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            said.contains("standard input:5:13: error[E0101]"),
            "{command}: {said}"
        );
    }
}

/// The lines of standard error of a run that shows its progress in this form; all are JSON.
fn lines_with_progress(form: &str) -> Vec<Value> {
    let arguments = [
        "run",
        "-",
        "-q",
        "--error-format",
        "json",
        "--progress",
        form,
    ];
    let run = gia_in(folder().path(), &arguments, TEXT);
    let said = String::from_utf8(run.stderr).expect("UTF-8");
    said.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

#[test]
fn progress_is_lines_that_reach_their_total() {
    let lines = lines_with_progress("json");
    // The others are diagnostics.
    let (progress, others): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.get("progress").is_some());
    assert!(others.iter().all(|line| line.get("code").is_some()));
    let number = |line: &Value, key: &str| line["progress"][key].as_u64().expect("a number");
    assert!(
        progress
            .iter()
            .all(|line| number(line, "done") <= number(line, "total"))
    );
    let last = progress.last().expect("passes were announced");
    assert!(number(last, "total") > 0);
    assert_eq!(number(last, "done"), number(last, "total"));
    let phase = last["progress"]["phase"].as_str();
    assert!(phase.is_some_and(|phase| !phase.is_empty()));

    let silent = lines_with_progress("none");
    assert!(silent.iter().all(|line| line.get("progress").is_none()));
}
