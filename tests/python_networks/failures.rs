//! Networks that fail, mix sequences or are not repeatable, and processes that are killed.

use super::{Files, SCRIPT, said};
use crate::support::python::{gia_in, python_with};

#[test]
fn exceptions_mixing_and_noise_are_diagnoses() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    for (entry, code, text) in [
        ("raises", "E0604", "ValueError: too many for me"),
        ("mixes", "E0509", "mixes the sequences of a batch"),
        ("noisy", "E0511", "not deterministic"),
        ("missing", "E0604", "no `missing`"),
    ] {
        let output = Files::of(entry).predict(&python, &[]);
        let said = said(&output);
        assert!(!output.status.success(), "{entry}: {said}");
        let line = said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace(" │ ", " ");
        assert!(
            line.contains(code) && line.contains(text),
            "{entry}: {said}"
        );
    }
    let files = Files::of("build");
    let output = files.predict(&python, &[]);
    assert!(said(&output).contains("E0505"), "{}", said(&output));
    let output = Files::of("random_weights").predict(&python, &["--device", "cpu,cpu"]);
    assert!(said(&output).contains("E0511"), "{}", said(&output));
}

#[test]
fn a_process_that_is_killed_starts_anew_with_half_the_batch() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::of("killed");
    files.write(
        "run.gia",
        &SCRIPT
            .replace("net.score", "net[\"score\"]")
            .replace("effect > 0", "effect < 0"),
    );
    let words = [
        "run",
        "run.gia",
        "--allow-python",
        "--batch",
        "16",
        "--json",
        "study.json",
    ];
    let output = gia_in(files.path(), &python, &words);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("W0616"), "{said}");
}
