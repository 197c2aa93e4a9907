//! Networks in Python: what runs is what the declaration names, only if it is allowed, and the study says what ran.
//!
//! Tests that need a Python with numpy, or with PyTorch, say that they are skipped where there is none: `GIA_PYTHON` names one.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::command::root;
use crate::support::python::{gia_in, python_with};

/// No program of this name is there, so a test that passes starts no Python.
const NO_PYTHON: &str = "/nonexistent/python3";

/// Counts of bases, by numpy alone.
const COUNTS: &str = r#"
import numpy as np

WEIGHTS = np.array([0.0, 1.0, 2.0, 0.0], np.float32)

def build(weights=WEIGHTS):
    def counts(x):
        print("this goes to no pipe of gia")
        return {"score": (x.sum(axis=2) * weights).sum(axis=1, keepdims=True), "each": x.sum(axis=2)}
    return counts

def raises():
    def net(x):
        if len(x) > 1:
            raise ValueError("too many\nfor me")
        return x.sum(axis=2)[:, :1]
    return net

def mixes():
    return lambda x: (x.sum(axis=2) - x.sum(axis=2).mean(axis=0))[:, :1]

def noisy():
    generator = np.random.default_rng(0)
    return lambda x: generator.normal(size=(len(x), 1))

def random_weights():
    weights = np.random.default_rng().normal(size=4)
    return lambda x: (x.sum(axis=2) * weights).sum(axis=1, keepdims=True)

def killed():
    import os, signal
    def net(x):
        if len(x) > 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return x.sum(axis=2)[:, :1]
    return net
"#;

const TOML: &str = r#"
kind   = "python"
entry  = "nets:build"
length = 12
layout = "channels_first"

[[output]]
name  = "score"
shape = [1]

[[output]]
name  = "each"
shape = [4]
tasks = ["A", "C", "G", "T"]
"#;

const ONE: &str = r#"
kind   = "python"
entry  = "nets:ENTRY"
length = 12
layout = "channels_first"
tasks  = ["score"]
"#;

const SCRIPT: &str = r#"
model net = load("net.toml")

experiment one {
    background uniform(length: 12bp)
    sample 200
    embed "GGCC" at center
    measure net.score
    expect effect > 0
}
"#;

const SEQUENCES: &str = ">a\nACGTACGTGGGG\n>b\nTTTTTTTTTTTT\n>c\nCCCCCCAAAAAA\n";

struct Files(tempfile::TempDir);

impl Files {
    fn new(toml: &str) -> Files {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files(folder);
        files.write("nets.py", COUNTS);
        files.write("net.toml", toml);
        files.write("run.gia", SCRIPT);
        files.write("some.fa", SEQUENCES);
        files
    }

    /// With another function of `nets.py`, which gives one number.
    fn of(entry: &str) -> Files {
        Files::new(&ONE.replace("ENTRY", entry))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("written");
    }

    fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path().join(name)).expect("written");
        serde_json::from_str(&text).expect("JSON")
    }

    fn predict(&self, python: &str, more: &[&str]) -> Output {
        let words = ["predict", "net.toml", "some.fa", "--allow-python"];
        gia_in(self.path(), python, &[&words, more].concat())
    }

    /// The study of a run.
    fn study(&self, python: &str, more: &[&str]) -> Value {
        let words = ["run", "run.gia", "--allow-python", "--json", "study.json"];
        let output = gia_in(self.path(), python, &[&words, more].concat());
        assert!(output.status.success(), "{}", said(&output));
        self.json("study.json")
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn code_runs_only_if_it_is_allowed() {
    let files = Files::new(TOML);
    for words in [
        vec!["predict", "net.toml", "some.fa"],
        vec![
            "gradients",
            "net.toml",
            "some.fa",
            "--of",
            "0",
            "--npz",
            "found.npz",
        ],
        vec!["run", "run.gia"],
        vec!["plan", "run.gia", "--power"],
        vec!["test", "run.gia"],
        vec!["model", "measure", "net.toml"],
        vec![
            "model",
            "declare",
            "other.toml",
            "--entry",
            "nets:build",
            "--length",
            "12",
        ],
    ] {
        let output = gia_in(files.path(), NO_PYTHON, &words);
        assert!(!output.status.success(), "{words:?}");
        let said = said(&output);
        assert!(
            said.contains("E0516") && said.contains("--allow-python"),
            "{words:?}: {said}"
        );
    }
    let output = files.predict(NO_PYTHON, &[]);
    let said = said(&output);
    assert!(
        said.contains("cannot be started") && said.contains("GIA_PYTHON"),
        "{said}"
    );
}

#[test]
fn checking_and_planning_start_no_python() {
    let files = Files::new(TOML);
    let checked = gia_in(files.path(), NO_PYTHON, &["check", "run.gia"]);
    assert!(checked.status.success(), "{}", said(&checked));
    assert!(said(&checked).contains("W0517"), "{}", said(&checked));
    assert!(!said(&checked).contains("W0316"), "{}", said(&checked));
    let planned = gia_in(files.path(), NO_PYTHON, &["plan", "run.gia"]);
    assert!(planned.status.success(), "{}", said(&planned));
    assert!(
        said(&planned).contains("in Python, where every sequence takes a full pass"),
        "{}",
        said(&planned)
    );
    let shown = gia_in(files.path(), NO_PYTHON, &["model", "inspect", "net.toml"]);
    assert!(shown.status.success(), "{}", said(&shown));
}

#[test]
fn declarations_that_do_not_say_what_runs_are_refused() {
    for (toml, code, text) in [
        ("length = 12\n", "E0504", "not a model file"),
        (
            "kind = \"python\"\nlength = 12\n",
            "E0504",
            "`entry` is missing",
        ),
        (
            "kind = \"python\"\nentry = \"nets.py\"\n",
            "E0504",
            "`entry` of",
        ),
        ("kind = \"ruby\"\nentry = \"a:b\"\n", "E0504", "kind"),
        (
            "kind = \"python\"\nentry = \"a:b\"\nlength = 12\n",
            "E0506",
            "--allow-python",
        ),
        (
            "kind = \"python\"\nentry = \"a:b\"\nlength = 12\nlayout = \"channels_first\"\ntasks = [\"x\"]\nbefore = \"exp\"\n",
            "E0505",
            "runs in Python",
        ),
    ] {
        let files = Files::new(toml);
        let output = gia_in(files.path(), NO_PYTHON, &["check", "run.gia"]);
        let said = said(&output);
        assert!(said.contains(code) && said.contains(text), "{toml}{said}");
    }
    let files = Files::new(TOML);
    std::fs::copy(
        root().join("tests/models/quarter.pt2"),
        files.path().join("net.pt2"),
    )
    .expect("copied");
    let output = gia_in(files.path(), NO_PYTHON, &["predict", "net.pt2", "some.fa"]);
    assert!(
        said(&output).contains("declares a network in Python"),
        "{}",
        said(&output)
    );
}

#[test]
fn predictions_are_those_of_the_function() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(TOML);
    let output = files.predict(&python, &["--json", "found.json"]);
    assert!(output.status.success(), "{}", said(&output));
    let found = files.json("found.json");
    let rows: Vec<Vec<f64>> = serde_json::from_value(Value::Array(
        found["predictions"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["values"].clone())
            .collect(),
    ))
    .expect("numbers");
    assert_eq!(
        rows,
        [
            [14.0, 2.0, 2.0, 6.0, 2.0],
            [0.0, 0.0, 0.0, 0.0, 12.0],
            [6.0, 6.0, 6.0, 0.0, 0.0]
        ]
    );
    assert_eq!(found["python"]["class"], "nets.build.<locals>.counts");
    assert_eq!(found["model"]["sha256"].as_str().map(str::len), Some(64));
    assert!(found.get("libtorch").is_none());
    let gradients = [
        "gradients",
        "net.toml",
        "some.fa",
        "--of",
        "0",
        "--npz",
        "found.npz",
        "--allow-python",
    ];
    let output = gia_in(files.path(), &python, &gradients);
    assert!(said(&output).contains("E0512"), "{}", said(&output));
}

