//! A claim is named by its text alone: terminal, JSON and JUnit show it without the comments around it.

use super::script;
use crate::support::command::{gia, study};

const SCRIPT: &str = "model net = additive({\"ACGT\": 1.0})\n\
    experiment probe {\n\
    \x20   background uniform(length: 60bp)\n\
    \x20   sample 20\n\
    \x20   embed \"ACGT\" at center\n\
    \x20   measure net\n\
    \x20   expect effect > 0  # as published\n\
    \x20   expect abs(  # its size\n\
    \x20       effect) < 9 # \"quoted\"\n\
    }\n";

#[test]
fn a_claim_is_named_without_its_comments() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), SCRIPT);
    let study = study(&path, &[]);
    let claims = study["experiments"][0]["claims"]
        .as_array()
        .expect("claims");
    let names: Vec<&str> = claims.iter().filter_map(|c| c["claim"].as_str()).collect();
    assert_eq!(names, ["effect > 0", "abs( effect) < 9"]);

    let junit = folder.path().join("suite.xml");
    let path = path.display().to_string();
    let output = gia(["test", &path, "--junit", &junit.display().to_string()]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let junit = std::fs::read_to_string(junit).expect("JUnit");
    for text in [printed, junit] {
        assert!(
            !text.contains("published") && !text.contains("quoted"),
            "{text}"
        );
    }
}
