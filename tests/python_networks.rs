//! Networks in Python: what runs is what the declaration names, only if it is allowed, and the study says what ran.
//!
//! Tests that need a Python with numpy, or with PyTorch, say that they are skipped where there is none: `GIA_PYTHON` names one.

mod allowed;
mod failures;
mod live;
mod results;

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::python::gia_in;

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
