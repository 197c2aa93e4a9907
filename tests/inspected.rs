//! `gia model inspect` and `gia model declare`.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::command::{gia, root};

fn model(arguments: &[&str]) -> Output {
    gia(["model"].iter().chain(arguments))
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).expect("text")
}

/// The JSON of a network of `tests/models`.
fn inspected(name: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("network.json");
    let path = root().join("tests/models").join(name);
    let (path, json) = (
        path.to_str().expect("a path"),
        json.to_str().expect("a path"),
    );
    let output = model(&["inspect", path, "--json", json]);
    assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
    serde_json::from_str(&std::fs::read_to_string(json).expect("written")).expect("JSON")
}

/// Base pairs that the last layer still along the sequence sees.
fn widest(network: &Value) -> i64 {
    let layers = network["layers"].as_array().expect("layers");
    let fields = layers
        .iter()
        .filter_map(|layer| layer["receptive_field"].as_i64());
    fields.max().expect("a layer along the sequence")
}

/// Worked out by hand from `tests/models/architectures.py`: a window of k positions d apart adds (k - 1) d steps.
#[test]
fn receptive_fields_are_those_of_the_architecture() {
    for (name, wanted) in [
        // 7, then 3 positions 2, 4 and 8 apart, then 9.
        ("bpnet", 7 + 2 * (2 + 4 + 8) + 8),
        // Two blocks of two convolutions of 5, 1 and 3 apart.
        ("spliceai", 1 + 2 * 4 + 2 * 12),
        // 8, pooled by 4, then 4 positions 4 apart, pooled by 2.
        ("deepsea", 8 + 3 + 3 * 4 + 4),
        ("densenet", 1 + 4 * 2),
    ] {
        assert_eq!(widest(&inspected(&format!("{name}.pt2"))), wanted, "{name}");
        for onnx in [
            format!("onnx/{name}.onnx"),
            format!("onnx/{name}_dynamo.onnx"),
        ] {
            assert_eq!(widest(&inspected(&onnx)), wanted, "{onnx}");
        }
    }
}

#[test]
fn both_formats_hold_the_same_parameters() {
    for name in ["deepsea", "squeeze_excite", "danq", "puffin"] {
        let parameters = |file: String| {
            let network = inspected(&file);
            let layers = network["layers"].as_array().expect("layers");
            layers
                .iter()
                .filter_map(|layer| layer["parameters"].as_u64())
                .sum::<u64>()
        };
        let pt2 = parameters(format!("{name}.pt2"));
        assert!(pt2 > 100, "{name}: {pt2}");
        let onnx = parameters(format!("onnx/{name}.onnx"));
        // Exporters to ONNX fold batch norms: scale, shift, mean and variance become part of the weights.
        let folded = pt2 - onnx;
        let norms = if name == "squeeze_excite" {
            2 * 4 * 12 - 2 * 12
        } else {
            0
        };
        assert_eq!(folded, norms, "{name}");
    }
}

#[test]
fn a_network_is_shown_with_its_layers() {
    let path = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let output = model(&["inspect", path.to_str().expect("a path")]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in [
        "input (n, 4, 100)",
        "13,684",
        "100 bp, ACGT, channels_first, tasks CTCF, PU.1",
        "46 bp",
        "(n, 48, 25)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_declaration_is_written_once_and_can_be_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pair.onnx");
    std::fs::copy(root().join("tests/models/onnx/pair.onnx"), &path).expect("copied");
    let place = path.to_str().expect("a path");
    let names = folder.path().join("tasks.txt");
    std::fs::write(&names, "GATA\n\nCACC\nboth ways\n").expect("written");
    let names = names.to_str().expect("a path");
    let output = model(&["declare", place, "--tasks-file", names, "--unit", "copies"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(path.with_extension("toml")).expect("written");
    assert!(
        text.contains("tasks    = [\"GATA\", \"CACC\", \"both ways\"]"),
        "{text}"
    );
    let declaration = gia::model::Declaration::load(Path::new(place), &Default::default());
    let declaration = declaration.expect("what was written");
    assert_eq!(
        (declaration.length, declaration.unit(0)),
        (60, Some("copies"))
    );

    let again = model(&["declare", place]);
    assert_eq!(again.status.code(), Some(3));
    assert!(said(&again).contains("exists already"), "{}", said(&again));
    let kept = std::fs::read_to_string(path.with_extension("toml")).expect("still there");
    assert_eq!(kept, text);
    let anew = model(&["declare", place, "--force"]);
    assert_eq!(anew.status.code(), Some(0), "{}", said(&anew));
    let few = model(&["declare", place, "--force", "--tasks", "one,two"]);
    assert!(
        said(&few).contains("2 tasks are declared"),
        "{}",
        said(&few)
    );
}

#[test]
fn inputs_are_declared_by_what_they_are_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.pt2");
    std::fs::copy(root().join("tests/models/profile.pt2"), &path).expect("copied");
    let path = path.to_str().expect("a path");
    let without = model(&["declare", path]);
    assert_eq!(without.status.code(), Some(3));
    assert!(
        said(&without).contains("give `--input` once for each"),
        "{}",
        said(&without)
    );
    let given = ["declare", path, "--input", "sequence", "--input", "0.25"];
    let output = model(&given);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = std::fs::read_to_string(folder.path().join("net.toml")).expect("written");
    assert!(
        text.contains("kind  = \"sequence\"") && text.contains("value = 0.25"),
        "{text}"
    );
    // What was written is enough to look at it as a declared network.
    let shown = said(&model(&["inspect", path]));
    assert!(shown.contains("48 bp, ACGT, channels_first"), "{shown}");
}

#[test]
fn a_declaration_says_what_stands_last() {
    let declared = |more: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("net.pt2");
        std::fs::copy(root().join("tests/models/deepsea.pt2"), &path).expect("copied");
        let words = [&["declare", path.to_str().expect("a path")], more].concat();
        let output = model(&words);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        std::fs::read_to_string(folder.path().join("net.toml")).expect("written")
    };
    assert!(
        declared(&[]).contains("# before = \"sigmoid\""),
        "{}",
        declared(&[])
    );
    let logits = declared(&["--before", "sigmoid"]);
    assert!(logits.contains("\nbefore   = \"sigmoid\""), "{logits}");
    assert!(logits.contains("unit     = \"logit\""), "{logits}");
}

#[test]
fn a_malformed_declaration_is_what_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.pt2");
    std::fs::copy(root().join("tests/models/deepsea.pt2"), &path).expect("copied");
    std::fs::write(path.with_extension("toml"), "length = \"long\"\n").expect("written");
    let output = model(&["inspect", path.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("net.toml:1`, `length`: expected a whole number"),
        "{}",
        said(&output)
    );
}
