//! Every network gives the numbers of PyTorch, Keras or JAX, whatever the batch.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gia::engine::{DeviceChoice, Options, Precision, Quiet, Worker, predict};
use gia::model::{Declaration, Given, UnknownBase};
use gia::plan::{Model, ModelSource};
use gia::wire::Rows;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::support::archive::network;
use crate::support::command::root;

/// Absolute, and relative above 1.
const TOLERANCE: f64 = 1e-5;
/// The same of gradients.
const GRADIENT_TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Expected {
    inputs: Vec<String>,
    outputs: Vec<Vec<f64>>,
}

impl Expected {
    fn sequences(&self) -> Vec<Vec<u8>> {
        let code = |letter| "ACGTN".find(letter).expect("a base") as u8;
        self.inputs
            .iter()
            .map(|text| text.chars().map(code).collect())
            .collect()
    }
}

/// Those of the network that a file in another format is named after too.
fn expected(path: &Path) -> Expected {
    of_framework(path, "expected")
}

/// What the framework found that the network was made in: kept beside it, or beside the `.pt2` file of the same network.
fn of_framework<T: DeserializeOwned>(path: &Path, what: &str) -> T {
    let stem = path.file_stem().expect("a name").to_string_lossy();
    let name = stem
        .strip_suffix("_dynamo")
        .or(stem.strip_suffix("_node"))
        .unwrap_or(&stem);
    let folders = ["tests/models/onnx", "tests/models"];
    let places = folders.map(|folder| root().join(format!("{folder}/{name}.{what}.json")));
    let beside = places
        .iter()
        .find(|place| place.exists())
        .expect("what the framework found");
    let text = std::fs::read_to_string(beside).expect("what the framework found");
    serde_json::from_str(&text).expect("JSON of that form")
}

/// Networks whose outputs are known.
fn networks() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join("tests/models"))
        .expect("the networks")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".expected.json"))
        .map(|path| path.with_extension("").with_extension("pt2"))
        .collect();
    let onnx = std::fs::read_dir(root().join("tests/models/onnx")).expect("the networks in ONNX");
    let onnx = onnx.map(|entry| entry.expect("an entry").path());
    found.extend(onnx.filter(|path| path.extension().is_some_and(|e| e == "onnx")));
    found.sort();
    assert!(found.len() >= 110, "only {} networks", found.len());
    found
}

fn declared(path: &Path, given: &Given) -> Declaration {
    Declaration::load(path, given).unwrap_or_else(|d| panic!("{}: {d:?}", path.display()))
}

fn on_cpu(batch: Option<usize>) -> Options {
    Options {
        device: DeviceChoice::Cpu,
        batch,
        threads: Some(1),
        ..Options::default()
    }
}

/// The largest difference, relative where a number is above 1.
fn difference(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    found
        .iter()
        .zip(wanted)
        .map(|(a, b)| (f64::from(*a) - b).abs() / b.abs().max(1.0))
        .fold(0.0, f64::max)
}

#[test]
fn networks_give_what_their_framework_gives() {
    for path in networks() {
        let expected = expected(&path);
        let model = Model {
            name: "net".into(),
            source: ModelSource::File {
                written: path.display().to_string(),
                path: path.clone(),
            },
            declaration: Arc::new(declared(&path, &Given::default())),
        };
        let found = predict(&model, &expected.sequences(), &on_cpu(None), &Quiet)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        assert_eq!(
            found.columns,
            expected.outputs[0].len(),
            "{}",
            path.display()
        );
        let worst = difference(&found.values, &expected.outputs.concat());
        assert!(worst < TOLERANCE, "{}: {worst:.1e}", path.display());
    }
}

#[test]
fn a_batch_of_one_and_of_many_give_the_same() {
    let run = |batch: usize| -> Vec<Vec<f32>> {
        let mut worker = Worker::start(on_cpu(Some(batch))).expect("a worker");
        let answers = networks().into_iter().map(|path| {
            let declaration = declared(&path, &Given::default());
            let opened = worker
                .open(&path, &declaration)
                .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
            let mut rows = Rows::new(declaration.length);
            for (i, sequence) in expected(&path)
                .sequences()
                .iter()
                .cycle()
                .take(70)
                .enumerate()
            {
                rows.backgrounds.extend_from_slice(sequence);
                rows.push(i, []);
            }
            let columns: Vec<usize> = (0..declaration.columns()).collect();
            worker.run(opened, &rows, &columns).expect("numbers")
        });
        answers.collect()
    };
    for ((one, many), path) in run(1).iter().zip(run(64)).zip(networks()) {
        let many: Vec<f64> = many.iter().map(|n| f64::from(*n)).collect();
        let worst = difference(one, &many);
        assert!(worst < TOLERANCE, "{}: {worst:.1e}", path.display());
    }
}

