//! Plain prediction of given sequences.

use std::sync::Arc;

use gia::diag::Code;
use gia::engine::{DeviceChoice, Options, Quiet, predict};
use gia::model::{Declaration, Given};
use gia::plan::Model;

use crate::support::command::root;

fn logarithm() -> Model {
    let path = root().join("tests/predict/logarithm.pt2");
    let declaration = Declaration::load(&path, &Given::default()).expect("the graph tells all");
    Model {
        name: "logarithm".into(),
        written: path.display().to_string(),
        path,
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
    }
}

#[test]
fn rows_come_back_in_order_over_many_pieces() {
    let counts: Vec<usize> = (0..10_000).map(|i| i * 7 % 12 + 1).collect();
    let sequences = with_a(counts.iter().copied());
    let found = predict(&logarithm(), &sequences, &on_cpu(), &Quiet).expect("finite numbers");
    assert_eq!((found.columns, found.values.len()), (1, counts.len()));
    for (value, count) in found.values.iter().zip(counts) {
        assert!(
            (value - (count as f32).ln()).abs() < 1e-6,
            "{value} for {count} A"
        );
    }
}

#[test]
fn a_number_that_is_not_finite_names_its_sequence() {
    let sequences = with_a((0..5_000).map(|i| if i == 4_321 { 0 } else { 3 }));
    let error = predict(&logarithm(), &sequences, &on_cpu(), &Quiet).expect_err("log of 0");
    assert_eq!(error.code, Code::NonFinite);
    for part in ["logarithm[0]", "-inf", "sequence 4322"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
}
