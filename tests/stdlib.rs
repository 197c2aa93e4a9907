//! The example of every function of the standard library, run.

use std::fmt::Write;

use gia::doc::{self, Origin};

use crate::support::command::study;
use crate::support::documents::scripts_folder;

const HEAD: &str = r#"
use syntax
model net = load("ctcf_pu1.pt2")
motif CTCF = "CCACCAGGGGGCGC"
motif PU1 = "AAAGAGGAAGTG"
let peaks = fasta("gm12878_ctcf.fa", width: 100bp)
null random = uniform(length: 100bp)
"#;

/// Each peak with a number of its own, as a measurement would be.
fn measured(peaks: &str) -> String {
    let names = peaks.lines().filter_map(|line| line.strip_prefix('>'));
    let rows = names
        .enumerate()
        .map(|(i, name)| format!("{name},{}\n", i % 7));
    std::iter::once("name,signal\n".to_string())
        .chain(rows)
        .collect()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn every_function_has_an_example_that_runs() {
    let place = scripts_folder();
    let peaks = std::fs::read_to_string(place.path().join("gm12878_ctcf.fa")).expect("the peaks");
    std::fs::write(place.path().join("measured.csv"), measured(&peaks)).expect("a table");
    let functions = doc::functions();
    let mut script = HEAD.to_string();
    for entry in &functions {
        for example in &entry.examples {
            let named = example.replacen(" example ", &format!(" example_of_{} ", entry.name), 1);
            writeln!(script, "{named}").expect("a text");
        }
    }
    let path = place.path().join("examples.gia");
    std::fs::write(&path, script).expect("a script");
    let study = study(&path, &[]);
    let run = study["experiments"].as_array().expect("experiments");
    let mut compared = 0;
    for entry in functions
        .iter()
        .filter(|entry| entry.origin != Origin::Prelude)
    {
        let wanted = format!("example_of_{}", entry.name);
        let experiment = run.iter().find(|e| e["name"] == wanted.as_str());
        let experiment = experiment.unwrap_or_else(|| panic!("`{}` has no experiment", entry.name));
        let rows = experiment["rows"].as_array().expect("rows");
        let moved = rows.iter().any(|row| row["mean"].as_f64() != Some(0.0));
        assert!(moved, "nothing that `{}` compares differs", entry.name);
        compared += 1;
    }
    assert!(compared >= 16, "{compared} functions");
}
