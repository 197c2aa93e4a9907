//! Networks of tokens and of further channels: what is refused, and what is shown of them. `tests/recorded/networks.rs` holds their numbers against
//! PyTorch's, `tests/incremental.rs` those of edits.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::command::{gia, root};

/// A network of `tests/models` in a folder, its declaration changed, and a FASTA file beside it.
fn placed(
    name: &str,
    change: impl Fn(String) -> String,
    fasta: &str,
) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let from = root().join("tests/models");
    let model = folder.path().join(format!("{name}.pt2"));
    std::fs::copy(from.join(format!("{name}.pt2")), &model).expect("copied");
    let declaration = std::fs::read_to_string(from.join(format!("{name}.toml"))).expect("declared");
    std::fs::write(model.with_extension("toml"), change(declaration)).expect("written");
    std::fs::write(folder.path().join("some.fa"), fasta).expect("written");
    (folder, model)
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).expect("text")
}

fn predict(model: &Path, more: &[&str]) -> Output {
    let fasta = model.with_file_name("some.fa");
    let words = [Path::new("predict"), model, &fasta].map(Path::as_os_str);
    gia(words
        .into_iter()
        .chain(more.iter().map(std::ffi::OsStr::new)))
}

const WITH_N: &str = ">a\nACGTACGTACGTACGTACGTACGTACGT\n>b\nACGTACGTACGTANGTACGTACGTACGT\n";

#[test]
fn an_unknown_base_without_a_token_is_refused() {
    let without_n = |text: String| text.replace(", N = 11", "");
    let (_folder, model) = placed("base_tokens", without_n, WITH_N);
    let output = predict(&model, &["--keep-unknown", "--error-format", "short"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("a sequence holds N, for which"),
        "{}",
        said(&output)
    );
    let known = WITH_N.replace('N', "A");
    let (_folder, model) = placed("base_tokens", without_n, &known);
    assert!(predict(&model, &[]).status.success());
    let (_folder, model) = placed("base_tokens", |text| text, WITH_N);
    assert!(predict(&model, &["--keep-unknown"]).status.success());
}

#[test]
fn tokens_have_no_gradient() {
    let (folder, model) = placed("base_tokens", |text| text, &WITH_N.replace('N', "A"));
    let npz = folder.path().join("found.npz");
    let fasta = folder.path().join("some.fa");
    let words: [&std::ffi::OsStr; 7] = [
        "gradients".as_ref(),
        model.as_ref(),
        fasta.as_ref(),
        "--of".as_ref(),
        "0".as_ref(),
        "--npz".as_ref(),
        npz.as_ref(),
    ];
    let output = gia(words);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("E0512"), "{}", said(&output));
    assert!(!npz.exists());
}

#[test]
fn a_network_is_shown_as_its_file_has_it() {
    let (_folder, model) = placed("words", |text| text, "");
    std::fs::copy(
        root().join("tests/models/words.txt"),
        model.with_file_name("words.txt"),
    )
    .expect("copied");
    let output = gia([Path::new("model"), Path::new("inspect"), &model]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for part in ["tokens (n, 9)", "take 1", "29 bp, ACGT"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("literal"), "{text}");
}

#[test]
fn found_tokens_are_written_down() {
    let (_folder, model) = placed("found_tokens", |_| String::new(), "");
    let output = gia([
        Path::new("model"),
        Path::new("declare"),
        &model,
        Path::new("--force"),
    ]);
    assert!(output.status.success(), "{}", said(&output));
    let declared = std::fs::read_to_string(model.with_extension("toml")).expect("written");
    assert!(
        declared.contains("tokens = { A = 0, C = 1, G = 2, T = 3, N = 4 }"),
        "{declared}"
    );
    let again = gia([Path::new("model"), Path::new("inspect"), &model]);
    assert!(said(&again).contains("26 bp, ACGT"), "{}", said(&again));
}

#[test]
fn tokens_are_asked_for_where_a_base_would_be_padding() {
    let (_folder, model) = placed("padded_tokens", |_| String::new(), ">a\nACGT\n");
    let output = predict(&model, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    for part in [
        "E0506",
        "of which 0 is padding",
        "A = 1, C = 2, G = 3, T = 4",
    ] {
        assert!(said(&output).contains(part), "{}", said(&output));
    }
}

#[test]
fn a_network_of_a_free_length_is_shown_at_the_declared_one() {
    for name in ["free_length.pt2", "onnx/free_length_dynamo.onnx"] {
        let model = root().join("tests/models").join(name);
        let output = gia([Path::new("model"), Path::new("inspect"), &model]);
        let text = said(&output);
        assert!(output.status.success(), "{text}");
        for part in ["(n, 4, 46)", "46 bp, ACGT"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
