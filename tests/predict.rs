//! Plain prediction of given sequences.

use std::sync::Arc;

use gia::diag::Code;
use gia::engine::{DeviceChoice, NoProgress, Options, predict};
use gia::model::{Declaration, LoadArguments};
use gia::plan::{Model, ModelSource};

use crate::support::command::{self, root};

fn logarithm() -> Model {
    let path = root().join("tests/predict/logarithm.pt2");
    let declaration =
        Declaration::load(&path, &LoadArguments::default()).expect("the graph tells all");
    Model {
        name: "logarithm".into(),
        source: ModelSource::File {
            written: path.display().to_string(),
            path,
        },
        declaration: Arc::new(declaration),
    }
}

/// Sequences of 12 bp that begin with so many A, the rest G.
fn with_a(counts: impl IntoIterator<Item = usize>) -> Vec<Vec<u8>> {
    counts
        .into_iter()
        .map(|a| (0..12).map(|i| if i < a { 0 } else { 2 }).collect())
        .collect()
}

fn on_cpu() -> Options {
    Options {
        device: DeviceChoice::Cpu,
        batch: Some(7),
        threads: Some(1),
        ..Options::default()
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn rows_come_back_in_order_over_many_pieces() {
    let counts: Vec<usize> = (0..10_000).map(|i| i * 7 % 12 + 1).collect();
    let sequences = with_a(counts.iter().copied());
    let found = predict(&logarithm(), &sequences, &on_cpu(), &NoProgress).expect("finite numbers");
    assert_eq!((found.columns, found.values.len()), (1, counts.len()));
    for (value, count) in found.values.iter().zip(counts) {
        assert!(
            (value - (count as f32).ln()).abs() < 1e-6,
            "{value} for {count} A"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_number_that_is_not_finite_names_its_sequence() {
    let sequences = with_a((0..5_000).map(|i| if i == 4_321 { 0 } else { 3 }));
    let error = predict(&logarithm(), &sequences, &on_cpu(), &NoProgress).expect_err("log of 0");
    assert_eq!(error.code, Code::NonFinite);
    for part in ["logarithm[0]", "-inf", "sequence 4322"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
}

/// What `gia predict` says of sequences, with more words behind the two files.
fn refused(fasta: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("some.fa");
    std::fs::write(&path, fasta).expect("it can be written");
    let model = root().join("tests/predict/logarithm.pt2");
    let given = [model.to_str(), path.to_str()].map(|path| path.expect("UTF-8"));
    let words = ["predict", "--error-format", "short"].into_iter();
    let output = command::gia(words.chain(given).chain(more.iter().copied()));
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.replace(given[0], "MODEL").replace(given[1], "FASTA")
}

#[test]
fn sequences_that_do_not_fit_are_told_the_options_of_the_command() {
    assert_eq!(
        refused(">a\nACGTACGTACGTACGT\n>b\nACGTACGTACGTACGT\n", &[]),
        "error[E0303]: `MODEL` takes sequences of 12 bp, but those of `FASTA` have 16 bp (help: crop them to 12 bp with `--center`)\n"
    );
    assert_eq!(
        refused(">a\nACGTACGT\n", &[]),
        "error[E0303]: `MODEL` takes sequences of 12 bp, but those of `FASTA` have 8 bp\n"
    );
    assert_eq!(
        refused(">a\nACGTACGTACGTACGT\n>b\nACGTACGTACGTA\n", &[]),
        "error[E0401]: the records of `FASTA` differ in length: `a` has 16 bp, `b` 13 bp (help: if none is shorter than 12 bp, crop them with `--center`)\n"
    );
    assert_eq!(
        refused(">a\nACGTNNGTACGTACGT\n", &["--center"]),
        "error[E0402]: `FASTA:2:5`: `N` at position 5 of the record `a` of `FASTA` is an unknown base; 1 of 1 records hold one (help: accept them with `--keep-unknown`)\n"
    );
}
