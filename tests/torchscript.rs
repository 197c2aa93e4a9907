//! TorchScript: run as it is, once what it takes and gives is declared.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::command::{gia, root, study};

/// A copy of a traced network, with nothing beside it.
struct Traced {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Traced {
    fn new(name: &str) -> Traced {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("net.pt");
        let from = root().join(format!("tests/models/torchscript/{name}.pt"));
        std::fs::copy(from, &path).expect("copied");
        Traced { folder, path }
    }

    /// Declared by running it once.
    fn declared(name: &str, length: usize, more: &[&str]) -> Traced {
        let traced = Traced::new(name);
        let length = length.to_string();
        let output = traced.model("declare", &[&["--length", &length], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        traced
    }

    fn model(&self, command: &str, more: &[&str]) -> Output {
        let words = ["model".into(), command.into(), self.path.clone()];
        gia(words.into_iter().chain(more.iter().map(PathBuf::from)))
    }

    fn toml(&self) -> String {
        std::fs::read_to_string(self.path.with_extension("toml")).expect("a declaration")
    }

    fn script(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("run.gia");
        std::fs::write(&path, text).expect("written");
        path
    }
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).expect("text")
}

/// What PyTorch found for the network, kept beside its `.pt2` file.
fn of_pytorch<T: DeserializeOwned>(name: &str, what: &str) -> T {
    let path = root().join(format!("tests/models/{name}.{what}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("what PyTorch found")).expect("JSON")
}

fn fasta(name: &str, path: &Path) {
    let known: Value = of_pytorch(name, "expected");
    let inputs = known["inputs"].as_array().expect("sequences");
    let text: String = inputs
        .iter()
        .enumerate()
        .map(|(i, sequence)| format!(">s{i}\n{}\n", sequence.as_str().expect("bases")))
        .collect();
    std::fs::write(path, text).expect("written");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_declared_network_gives_what_pytorch_gives() {
    for (name, length, unknown) in [
        ("danq", 64, "zeros"),
        ("bpnet", 64, "zeros"),
        ("keras", 20, "quarter"),
    ] {
        let traced = Traced::declared(name, length, &[]);
        let toml = traced
            .toml()
            .replacen('\n', &format!("\nunknown = \"{unknown}\"\n"), 1);
        std::fs::write(traced.path.with_extension("toml"), toml).expect("written");
        let (sequences, json) = (
            traced.folder.path().join("some.fa"),
            traced.folder.path().join("found.json"),
        );
        fasta(name, &sequences);
        let words = [
            "predict".into(),
            traced.path.clone(),
            sequences,
            "--keep-unknown".into(),
            "--json".into(),
            json.clone(),
        ];
        let output = gia(words);
        assert!(output.status.success(), "{name}: {}", said(&output));
        let found: Value =
            serde_json::from_slice(&std::fs::read(json).expect("written")).expect("JSON");
        let wanted: Value = of_pytorch(name, "expected");
        let rows = found["predictions"].as_array().expect("rows");
        let wanted = wanted["outputs"].as_array().expect("rows");
        assert_eq!(rows.len(), wanted.len());
        for (row, wanted) in rows.iter().zip(wanted) {
            let (row, wanted) = (
                row["values"].as_array().unwrap(),
                wanted.as_array().unwrap(),
            );
            assert_eq!(row.len(), wanted.len(), "{name}");
            for (a, b) in row.iter().zip(wanted) {
                let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
                assert!((a - b).abs() < 1e-5 * b.abs().max(1.0), "{name}: {a} {b}");
            }
        }
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn it_is_found_out_which_layout_runs() {
    assert!(
        Traced::declared("keras", 20, &[])
            .toml()
            .contains("layout   = \"channels_last\"")
    );
    let danq = Traced::declared("danq", 64, &["--tasks", "a,b"]).toml();
    assert!(danq.contains("layout   = \"channels_first\""), "{danq}");
    assert!(
        danq.contains("shape = [2]") && danq.contains("tasks = [\"a\", \"b\"]"),
        "{danq}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn an_experiment_runs_with_a_warning() {
    let traced = Traced::declared("danq", 64, &["--tasks", "a,b"]);
    let script = traced.script(
        "model net = load(\"net.pt\")\nexperiment one {\n    background uniform(length: 64bp)\n    sample 40\n    embed \"CACGTG\" at center\n    measure a = net[\"a\"]\n}\n",
    );
    let output = gia(["check".into(), script.clone()]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("W0508") && said(&output).contains("torch.export"),
        "{}",
        said(&output)
    );
    let found = study(&script, &[]);
    assert!(found["experiments"][0]["rows"][0]["mean"].is_number());
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn gradients_go_through_it() {
    let traced = Traced::declared("bpnet", 64, &[]);
    let (sequences, npz) = (
        traced.folder.path().join("some.fa"),
        traced.folder.path().join("found.npz"),
    );
    fasta("bpnet", &sequences);
    let run = |model: PathBuf| {
        let words = [
            "gradients".into(),
            model,
            sequences.clone(),
            "--of".into(),
            "0".into(),
            "--npz".into(),
            npz.clone(),
        ];
        let output = gia(words);
        assert!(output.status.success(), "{}", said(&output));
        let file = std::fs::File::open(&npz).expect("written");
        let mut npz = ndarray_npy::NpzReader::new(file).expect("an npz file");
        let found: ndarray::Array3<f32> = npz.by_name("gradients").expect("gradients");
        found
    };
    let own = run(traced.path.clone());
    let exported = run(root().join("tests/models/bpnet.pt2"));
    let worst = (&own - &exported)
        .iter()
        .fold(0f32, |worst, d| worst.max(d.abs()));
    assert!(worst < 1e-5, "{worst}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_not_declared_is_told_and_how_to_find_it_out() {
    let traced = Traced::new("danq");
    let script = traced.script("model net = load(\"net.pt\")\n");
    let output = gia(["check".into(), script, "--error-format=short".into()]);
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    assert!(text.contains("is TorchScript, which does not describe its inputs and outputs, and the length of its input (`length`), the layout of its input (`layout`) and the shape of its output (`tasks`, or `shape` of an `[[output]]`) are not declared"), "{text}");
    assert!(text.contains("gia model declare"), "{text}");
    let without = traced.model("declare", &[]);
    assert_eq!(without.status.code(), Some(3));
    assert!(
        said(&without).contains("give it with `--length`"),
        "{}",
        said(&without)
    );
    let wrong = traced.model("declare", &["--length", "40"]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(
        said(&wrong).contains("TorchScript network"),
        "{}",
        said(&wrong)
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_takes_a_look_inside_is_refused() {
    let traced = Traced::declared("keras", 20, &[]);
    let output = traced.model("inspect", &[]);
    assert!(
        said(&output).contains("unknown: TorchScript cannot be inspected"),
        "{}",
        said(&output)
    );
    let sequences = traced.folder.path().join("some.fa");
    std::fs::write(&sequences, ">a\nACGTACGTACGTACGTACGT\n").expect("written");
    let words = [
        "predict".into(),
        traced.path.clone(),
        sequences,
        "--dtype".into(),
        "bfloat16".into(),
        "--error-format".into(),
        "short".into(),
    ];
    let output = gia(words);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("which runs only in the number format that it was saved in"),
        "{}",
        said(&output)
    );
    let before = Traced::declared("keras", 20, &[]);
    let toml = before.toml() + "before = \"sigmoid\"\n";
    std::fs::write(before.path.with_extension("toml"), toml).expect("written");
    let output = before.model("inspect", &["--error-format=short"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("where its last step cannot be split"),
        "{}",
        said(&output)
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_damaged_file_is_told() {
    let traced = Traced::declared("keras", 20, &[]);
    let toml = traced.toml();
    let unhashed = toml.lines().filter(|line| !line.starts_with("sha256"));
    let unhashed: String = unhashed.map(|line| format!("{line}\n")).collect();
    std::fs::write(traced.path.with_extension("toml"), unhashed).expect("written");
    let mut bytes = std::fs::read(&traced.path).expect("bytes");
    bytes[1200..1400].fill(0x55);
    std::fs::write(&traced.path, bytes).expect("written");
    let sequences = traced.folder.path().join("some.fa");
    std::fs::write(&sequences, ">a\nACGTACGTACGTACGTACGT\n").expect("written");
    let output = gia(["predict".into(), traced.path.clone(), sequences]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        said(&output).contains("cannot be loaded"),
        "{}",
        said(&output)
    );
}
