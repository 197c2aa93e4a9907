//! The networks of `tests/models`, and what the framework found that each was made in.

use std::path::{Path, PathBuf};

use gia::model::{Declaration, LoadArguments};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::support::command::root;

#[derive(Deserialize)]
pub struct Expected {
    pub inputs: Vec<String>,
    pub outputs: Vec<Vec<f64>>,
}

impl Expected {
    pub fn sequences(&self) -> Vec<Vec<u8>> {
        let code = |letter| "ACGTN".find(letter).expect("a base") as u8;
        self.inputs
            .iter()
            .map(|text| text.chars().map(code).collect())
            .collect()
    }
}

/// Those of the network that a file in another format is named after too.
pub fn expected(path: &Path) -> Expected {
    of_framework(path, "expected")
}

/// What the framework found that the network was made in: kept beside it, or beside the `.pt2` file of the same network.
pub fn of_framework<T: DeserializeOwned>(path: &Path, what: &str) -> T {
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

/// Networks in ONNX whose outputs are not compared: one ends its pass, and one computes in half precision.
const UNCOMPARED: [&str; 2] = ["bytes_dynamo.onnx", "half_precision_dynamo.onnx"];

/// Networks whose outputs are known.
pub fn networks() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join("tests/models"))
        .expect("the networks")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".expected.json"))
        .map(|path| path.with_extension("").with_extension("pt2"))
        .collect();
    let onnx = std::fs::read_dir(root().join("tests/models/onnx")).expect("the networks in ONNX");
    let onnx = onnx.map(|entry| entry.expect("an entry").path());
    let onnx = onnx.filter(|path| path.extension().is_some_and(|e| e == "onnx"));
    found.extend(onnx.filter(|path| !UNCOMPARED.iter().any(|name| path.ends_with(name))));
    found.sort();
    assert!(found.len() >= 110, "only {} networks", found.len());
    found
}

pub fn declared(path: &Path, given: &LoadArguments) -> Declaration {
    Declaration::load(path, given).unwrap_or_else(|d| panic!("{}: {d:?}", path.display()))
}

/// The largest difference, relative where a number is above 1.
pub fn difference(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    found
        .iter()
        .zip(wanted)
        .map(|(a, b)| (f64::from(*a) - b).abs() / b.abs().max(1.0))
        .fold(0.0, f64::max)
}
