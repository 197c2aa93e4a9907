//! Damaged and hostile files: always a network or a diagnosis, never a panic, never memory that the file cannot fill.

use std::path::Path;

use gia::diag::{Code, Diagnostic};
use gia::model::{Declaration, Graph, LoadArguments, Weights};
use serde_json::{Value, json};
use zip::CompressionMethod;

use super::says;
use crate::support::allocation::largest;
use crate::support::archive::{Records, network};

/// What reading a file of a few kilobytes may take at once.
const MOST_MEMORY: usize = 8 << 20;

/// Reads all that can be read of a model file: structure, weights and declaration.
fn read_all(path: &Path) -> Result<(), Box<Diagnostic>> {
    let graph = Graph::read(path)?;
    // Sizes of a length that the file leaves free.
    Graph::read_sized(path, &[Some(46)])?;
    Declaration::load(path, &LoadArguments::default())?;
    let mut weights = Weights::open(path)?;
    for weight in &graph.weights {
        weights.bytes(weight)?;
    }
    Ok(())
}

/// Whether the file is whole; fails the test where reading it panics or takes much memory.
#[track_caller]
pub(super) fn is_read(path: &Path, what: impl std::fmt::Display) -> bool {
    let (outcome, memory) = largest(|| {
        std::panic::catch_unwind(|| read_all(path)).unwrap_or_else(|_| panic!("{what}: a panic"))
    });
    assert!(memory < MOST_MEMORY, "{what}: {memory} bytes at once");
    match outcome {
        Ok(()) => true,
        Err(diagnostic) => {
            assert!(!diagnostic.message.is_empty(), "{what}");
            false
        }
    }
}

#[track_caller]
fn refused(records: &Records, code: Code, parts: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = records.write(folder.path(), "net.pt2");
    let (outcome, memory) = largest(|| read_all(&path));
    assert!(memory < MOST_MEMORY, "{memory} bytes at once");
    says(&outcome.expect_err("it is damaged"), code, parts);
}

/// Networks that use all operators between them.
const NETWORKS: [&str; 16] = [
    "pair",
    "algebra",
    "decomposed_operators",
    "decomposed_windows",
    "decomposed_written",
    "free_length",
    "functions",
    "kmers",
    "last_states",
    "reductions",
    "scattering",
    "sorting",
    "spectral",
    "windows",
    "words",
    "written",
];

/// A stream of numbers of its own: splitmix64.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// A few bytes of some overwritten, dropped or doubled.
pub(super) fn mutated(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + numbers.below(4) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes[at] = numbers.below(256) as u8,
            1 => bytes[at] ^= 1 << numbers.below(8),
            2 => bytes[at] = [0, 0xff, 0x7f, 0x80][numbers.below(4)],
            3 => {
                bytes.remove(at);
            }
            4 => bytes.insert(at, numbers.below(256) as u8),
            _ => bytes[at] = b"0123456789{}[]\",:-"[numbers.below(18)],
        }
    }
    bytes
}

#[test]
fn a_file_cut_short_is_told_at_every_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.pt2");
    let whole = std::fs::read(network("quarter")).expect("a network");
    let lengths = (0..64).chain((64..whole.len()).step_by(61));
    for length in lengths.chain(whole.len() - 30..whole.len()) {
        std::fs::write(&path, &whole[..length]).expect("written");
        assert!(!is_read(&path, format!("{length} bytes")), "{length} bytes");
        let diagnostic = Graph::read(&path).expect_err("it is cut short");
        assert_eq!(diagnostic.code, Code::BadModelFile, "{length} bytes");
    }
    std::fs::write(&path, &whole).expect("written");
    assert!(is_read(&path, "the whole"));
}

#[test]
fn changed_bytes_of_a_file_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut numbers = Numbers(1);
    let compressed = std::fs::read(network("pair")).expect("a network");
    let stored = Records::of("pair").write(folder.path(), "stored.pt2");
    let stored = std::fs::read(stored).expect("a network");
    let path = folder.path().join("net.pt2");
    let mut refused = 0;
    for round in 0..2000 {
        let whole = if round % 2 == 0 { &compressed } else { &stored };
        std::fs::write(&path, mutated(whole, &mut numbers)).expect("written");
        refused += usize::from(!is_read(&path, format!("round {round}")));
    }
    assert!(refused > 1000, "only {refused} were refused");
}

