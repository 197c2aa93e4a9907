//! What is printed and written: every failure is told, each output stands for itself, and nothing out of a file steers a terminal.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::command::root;

const SCRIPT: &str = "model sums = additive({\"GATA\": 4.0, \"AA\": 0.25})
experiment one {
    background uniform(length: 50bp)
    sample 20
    embed \"GATA\" at center
    measure sums
    expect effect > 1
}
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.gia"), SCRIPT).expect("written");
    folder
}

fn command(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gia"));
    command
        .args(line.split(' '))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

fn gia(folder: &Path, line: &str) -> Output {
    command(folder, line)
        .output()
        .expect("the built program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A network with sequences whose names steer terminals.
fn network(folder: &Path) -> String {
    let net = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let name = "\u{1b}]0;title\u{7}\u{9b}31m";
    let record = format!(">{name}\n{}\n", "ACGT".repeat(25));
    std::fs::write(folder.join("s.fa"), record).expect("written");
    net.display().to_string()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_full_disk_behind_standard_output_is_told() {
    let folder = folder();
    let net = network(folder.path());
    std::fs::write(folder.path().join("b.gia"), SCRIPT.replace("    ", "  ")).expect("written");
    for line in [
        "run a.gia",
        "check a.gia",
        "plan a.gia",
        "fmt --check b.gia",
        "test a.gia",
        "doc",
        "doc uniform",
        "explain",
        "completions bash",
        "man",
        "--help",
        "--version",
        &format!("predict {net} s.fa"),
        &format!("model inspect {net}"),
    ] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("a full disk");
        let output = command(folder.path(), line)
            .stdout(full)
            .output()
            .expect("the built program starts");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{line}: {said}");
        assert!(
            said.contains("cannot write to standard output"),
            "{line}: {said}"
        );
    }
}

#[test]
fn entries_at_the_prompt_and_standard_input_tell_it_too() {
    for (line, entry) in [("repl", "1 + 1\n"), ("fmt -", SCRIPT), ("check -", SCRIPT)] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("a full disk");
        let mut child = command(Path::new("/"), line)
            .stdin(Stdio::piped())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(entry.as_bytes()).expect("written");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(
            output.status.code(),
            Some(3),
            "{line}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    for line in ["run a.gia -q", "run a.gia", "doc", "--help"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command(folder.path(), line)
            .stdout(writer)
            .output()
            .expect("the built program starts");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        assert!(!said.contains("error"), "{line}: {said}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn each_output_stands_for_itself() {
    let folder = folder();
    let line =
        "run a.gia --json /dev/full --csv t.csv --parquet /dev/full --report r.html --figures figs";
    let output = gia(folder.path(), line);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert_eq!(
        said.matches("cannot write `/dev/full`: the disk is full")
            .count(),
        2,
        "{said}"
    );
    assert!(text(&output.stdout).contains("1 claim: 1 supported"));
    for name in ["t.csv", "r.html"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let figures = std::fs::read_dir(folder.path().join("figs"))
        .expect("figures")
        .count();
    assert!(figures >= 2);
    // So do those of a suite, of a comparison and of predictions.
    let line = "test a.gia --junit /dev/full --markdown m.md --json-lines /dev/full";
    let output = gia(folder.path(), line);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stderr).matches("E0605").count(), 2);
    assert!(folder.path().join("m.md").is_file());
    gia(folder.path(), "run a.gia -q --json s.json");
    let output = gia(folder.path(), "diff s.json s.json --json /dev/full");
    assert_eq!(output.status.code(), Some(3));
    assert!(!output.stdout.is_empty());
    let net = network(folder.path());
    let output = gia(
        folder.path(),
        &format!("predict {net} s.fa --json /dev/full"),
    );
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).starts_with("sequence\tCTCF\tPU.1\n"));
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn names_out_of_files_steer_nothing() {
    let folder = folder();
    let net = network(folder.path());
    let script = format!(
        "model net = load(\"{net}\")\nexperiment one {{\n    vary x in [\"A\\u{{1b}}\"]\n    background fasta(\"s.fa\")\n    sample 1\n    embed \"GATA\" at center\n    measure net[0]\n}}\n"
    );
    std::fs::write(folder.path().join("n.gia"), script).expect("written");
    let is_clean = |bytes: &[u8]| {
        let text = text(bytes);
        let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(steers), "{text:?}");
        text
    };
    let predicted = gia(folder.path(), &format!("predict {net} s.fa"));
    assert_eq!(
        predicted.status.code(),
        Some(0),
        "{}",
        text(&predicted.stderr)
    );
    assert!(is_clean(&predicted.stdout).contains("\\u{1b}]0;title\\u{7}\\u{9b}31m\t"));
    let sequences = SCRIPT
        .replace("uniform(length: 50bp)", "fasta(\"s.fa\")")
        .replace("sample 20", "sample 1");
    std::fs::write(folder.path().join("f.gia"), sequences).expect("written");
    let run = gia(folder.path(), "run f.gia --sequences seqs --csv t.csv");
    is_clean(&run.stdout);
    is_clean(&run.stderr);
    if run.status.code() != Some(2) {
        let written = std::fs::read(folder.path().join("seqs/one/control.fa")).expect("sequences");
        assert!(is_clean(&written).contains("\\u{1b}"));
        is_clean(&std::fs::read(folder.path().join("t.csv")).expect("a table"));
    }
}

#[test]
fn text_that_is_not_utf8_does_not_parse() {
    for line in ["fmt -", "check -"] {
        let mut child = command(Path::new("/"), line)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(b"model a\n= \xff\n").expect("written");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(
            said.contains("`standard input:2`: this is not text in UTF-8"),
            "{said}"
        );
    }
}

#[test]
fn several_scripts_are_checked() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("more")).expect("made");
    std::fs::write(folder.path().join("more/b.gia"), SCRIPT).expect("written");
    std::fs::write(folder.path().join("more/wrong.gia"), "motif = 1\n").expect("written");
    let output = gia(folder.path(), "check more a.gia");
    assert_eq!(output.status.code(), Some(2));
    let out = text(&output.stdout);
    assert_eq!(
        out,
        "more/b.gia checks: 1 experiment, 1 claim\na.gia checks: 1 experiment, 1 claim\n"
    );
    assert!(text(&output.stderr).contains("more/wrong.gia"));
}

