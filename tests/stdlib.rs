//! The example of every function of the standard library, run.

use std::fmt::Write;

use gia::doc::{self, Origin};

use crate::support::command::{gia, root, study};
use crate::support::documents::scripts_folder;

const HEAD: &str = r#"
use syntax
model net = load("ctcf_pu1.pt2")
motif CTCF = "CCACCAGGGGGCGC"
motif PU1 = "AAAGAGGAAGTG"
let peaks = fasta("gm12878_ctcf.fa", width: 100bp)
null random = uniform(length: 100bp)
"#;

/// Each peak with a number of its own, as a measurement would be.
fn measured(peaks: &str) -> String {
    let names = peaks.lines().filter_map(|line| line.strip_prefix('>'));
    let rows = names
        .enumerate()
        .map(|(i, name)| format!("{name},{}\n", i % 7));
    std::iter::once("name,signal\n".to_string())
        .chain(rows)
        .collect()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn every_function_has_an_example_that_runs() {
    let place = scripts_folder();
    let peaks = std::fs::read_to_string(place.path().join("gm12878_ctcf.fa")).expect("the peaks");
    std::fs::write(place.path().join("measured.csv"), measured(&peaks)).expect("a table");
    let functions = doc::functions();
    let mut script = HEAD.to_string();
    for entry in &functions {
        for example in &entry.examples {
            let named = example.replacen(" example ", &format!(" example_of_{} ", entry.name), 1);
            writeln!(script, "{named}").expect("a text");
        }
    }
    let path = place.path().join("examples.gia");
    std::fs::write(&path, script).expect("a script");
    let study = study(&path, &[]);
    let run = study["experiments"].as_array().expect("experiments");
    let mut compared = 0;
    for entry in functions
        .iter()
        .filter(|entry| entry.origin != Origin::Prelude)
    {
        let wanted = format!("example_of_{}", entry.name);
        let experiment = run.iter().find(|e| e["name"] == wanted.as_str());
        let experiment = experiment.unwrap_or_else(|| panic!("`{}` has no experiment", entry.name));
        let rows = experiment["rows"].as_array().expect("rows").iter();
        let tracks = experiment["tracks"].as_array().into_iter().flatten();
        let of_tracks =
            tracks.flat_map(|track| track["contrasts"].as_array().into_iter().flatten());
        let of_tracks = of_tracks.flat_map(|curve| curve["mean"].as_array().into_iter().flatten());
        let mut means = rows.map(|row| &row["mean"]).chain(of_tracks);
        let moved = means.any(|mean| mean.as_f64() != Some(0.0));
        assert!(moved, "nothing that `{}` compares differs", entry.name);
        compared += 1;
    }
    assert!(compared >= 16, "{compared} functions");
}

fn check(path: &std::path::Path) -> (Option<i32>, String, String) {
    let output = gia(["check".as_ref(), path.as_os_str()]);
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn the_folder_of_the_library_checks_without_errors() {
    let (status, said, errors) = check(&root().join("stdlib"));
    assert_eq!((status, errors.as_str()), (Some(0), ""), "{said}");
    for name in ["prelude.gia", "syntax.gia"] {
        let line = format!("{name} checks: 0 experiments, 0 claims");
        assert!(said.contains(&line), "{said}");
    }
}

#[test]
fn an_edited_prelude_is_checked_against_the_native_functions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("prelude.gia");
    let prelude = std::fs::read_to_string(root().join("stdlib/prelude.gia")).expect("the prelude");
    let errors_of = |text: &str| {
        std::fs::write(&path, text).expect("written");
        let (status, _, errors) = check(&path);
        assert_eq!(status, Some(2), "{errors}");
        errors
    };
    let other = prelude.replace(
        "fn ceil(x: Number) -> Number",
        "fn ceil(y: Number) -> Number",
    );
    assert!(other != prelude);
    let errors = errors_of(&other);
    assert!(
        errors.contains("the native function `ceil` has other parameters")
            && errors.contains("1 error"),
        "{errors}"
    );
    let more = format!("{prelude}\nfn ceiling(x: Number) -> Number\n");
    let errors = errors_of(&more);
    assert!(errors.contains("`ceiling` has no body"), "{errors}");
    // A script with some of the declarations is a script.
    let errors = errors_of("fn ceil(x: Number) -> Number\n");
    assert!(errors.contains("`ceil` has no body"), "{errors}");
}
