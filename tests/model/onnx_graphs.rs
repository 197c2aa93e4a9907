//! ONNX graphs that PyTorch's exporters write in few networks, or that mean something else in ONNX than in PyTorch.

use std::path::Path;

use serde_json::Value;

use crate::support::command::gia;
use crate::support::onnx::{Attribute, Network};

const SEQUENCES: [&str; 3] = ["ACGTTG", "CCATGA", "TTTTTT"];

/// Status, message and predictions of the sequences above.
fn predicted(network: &Path, batch: &str) -> (Option<i32>, String, Vec<Vec<f64>>) {
    let folder = network.parent().expect("a folder");
    let (fasta, json) = (folder.join("some.fa"), folder.join("found.json"));
    let records = SEQUENCES.iter().enumerate();
    let text: String = records.map(|(i, s)| format!(">s{i}\n{s}\n")).collect();
    std::fs::write(&fasta, text).expect("written");
    let words = ["predict".into(), network.to_path_buf(), fasta];
    let options = ["--batch", batch, "--json"].map(Into::into);
    let output = gia(words.into_iter().chain(options).chain([json.clone()]));
    let said = String::from_utf8(output.stderr).expect("text");
    let said = said.split_whitespace().filter(|word| *word != "│");
    let said = said.collect::<Vec<_>>().join(" ");
    let found = std::fs::read_to_string(json).ok();
    let found: Value = found.map_or(Value::Null, |text| {
        serde_json::from_str(&text).expect("JSON")
    });
    let rows = found["predictions"].as_array().into_iter().flatten();
    let rows = rows.map(|row| {
        let values = row["values"].as_array().expect("values").iter();
        values
            .map(|value| value.as_f64().expect("a number"))
            .collect()
    });
    (output.status.code(), said, rows.collect())
}

/// A lookup of `places` in each sequence, by numbers of the flattened batch.
fn strided(places: &[i64], folder: &Path) -> std::path::PathBuf {
    let mut network = Network::new(6);
    let (x, all) = (Network::INPUT, network.whole_numbers(&[-1]));
    let flat = network.node("Reshape", &[x, &all], &[]);
    let sizes = network.node("Shape", &[x], &[]);
    let (none, one) = (network.whole_numbers(&[0]), network.whole_numbers(&[1]));
    let batch = network.node("Gather", &[&sizes, &none], &[]);
    let rows = network.node("Range", &[&none, &batch, &one], &[]);
    let (stride, places_of_one) = (network.whole_numbers(&[24]), network.whole_numbers(places));
    let starts = network.node("Mul", &[&rows, &stride], &[]);
    let starts = network.node("Unsqueeze", &[&starts, &one], &[]);
    let indices = network.node("Add", &[&places_of_one, &starts], &[]);
    let taken = network.node("Gather", &[&flat, &indices], &[]);
    network.write(&taken, &[places.len()], folder)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_strided_view_takes_elements_of_each_sequence() {
    let folder = tempfile::tempdir().expect("a folder");
    // The first base is A; the second is C; the last is T, G or A.
    let network = strided(&[0, 7, 23, 17, 5], folder.path());
    for batch in ["1", "3"] {
        let (status, said, found) = predicted(&network, batch);
        assert_eq!(status, Some(0), "{said}");
        let known = [
            [1.0, 1.0, 0.0, 1.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 1.0],
            [0.0, 0.0, 1.0, 0.0, 0.0],
        ];
        assert_eq!(found, known, "batch {batch}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_strided_view_never_takes_elements_of_another_sequence() {
    for place in [-1, 24] {
        let folder = tempfile::tempdir().expect("a folder");
        let network = strided(&[0, place], folder.path());
        let (status, said, _) = predicted(&network, "3");
        assert_eq!(status, Some(3), "{place}: {said}");
        assert!(said.contains("E0604"), "{place}: {said}");
    }
}

/// A resize of the whole sequence to `size` numbers.
fn resized(size: i64, folder: &Path) -> std::path::PathBuf {
    let mut network = Network::new(6);
    let sizes = network.whole_numbers(&[-1, 4, size]);
    let x = Network::INPUT;
    // The batch size stands first in the sizes, as exporters write it.
    let own = network.node("Shape", &[x], &[("end", Attribute::Whole(1))]);
    let (start, end) = (network.whole_numbers(&[1]), network.whole_numbers(&[3]));
    let others = network.node("Slice", &[&sizes, &start, &end], &[]);
    let sizes = network.node("Concat", &[&own, &others], &[("axis", Attribute::Whole(0))]);
    let attributes = [
        ("mode", Attribute::Text("linear")),
        (
            "coordinate_transformation_mode",
            Attribute::Text("pytorch_half_pixel"),
        ),
    ];
    let resized = network.node("Resize", &[x, "", "", &sizes], &attributes);
    let flat = network.node("Flatten", &[&resized], &[]);
    network.write(&flat, &[4 * size as usize], folder)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_resize_to_one_number_is_refused_where_pytorch_and_onnx_differ() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, said, _) = predicted(&resized(1, folder.path()), "3");
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0503") && said.contains("where PyTorch and ONNX differ"),
        "{said}"
    );
    let (status, said, found) = predicted(&resized(3, folder.path()), "3");
    assert_eq!(status, Some(0), "{said}");
    // ACGTTG: half of each pair of neighbours.
    assert_eq!(
        found[0],
        [0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.5, 0.5]
    );
}
