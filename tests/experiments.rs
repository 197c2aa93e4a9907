//! The gallery: every script under `experiments/` runs, and every claim in it comes out as `verdicts.txt` of its study says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::support::command::{root, study};
use crate::support::golden;

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "gia") {
            found.push(path);
        }
    }
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

#[test]
fn every_claim_of_the_gallery_comes_out_as_expected() {
    let mut found = Vec::new();
    scripts(&root().join("experiments"), &mut found);
    found.sort();
    assert!(found.len() >= 15, "{} scripts", found.len());
    let mut of_studies: BTreeMap<PathBuf, String> = BTreeMap::new();
    for path in &found {
        let readme = path.with_file_name("README.md");
        let said = std::fs::read_to_string(&readme)
            .unwrap_or_else(|_| panic!("{} is there", readme.display()));
        let name = path.file_name().expect("a name").to_string_lossy();
        let told = said.contains(&*name) && said.contains("**Question.**");
        let figure = std::fs::read_to_string(path.with_file_name("figure.svg"));
        let drawn =
            figure.is_ok_and(|text| text.contains("<svg")) && said.contains("](figure.svg)");
        assert!(drawn, "{} shows its figure", readme.display());
        assert!(told, "{} tells of {name}", readme.display());
        let lines = verdicts(path);
        assert!(!lines.is_empty(), "{} claims nothing", path.display());
        let study = path.with_file_name("verdicts.txt");
        write!(of_studies.entry(study).or_default(), "{name}\n{lines}").expect("a text");
    }
    for (path, text) in of_studies {
        let below = path.strip_prefix(root()).expect("below the root");
        golden::check(&format!("../{}", below.display()), &text);
    }
}