#[test]
fn in_bfloat16_every_network_gives_nearly_the_same() {
    let options = Options {
        precision: Precision::BFloat16,
        ..on_cpu(None)
    };
    let mut worker = Worker::start(options).expect("a worker");
    let mut rounded = 0;
    for path in networks() {
        let declaration = declared(&path, &Given::default());
        let opened = worker.open(&path, &declaration).expect("opened");
        let known = expected(&path);
        let mut rows = Rows::new(declaration.length);
        for (i, sequence) in known.sequences().iter().enumerate() {
            rows.backgrounds.extend_from_slice(sequence);
            rows.push(i, []);
        }
        let columns: Vec<usize> = (0..declaration.columns()).collect();
        let found = worker
            .run(opened, &rows, &columns)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        // Eight bits of a product are kept: one part in 256, times what the layers add up and take away.
        let worst = difference(&found, &known.outputs.concat());
        assert!(worst < 0.05, "{}: {worst:.1e}", path.display());
        rounded += usize::from(worst > 1e-4);
    }
    assert!(rounded > 50, "only {rounded} networks noticed");
}

/// The weights by which `tests/models/make.py` adds up the outputs whose gradients it takes.
fn weighted(columns: usize) -> Vec<(usize, f32)> {
    let weight = |column: usize| (column, (column as f32 + 1.0).cos());
    (0..columns).map(weight).collect()
}

#[test]
fn gradients_are_those_of_the_framework_whatever_the_batch() {
    for batch in [None, Some(2)] {
        let mut worker = Worker::start(on_cpu(batch)).expect("a worker");
        // Neither ONNX nor what `run_decompositions()` leaves says where PyTorch's `detach` stood.
        let silent = ["shapes_dynamo.onnx", "decomposed_shapes.pt2"];
        let told = |path: &PathBuf| !silent.iter().any(|name| path.ends_with(name));
        for path in networks().into_iter().filter(told) {
            let declaration = declared(&path, &Given::default());
            let wanted: Vec<Vec<f64>> = of_framework(&path, "gradients");
            let opened = worker.open(&path, &declaration).expect("opened");
            let mut rows = Rows::new(declaration.length);
            for (i, sequence) in expected(&path).sequences().iter().enumerate() {
                rows.backgrounds.extend_from_slice(sequence);
                rows.push(i, []);
            }
            let weighted = weighted(declaration.columns());
            let found = worker
                .gradients(opened, &rows, &weighted)
                .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
            let worst = difference(&found, &wanted.concat());
            assert!(
                worst < GRADIENT_TOLERANCE,
                "{}: {worst:.1e}",
                path.display()
            );
        }
    }
}

#[test]
fn what_an_unknown_base_is_changes_the_numbers_and_only_where_it_stands() {
    let path = network("convolutions");
    let sequences = expected(&path).sequences();
    let given = |unknown| Given {
        unknown: Some(unknown),
        ..Given::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let bare = folder.path().join("bare.pt2");
    std::fs::copy(&path, &bare).expect("copied");
    let outputs = |unknown| {
        let model = Model {
            name: "net".into(),
            source: ModelSource::File {
                written: "bare.pt2".into(),
                path: bare.clone(),
            },
            declaration: Arc::new(declared(&bare, &given(unknown))),
        };
        predict(&model, &sequences, &on_cpu(None), &Quiet).expect("numbers")
    };
    let zeros = outputs(UnknownBase::Zeros);
    let quarter = outputs(UnknownBase::Quarter);
    for (i, sequence) in sequences.iter().enumerate() {
        let row = i * zeros.columns..(i + 1) * zeros.columns;
        let same = zeros.values[row.clone()] == quarter.values[row];
        assert_eq!(same, !sequence.contains(&4), "sequence {i}");
    }
}

#[test]
fn what_the_docs_show_is_what_exported_the_networks() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a text");
    let docs = read("docs/models.md");
    let run: Vec<(String, String)> =
        serde_json::from_str::<serde_json::Map<_, _>>(&read("tests/models/snippets.json"))
            .expect("the lines that were run")
            .into_iter()
            .map(|(heading, text)| (heading, text.as_str().expect("lines").to_string()))
            .collect();
    assert_eq!(run.len(), 5);
    for (heading, text) in run {
        let section = docs.split(&format!("\n### {heading}\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("no section {heading}"));
        let section = section.split("\n#").next().unwrap_or_default();
        assert!(
            section.contains(&text),
            "under {heading} other lines are shown than were run"
        );
    }
}
