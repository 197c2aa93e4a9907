//! Damaged and hostile ONNX files, and a hundred thousand damaged files of both formats.

use gia::diag::Code;
use gia::model::{Graph, Weights};
use prost::Message;
use rayon::prelude::*;

use super::damaged::{Numbers, is_read, mutated};
use super::says;
use crate::support::command::gia;
use crate::support::command::root;

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/models").join(name)).expect("a network")
}

#[test]
fn a_file_cut_short_is_told_or_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.onnx");
    for name in ["onnx/pair.onnx", "onnx/danq_dynamo.onnx"] {
        let whole = bytes_of(name);
        for length in (0..whole.len()).step_by(37) {
            std::fs::write(&path, &whole[..length]).expect("written");
            // What is missing may be nothing but the opset or the last declared output.
            let read = is_read(&path, format!("{name} to {length} bytes"));
            assert!(
                !read || length + 200 > whole.len(),
                "{name}: {length} bytes"
            );
        }
    }
}

/// Rounds of changed bytes, over networks that use all readers; how many were refused.
fn change_bytes(names: &[&str], rounds: usize, seed: u64) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let mut numbers = Numbers(seed);
    let wholes: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (*name, bytes_of(name))).collect();
    let mut refused = 0;
    for round in 0..rounds {
        let (name, whole) = &wholes[round % wholes.len()];
        let kind = name.rsplit('.').next().expect("a kind");
        let path = folder.path().join(format!("net.{kind}"));
        std::fs::write(&path, mutated(whole, &mut numbers)).expect("written");
        refused += usize::from(!is_read(&path, format!("{name}, round {round}")));
    }
    refused
}

const ONNX: [&str; 10] = [
    "onnx/danq.onnx",
    "onnx/enformer.onnx",
    "onnx/circular.onnx",
    "onnx/pieces_dynamo.onnx",
    "onnx/transformer.onnx",
    "onnx/bpnet.onnx",
    "onnx/puffin_dynamo.onnx",
    "onnx/keras.onnx",
    "onnx/kmers_dynamo.onnx",
    "onnx/free_length_dynamo.onnx",
];

#[test]
fn changed_bytes_of_a_file_break_nothing() {
    let refused = change_bytes(&ONNX, 2400, 3);
    assert!(refused > 200, "only {refused} were refused");
}

