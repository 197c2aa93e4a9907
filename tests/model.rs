//! Model files: networks of every operator against PyTorch, other kinds of file, and files that are damaged.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gia::diag::Code;
use gia::domain::Alphabet;
use gia::engine::{Options, Quiet, predict};
use gia::model::{Declaration, Given, Graph, Weights};
use gia::plan::{Model, ModelSource};
use serde_json::Value;

use crate::support::command::root;

fn fixtures() -> Vec<PathBuf> {
    let folder = root().join("tests/models");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "pt2"))
        .collect();
    found.sort();
    found
}

#[test]
fn networks_of_every_operator_give_what_pytorch_gives() {
    let mut compared = 0;
    for path in fixtures() {
        let Ok(expected) = std::fs::read_to_string(path.with_extension("expected.json")) else {
            continue;
        };
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let declaration = Declaration::load(&path, &Given::default())
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        let sequences: Vec<Vec<u8>> = expected["inputs"]
            .as_array()
            .expect("inputs")
            .iter()
            .map(|text| {
                let letters = text.as_str().expect("a sequence").chars();
                letters
                    .map(|c| Alphabet::Dna.encode(c).expect("a base"))
                    .collect()
            })
            .collect();
        let model = Model {
            name: "net".into(),
            source: ModelSource::File {
                path: path.clone(),
                written: path.display().to_string(),
            },
            declaration: Arc::new(declaration),
        };
        let found = predict(&model, &sequences, &Options::default(), &Quiet)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        let wanted: Vec<f64> = expected["outputs"]
            .as_array()
            .expect("outputs")
            .iter()
            .flat_map(|row| row.as_array().expect("a row"))
            .map(|number| number.as_f64().expect("a number"))
            .collect();
        assert_eq!(found.values.len(), wanted.len(), "{}", path.display());
        for (a, b) in found.values.iter().zip(&wanted) {
            let difference = (f64::from(*a) - b).abs();
            assert!(
                difference < 1e-5 * b.abs().max(1.0),
                "{}: {a} and {b}",
                path.display()
            );
        }
        compared += 1;
    }
    assert!(compared >= 8, "only {compared} networks were compared");
}

/// Everything that reads a model file; the first diagnosis, if there is one.
fn read_all(path: &Path) -> Option<Code> {
    if let Err(diagnostic) = Declaration::load(path, &Given::default()) {
        assert!(!diagnostic.message.is_empty());
        return Some(diagnostic.code);
    }
    let graph = Graph::read(path).ok()?;
    let mut weights = Weights::open(path).ok()?;
    for weight in &graph.weights {
        if let Err(diagnostic) = weights.bytes(weight) {
            return Some(diagnostic.code);
        }
    }
    None
}

#[test]
fn a_truncated_file_is_a_diagnosis() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(root().join("experiments/ctcf_pu1/ctcf_pu1.pt2")).expect("the model");
    let path = folder.path().join("cut.pt2");
    for part in 0..60 {
        std::fs::write(&path, &whole[..whole.len() * part / 60]).expect("written");
        let code = read_all(&path);
        assert_eq!(code, Some(Code::BadModelFile), "cut at {part}/60");
    }
}

#[test]
fn a_changed_file_is_read_or_refused_and_never_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed.pt2");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    // xorshift64: the same changes in every run.
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut refused = 0;
    for fixture in fixtures().into_iter().take(6) {
        let whole = std::fs::read(&fixture).expect("a fixture");
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..1 + draw(8) {
                let at = draw(bytes.len());
                bytes[at] = draw(256) as u8;
            }
            std::fs::write(&path, &bytes).expect("written");
            refused += usize::from(read_all(&path).is_some());
        }
    }
    assert!(refused > 100, "only {refused} of 900 were refused");
}

#[test]
fn other_kinds_of_file_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&str, &[u8], &str); 4] = [
        ("a.pt2", b"\x80\x02}q\x00.", "a Python pickle"),
        ("b.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        ("c.onnx", b"\x08\x08\x12\x07pytorch", "an ONNX file"),
        ("d.pt2", b"", "it is empty"),
    ];
    for (name, bytes, said) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let diagnostic = Declaration::load(&path, &Given::default()).expect_err("refused");
        assert!(
            diagnostic.message.contains(said),
            "{name}: {}",
            diagnostic.message
        );
        if diagnostic.code == Code::RefusedModelFile {
            let help = diagnostic.help.clone().unwrap_or_default();
            assert!(help.contains("torch.export.save"), "{name}: {help}");
        }
    }
}

#[test]
fn an_unknown_operator_is_named_with_its_node() {
    let path = root().join("tests/models/cumulative.pt2");
    let diagnostic = Declaration::load(&path, &Given::default()).expect_err("refused");
    assert_eq!(diagnostic.code, Code::UnknownOperator);
    assert!(
        diagnostic.message.contains("cumsum"),
        "{}",
        diagnostic.message
    );
    assert!(
        diagnostic.message.contains("node"),
        "{}",
        diagnostic.message
    );
}

#[test]
fn declaration_and_graph_must_agree() {
    let path = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let cases = [
        (
            Given {
                length: Some(200),
                ..Given::default()
            },
            "200",
        ),
        (
            Given {
                tasks: Some(vec!["CTCF".into()]),
                ..Given::default()
            },
            "tasks",
        ),
    ];
    for (given, said) in cases {
        let diagnostic = Declaration::load(&path, &given).expect_err("refused");
        assert_eq!(diagnostic.code, Code::Contradiction);
        assert!(diagnostic.message.contains(said), "{}", diagnostic.message);
    }
}
