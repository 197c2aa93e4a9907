//! Predictions, studies and declarations of networks in Python.

use serde_json::Value;

use super::{COUNTS, Files, NO_PYTHON, TOML, said};
use crate::support::command::root;
use crate::support::python::{gia_in, python_with};

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
