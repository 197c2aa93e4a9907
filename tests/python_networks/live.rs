//! The worker in Python by itself, networks of a running program, and modules of PyTorch.

use serde_json::Value;

use super::{Files, TOML, said};
use crate::support::command::root;
use crate::support::python::{gia_in, python_with};

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
