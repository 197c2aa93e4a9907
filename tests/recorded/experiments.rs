//! The gallery: every script under `experiments` runs, and every claim in it comes out as `verdicts.txt` of its study says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::support::command::study;
use crate::support::script::scripts_below;
use crate::{Group, golden, needs_worker, trial};

pub fn group() -> Group {
    let mut studies: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for script in scripts_below("experiments") {
        let folder = script.parent().expect("a folder").to_path_buf();
        studies.entry(folder).or_default().push(script);
    }
    let test = |(folder, scripts): (PathBuf, Vec<PathBuf>)| {
        needs_worker(trial(folder.display().to_string(), move || {
            study_comes_out_as_recorded(&folder, &scripts);
        }))
    };
    Group {
        name: "experiments",
        min_trials: 5,
        trials: studies.into_iter().map(test).collect(),
    }
}

fn study_comes_out_as_recorded(folder: &Path, scripts: &[PathBuf]) {
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("a README");
    let figure = std::fs::read_to_string(folder.join("figure.svg")).expect("a figure");
    assert!(figure.contains("<svg") && readme.contains("](figure.svg)"));
    assert!(readme.contains("**Question.**"));
    let mut text = String::new();
    for script in scripts {
        let name = script.file_name().expect("a name").to_string_lossy();
        assert!(readme.contains(&*name), "README.md lacks {name}");
        let lines = verdicts(script);
        assert!(!lines.is_empty(), "{name} claims nothing");
        write!(text, "{name}\n{lines}").expect("a text");
    }
    let path = folder.join("verdicts.txt");
    golden::check(&path.display().to_string(), &text);
}

/// A line for each claim of a script: experiment, claim, verdict.
fn verdicts(script: &Path) -> String {
    let study = study(script, &[]);
    let mut lines = String::new();
    for experiment in study["experiments"].as_array().expect("experiments") {
        for claim in experiment["claims"].as_array().expect("claims") {
            let text = |value: &serde_json::Value| value.as_str().expect("a text").to_string();
            let name = text(&experiment["name"]);
            let (claim, verdict) = (text(&claim["claim"]), text(&claim["verdict"]));
            writeln!(lines, "  {name}: {claim}: {verdict}").expect("a text");
        }
    }
    lines
}
