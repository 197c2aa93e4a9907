//! How many sequences go through in a pass: measured on request, remembered, and never a matter of results.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::archive::network;
use crate::support::command::gia_with;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        Place { folder }
    }

    fn gia(&self, words: &[&str]) -> Output {
        let cache = self.folder.path().to_str().expect("a path");
        gia_with(words, &[("GIA_CACHE", cache)])
    }

    /// Measures a network of the tests: what was said.
    fn measure(&self, name: &str, more: &[&str]) -> String {
        let path = network(name);
        let mut words = vec!["model", "measure", path.to_str().expect("a path")];
        words.extend(more);
        let output = self.gia(&words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Files of what is remembered.
    fn remembered(&self) -> Vec<PathBuf> {
        match std::fs::read_dir(self.folder.path().join("batches")) {
            Ok(entries) => entries
                .map(|entry| entry.expect("an entry").path())
                .collect(),
            Err(_) => Vec::new(),
        }
    }

    /// What a network says of some sequences.
    fn predicted(&self, name: &str, more: &[&str]) -> Vec<f64> {
        let fasta = self.folder.path().join("some.fa");
        let letters = ["A", "C", "G", "T"];
        let sequence =
            |i: usize| -> String { (0..20).map(|at| letters[(i / (at + 1) + at) % 4]).collect() };
        let text: String = (0..50)
            .map(|i| format!(">s{i}\n{}\n", sequence(i)))
            .collect();
        std::fs::write(&fasta, text).expect("written");
        let json = self.folder.path().join("some.json");
        let path = network(name);
        let mut words = vec![
            "predict",
            path.to_str().expect("a path"),
            fasta.to_str().expect("a path"),
        ];
        words.extend(["--json", json.to_str().expect("a path")]);
        words.extend(more);
        let output = self.gia(&words);
        assert!(output.status.success(), "{output:?}");
        let study: Value =
            serde_json::from_str(&std::fs::read_to_string(&json).expect("written")).expect("JSON");
        let rows = study["predictions"].as_array().expect("predictions");
        let values = rows
            .iter()
            .flat_map(|row| row["values"].as_array().expect("values"));
        values
            .map(|value| value.as_f64().expect("a number"))
            .collect()
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn difference(some: &[f64], others: &[f64]) -> f64 {
    assert_eq!(some.len(), others.len());
    let both = some.iter().zip(others);
    both.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_measured_is_shown_and_remembered_for_this_network_on_this_device() {
    let place = Place::new();
    let said = place.measure("gc", &["--device", "cpu", "--threads", "2"]);
    assert!(said.contains("sequences/s"), "{said}");
    assert_eq!(said.matches("chosen").count(), 1, "{said}");
    let files = place.remembered();
    assert_eq!(files.len(), 1);
    let known = read(&files[0]);
    let batch = known["batch"].as_u64().expect("a batch");
    let line = said.lines().find(|line| line.contains("chosen"));
    let line = line.expect("a line").replace(',', "");
    assert_eq!(
        line.split_whitespace().next(),
        Some(batch.to_string().as_str())
    );
    assert_eq!(
        (&known["subject"]["device"], &known["subject"]["threads"]),
        (&"cpu".into(), &2.into())
    );
    // Another number of threads is another subject; the same again takes the place of what was known.
    place.measure("gc", &["--device", "cpu", "--threads", "1"]);
    assert_eq!(place.remembered().len(), 2);
    place.measure("gc", &["--device", "cpu", "--threads", "2"]);
    assert_eq!(place.remembered().len(), 2);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_remembered_changes_no_prediction_and_a_damaged_file_is_passed_over() {
    let place = Place::new();
    let plain = place.predicted("gc", &["--threads", "1"]);
    place.measure("gc", &["--threads", "1"]);
    let files = place.remembered();
    let known = read(&files[0]);
    let mut other = known.clone();
    other["batch"] = 3.into();
    let mut wrong = known.clone();
    wrong["subject"]["model"] = "another".into();
    wrong["batch"] = 0.into();
    for text in [
        other.to_string(),
        wrong.to_string(),
        known.to_string()[..40].to_string(),
        String::new(),
    ] {
        std::fs::write(&files[0], text).expect("written");
        assert!(difference(&place.predicted("gc", &["--threads", "1"]), &plain) < 1e-6);
    }
    // What a run was told counts more than what is remembered.
    assert!(
        difference(
            &place.predicted("gc", &["--threads", "1", "--batch", "7"]),
            &plain
        ) < 1e-6
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_short_run_measures_nothing_and_a_batch_of_the_graphs_own_stays() {
    let place = Place::new();
    place.predicted("gc", &[]);
    assert!(place.remembered().is_empty());
    let said = place.measure("fixed", &[]);
    assert!(said.contains("fixed batch size of 3 sequences"), "{said}");
    assert!(place.remembered().is_empty());
}
