//! Networks that compute with integers which float32, or their own type, does not hold: an error, where another number would come out.

use crate::support::archive::network;
use crate::support::command::gia;

/// Status and message of a prediction of one sequence.
fn predicted(name: &str, sequence: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = folder.path().join("one.fa");
    std::fs::write(&fasta, format!(">one\n{sequence}\n")).expect("written");
    let model = network("bytes").with_file_name(name);
    let output = gia(["predict".into(), model, fasta]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    let words = said.split_whitespace().filter(|word| *word != "│");
    (output.status.code(), words.collect::<Vec<_>>().join(" "))
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn integers_that_float32_does_not_hold_are_an_error() {
    // A word of 13 bases that ends in G or T is 2^25 or more.
    let (status, said) = predicted("long_words.pt2", &"ACGTT".repeat(4));
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0604") && said.contains("only those from -16777216 to 16777216"),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn integers_that_their_type_does_not_hold_are_an_error() {
    for (name, node) in [
        ("bytes.pt2", "`sub`"),
        ("onnx/bytes_dynamo.onnx", "`node_sub_"),
    ] {
        let (status, said) = predicted(name, &"TACGT".repeat(4));
        assert_eq!(status, Some(3), "{said}");
        assert!(
            said.contains(node) && said.contains("makes the integer -3; only those from 0 to 255"),
            "{said}"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn integers_of_a_weight_that_float32_does_not_hold_are_an_error() {
    let (status, said) = predicted("long_table.pt2", &"TACGT".repeat(4));
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0604") && said.contains("holds the integer 16777217"),
        "{said}"
    );
}
