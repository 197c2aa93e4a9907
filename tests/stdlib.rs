//! The example of every function of the standard library, run.

use std::fmt::Write;

use crate::support::command::{root, study};

const HEAD: &str = r#"
use syntax
model net = load("NETWORK")
motif CTCF = "CCACCAGGGGGCGC"
motif PU1 = "AAAGAGGAAGTG"
let peaks = fasta("PEAKS", width: 100bp)
null random = uniform(length: 100bp)
"#;

#[test]
fn every_function_has_an_example_that_runs() {
    let text = std::fs::read_to_string(root().join("stdlib/syntax.gia")).expect("the module");
    let folder = root().join("experiments/ctcf_pu1");
    let file = |name: &str| folder.join(name).display().to_string();
    let mut script = HEAD
        .replace("NETWORK", &file("ctcf_pu1.pt2"))
        .replace("PEAKS", &file("gm12878_ctcf.fa"));
    let mut names = Vec::new();
    for function in text.split("\nfn ").skip(1) {
        names.push(function.split('(').next().expect("a name"));
    }
    for line in text.lines() {
        if let Some(example) = line.strip_prefix("##     experiment example = ") {
            let name = example.split('(').next().expect("a name");
            assert!(names.contains(&name), "{name} is no function");
            writeln!(script, "experiment example_of_{name} = {example}").expect("a text");
        }
    }
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("examples.gia");
    std::fs::write(&path, script).expect("a script");
    let study = study(&path, &[]);
    let run = study["experiments"].as_array().expect("experiments");
    for name in &names {
        let wanted = format!("example_of_{name}");
        let experiment = run.iter().find(|e| e["name"] == wanted.as_str());
        let experiment = experiment.unwrap_or_else(|| panic!("`{name}` has no example"));
        let rows = experiment["rows"].as_array().expect("rows");
        let moved = rows.iter().any(|row| row["mean"].as_f64() != Some(0.0));
        assert!(moved, "nothing that `{name}` compares differs");
    }
    assert!(names.len() >= 16, "{} functions", names.len());
}
