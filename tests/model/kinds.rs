//! Files that are no `torch.export` archive, each told what it is, and archives whose network is not run.

use std::path::Path;

use gia::diag::{Code, Diagnostic};
use gia::model::{Declaration, Graph, LoadArguments};
use serde_json::json;

use super::says;
use crate::support::archive::{Records, network};

/// The lines of Python that help names. `make exporters` runs those that it finds in the help itself.
const PYTORCH: [&str; 2] = [
    "program = torch.export.export(model.eval(), (example,), dynamic_shapes=({0: torch.export.Dim(\"batch\")},))",
    "torch.export.save(program, \"model.pt2\")",
];
const KERAS: [&str; 2] = [
    "model(numpy.zeros((1, *model.input_shape[1:])))",
    "model.export(\"model.onnx\", format=\"onnx\")",
];
const TENSORFLOW: [&str; 2] = [
    "\"--output\", \"model.onnx\"",
    "runpy.run_module(\"tf2onnx.convert\", run_name=\"__main__\")",
];

#[track_caller]
fn refusal(path: &Path) -> Box<Diagnostic> {
    let by_graph = Graph::read(path).expect_err("it is no network");
    let by_declaration =
        Declaration::load(path, &LoadArguments::default()).expect_err("no network");
    assert_eq!(by_graph, by_declaration);
    by_graph
}

#[track_caller]
fn another_kind(path: &Path, what: &str, export: [&str; 2]) {
    let name = path.file_name().expect("a name").to_string_lossy();
    let diagnostic = refusal(path);
    let says_what = format!("{name}` is {what}");
    says(
        &diagnostic,
        Code::RefusedModelFile,
        &[
            &says_what,
            "not a torch.export archive",
            export[0],
            export[1],
        ],
    );
}

#[test]
fn a_file_of_another_kind_is_told_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    another_kind(
        &file("pickle.pt", b"\x80\x02}q\x00X\x06\x00\x00\x00weightq\x01."),
        "a Python pickle, which would run code when read",
        PYTORCH,
    );
    another_kind(
        &file("keras.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0"),
        "an HDF5 file, such as Keras writes",
        KERAS,
    );
    another_kind(
        &file("net.safetensors", b"\x40\0\0\0\0\0\0\0{\"a\":{}}"),
        "a safetensors file",
        PYTORCH,
    );
    let saved = folder.join("saved_model");
    std::fs::create_dir(&saved).expect("a folder");
    another_kind(&saved, "a folder", PYTORCH);
    std::fs::write(saved.join("saved_model.pb"), b"\x08\x01").expect("written");
    another_kind(&saved, "a TensorFlow SavedModel", TENSORFLOW);
}

#[test]
fn a_zip_archive_of_another_kind_is_told_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let zip =
        |name: &str, records: &[(&str, &[u8])]| Records::new(records).write(folder.path(), name);
    another_kind(
        &zip(
            "state.pt",
            &[
                ("state/data.pkl", b"\x80\x02}q\x00."),
                ("state/data/0", b"0000"),
                ("state/version", b"3"),
            ],
        ),
        "a pickled module or state dict, which would run code when read",
        PYTORCH,
    );
    another_kind(
        &zip(
            "compiled.pt2",
            &[
                ("compiled/data/aotinductor/model/a.so", b"\x7fELF"),
                ("compiled/models/model.json", b"{}"),
            ],
        ),
        "an AOTInductor package, compiled for one machine",
        PYTORCH,
    );
    another_kind(
        &zip(
            "net.keras",
            &[
                ("config.json", b"{}"),
                ("metadata.json", b"{}"),
                ("model.weights.h5", b"\x89HDF"),
            ],
        ),
        "a Keras archive",
        KERAS,
    );
    says(
        &refusal(&zip("other.zip", &[("readme.txt", b"hello")])),
        Code::BadModelFile,
        &["it holds no graph (no `models/*.json`)"],
    );
    says(
        &refusal(&zip(
            "two.pt2",
            &[("two/models/a.json", b"{}"), ("two/models/b.json", b"{}")],
        )),
        Code::BadModelFile,
        &["holds several models", "a file of its own"],
    );
}

#[test]
fn what_is_no_model_file_at_all_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    says(
        &refusal(&file("empty.pt2", b"")),
        Code::BadModelFile,
        &["is damaged: it is empty"],
    );
    says(
        &refusal(&file("text.pt2", b"not a model")),
        Code::BadModelFile,
        &["it is not a zip archive"],
    );
    says(
        &refusal(&file("renamed.pt2", b"\x08\x0a\x12\x07pytorch")),
        Code::RefusedModelFile,
        &["is an ONNX file, but its name does not end in `.onnx`"],
    );
    says(
        &refusal(&file("renamed.onnx", b"PK\x03\x04archive")),
        Code::RefusedModelFile,
        &["is a zip archive", "does not end in `.pt2`"],
    );
    says(
        &refusal(&folder.path().join("absent.pt2")),
        Code::MissingFile,
        &["there is no file `", "absent.pt2`"],
    );
}

#[test]
fn operators_that_are_not_known_are_all_named_with_their_places() {
    says(
        &refusal(&network("bessel")),
        Code::UnknownOperator,
        &[
            "bessel.pt2`: 2 operators are not supported:",
            "`special_bessel_j0.default`, 2 calls: `forward` of Bessel",
            "`special_airy_ai.default`: `forward` of Bessel",
            "no decomposition replaces it",
        ],
    );
}