/// Bounds, sizes and counts that a file keeps as small integers: each replaced by an absurd one.
#[test]
fn absurd_integers_anywhere_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.onnx");
    let mut tried = 0;
    for name in [
        "onnx/circular.onnx",
        "onnx/danq.onnx",
        "onnx/pieces_dynamo.onnx",
    ] {
        let whole = bytes_of(name);
        for at in 0..whole.len() - 8 {
            let number = i64::from_le_bytes(whole[at..at + 8].try_into().expect("eight bytes"));
            if number == 0 || !(-1..=64).contains(&number) {
                continue;
            }
            for absurd in [0, 1 << 48, i64::MAX, i64::MIN] {
                let mut changed = whole.clone();
                changed[at..at + 8].copy_from_slice(&i64::to_le_bytes(absurd));
                std::fs::write(&path, &changed).expect("written");
                is_read(&path, format!("{name}: {absurd} at byte {at}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "only {tried} were tried");
}

/// `make check-damaged`.
#[test]
#[ignore = "minutes"]
fn a_hundred_thousand_changed_files_break_nothing() {
    let archives = [
        "pair.pt2",
        "danq.pt2",
        "enformer.pt2",
        "pieces.pt2",
        "decomposed_shapes.pt2",
        "decomposed_operators.pt2",
        "spectral.pt2",
        "written.pt2",
    ];
    let names: Vec<&str> = ONNX.iter().chain(&archives).copied().collect();
    let refused: usize = (0..100)
        .into_par_iter()
        .map(|part| {
            let refused = change_bytes(&names, 1_000, 100 + part);
            println!("part {part}: {refused} of 1,000 refused");
            refused
        })
        .sum();
    println!(
        "100,000 changed files: {refused} refused, the others read; no panic, no memory beyond the bound"
    );
}

/// The parts of an ONNX file that the cases below write.
#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(message, optional, tag = "7")]
    graph: Option<Net>,
    #[prost(message, repeated, tag = "8")]
    opset: Vec<Opset>,
}

#[derive(Clone, PartialEq, Message)]
struct Opset {
    #[prost(int64, tag = "2")]
    version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Net {
    #[prost(message, repeated, tag = "1")]
    node: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<Info>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<Info>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "4")]
    operator: String,
    #[prost(string, tag = "7")]
    domain: String,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    kind: i32,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw: Vec<u8>,
    #[prost(message, repeated, tag = "13")]
    external: Vec<Entry>,
    #[prost(int32, tag = "14")]
    location: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Info {
    #[prost(string, tag = "1")]
    name: String,
}

/// `y = Mul(x, w)` with four numbers in w.
fn product() -> Model {
    let info = |name: &str| Info { name: name.into() };
    Model {
        opset: vec![Opset { version: 17 }],
        graph: Some(Net {
            node: vec![Node {
                input: vec!["x".into(), "w".into()],
                output: vec!["y".into()],
                operator: "Mul".into(),
                domain: String::new(),
            }],
            initializer: vec![Tensor {
                dims: vec![4],
                kind: 1,
                name: "w".into(),
                raw: vec![0; 16],
                ..Tensor::default()
            }],
            input: vec![info("x")],
            output: vec![info("y")],
        }),
    }
}

/// What reading a changed product says.
#[track_caller]
fn refused(change: impl FnOnce(&mut Net), code: Code, parts: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("weights.bin"), [0; 12]).expect("written");
    let mut model = product();
    change(model.graph.as_mut().expect("a graph"));
    let path = folder.path().join("net.onnx");
    std::fs::write(&path, model.encode_to_vec()).expect("written");
    let read = Graph::read(&path).and_then(|graph| {
        let mut weights = Weights::open(&path)?;
        let all = graph.weights.iter();
        all.map(|weight| weights.bytes(weight))
            .collect::<Result<Vec<_>, _>>()
    });
    says(&read.expect_err("it is damaged"), code, parts);
}

#[test]
fn what_contradicts_itself_is_named() {
    let bad = Code::BadModelFile;
    refused(
        |net| net.initializer[0].dims = vec![5],
        bad,
        &["its tensor `w` has 16 bytes, but its shape needs 20"],
    );
    refused(
        |net| net.initializer[0].dims = vec![-4],
        bad,
        &["`w` has a negative dimension"],
    );
    refused(
        |net| net.initializer[0].dims = vec![1 << 40, 1 << 40],
        bad,
        &["`w`"],
    );
    refused(
        |net| net.initializer.clear(),
        bad,
        &["uses `w` before it is defined"],
    );
    refused(
        |net| net.output[0].name = "z".into(),
        bad,
        &["its output `z` is not defined"],
    );
    refused(|net| net.input.clear(), bad, &["its graph has no input"]);
    refused(|net| net.output.clear(), bad, &["its graph has no output"]);
    refused(
        |net| net.node[0].input.truncate(1),
        bad,
        &["(`Mul`) has no input 2"],
    );
    let unknown = Code::UnknownOperator;
    refused(
        |net| net.node[0].operator = "Unique".into(),
        unknown,
        &["net.onnx", "`y`", "`Unique`", "is not supported"],
    );
    refused(
        |net| net.node[0].domain = "com.acme".into(),
        unknown,
        &["belongs to the operator domain `com.acme`"],
    );
    refused(
        |net| net.initializer[0].kind = 8,
        unknown,
        &["`w` has elements of ONNX's type 8"],
    );
}

#[test]
fn a_list_that_doubles_again_and_again_takes_no_memory() {
    let node = |operator: &str, inputs: [String; 2], output: String| Node {
        input: inputs.into(),
        output: vec![output],
        operator: operator.into(),
        domain: String::new(),
    };
    let joined = |net: &mut Net| {
        net.initializer.push(Tensor {
            dims: vec![4],
            kind: 7,
            name: "list0".into(),
            raw: [1i64; 4].into_iter().flat_map(i64::to_le_bytes).collect(),
            ..Tensor::default()
        });
        let list = |round: usize| format!("list{round}");
        let rounds = (0..40).map(|n| node("Concat", [list(n), list(n)], list(n + 1)));
        net.node = rounds.collect();
        net.node
            .push(node("Reshape", ["w".into(), list(40)], "y".into()));
    };
    refused(
        joined,
        Code::UnknownOperator,
        &["(`Reshape`)", "known only at run time"],
    );
}

#[test]
fn weights_in_other_files_lie_below_the_model() {
    let elsewhere = |place: &'static str| {
        move |net: &mut Net| {
            let w = &mut net.initializer[0];
            w.raw.clear();
            w.location = 1;
            w.external = vec![Entry {
                key: "location".into(),
                value: place.into(),
            }];
        }
    };
    let bad = Code::BadModelFile;
    for place in ["/etc/passwd", "../weights.bin", "a/../../weights.bin", ""] {
        refused(
            elsewhere(place),
            bad,
            &["`w`", "outside the model's folder"],
        );
    }
    refused(
        elsewhere("weights.bin"),
        bad,
        &["has 12 bytes, but its shape needs 16"],
    );
    refused(elsewhere("none.bin"), Code::MissingFile, &["none.bin"]);
    let beyond = |net: &mut Net| {
        elsewhere("weights.bin")(net);
        let entry = |key: &str, value: &str| Entry {
            key: key.into(),
            value: value.into(),
        };
        let external = &mut net.initializer[0].external;
        external.extend([
            entry("offset", "8"),
            entry("length", "18446744073709551615"),
        ]);
    };
    refused(beyond, bad, &["ends beyond the end of `weights.bin`"]);
}

#[test]
fn weights_in_other_files_are_not_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mut model = product();
    let graph = model.graph.as_mut().expect("a graph");
    let w = &mut graph.initializer[0];
    w.raw.clear();
    w.location = 1;
    w.external = vec![Entry {
        key: "location".into(),
        value: "weights.bin".into(),
    }];
    std::fs::write(at("net.onnx"), model.encode_to_vec()).expect("written");
    std::fs::write(at("weights.bin"), [0; 16]).expect("written");
    let words = ["model".into(), "inspect".into(), at("net.onnx")];
    let output = gia(words
        .into_iter()
        .chain(["--json".into(), at("weights.bin")]));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("E0612"));
    assert_eq!(std::fs::read(at("weights.bin")).expect("weights"), [0; 16]);
}

