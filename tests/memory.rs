//! The memory that a plan states, beside what a run takes, and what is refused for it. `benches/memory.py` has larger runs.

use std::path::Path;

use crate::support::command::{gia, root, study};

/// A script whose answers alone take more than any machine has.
const HUGE: &str = "model sums = additive({\"GATA\": 2.0})
experiment huge {
    vary word in kmers(5)
    background uniform(length: 50bp)
    sample 1000000000
    embed word at center
    measure sums
}
";

fn said_of(command: &[&str], text: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.gia");
    std::fs::write(&script, text).expect("written");
    let words = command.iter().map(Path::new);
    let output = gia(words.chain([script.as_path()]));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let said = text(output.stderr);
    // Messages are wrapped at blanks and at hyphens.
    let words = said.split_whitespace().filter(|word| *word != "│");
    let said = words.collect::<Vec<_>>().join(" ").replace("- ", "-");
    (output.status.code(), text(output.stdout), said)
}

#[test]
fn a_run_that_cannot_fit_is_refused_before_it_starts() {
    let (status, out, said) = said_of(&["run"], HUGE);
    assert_eq!(status, Some(3), "{said}");
    assert_eq!(out, "");
    assert!(
        said.contains("E0615") && said.contains("MB are available"),
        "{said}"
    );
    assert!(
        said.contains("fewer backgrounds") && said.contains("--part 1/4"),
        "{said}"
    );
    assert!(said.contains("--ignore-memory"), "{said}");
}

#[test]
fn a_plan_that_cannot_fit_is_shown_with_a_warning() {
    let (status, out, said) = said_of(&["plan"], HUGE);
    assert_eq!(status, Some(0), "{said}");
    assert!(out.contains("in total"), "{out}");
    assert!(said.contains("W0619") && said.contains("E0615"), "{said}");
}

#[test]
fn a_plan_that_fits_is_shown_without_a_word() {
    let (status, _, said) = said_of(&["plan"], &HUGE.replace("1000000000", "100"));
    assert_eq!((status, said.as_str()), (Some(0), ""));
}

/// The plan states memory for recomputed windows exactly where the worker recomputes: both decide by the same rule.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_plan_states_windows_where_the_worker_recomputes_them() {
    let networks = [
        ("experiments/ctcf_pu1/ctcf_pu1.pt2", 100, true),
        ("tests/cases/stack_rows/StackSum.pt2", 200, true),
        // It repeats its input for each unit, which leaves no window.
        ("tests/models/explainn.pt2", 64, false),
        // An edit in the middle of a short sequence reaches most of these.
        ("tests/models/bpnet.pt2", 64, false),
        ("tests/models/pair.pt2", 60, false),
    ];
    for (path, length, recomputes) in networks {
        let network = root().join(path);
        let text = format!(
            "model net = load(\"{}\")\nexperiment trial {{\n    background uniform(length: {length}bp)\n    sample 60\n    \
             embed \"TGACTCA\" at center\n    measure net[0]\n}}\n",
            network.display()
        );
        let (_, planned, said) = said_of(&["plan"], &text);
        let is_planned = planned.contains("windows around edits");
        assert_eq!(is_planned, recomputes, "{path}: {planned}{said}");
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("script.gia");
        std::fs::write(&script, &text).expect("written");
        let study = study(&script, &["--device", "cpu"]);
        let count = study["recomputed"]["sequences"].as_u64().unwrap_or(0);
        assert_eq!(count > 0, recomputes, "{path}: {count} recomputed");
    }
}