/// Behind right checksums, where changed bytes do reach the readers of the graph and of the weights' places.
#[test]
fn changed_bytes_of_a_record_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut numbers = Numbers(2);
    let mut refused = 0;
    for round in 0..1500 {
        let mut records = Records::of(NETWORKS[round % NETWORKS.len()]);
        let record =
            ["/models/model.json", "model_weights_config.json"][usize::from(round % 3 == 0)];
        let bytes = records.record(record);
        *bytes = mutated(bytes, &mut numbers);
        let path = records.write(folder.path(), "net.pt2");
        refused += usize::from(!is_read(&path, format!("round {round}")));
    }
    assert!(refused > 500, "only {refused} were refused");
}

/// Every whole number of a JSON tree, by where it stands.
fn integers(json: &Value, at: &str, found: &mut Vec<String>) {
    match json {
        Value::Number(n) if n.is_i64() || n.is_u64() => found.push(at.to_string()),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                integers(item, &format!("{at}/{i}"), found);
            }
        }
        Value::Object(items) => {
            for (key, item) in items {
                let key = key.replace('~', "~0").replace('/', "~1");
                integers(item, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn absurd_numbers_anywhere_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tried = 0;
    for record in ["/models/model.json", "model_weights_config.json"] {
        let json: Value = serde_json::from_slice(Records::of("pair").record(record)).expect("JSON");
        let mut places = Vec::new();
        integers(&json, "", &mut places);
        for place in places {
            for number in [0, -1, 3, 1 << 31, 1 << 40, i64::MAX, i64::MIN] {
                let mut changed = json.clone();
                *changed.pointer_mut(&place).expect("the same tree") = json!(number);
                let mut records = Records::of("pair");
                *records.record(record) = serde_json::to_vec(&changed).expect("JSON");
                let path = records.write(folder.path(), "net.pt2");
                is_read(&path, format!("{record} {place} = {number}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "only {tried} numbers");
}

fn weight(config: &mut Value) -> &mut Value {
    &mut config["first.weight"]
}

fn sizes(numbers: &[i64]) -> Value {
    numbers.iter().map(|n| json!({ "as_int": n })).collect()
}

#[test]
fn weights_that_do_not_fit_their_bytes_are_refused() {
    let shaped = |shape: &[i64], strides: &[i64]| {
        Records::of("quarter").edit_weights(|config| {
            let meta = &mut weight(config)["tensor_meta"];
            meta["sizes"] = sizes(shape);
            meta["strides"] = sizes(strides);
        })
    };
    let fits_not = |records: &Records| {
        refused(
            records,
            Code::BadModelFile,
            &[
                "the weight `first.weight` of shape",
                "does not match its 400 bytes",
            ],
        );
    };
    // The record holds 5 x 4 x 5 numbers of 4 bytes.
    fits_not(&shaped(&[5, 4, 6], &[24, 6, 1]));
    fits_not(&shaped(&[1 << 40, 4, 5], &[20, 5, 1]));
    fits_not(&shaped(&[i64::MAX, i64::MAX, i64::MAX], &[1, 1, 1]));
    fits_not(&shaped(&[5, 4, 5], &[i64::MAX, 5, 1]));
    fits_not(&Records::of("quarter").edit_weights(|config| {
        weight(config)["tensor_meta"]["storage_offset"] = json!({ "as_int": 1 });
    }));
    fits_not(&Records::of("quarter").edit_weights(|config| {
        weight(config)["tensor_meta"]["dtype"] = json!(8);
    }));
    // Few bytes, seen again and again.
    for (shape, strides) in [
        (vec![1 << 40, 3], vec![0, 0]),
        (vec![33, 33, 33, 33, 33], vec![1, 1, 1, 0, 0]),
        (vec![9; 9], vec![1; 9]),
    ] {
        refused(
            &shaped(&shape, &strides),
            Code::BadModelFile,
            &["does not fit its shape"],
        );
    }
    for (shape, strides) in [([-5, 4, 5], [20, 5, 1]), ([5, 4, -5], [20, 5, 1])] {
        refused(
            &shaped(&shape, &strides),
            Code::BadModelFile,
            &["`first.weight` has no usable shape"],
        );
    }
    refused(
        &shaped(&[5, 4, 5], &[20, -5, 1]),
        Code::BadModelFile,
        &["`first.weight` has no usable strides"],
    );
    refused(
        &shaped(&[5, 4, 5], &[20, 1]),
        Code::BadModelFile,
        &["`first.weight` has no usable strides"],
    );
}

#[test]
fn weights_without_elements_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = Records::of("quarter").edit_weights(|config| {
        let meta = &mut weight(config)["tensor_meta"];
        meta["sizes"] = sizes(&[0, 1 << 40, 1 << 40]);
        meta["strides"] = sizes(&[1 << 40, 1 << 40, 1]);
        meta["storage_offset"] = json!({ "as_int": i64::MAX });
    });
    assert!(is_read(
        &records.write(folder.path(), "net.pt2"),
        "no elements"
    ));
}

#[test]
fn what_is_missing_is_named() {
    let of = || Records::of("quarter");
    let bad = Code::BadModelFile;
    refused(
        &of().without("weights/weight_0"),
        bad,
        &["the bytes of the weight `first.", "are missing"],
    );
    refused(
        &of().without("model_weights_config.json"),
        bad,
        &["the weight `first.weight` is missing"],
    );
    refused(
        &of().without("models/model.json"),
        bad,
        &["it holds no graph"],
    );
    let lacking = |key: &'static str| {
        of().edit_graph(move |graph| {
            graph["graph_module"]
                .as_object_mut()
                .expect("a module")
                .remove(key);
        })
    };
    refused(&lacking("graph"), bad, &["its graph lacks `graph`"]);
    refused(&lacking("signature"), bad, &["its graph lacks `signature`"]);
    refused(
        &of().edit_graph(|graph| {
            let nodes = graph["graph_module"]["graph"]["nodes"].as_array_mut();
            nodes.expect("nodes").remove(0);
        }),
        bad,
        &["its graph uses `conv1d` before it is defined"],
    );
    refused(
        &of().edit_graph(|graph| graph["graph_module"]["graph"]["nodes"] = json!("none")),
        bad,
        &["`nodes` in its graph is not a list"],
    );
}

#[test]
fn another_version_of_the_schema_is_told() {
    refused(
        &Records::of("quarter").edit_graph(|graph| graph["schema_version"]["major"] = json!(9)),
        Code::BadModelFile,
        &[
            "version 9 of PyTorch's export schema",
            "version 8",
            "PyTorch 2.8 to",
        ],
    );
    refused(
        &Records::of("quarter").edit_graph(|graph| graph["schema_version"] = json!(null)),
        Code::BadModelFile,
        &["does not state its schema version"],
    );
}

#[test]
fn weights_in_the_other_byte_order_are_refused() {
    let mut records = Records::of("quarter");
    *records.record("byteorder") = b"big".to_vec();
    refused(
        &records,
        Code::BadModelFile,
        &["net.pt2` are not little-endian"],
    );
}

#[test]
fn a_pickled_weight_is_refused() {
    refused(
        &Records::of("quarter").edit_weights(|config| weight(config)["use_pickle"] = json!(true)),
        Code::RefusedModelFile,
        &[
            "the weight `first.weight` of",
            "is pickled, and reading it would run code",
        ],
    );
}

#[test]
fn a_name_is_never_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let outside = folder.path().join("outside");
    std::fs::write(&outside, [0; 400]).expect("written");
    for name in [
        "../../../outside".to_string(),
        outside.display().to_string(),
    ] {
        let records =
            Records::of("quarter").edit_weights(|config| weight(config)["path_name"] = json!(name));
        refused(
            &records,
            Code::BadModelFile,
            &["the bytes of the weight `first.weight` are missing"],
        );
    }
    // A record that calls itself so is a record like any other.
    let mut records = Records::of("quarter").edit_weights(|config| {
        weight(config)["path_name"] = json!("../../../outside");
    });
    records
        .0
        .push(("quarter/data/weights/../../../outside".into(), vec![0; 400]));
    assert!(is_read(
        &records.write(folder.path(), "net.pt2"),
        "a record"
    ));
}

/// Overwrites a four-byte number of a record's entries in the archive, local and central.
fn restate(bytes: &mut [u8], record: &str, local: usize, central: usize, number: u32) {
    let mut changed = 0;
    for (magic, name_at, field) in [(b"PK\x03\x04", 30, local), (b"PK\x01\x02", 46, central)] {
        for at in 0..bytes.len() {
            let entry = &bytes[at..];
            if entry.starts_with(magic)
                && entry
                    .get(name_at..)
                    .is_some_and(|rest| rest.starts_with(record.as_bytes()))
            {
                bytes[at + field..at + field + 4].copy_from_slice(&number.to_le_bytes());
                changed += 1;
            }
        }
    }
    assert_eq!(changed, 2, "both entries of {record}");
}

#[test]
fn a_record_that_unpacks_to_much_more_than_the_file_is_refused_unread() {
    let folder = tempfile::tempdir().expect("a folder");
    let bomb = 24 << 20;
    for (record, full) in [
        ("/models/model.json", "quarter/models/model.json"),
        ("weights/weight_0", "quarter/data/weights/weight_0"),
    ] {
        let mut records = Records::of("quarter");
        *records.record(record) = vec![0; bomb];
        let path = records.write_as(folder.path(), "net.pt2", CompressionMethod::Deflated);
        let refused = |what: &str, path: &Path| {
            let (outcome, memory) = largest(|| read_all(path));
            let diagnostic = outcome.expect_err("a bomb");
            says(
                &diagnostic,
                Code::BadModelFile,
                &["is damaged: its record", what],
            );
            assert!(memory < MOST_MEMORY, "{memory} bytes at once");
        };
        refused("is larger than the limit", &path);
        // One that says it is a gigabyte, and one that says it is small.
        let whole = std::fs::read(&path).expect("the archive");
        for (stated, what) in [(1 << 30, "is larger than the limit"), (400, "")] {
            let mut bytes = whole.clone();
            restate(&mut bytes, full, 22, 24, stated);
            std::fs::write(&path, &bytes).expect("written");
            refused(what, &path);
        }
    }
}

#[test]
fn a_record_that_claims_more_than_it_holds_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Records::of("quarter").write(folder.path(), "net.pt2");
    let mut bytes = std::fs::read(&path).expect("the archive");
    restate(&mut bytes, "quarter/data/weights/weight_0", 22, 24, 4000);
    std::fs::write(&path, &bytes).expect("written");
    assert!(!is_read(&path, "a record that claims more"));
}

#[test]
fn a_shape_of_the_output_beyond_all_memory_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = Records::of("quarter").edit_graph(|graph| {
        let output = graph["graph_module"]["signature"]["output_specs"][0]["user_output"]["arg"]
            ["as_tensor"]["name"]
            .as_str()
            .expect("an output")
            .to_string();
        let values = &mut graph["graph_module"]["graph"]["tensor_values"];
        values[&output]["sizes"] = sizes(&[1, 1 << 40, 1 << 40]);
    });
    let path = records.write(folder.path(), "net.pt2");
    let diagnostic = Declaration::load(&path, &LoadArguments::default()).expect_err("too large");
    says(
        &diagnostic,
        Code::BadModelFile,
        &["is larger than supported"],
    );
}

/// As above, at some places of every network: sizes, dimensions and indices of all operators.
#[test]
fn absurd_numbers_in_operators_break_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut numbers = Numbers(3);
    let mut refused = 0;
    for name in NETWORKS {
        let record = "/models/model.json";
        let json: Value = serde_json::from_slice(Records::of(name).record(record)).expect("JSON");
        let mut places = Vec::new();
        integers(&json, "", &mut places);
        for round in 0..150 {
            let place = &places[numbers.below(places.len())];
            let number = [0, -1, 1, 3, 1 << 31, 1 << 40, i64::MAX, i64::MIN][round % 8];
            let mut changed = json.clone();
            *changed.pointer_mut(place).expect("the same tree") = json!(number);
            let mut records = Records::of(name);
            *records.record(record) = serde_json::to_vec(&changed).expect("JSON");
            let path = records.write(folder.path(), "net.pt2");
            refused += usize::from(!is_read(&path, format!("{name} {place} = {number}")));
        }
    }
    assert!(refused > 400, "only {refused} were refused");
}
