//! Effects on fixed backgrounds against PyTorch and SciPy (`tests/oracle/effects.py` made the numbers).

use serde_json::Value;

use crate::support::command::{root, study};
use crate::support::numbers::difference;

/// Relative, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-4;

fn matches(found: &Value, wanted: &Value, keys: &[&str]) -> bool {
    keys.iter().all(|key| found[key] == wanted[key])
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn effects_equal_those_of_pytorch_and_scipy() {
    let oracle =
        std::fs::read_to_string(root().join("tests/oracle/effects.json")).expect("the oracle");
    let oracle: Value = serde_json::from_str(&oracle).expect("the oracle is JSON");
    let study = study(&root().join("tests/oracle/effects.gia"), &[]);
    let mut compared = 0;
    for (name, entries) in oracle.as_object().expect("experiments by name") {
        let experiments = study["experiments"].as_array().expect("experiments");
        let experiment = experiments
            .iter()
            .find(|e| e["name"] == name.as_str())
            .unwrap_or_else(|| panic!("the experiment {name} was run"));
        for wanted in entries.as_array().expect("entries") {
            let (list, keys) = match wanted.get("contrast") {
                Some(_) => (&experiment["rows"], ["at", "contrast", "outcome"]),
                None => (&experiment["arms"], ["at", "arm", "outcome"]),
            };
            let found = list
                .as_array()
                .expect("a list")
                .iter()
                .find(|found| matches(found, wanted, &keys));
            let found = found.unwrap_or_else(|| panic!("{name}: nothing like {wanted}"));
            assert_eq!(found["n"], wanted["n"], "{name}: {wanted}");
            for key in ["mean", "sd", "se", "low", "high", "p"] {
                let Some(wanted_number) = wanted.get(key).and_then(Value::as_f64) else {
                    continue;
                };
                let number = found[key]
                    .as_f64()
                    .unwrap_or_else(|| panic!("{name}: no {key} in {found}"));
                // An interval's end may lie at nought by chance; its width is what it is measured by.
                let scale = wanted["se"].as_f64().unwrap_or(0.0).abs();
                let close = difference(number, wanted_number) < TOLERANCE
                    || (key != "p" && (number - wanted_number).abs() < TOLERANCE * scale);
                // A p value is as sensitive as its t is large: compare on the log scale there.
                let close = close
                    || (key == "p" && difference(number.ln(), wanted_number.ln()) < TOLERANCE);
                assert!(
                    close,
                    "{name}, {key} of {}: {number} here, {wanted_number} there",
                    found
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 200, "only {compared} numbers were compared");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn batch_and_threads_change_nothing_but_rounding() {
    let script = root().join("tests/oracle/effects.gia");
    let random = root().join("tests/runs/random.gia");
    let edits = root().join("tests/runs/edits.gia");
    for script in [script, random, edits] {
        let one = study(&script, &["--batch", "1", "--threads", "1"]);
        let many = study(&script, &["--batch", "64", "--threads", "2"]);
        let mut compared = 0;
        for (a, b) in rows(&one).zip(rows(&many)) {
            for key in ["at", "contrast", "arm", "outcome", "n"] {
                assert_eq!(a[key], b[key]);
            }
            let scale = a["sd"].as_f64().unwrap_or(1.0).abs().max(1e-3);
            for key in ["mean", "sd", "se", "low", "high"] {
                if let (Some(x), Some(y)) = (a[key].as_f64(), b[key].as_f64()) {
                    assert!((x - y).abs() < 1e-5 * scale, "{key}: {x} and {y} of {a}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 20);
    }
}

fn rows(study: &Value) -> impl Iterator<Item = &Value> {
    let experiments = study["experiments"].as_array().expect("experiments");
    experiments.iter().flat_map(|e| {
        let list = |key: &str| e[key].as_array().expect("a list").iter();
        list("rows").chain(list("arms"))
    })
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_same_sequences_whatever_the_batch_and_threads() {
    for script in ["random", "edits"] {
        same_sequences(&root().join(format!("tests/runs/{script}.gia")));
    }
}

fn same_sequences(script: &std::path::Path) {
    let folders: Vec<_> = [["1", "1"], ["64", "2"]]
        .iter()
        .map(|[batch, threads]| {
            let folder = tempfile::tempdir().expect("a folder");
            let place = folder.path().display().to_string();
            study(
                script,
                &[
                    "--batch",
                    batch,
                    "--threads",
                    threads,
                    "--sequences",
                    &place,
                ],
            );
            folder
        })
        .collect();
    let (a, b) = (contents(folders[0].path()), contents(folders[1].path()));
    assert!(a.len() >= 6, "only {} files", a.len());
    assert!(a == b, "the sequences differ");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn adding_an_experiment_changes_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(root().join("tests/runs/random.gia")).expect("the script");
    let model = root()
        .join("experiments/ctcf_pu1/ctcf_pu1.pt2")
        .display()
        .to_string();
    let backgrounds = root()
        .join("tests/oracle/backgrounds.fa")
        .display()
        .to_string();
    let text = text
        .replace("../../experiments/ctcf_pu1/ctcf_pu1.pt2", &model)
        .replace("../oracle/backgrounds.fa", &backgrounds);
    let more = "experiment before {\n background random\n sample 7\n embed \"GGGNNWWSS\" at 3bp\n measure net[\"CTCF\"]\n}\n";
    let first = text.find("\nexperiment ").expect("an experiment") + 1;
    let longer = format!("{}{more}{}", &text[..first], &text[first..]);
    let (short_path, long_path) = (
        folder.path().join("short.gia"),
        folder.path().join("long.gia"),
    );
    std::fs::write(&short_path, &text).expect("written");
    std::fs::write(&long_path, longer).expect("written");
    let (short, long) = (
        study(&short_path, &["--batch", "16"]),
        study(&long_path, &["--batch", "16"]),
    );
    for experiment in short["experiments"].as_array().expect("experiments") {
        let twin = long["experiments"]
            .as_array()
            .expect("experiments")
            .iter()
            .find(|e| e["name"] == experiment["name"]);
        let twin = twin.expect("the experiment is there still");
        for (a, b) in experiment["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .zip(twin["rows"].as_array().into_iter().flatten())
        {
            let (x, y) = (
                a["mean"].as_f64().expect("a mean"),
                b["mean"].as_f64().expect("a mean"),
            );
            assert!(difference(x, y) < 1e-5, "{a} and {b}");
        }
    }
}

/// Every file below a folder, by its path from there.
fn contents(folder: &std::path::Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                let name = entry
                    .path()
                    .strip_prefix(folder)
                    .expect("below")
                    .display()
                    .to_string();
                found.insert(name, std::fs::read(entry.path()).expect("a file"));
            }
        }
    }
    found
}

/// `set fdr` decides which rows are significant, and nothing else.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_rate_that_a_script_sets_decides_which_rows_are_significant() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let run = |setting: &str| {
        let script = folder.path().join("scan.gia");
        let text = format!(
            "{setting}\nmodel net = load(\"{}\")\nnull plain = uniform(length: 100bp)\nexperiment scan {{\n\
             vary place in 0bp to 80bp step 10bp\nbackground plain\nsample 40\nembed \"GGCGC\" at place\n\
             measure net[\"PU.1\"]\n}}\n",
            model.display()
        );
        std::fs::write(&script, text).expect("it can be written");
        let mut study = study(&script, &[]);
        study["experiments"][0].take()
    };
    let (usual, lenient) = (run(""), run("set fdr = 35%"));
    assert_eq!(
        (&usual["fdr"], &lenient["fdr"]),
        (&0.05.into(), &0.35.into())
    );
    let rows = |experiment: &Value| experiment["rows"].as_array().expect("rows").clone();
    let mut differ = 0;
    for (usual, lenient) in rows(&usual).iter().zip(&rows(&lenient)) {
        let q = usual["q"].as_f64().expect("a q");
        assert_eq!(usual["significant"], q <= 0.05);
        assert_eq!(lenient["significant"], q <= 0.35);
        differ += usize::from(usual["significant"] != lenient["significant"]);
        for key in ["mean", "low", "high", "p", "q"] {
            assert_eq!(usual[key], lenient[key], "{key}");
        }
    }
    assert!(differ > 0, "no q lies between the two rates: {usual}");
}
