//! `gia predict`: a table, a JSON object, and nothing where it breaks.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::{Ended, command};
use crate::support::archive::network;
use crate::support::numbers::difference;

fn expected(name: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let path = network(name).with_extension("expected.json");
    let text = std::fs::read_to_string(path).expect("PyTorch's outputs");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    (
        serde_json::from_value(json["inputs"].clone()).expect("sequences"),
        serde_json::from_value(json["outputs"].clone()).expect("rows"),
    )
}

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a folder"))
    }

    fn fasta(&self, sequences: &[String]) -> String {
        let text: String = sequences
            .iter()
            .enumerate()
            .map(|(i, s)| format!(">sequence_{i} of several\n{s}\n"))
            .collect();
        let path = self.0.path().join("given.fa");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn json(&self) -> PathBuf {
        self.0.path().join("predictions.json")
    }
}

fn predict(model: &str, more: &[&str]) -> Ended {
    let more = [more, &["--device", "cpu"]].concat();
    command("predict", &network(model), &more)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_table_has_a_line_for_each_sequence() {
    let place = Place::new();
    let (sequences, outputs) = expected("pair");
    let ended = predict("pair", &[&place.fasta(&sequences)]);
    ended.with(0, &[]);
    let mut lines = ended.out.lines();
    assert_eq!(lines.next(), Some("sequence\tGATA\tCACC\tboth"));
    for (i, row) in outputs.iter().enumerate() {
        let wanted: Vec<String> = row.iter().map(f64::to_string).collect();
        let line = format!("sequence_{i}\t{}", wanted.join("\t"));
        assert_eq!(lines.next(), Some(line.as_str()));
    }
    assert_eq!(lines.next(), None);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn json_holds_the_same_numbers() {
    let place = Place::new();
    let (sequences, outputs) = expected("quarter");
    let (fasta, json) = (place.fasta(&sequences), place.json().display().to_string());
    // The declaration says what a base that is not known is, but that it may be there must be asked for.
    predict("quarter", &[&fasta, "--json", &json]).with(3, &["error[E0402]", "given.fa"]);
    assert!(!place.json().exists());
    let ended = predict("quarter", &[&fasta, "--keep-unknown", "--json", &json]);
    ended.with(0, &[]);
    let text = std::fs::read_to_string(place.json()).expect("the predictions");
    let found: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found["device"], "cpu");
    assert_eq!(found["model"]["sha256"].as_str().map(str::len), Some(64));
    let predictions = found["predictions"].as_array().expect("predictions");
    assert_eq!(predictions.len(), outputs.len());
    for (i, (prediction, row)) in predictions.iter().zip(&outputs).enumerate() {
        let name = prediction["sequence"].as_str().expect("a name");
        assert_eq!(name, format!("sequence_{i}"));
        let values = prediction["values"].as_array().expect("values");
        assert_eq!(values.len(), row.len());
        for (value, wanted) in values.iter().zip(row) {
            let value = value.as_f64().expect("a number");
            assert!(difference(value, *wanted) < 1e-4, "{value} and {wanted}");
        }
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn sequences_that_do_not_fit_are_named() {
    let place = Place::new();
    let long = place.fasta(&["ACGT".repeat(6), "ACGT".repeat(6)]);
    predict("gc", &[&long]).with(3, &["24", "20"]);
    let centred = predict("gc", &[&long, "--center"]);
    centred.with(0, &[]);
    assert!(centred.out.contains("sequence_1\t10"), "{}", centred.out);
    let absent = place.0.path().join("absent.fa").display().to_string();
    predict("gc", &[&absent]).with(3, &["absent.fa"]);
    predict("absent", &[&long]).with(3, &["error[E0002]", "there is no file `"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_number_that_is_none_leaves_nothing() {
    let place = Place::new();
    let fasta = place.fasta(&["G".repeat(20), "A".repeat(20)]);
    let json = place.json().display().to_string();
    predict("nan", &[&fasta, "--json", &json]).with(3, &["error[E0601]", "nan[0]", "NaN"]);
    assert!(!place.json().exists());
}
