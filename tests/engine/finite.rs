//! What is said of a plan where a network gives no number.

use gia::check;
use gia::diag::Code;
use gia::engine::{NoProgress, run};
use gia::plan::{self, ResolvedPlan};
use gia::source::Sources;

use super::on_cpu;

/// The network gives the logarithm of the number of A, and some sequence has none.
const SCRIPT: &str = r#"
model net = load("logarithm.pt2")
null random = uniform(length: 12bp)
experiment counted {
    vary start in [0bp, 6bp]
    background random
    sample 300
    arm first { embed "TTTTTT" at start }
    arm second { embed "GGGGGGGGGGGG" at 0bp }
    measure net[0]
    contrast effect = second - first
}
"#;

fn said(script: &str) -> String {
    let mut sources = Sources::default();
    let folder = crate::support::command::root().join("tests/predict");
    let main = sources.add("script.gia", &folder, script);
    let checked = check::check(main, &mut sources);
    let program = checked
        .program
        .unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let plan = ResolvedPlan::new(plan::lower(&program)).expect("no selections");
    let wrong = run(&plan, &on_cpu(Some(16), 1), &NoProgress).expect_err("log of 0");
    assert_eq!(wrong.code, Code::NonFinite);
    wrong.message
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn background_arm_experiment_and_edits_are_named() {
    let message = said(SCRIPT);
    for part in [
        "`net[0]` is -inf",
        "background `uniform_0",
        "of experiment `counted` at start = ",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    let edits_of = [
        ("arm `control`", None),
        ("arm `first`", Some("with `TTTTTT` at ")),
        ("arm `second`", Some("with `GGGGGGGGGGGG` at 0bp")),
    ];
    let (_, edits) = edits_of
        .iter()
        .find(|(arm, _)| message.contains(arm))
        .unwrap_or_else(|| panic!("no arm in: {message}"));
    assert_eq!(message.contains("with `"), edits.is_some(), "{message}");
    assert!(
        edits.is_none_or(|edits| message.contains(edits)),
        "{message}"
    );
}
