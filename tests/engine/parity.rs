//! Numbers: those of PyTorch, whatever the batch and the threads.

use gia::diag::Code;
use gia::engine::{NoProgress, predict};

use super::{network, on_cpu};

const NETWORKS: [&str; 4] = ["convolutions", "residual", "attention", "fixed"];

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn networks_give_what_pytorch_gives() {
    for name in NETWORKS {
        let network = network(name);
        let found = predict(
            &network.model,
            &network.sequences,
            &on_cpu(None, 2),
            &NoProgress,
        )
        .unwrap_or_else(|d| panic!("{name}: {d:?}"));
        assert_eq!(found.columns, network.outputs[0].len(), "{name}");
        let worst = difference(&found.values, &network.outputs.concat());
        assert!(worst < 1e-5, "{name}: largest difference {worst}");
        assert_eq!(found.run_info.device, "cpu");
        let libtorch = &found.run_info.libtorch;
        assert!(
            libtorch
                .as_ref()
                .is_some_and(|version| version.starts_with("2.")),
            "libtorch {libtorch:?}"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn batch_and_threads_change_no_more_than_rounding() {
    for name in NETWORKS {
        let network = network(name);
        let many: Vec<Vec<u8>> = network.sequences.iter().cycle().take(90).cloned().collect();
        let run = |batch, threads| {
            predict(&network.model, &many, &on_cpu(batch, threads), &NoProgress)
                .unwrap_or_else(|d| panic!("{name}: {d:?}"))
                .values
        };
        let one = run(Some(1), 1);
        for (batch, threads) in [(Some(64), 1), (Some(64), 2), (Some(7), 2), (None, 2)] {
            let worst = difference(&one, &run(batch, threads));
            assert!(
                worst < 1e-5,
                "{name}, batch {batch:?}, {threads} threads: {worst}"
            );
        }
        assert_eq!(
            run(None, 2),
            run(None, 2),
            "{name}: a second run gives other bits"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_sequence_gives_the_same_wherever_it_stands() {
    let network = network("residual");
    let found = predict(
        &network.model,
        &network.sequences,
        &on_cpu(Some(2), 1),
        &NoProgress,
    )
    .expect("outputs");
    let reversed: Vec<Vec<u8>> = network.sequences.iter().rev().cloned().collect();
    let other =
        predict(&network.model, &reversed, &on_cpu(Some(3), 1), &NoProgress).expect("outputs");
    let back: Vec<f32> = other
        .values
        .chunks(other.columns)
        .rev()
        .flatten()
        .copied()
        .collect();
    assert!(difference(&found.values, &back) < 1e-5);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn no_sequences_give_no_numbers() {
    let network = network("convolutions");
    let found = predict(&network.model, &[], &on_cpu(None, 1), &NoProgress).expect("nothing");
    assert!(found.values.is_empty());
}

#[test]
fn a_sequence_of_another_length_is_named() {
    let network = network("convolutions");
    let mut sequences = network.sequences.clone();
    sequences[3].pop();
    let wrong = predict(&network.model, &sequences, &on_cpu(None, 1), &NoProgress)
        .expect_err("one is short");
    assert_eq!(wrong.code, Code::LengthMismatch);
    assert!(
        wrong.message.contains("sequence 4") && wrong.message.contains("31"),
        "{}",
        wrong.message
    );
}