#[test]
fn a_network_in_training_mode_is_refused() {
    says(
        &refusal(&network("training")),
        Code::BatchMixing,
        &["call `model.eval()` before exporting"],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let norm = Records::of("quarter").edit_graph(|graph| {
        let nodes = graph["graph_module"]["graph"]["nodes"].as_array_mut();
        let norm = nodes
            .expect("nodes")
            .iter_mut()
            .find(|node| node["target"] == "torch.ops.aten.batch_norm.default")
            .expect("a batch norm");
        let inputs = norm["inputs"].as_array_mut().expect("arguments");
        inputs.retain(|argument| argument["name"] != "training");
        inputs.push(json!({ "name": "training", "arg": { "as_bool": true }, "kind": 1 }));
    });
    says(
        &refusal(&norm.write(folder.path(), "norm.pt2")),
        Code::BatchMixing,
        &["node `batch_norm`", "is in training mode", "model.eval()"],
    );
}

#[test]
fn a_network_that_reads_what_it_wrote_over_is_refused() {
    says(
        &refusal(&network("in_place")),
        Code::UnknownOperator,
        &["node `mul_` overwrites `sub` in place", "inplace=True"],
    );
}

#[test]
fn views_that_are_not_followed_are_neither_written_to_nor_read_later() {
    for name in ["written_diagonal", "written_windows", "written_spectrum"] {
        says(
            &refusal(&network(name)),
            Code::UnknownOperator,
            &["writes to a view that is not followed", "torch.where"],
        );
    }
    says(
        &refusal(&network("written_strand")),
        Code::UnknownOperator,
        &["writes to a view that is not followed", "torch.where"],
    );
    says(
        &refusal(&network("stale_windows")),
        Code::UnknownOperator,
        &[
            "a view of `mul`, is used after `mul` was written to",
            "torch.where",
        ],
    );
    says(
        &refusal(&network("turned_view")),
        Code::UnknownOperator,
        &[
            "changes the shape of a tensor that shares memory with another",
            "y = x.transpose(1, 2)",
        ],
    );
}

#[test]
fn bags_that_are_not_one_for_each_sequence_are_refused() {
    says(
        &refusal(&network("half_bags")),
        Code::UnknownOperator,
        &[
            "`embedding_bag.padding_idx`",
            "a matrix of indices without offsets",
        ],
    );
}

#[test]
fn a_buffer_that_each_prediction_changes_is_refused() {
    says(
        &refusal(&network("running_scale")),
        Code::NotRepeatable,
        &[
            "node `lerp_`",
            "to a buffer of the network, so later outputs depend on earlier ones",
            "model.eval()",
        ],
    );
}

#[test]
fn attention_among_the_sequences_mixes_the_batch() {
    says(
        &refusal(&network("attending_batch")),
        Code::BatchMixing,
        &[
            "combines each sequence of a batch with every other",
            "batch_first=True",
        ],
    );
}

#[test]
fn the_batch_size_as_a_number_mixes_the_batch() {
    says(
        &refusal(&network("batch_mean")),
        Code::BatchMixing,
        &[
            "computes with the size of the batch",
            "a mean over positions or channels",
        ],
    );
}

#[test]
fn computing_in_another_precision_is_warned_of_in_both_formats() {
    for (name, precision) in [
        ("doubles.pt2", Some("float64")),
        ("onnx/doubles_dynamo.onnx", Some("float64")),
        ("half_precision.pt2", Some("bfloat16")),
        ("onnx/half_precision_dynamo.onnx", Some("bfloat16")),
        ("scores.pt2", None),
        ("onnx/stacked_dynamo.onnx", None),
    ] {
        let path = network("doubles").with_file_name(name);
        let declaration = Declaration::load(&path, &LoadArguments::default()).expect(name);
        let warning = declaration.precision_warning(name);
        assert_eq!(warning.is_some(), precision.is_some(), "{name}");
        if let (Some(warning), Some(precision)) = (warning, precision) {
            let computes = format!("computes in {precision} from node `");
            says(&warning, Code::OtherPrecision, &[name, &computes]);
        }
    }
}

#[test]
fn a_pooling_that_rounds_up_and_divides_by_its_own_number_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let pools = Records::of("pools").edit_graph(|graph| {
        let nodes = graph["graph_module"]["graph"]["nodes"].as_array_mut();
        let pool = nodes
            .expect("nodes")
            .iter_mut()
            .find(|node| node["target"] == "torch.ops.aten.avg_pool2d.default")
            .expect("a pooling");
        let inputs = pool["inputs"].as_array_mut().expect("arguments");
        inputs.retain(|input| input["name"] != "ceil_mode");
        inputs.push(json!({ "name": "ceil_mode", "arg": { "as_bool": true }, "kind": 1 }));
        inputs.push(json!({ "name": "divisor_override", "arg": { "as_int": 3 }, "kind": 1 }));
    });
    says(
        &refusal(&pools.write(folder.path(), "pools.pt2")),
        Code::BadModelFile,
        &[
            "(avg_pool2d.default)",
            "both `ceil_mode` and a `divisor_override`",
        ],
    );
}