#[test]
fn a_study_names_what_ran() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(TOML);
    let study = files.study(&python, &["--report", "page.html"]);
    let model = &study["models"][0];
    assert_eq!(model["python"]["class"], "nets.build.<locals>.counts");
    let libraries = model["python"]["libraries"].as_array().expect("libraries");
    assert!(
        libraries[0]
            .as_str()
            .is_some_and(|text| text.starts_with("Python 3."))
    );
    assert!(study["versions"]["libtorch"].is_null());
    let command = study["command"].as_str().expect("a command");
    assert!(command.contains("--allow-python"), "{command}");
    // Four letters GGCC give 6, and each other letter 3/4 on average.
    let effect = &study["experiments"][0]["rows"][0]["mean"];
    assert!(
        effect
            .as_f64()
            .is_some_and(|effect| (effect - 3.0).abs() < 0.6),
        "{effect}"
    );
    let page = std::fs::read_to_string(files.path().join("page.html")).expect("a page");
    assert!(page.contains("nets.build.&lt;locals&gt;.counts"));
    let hash = model["sha256"].as_str().expect("a hash").to_string();
    assert_eq!(
        files.study(&python, &[])["models"][0]["sha256"],
        hash.as_str()
    );

    files.write("nets.py", &COUNTS.replace("2.0, 0.0]", "3.0, 0.0]"));
    let changed = files.study(&python, &[]);
    assert_ne!(changed["models"][0]["sha256"], hash.as_str());
    files.write(
        "net.toml",
        &TOML.replacen("length", &format!("sha256 = \"{hash}\"\nlength"), 1),
    );
    let output = files.predict(&python, &[]);
    assert!(said(&output).contains("E0507"), "{}", said(&output));
    files.write("nets.py", COUNTS);
    let output = files.predict(&python, &[]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn parts_of_a_run_merge_to_the_whole() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(TOML);
    let whole = files.study(&python, &[]);
    for part in ["1/2", "2/2"] {
        let save = format!("{}.part", &part[..1]);
        let words = [
            "run",
            "run.gia",
            "--allow-python",
            "--part",
            part,
            "--save",
            &save,
        ];
        let output = gia_in(files.path(), &python, &words);
        assert!(output.status.success(), "{}", said(&output));
    }
    let words = [
        "merge",
        "run.gia",
        "1.part",
        "2.part",
        "--json",
        "merged.json",
    ];
    let output = gia_in(files.path(), NO_PYTHON, &words);
    assert!(output.status.success(), "{}", said(&output));
    let merged = files.json("merged.json");
    assert_eq!(merged["experiments"], whole["experiments"]);
    assert_eq!(merged["models"], whole["models"]);
}

#[test]
fn exceptions_mixing_and_noise_are_diagnoses() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    for (entry, code, text) in [
        ("raises", "E0604", "ValueError: too many for me"),
        ("mixes", "E0509", "mixes the sequences of a batch"),
        ("noisy", "E0511", "not deterministic"),
        ("missing", "E0604", "no `missing`"),
    ] {
        let output = Files::of(entry).predict(&python, &[]);
        let said = said(&output);
        assert!(!output.status.success(), "{entry}: {said}");
        let line = said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace(" │ ", " ");
        assert!(
            line.contains(code) && line.contains(text),
            "{entry}: {said}"
        );
    }
    let files = Files::of("build");
    let output = files.predict(&python, &[]);
    assert!(said(&output).contains("E0505"), "{}", said(&output));
    let output = Files::of("random_weights").predict(&python, &["--device", "cpu,cpu"]);
    assert!(said(&output).contains("E0511"), "{}", said(&output));
}

