//! The engine and the worker on small networks, against what PyTorch says of them (`tests/engine/networks.py`).

mod conversation;
mod finite;
mod parity;

use std::path::PathBuf;
use std::sync::Arc;

use gia::engine::{DeviceChoice, Options};
use gia::model::{Declaration, Layout, LoadArguments, UnknownBase};
use gia::plan::{Model, ModelSource};
use serde_json::Value;

/// A network of `tests/engine` and PyTorch's answers.
pub struct Network {
    pub model: Model,
    pub sequences: Vec<Vec<u8>>,
    /// One row a sequence.
    pub outputs: Vec<Vec<f32>>,
}

impl Network {
    pub fn path(&self) -> &std::path::Path {
        match &self.model.source {
            ModelSource::File { path, .. } => path,
            ModelSource::Truth(_) | ModelSource::Attribution(_) => panic!("a network has a file"),
        }
    }
}

fn path(name: &str) -> PathBuf {
    crate::support::command::root()
        .join("tests/engine")
        .join(format!("{name}.pt2"))
}

fn model(name: &str, given: &LoadArguments) -> Model {
    let path = path(name);
    let declaration = Declaration::load(&path, given).expect("a declaration");
    Model {
        name: name.to_string(),
        source: ModelSource::File {
            written: path.display().to_string(),
            path,
        },
        declaration: Arc::new(declaration),
    }
}

pub fn network(name: &str) -> Network {
    let text = std::fs::read_to_string(path(name).with_extension("json")).expect("the oracle");
    let json: Value = serde_json::from_str(&text).expect("the oracle is JSON");
    let layout = match json["layout"].as_str() {
        Some("channels_first") => Layout::ChannelsFirst,
        Some("channels_last") => Layout::ChannelsLast,
        other => panic!("no layout {other:?}"),
    };
    let unknown = match json["unknown"].as_str() {
        Some("zeros") => UnknownBase::Zeros,
        Some("quarter") => UnknownBase::Quarter,
        other => panic!("no way to show an unknown base {other:?}"),
    };
    let given = LoadArguments {
        layout: Some(layout),
        unknown: Some(unknown),
        ..LoadArguments::default()
    };
    let rows = |key: &str| json[key].as_array().expect("a list").clone();
    let codes = |text: &str| text.chars().map(code).collect();
    Network {
        model: model(name, &given),
        sequences: rows("sequences")
            .iter()
            .map(|s| codes(s.as_str().expect("letters")))
            .collect(),
        outputs: rows("outputs")
            .iter()
            .map(|row| {
                let row = row.as_array().expect("a row");
                row.iter()
                    .map(|n| n.as_f64().expect("a number") as f32)
                    .collect()
            })
            .collect(),
    }
}

fn code(letter: char) -> u8 {
    "ACGTN".find(letter).expect("a base") as u8
}

/// On the CPU, whatever the machine has.
pub fn on_cpu(batch: Option<usize>, threads: usize) -> Options {
    Options {
        device: DeviceChoice::Cpu,
        batch,
        threads: Some(threads),
        ..Options::default()
    }
}
