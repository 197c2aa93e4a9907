//! `gia gradients`: arrays for NumPy, and what is refused.

use std::fs::File;
use std::path::Path;
use std::process::Output;

use ndarray::{Array1, Array3};
use ndarray_npy::NpzReader;

use crate::support::archive::network;
use crate::support::command::gia;

struct Arrays {
    gradients: Array3<f32>,
    one_hot: Array3<f32>,
    predictions: Array1<f32>,
}

fn run(model: &str, fasta: &str, more: &[&str], npz: &Path) -> Output {
    let folder = npz.parent().expect("a folder");
    let sequences = folder.join("some.fa");
    std::fs::write(&sequences, fasta).expect("written");
    let words = [
        "gradients".into(),
        network(model),
        sequences,
        "--npz".into(),
        npz.into(),
    ];
    let more = more.iter().map(|word| (*word).into());
    gia(words.into_iter().chain(more))
}

fn arrays(model: &str, fasta: &str, more: &[&str]) -> Arrays {
    let folder = tempfile::tempdir().expect("a folder");
    let npz = folder.path().join("found.npz");
    let output = run(model, fasta, more, &npz);
    assert!(output.status.success(), "{output:?}");
    let mut npz = NpzReader::new(File::open(npz).expect("written")).expect("an npz file");
    Arrays {
        gradients: npz.by_name("gradients").expect("gradients"),
        one_hot: npz.by_name("one_hot").expect("bases"),
        predictions: npz.by_name("predictions").expect("predictions"),
    }
}

fn refused(model: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let npz = folder.path().join("found.npz");
    let more = [&["--error-format", "short"], more].concat();
    let output = run(model, ">a\nACGTACGTACGTACGTACGT\n", &more, &npz);
    assert_eq!(output.status.code(), Some(3));
    assert!(!npz.exists(), "a file is left although nothing was found");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.trim_end().to_string()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_number_of_g_and_c_grows_by_one_with_each() {
    let found = arrays(
        "gc",
        ">a\nACGTACGTACGTACGTACGT\n>b\nAAAAAAAAAAAAAAAAAAAG\n",
        &[],
    );
    assert_eq!(found.predictions.to_vec(), [10.0, 1.0]);
    for ((_, base, _), slope) in found.gradients.indexed_iter() {
        assert_eq!(*slope, f32::from(base == 1 || base == 2));
    }
    assert_eq!(found.one_hot.sum(), 40.0);
    assert_eq!(found.one_hot[[1, 2, 19]], 1.0);
    assert_eq!(found.one_hot[[1, 0, 19]], 0.0);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_task_is_taken_by_name_or_number() {
    let fasta = format!(">a\n{}GATA{}\n", "C".repeat(20), "C".repeat(36));
    let by_name = arrays("pair", &fasta, &["--of", "GATA"]);
    let by_number = arrays("pair", &fasta, &["--of", "0"]);
    assert_eq!(by_name.gradients, by_number.gradients);
    // One copy of GATA: four bases that count, and no other.
    assert_eq!(by_name.predictions.to_vec(), [1.0]);
    assert_eq!(by_name.gradients.sum(), 4.0);
    for (base, position) in [(2, 20), (0, 21), (3, 22), (0, 23)] {
        assert_eq!(by_name.gradients[[0, base, position]], 1.0);
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_task_along_the_sequence_is_added_up() {
    let fasta = format!(">a\n{}\n", "ACGTTGCA".repeat(6));
    let whole = arrays("profile", &fasta, &["--of", "plus"]);
    // Numbers count the tasks, over all outputs.
    for (number, name) in [("0", "plus"), ("1", "minus"), ("2", "plus_counts")] {
        let numbered = arrays("profile", &fasta, &["--of", number]);
        let named = arrays("profile", &fasta, &["--of", name]);
        assert_eq!(numbered.gradients, named.gradients, "{name}");
    }
    let slopes = whole.gradients.iter();
    assert!(slopes.filter(|slope| **slope != 0.0).count() > 4 * 15);
}

#[test]
fn what_is_meant_must_be_said_and_be_there() {
    assert_eq!(
        refused("norms", &[]),
        "error[E0103]: `norms` has 2 outputs, and no task was chosen (help: choose one, for example `--of 0`)"
    );
    assert_eq!(
        refused("norms", &["--of", "GAT"]),
        "error[E0103]: `norms` has no task \"GAT\" (help: it has 2 outputs, numbered from 0)"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn gradients_of_onnx_come_with_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sequences, npz) = (
        folder.path().join("some.fa"),
        folder.path().join("found.npz"),
    );
    std::fs::write(&sequences, format!(">a\n{}\n", "ACGT".repeat(16))).expect("written");
    for (file, warns) in [("onnx/danq.onnx", true), ("danq.pt2", false)] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/models")
            .join(file);
        let words = ["gradients".into(), model, sequences.clone()];
        let more = ["--of", "0", "--npz"].map(Into::into);
        let output = gia(words.into_iter().chain(more).chain([npz.clone()]));
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.contains("warning[W0514]"), warns, "{file}: {said}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_task_of_two_outputs_is_chosen_by_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("twice.pt2");
    std::fs::copy(network("profile"), &model).expect("copied");
    let declared = std::fs::read_to_string(network("profile").with_extension("toml"));
    let mut declared = declared.expect("a declaration");
    // The tasks of both outputs, a profile and counts, have the same names.
    let (inputs, _) = declared.split_once("[[output]]").expect("outputs");
    let output = "[[output]]\ntasks = [\"plus\", \"minus\"]\n";
    declared = format!("{inputs}{output}bin = 1\n{output}");
    std::fs::write(model.with_extension("toml"), declared).expect("written");
    let sequences = folder.path().join("some.fa");
    std::fs::write(&sequences, format!(">a\n{}\n", "ACGTCG".repeat(8))).expect("written");
    for (task, status) in [("plus", 3), ("0", 0), ("2", 0)] {
        let words = ["gradients".into(), model.clone(), sequences.clone()];
        let more = ["--of", task, "--error-format", "short", "--npz"].map(Into::into);
        let npz = folder.path().join("found.npz");
        let output = gia(words.into_iter().chain(more).chain([npz]));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{task}: {said}");
        let names_both = said.contains("2 tasks called \"plus\"") && said.contains("--of 2");
        assert_eq!(names_both, task == "plus", "{said}");
    }
}
