//! Several devices that share a run, and less than float32. The devices are two workers on the CPU, which differ from two GPUs
//! in nothing that the engine knows.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use crate::support::archive::network;
use crate::support::command::{gia, study};

struct Place {
    folder: tempfile::TempDir,
    script: PathBuf,
}

/// A study of more rows than one piece holds.
fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("run.gia");
    let text = format!(
        "model net = load(\"{}\")
motif gata = \"GATA\"
motif cacc = \"CACC\"
experiment spacing {{
    background uniform(length: 60bp)
    sample 500
    vary gap in 2bp to 24bp step 2bp
    factorial [gata as g, gap, cacc as c] at 10bp
    measure both = net[\"both\"]
}}
",
        network("pair").display()
    );
    std::fs::write(&script, text).expect("a script");
    Place { folder, script }
}

impl Place {
    fn study(&self, more: &[&str]) -> Value {
        study(&self.script, more)
    }

    fn gia(&self, command: &str, more: &[&str]) -> Output {
        let words = [command.into(), self.script.clone()];
        gia(words.into_iter().chain(more.iter().map(PathBuf::from)))
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn two_devices_find_what_one_finds() {
    let place = place();
    let one = place.study(&["--device", "cpu"]);
    let two = place.study(&["--device", "cpu,cpu"]);
    assert_eq!(two["device"], "cpu, cpu");
    assert_eq!(one["experiments"], two["experiments"]);
    let again = two["command"].as_str().expect("a command");
    assert!(again.contains("--device cpu,cpu"), "{again}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn predictions_of_two_devices_keep_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = folder.path().join("some.fa");
    // More than one piece: a base four letters wide counts up.
    let sequence = |i: usize| -> String {
        let letter = |place: usize| char::from(b"ACGT"[i >> (2 * place) & 3]);
        (0..20)
            .map(|place| if place < 8 { letter(place) } else { 'A' })
            .collect()
    };
    let text: String = (0..9000)
        .map(|i| format!(">s{i}\n{}\n", sequence(i)))
        .collect();
    std::fs::write(&fasta, text).expect("written");
    let predicted = |device: &str| {
        let words = ["predict".into(), network("gc"), fasta.clone()];
        let output = gia(words.into_iter().chain(["--device".into(), device.into()]));
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let two = predicted("cpu,cpu");
    assert_eq!(two.lines().count(), 9001);
    assert_eq!(two, predicted("cpu"));
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn less_than_float32_says_how_far_it_is() {
    let place = place();
    let exact = place.study(&["--device", "cpu"]);
    assert!(exact.get("precision").is_none());
    let rounded = place.study(&["--device", "cpu", "--dtype", "bfloat16"]);
    let check = &rounded["precision"];
    assert_eq!(check["precision"], "bfloat16");
    assert_eq!(check["sequences"], 64);
    // Counts of whole words: all numbers in between are whole as well.
    assert_eq!(check["largest_difference"], 0.0);
    assert_eq!(exact["experiments"], rounded["experiments"]);
    let output = place.gia("run", &["--device", "cpu", "--dtype", "bfloat16"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("bfloat16; 64 sequences checked against float32, identical"),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn rounded_predictions_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fasta, json) = (
        folder.path().join("some.fa"),
        folder.path().join("found.json"),
    );
    std::fs::write(&fasta, ">a\nACGTACGTACGTACGTACGT\n").expect("written");
    let words = [
        "predict".into(),
        network("quarter"),
        fasta,
        "--json".into(),
        json.clone(),
    ];
    let more = ["--device", "cpu", "--dtype", "bfloat16"].map(PathBuf::from);
    let output = gia(words.into_iter().chain(more));
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("1 sequence checked against float32, largest difference"),
        "{said}"
    );
    let found: Value =
        serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    let largest = found["precision"]["largest_difference"]
        .as_f64()
        .expect("a number");
    assert!(largest > 0.0 && largest < 0.05, "{largest}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn tf32_is_not_of_a_cpu() {
    let output = place().gia("run", &["--device", "cpu", "--dtype", "tf32"]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("tf32 is computed by NVIDIA GPUs"), "{said}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn parts_in_different_precision_are_not_put_together() {
    let place = place();
    let part = |number: &str, more: &[&str]| {
        let save = place.folder.path().join(number.replace('/', "_"));
        let save = save.to_str().expect("UTF-8").to_string();
        let output = place.gia(
            "run",
            &[&["--part", number, "--save", &save], more].concat(),
        );
        assert!(output.status.success(), "{output:?}");
        save
    };
    let rounded = ["--dtype", "bfloat16", "--device", "cpu"];
    let (first, second) = (part("1/2", &rounded), part("2/2", &rounded));
    let json = place.folder.path().join("whole.json");
    let json = json.to_str().expect("UTF-8");
    assert!(
        place
            .gia("merge", &[&first, &second, "--json", json])
            .status
            .code()
            != Some(3)
    );
    let whole: Value =
        serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
    assert_eq!(whole["precision"]["sequences"], 128);
    let plain = part("2/2", &["--device", "cpu"]);
    let output = place.gia("merge", &[&first, &plain]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("was computed in float32, and"), "{said}");
}

#[test]
fn a_list_of_devices_has_devices_in_it() {
    let output = place().gia("run", &["--device", "cpu,gpu"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("a device is `auto`, `cpu` or `cuda:N`"),
        "{said}"
    );
}