#[test]
fn an_older_set_of_operators_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.onnx");
    let mut model = product();
    model.opset[0].version = 9;
    std::fs::write(&path, model.encode_to_vec()).expect("written");
    let diagnostic = Graph::read(&path).expect_err("it is old");
    says(
        &diagnostic,
        Code::BadModelFile,
        &["version 9", "versions from 13 on"],
    );
}

/// A product whose four numbers lie in `weights.bin`.
fn with_weights_beside() -> Vec<u8> {
    let mut model = product();
    let w = &mut model.graph.as_mut().expect("a graph").initializer[0];
    w.raw.clear();
    w.location = 1;
    w.external = vec![Entry {
        key: "location".into(),
        value: "weights.bin".into(),
    }];
    model.encode_to_vec()
}

#[cfg(unix)]
#[test]
fn links_to_weights_stay_in_the_folder_of_the_model() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    for name in ["net/below", "other", "blobs", "snapshot"] {
        std::fs::create_dir_all(at(name)).expect("a folder");
    }
    for name in ["net/below/own.bin", "other/foreign.bin", "blobs/b"] {
        std::fs::write(at(name), [0; 16]).expect("written");
    }
    for name in ["net/net.onnx", "blobs/a"] {
        std::fs::write(at(name), with_weights_beside()).expect("written");
    }
    let link = at("net/weights.bin");
    symlink("below/own.bin", &link).expect("a link");
    assert!(Graph::read(&at("net/net.onnx")).is_ok());
    std::fs::remove_file(&link).expect("removed");
    symlink("../other/foreign.bin", &link).expect("a link");
    let refused = Graph::read(&at("net/net.onnx")).expect_err("it leaves the folder");
    let parts = [
        "`w`",
        "`weights.bin`",
        "is a link out of the model's folder",
    ];
    says(&refused, Code::BadModelFile, &parts);
    // A cache that keeps contents apart from names links both.
    symlink("../blobs/a", at("snapshot/net.onnx")).expect("a link");
    symlink("../blobs/b", at("snapshot/weights.bin")).expect("a link");
    assert!(Graph::read(&at("snapshot/net.onnx")).is_ok());
    std::fs::remove_file(at("snapshot/weights.bin")).expect("removed");
    symlink("../other/foreign.bin", at("snapshot/weights.bin")).expect("a link");
    assert!(Graph::read(&at("snapshot/net.onnx")).is_err());
}
