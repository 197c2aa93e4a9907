//! Whole plans: the sequences that are written, and what is said where a network gives no number.

use std::path::Path;

use gia::check;
use gia::diag::{Code, Outcome};
use gia::engine::{Outcomes, Quiet, run, write_sequences};
use gia::plan::{self, Plan};
use gia::source::Sources;

use super::on_cpu;

/// The plan of a script that lies beside the networks.
fn planned(text: &str) -> Plan {
    let mut sources = Sources::default();
    let folder = crate::support::command::root().join("tests/engine");
    let main = sources.add("script.gia", &folder, text);
    let checked = check::check(main, &mut sources);
    let program = checked
        .program
        .unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    plan::lower(&program)
}

fn predicted(text: &str) -> Outcome<Outcomes> {
    run(&planned(text), &on_cpu(Some(16), 1), &Quiet)
}

const NAN: &str = r#"
model net = load("nan.pt2")
null random = uniform(length: 12bp)
experiment broken {
    vary first in ["ACGA", "ACGT", "TCGA"]
    background random
    sample 40
    embed "A" at 0bp
    measure net[0]
}
"#;

const SITES: &str = r#"
model net = load("../../experiments/ctcf_pu1/ctcf_pu1.pt2")
null random = uniform(length: 100bp)
experiment places {
    vary gap in [0bp, 5bp]
    vary site in [iupac("GATA"), iupac("gata")]
    background random
    sample 3
    arm Site { embed site at 10bp + gap }
    arm site { embed site at 40bp + gap }
    measure net["CTCF"]
}
"#;

#[test]
fn an_output_that_is_no_number_names_arm_experiment_and_background() {
    let wrong = predicted(NAN).expect_err("some background starts with T");
    assert_eq!(wrong.code, Code::NonFinite);
    for part in [
        "`net[0]` is NaN",
        "`uniform_0",
        "arm `control`",
        "experiment `broken`",
    ] {
        assert!(
            wrong.message.contains(part),
            "{part} is not in: {}",
            wrong.message
        );
    }
}

/// Names of what lies in a folder, in order.
fn listed(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_arm_of_every_grid_point_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    write_sequences(&planned(SITES), folder.path()).expect("written");
    let points = folder.path().join("places");
    let names = listed(&points);
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("gap=0bp,site=") || name.starts_with("gap=5bp,site=")),
        "{names:?}"
    );
    for name in names {
        let point = points.join(&name);
        assert_eq!(listed(&point), ["Site.fa", "control.fa", "site~2.fa"]);
        let gap = if name.starts_with("gap=5bp") { 5 } else { 0 };
        for (arm, start) in [("Site.fa", 10 + gap), ("site~2.fa", 40 + gap)] {
            let text = std::fs::read_to_string(point.join(arm)).expect("a file");
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 6);
            assert!(
                lines
                    .iter()
                    .skip(1)
                    .step_by(2)
                    .all(|line| line[start..].starts_with("GATA")),
                "{name}/{arm}: {text}"
            );
        }
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told_and_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("taken");
    std::fs::write(&file, "a file").expect("written");
    let wrong = write_sequences(&planned(SITES), &file).expect_err("a file is no folder");
    assert_eq!(wrong.code, Code::Write);
    assert_eq!(listed(folder.path()), ["taken"]);
}