#[test]
fn a_process_that_is_killed_starts_anew_with_half_the_batch() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::of("killed");
    files.write(
        "run.gia",
        &SCRIPT
            .replace("net.score", "net[\"score\"]")
            .replace("effect > 0", "effect < 0"),
    );
    let words = [
        "run",
        "run.gia",
        "--allow-python",
        "--batch",
        "16",
        "--json",
        "study.json",
    ];
    let output = gia_in(files.path(), &python, &words);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("W0616"), "{said}");
}

#[test]
fn declaring_runs_the_network_once() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(TOML);
    let words = [
        "model",
        "declare",
        "made.toml",
        "--entry",
        "nets:build",
        "--length",
        "12",
        "--layout",
        "channels_first",
        "--allow-python",
    ];
    let output = gia_in(files.path(), &python, &words);
    assert!(output.status.success(), "{}", said(&output));
    let text = std::fs::read_to_string(files.path().join("made.toml")).expect("written");
    for line in [
        "kind     = \"python\"",
        "entry    = \"nets:build\"",
        "shape = [1]",
        "shape = [4]",
        "sha256",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let words = ["predict", "made.toml", "some.fa", "--allow-python"];
    let output = gia_in(files.path(), &python, &words);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("14\t2\t2\t6\t2"),
        "{}",
        said(&output)
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn model_files_and_networks_in_python_share_a_run() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(&TOML.replace("length = 12", "length = 20"));
    for name in ["quarter.pt2", "quarter.toml"] {
        std::fs::copy(
            root().join("tests/models").join(name),
            files.path().join(name),
        )
        .expect("copied");
    }
    let experiment = |name: &str, measured: &str| {
        format!(
            "experiment {name} {{\n background uniform(length: 20bp)\n sample 300\n embed \"GGCC\" at center\n measure {measured}\n}}\n"
        )
    };
    let (load, other) = (
        "model net = load(\"net.toml\")\n",
        "model other = load(\"quarter.pt2\")\n",
    );
    let (first, second) = (
        experiment("one", "net.score"),
        experiment("two", "other[0]"),
    );
    files.write("run.gia", &format!("{load}{first}"));
    let one = files.study(&python, &[]);
    files.write("run.gia", &format!("{other}{second}"));
    let two = files.study(&python, &[]);
    files.write("run.gia", &format!("{load}{other}{first}{second}"));
    let both = files.study(&python, &[]);
    assert_eq!(both["experiments"][0], one["experiments"][0]);
    assert_eq!(both["experiments"][1], two["experiments"][0]);
    let models = &both["models"];
    assert!(
        models[0]["python"].is_object() && models[1].get("python").is_none(),
        "{models}"
    );
    assert!(both["versions"]["libtorch"].is_string());
}

