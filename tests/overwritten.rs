//! Outputs that would overwrite an input or each other are refused before anything runs, whatever they are called.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::command::root;

/// A folder with a script, what it reads, and other names of these files.
struct Place(tempfile::TempDir);

const SCRIPT: &str = "use \"lib.gia\"
model net = load(\"net.pt2\")
experiment one {
    background fasta(\"s.fa\")
    sample 4
    embed M at center
    measure net[\"CTCF\"]
}
";

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let net = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
        std::fs::copy(&net, at("net.pt2")).expect("copied");
        std::fs::copy(net.with_extension("toml"), at("net.toml")).expect("copied");
        let records = ["A", "C", "G", "T"].map(|base| format!(">{base}\n{}\n", base.repeat(100)));
        std::fs::write(at("s.fa"), records.concat()).expect("written");
        std::fs::write(at("lib.gia"), "motif M = \"GATA\"\n").expect("written");
        std::fs::write(at("run.gia"), SCRIPT).expect("written");
        std::fs::write(at("p1"), "a part").expect("written");
        std::fs::create_dir(at("sub")).expect("made");
        std::os::unix::fs::symlink("net.toml", at("soft")).expect("linked");
        std::os::unix::fs::symlink("new.json", at("dangling")).expect("linked");
        std::fs::hard_link(at("s.fa"), at("hard")).expect("linked");
        std::fs::hard_link(at("s.fa"), at("linked.csv")).expect("linked");
        Place(folder)
    }

    fn gia(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gia"))
            .args(line.split(' '))
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("the built program starts")
    }

    /// Every file with its bytes.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files_below(self.0.path())
    }
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.push((format!("{}/", path.display()), Vec::new()));
            found.extend(files_below(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            found.push((path.display().to_string(), bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_overwrites_an_input_or_another_output() {
    let place = Place::new();
    let before = place.files();
    for (line, what) in [
        (
            "run run.gia --json run.gia",
            "`--json` would overwrite `run.gia`",
        ),
        (
            "run run.gia --csv sub/../lib.gia",
            "a file that the script uses",
        ),
        ("run run.gia --csv net.pt2", "which is a model"),
        (
            "run run.gia --values v.csv --csv ./v.csv",
            "`--values` and `--csv` would both write",
        ),
        ("run run.gia --values linked.csv", "data of the script"),
        ("merge run.gia p1 --values linked.csv", "data of the script"),
        ("run run.gia --json soft", "a model's declaration"),
        ("run run.gia --report hard", "data of the script"),
        ("run run.gia --json a --csv ./a", "would both write"),
        (
            "run run.gia --json new.json --parquet dangling",
            "would both write",
        ),
        (
            "run run.gia --figures figs --report figs/x.svg",
            "could overwrite",
        ),
        (
            "run run.gia --sequences seqs --json seqs/one/control.fa",
            "`--sequences`",
        ),
        (
            "run run.gia --part 1/2 --save ./s.fa",
            "`--save` would overwrite",
        ),
        ("merge run.gia p1 --json p1", "which is a part"),
        ("test run.gia --junit run.gia", "which is a script"),
        ("test run.gia --junit net.toml", "a model's declaration"),
        (
            "test run.gia --markdown j --json-lines j",
            "would both write",
        ),
        (
            "predict net.pt2 s.fa --json hard",
            "which is the FASTA file",
        ),
        (
            "gradients net.pt2 s.fa --of CTCF --npz net.toml",
            "a model's declaration",
        ),
        ("model inspect net.pt2 --json net.pt2", "which is a model"),
        (
            "model declare net.pt2 --force --tasks-file net.toml",
            "`--tasks-file`",
        ),
        ("report hard --json s.fa", "which is the study"),
    ] {
        let output = place.gia(&format!("{line} --error-format short"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("E0612"), "{line}: {said}");
        assert!(flat.contains(what), "{line}: {said}");
        assert_eq!(place.files(), before, "{line}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn sequences_are_not_written_over_their_source() {
    let place = Place::new();
    let ends = place.gia("run run.gia -q --sequences seqs").status.code();
    assert_eq!(ends, Some(0));
    let script = SCRIPT.replace("s.fa", "seqs/one/control.fa");
    std::fs::write(place.0.path().join("again.gia"), script).expect("written");
    let before = place.files();
    let output = place.gia("run again.gia -q --sequences seqs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(place.files(), before);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn devices_and_other_folders_are_free() {
    let place = Place::new();
    for line in [
        "run run.gia -q --json /dev/null --csv /dev/null",
        "run run.gia -q --json sub/s.json --csv s.csv --figures sub --report sub/r.html",
        "run run.gia -q --json sub/s.json --csv s.csv --figures sub --report sub/r.html",
    ] {
        let output = place.gia(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn an_output_into_a_stream_keeps_what_stands_in_its_file() {
    let place = Place::new();
    let at = |name: &str| place.0.path().join(name);
    for stream in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        for append in [true, false] {
            std::fs::write(at("log"), "earlier\n").expect("written");
            let mut log = std::fs::File::options();
            let log = log.write(true).append(append).truncate(!append);
            let status = Command::new(env!("CARGO_BIN_EXE_gia"))
                .args(["run", "run.gia", "--device", "cpu", "--json", stream])
                .current_dir(place.0.path())
                .env("NO_COLOR", "1")
                .stdout(log.open(at("log")).expect("opened"))
                .status()
                .expect("the built program starts");
            assert_eq!(status.code(), Some(0), "{stream}");
            let text = std::fs::read_to_string(at("log")).expect("there");
            assert_eq!(text.starts_with("earlier\n"), append, "{stream}: {text}");
            assert!(
                text.contains("\"schema\": \"gia-study/"),
                "{stream}: {text}"
            );
            assert!(text.contains("mean effect"), "{stream}: {text}");
            assert!(!at("-").exists(), "{stream}");
        }
    }
}

#[test]
fn a_file_in_the_place_of_a_folder_is_told() {
    let place = Place::new();
    for line in [
        "run run.gia -q --figures s.fa",
        "run run.gia -q --sequences s.fa",
        "man --into s.fa",
        "doc --into s.fa",
    ] {
        let output = place.gia(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("there is a file of that name"),
            "{line}: {said}"
        );
        assert_eq!(output.status.code(), Some(3), "{line}: {said}");
    }
}