#[test]
fn a_script_in_the_place_of_a_command_gets_a_hint() {
    let output = gia(&root().join("experiments"), "first.gia");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("run it with `gia run first.gia`"));
}

#[test]
fn a_run_tells_how_long_it_took() {
    let folder = folder();
    let output = gia(folder.path(), "run a.gia");
    let said = text(&output.stderr);
    let pattern = regex::Regex::new(r"(?m)^took \d+\.\d s$").expect("a pattern");
    assert!(pattern.is_match(&said), "{said}");
    assert!(!text(&gia(folder.path(), "run a.gia -q").stderr).contains("took"));
}

#[test]
fn a_lack_of_memory_is_said_as_that() {
    let folder = folder();
    let script = SCRIPT.replace("sample 20", "sample 200000000");
    std::fs::write(folder.path().join("big.gia"), script).expect("written");
    let line = format!(
        "ulimit -v 900000; exec {} run big.gia --threads 1 --json s.json",
        env!("CARGO_BIN_EXE_gia")
    );
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder.path())
        .output()
        .expect("a shell");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("out of memory") || said.contains("memory"),
        "{said}"
    );
    let left = crate::support::written::names(folder.path());
    assert_eq!(left, ["a.gia", "big.gia"]);
}

#[test]
fn nothing_to_compare_with_is_an_error() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).expect("made");
    for line in ["test a.gia --against empty", "run a.gia --against empty"] {
        let output = gia(folder.path(), line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(text(&output.stderr).contains("E0613"), "{line}");
        assert!(output.stdout.is_empty(), "{line}");
    }
    std::fs::write(folder.path().join("b.gia"), SCRIPT).expect("written");
    gia(folder.path(), "test a.gia --studies kept");
    let output = gia(folder.path(), "test a.gia b.gia --against kept");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("W0618") && said.contains("b.gia"), "{said}");
    // A study of another script says nothing of two others.
    std::fs::rename(folder.path().join("a.gia"), folder.path().join("c.gia")).expect("renamed");
    let output = gia(folder.path(), "test b.gia c.gia --against kept/a.json");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn layouts_name_a_mutation_as_it_is_written() {
    let folder = folder();
    let path = folder.path().join("a.gia");
    let mutated = SCRIPT.replace(
        "embed \"GATA\" at center",
        "arm site { embed \"GATA\" at 20bp; mutate 21bp with \"TY\"; mutate 30bp with draw(\"GC\") }",
    );
    std::fs::write(&path, mutated.replace("expect effect > 1", "")).expect("written");
    let output = gia(folder.path(), "run a.gia --json a.json");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(folder.path().join("a.json")).expect("written");
    let study: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let edits = &study["experiments"][0]["layouts"][0]["arms"][1]["edits"];
    let edits: Vec<&str> = edits
        .as_array()
        .expect("edits")
        .iter()
        .filter_map(|edit| edit["edit"].as_str())
        .collect();
    assert_eq!(
        edits,
        [
            "`GATA` at 20bp",
            "`mutate 21bp with \"TY\"`",
            "`mutate 30bp with draw(GC)`"
        ]
    );
}