/// Among them are the frames that `tests/wire` records.
#[test]
fn the_worker_in_python_passes_its_own_tests() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let modules =
        ["frames", "rows", "encode", "remote"].map(|name| format!("tests.worker.test_{name}"));
    let output = std::process::Command::new(&python)
        .args(["-m", "unittest"])
        .args(modules)
        .current_dir(root().join("python"))
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn a_live_network_answers_where_it_is() {
    let Some(python) = python_with(&["numpy"]) else {
        return;
    };
    let files = Files::new(&TOML.replace("nets:build", "net"));
    files.write(
        "calls.py",
        r#"
import os, subprocess, sys
import numpy as np
from gia_lang.worker import LiveNetworks

calls = []

def net(x):
    calls.append(len(x))
    return (x.sum(axis=2) * np.array([0, 1, 2, 0])).sum(axis=1), x.sum(axis=2)

def failing(x):
    raise KeyError("gone")

for network in (lambda x: (net(x)[0][:, None], net(x)[1]), failing):
    with LiveNetworks({"net": network}) as live:
        done = subprocess.run([sys.argv[1], "predict", "net.toml", "some.fa", "--allow-python"],
                              env={**os.environ, **live.environment})
    print("status", done.returncode, flush=True)
assert calls, "the network was not called here"
assert not os.path.exists(live.environment["GIA_WORKER_SOCKET"])
"#,
    );
    let output = std::process::Command::new(&python)
        .args(["calls.py", env!("CARGO_BIN_EXE_gia")])
        .current_dir(files.path())
        .env("NO_COLOR", "1")
        .env("PYTHONPATH", root().join("python"))
        .output()
        .expect("Python starts");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("14\t2\t2\t6\t2"), "{said}");
    assert!(
        said.contains("status 0") && said.contains("KeyError: 'gone'"),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_module_of_pytorch_gives_the_study_of_its_export() {
    let Some(python) = python_with(&["numpy", "torch"]) else {
        return;
    };
    let files = Files::new(TOML);
    for name in ["bpnet.pt2", "bpnet.toml"] {
        std::fs::copy(
            root().join("tests/models").join(name),
            files.path().join(name),
        )
        .expect("copied");
    }
    let models = root().join("tests/models");
    files.write(
        "nets.py",
        &format!(
            "import sys, torch\n\nsys.path.insert(0, {models:?})\nimport architectures\n\ndef build():\n    net = architectures.BpNet()\n    \
             net.load_state_dict(torch.jit.load({models:?} + '/torchscript/bpnet.pt').state_dict())\n    return net\n"
        ),
    );
    let words = [
        "model",
        "declare",
        "net.toml",
        "--entry",
        "nets:build",
        "--length",
        "64",
        "--layout",
        "channels_first",
        "--allow-python",
        "--force",
    ];
    let output = gia_in(files.path(), &python, &words);
    assert!(output.status.success(), "{}", said(&output));
    let known: Value = serde_json::from_str(
        &std::fs::read_to_string(root().join("tests/models/bpnet.expected.json"))
            .expect("what PyTorch found"),
    )
    .expect("JSON");
    let inputs = known["inputs"]
        .as_array()
        .expect("sequences")
        .iter()
        .enumerate();
    let text: String = inputs
        .map(|(i, sequence)| format!(">s{i}\n{}\n", sequence.as_str().expect("bases")))
        .collect();
    files.write("some.fa", &text);
    let output = files.predict(&python, &["--keep-unknown", "--json", "found.json"]);
    assert!(output.status.success(), "{}", said(&output));
    let found = files.json("found.json");
    let rows = found["predictions"].as_array().expect("rows").iter();
    let wanted = known["outputs"].as_array().expect("rows");
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.zip(wanted) {
        assert_close(&row["values"], wanted, 1e-5);
    }
    let script = |name: &str| {
        format!(
            "model net = load(\"{name}\")\nexperiment one {{\n background uniform(length: 64bp)\n sample 200\n embed \"TGACTCA\" at center\n measure net[3]\n}}\n"
        )
    };
    files.write("run.gia", &script("bpnet.pt2"));
    let exported = files.study(&python, &[]);
    files.write("run.gia", &script("net.toml"));
    let live = files.study(&python, &[]);
    assert_close(&live["experiments"], &exported["experiments"], 1e-5);
}

/// Two values of JSON whose numbers agree to this difference, relative where they exceed 1.
fn assert_close(one: &Value, other: &Value, tolerance: f64) {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a} {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len());
            a.iter()
                .zip(b)
                .for_each(|(a, b)| assert_close(a, b, tolerance));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()));
            a.values()
                .zip(b.values())
                .for_each(|(a, b)| assert_close(a, b, tolerance));
        }
        (a, b) => assert_eq!(a, b),
    }
}
