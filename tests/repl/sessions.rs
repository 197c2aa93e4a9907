//! What an entry does to a session, and what it leaves as it was.

use std::time::Duration;

use gia::diag::Style;
use gia::repl::{Ending, Output, StopFlag};

use crate::support::command::root;
use crate::support::documents::scripts_folder;
use crate::support::session::{answer, session, session_until};

const TRIAL: &str =
    "model m = additive({SITE: 2.0, \"AA\": 0.25})\nnull random = uniform(length: 100bp)\n";

/// The lines that worked.
fn listed(session: &mut gia::repl::Session) -> String {
    answer(session, ":list").0
}

#[test]
fn an_entry_that_fails_leaves_no_trace() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    answer(&mut session, "motif SITE = \"CCACCAGG\"");
    answer(&mut session, "construct pair = [SITE, 8bp, rc(SITE)]");
    let (before, names) = (listed(&mut session), session.names().len());
    for wrong in [
        "let a = b",
        "let a = 1; let b = nothing",
        "let SITE = 3",
        "motif SITE = \"XX\"",
        "model net = load(\"nothing.pt2\")",
        "experiment e { background uniform(length: 10bp); sample 20; embed SITE at center; measure net[0] }",
        "nothing",
        "let x",
        ":nonsense",
        ":load nothing.gia",
        ":save",
        "use nothing",
    ] {
        let (said, ending) = answer(&mut session, wrong);
        assert_eq!(ending, Ending::InvalidProgram, "{wrong}: {said}");
        assert!(said.contains("error["), "{wrong}: {said}");
        assert_eq!(listed(&mut session), before, "{wrong}");
        assert_eq!(session.names().len(), names, "{wrong}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn an_experiment_whose_run_breaks_leaves_no_trace() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    answer(&mut session, "model net = load(\"ctcf_pu1.pt2\")");
    let before = listed(&mut session);
    // The network's file goes between the check and the run of what uses it.
    std::fs::write(folder.path().join("ctcf_pu1.toml"), {
        let text =
            std::fs::read_to_string(folder.path().join("ctcf_pu1.toml")).expect("a declaration");
        let hash = text
            .lines()
            .find(|line| line.starts_with("sha256"))
            .expect("a hash");
        text.replace(hash, &format!("sha256 = \"{}\"", "0".repeat(64)))
    })
    .expect("written");
    let (said, ending) = answer(
        &mut session,
        "experiment e { background uniform(length: 100bp); sample 20; embed \"ACGT\" at center; measure net[\"CTCF\"] }",
    );
    assert_eq!(ending, Ending::RunFailed, "{said}");
    assert!(said.contains("E0507"), "{said}");
    assert_eq!(listed(&mut session), before);
    assert!(session.lookup("e").is_none());
}

#[test]
fn a_name_that_is_declared_anew_is_seen_by_what_uses_it() {
    let mut session = session(root());
    answer(&mut session, "motif A = \"ACGT\"");
    answer(&mut session, "construct pair = [A, 4bp, A]");
    let (said, _) = answer(&mut session, "motif A = \"ACGTACGT\"");
    assert!(said.contains("replaces the earlier declaration"), "{said}");
    assert!(answer(&mut session, "width(pair)").0.contains("20bp"));
    // It may use what was declared below the older one.
    answer(&mut session, "let wide = 3bp");
    answer(&mut session, "let gap = 1bp");
    let (said, ending) = answer(&mut session, "let wide = gap + 1bp");
    assert_eq!(ending, Ending::Success, "{said}");
    assert!(answer(&mut session, "wide").0.contains("2bp"));
    // What would break what uses it is refused.
    let (said, ending) = answer(&mut session, "let A = 3");
    assert_eq!(ending, Ending::InvalidProgram, "{said}");
    assert!(answer(&mut session, "width(A)").0.contains("8bp"));
}

#[test]
fn what_is_saved_checks_and_runs_and_is_the_same_session() {
    let folder = scripts_folder();
    let mut first = session(folder.path());
    for entry in [
        "# where it comes from\nmotif SITE = \"CCACCAGG\"  # a part of it",
        "let a = 1; let b = 2",
        TRIAL,
        "let c = a +",
        "nothing",
        "## Does it?\nexperiment one {\n    background random\n    sample 50\n    embed SITE at center\n    measure m\n    expect effect > 1\n}",
        "width(SITE)",
    ] {
        answer(&mut first, entry);
    }
    let (said, ending) = answer(&mut first, ":save kept.gia");
    assert_eq!(ending, Ending::Success, "{said}");
    let text = std::fs::read_to_string(folder.path().join("kept.gia")).expect("it was written");
    assert!(
        text.contains("## Does it?\nexperiment one {") && text.contains("# a part of it"),
        "{text}"
    );
    assert!(
        !text.contains("width(SITE)") && !text.contains("nothing"),
        "{text}"
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["run", "kept.gia"])
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let (said, ending) = answer(&mut first, ":save kept.gia");
    assert_eq!(ending, Ending::RunFailed, "{said}");
    assert!(said.contains(":save! kept.gia"), "{said}");
    assert_eq!(answer(&mut first, ":save! kept.gia").1, Ending::Success);

    let mut second = session(folder.path());
    let (said, ending) = answer(&mut second, ":load kept.gia");
    assert_eq!(ending, Ending::Success, "{said}");
    assert!(said.contains("one"), "{said}");
    assert_eq!(listed(&mut second), listed(&mut first));
    assert_eq!(answer(&mut second, ":save again.gia").1, Ending::Success);
    let again = std::fs::read_to_string(folder.path().join("again.gia")).expect("it was written");
    assert_eq!(again, text);
    // Named, the experiment runs.
    let (said, _) = answer(&mut second, "one");
    assert!(said.contains("supported"), "{said}");
}

#[test]
fn a_file_is_not_saved_where_its_paths_lead_nowhere() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    answer(&mut session, "model net = load(\"ctcf_pu1.pt2\")");
    std::fs::create_dir(folder.path().join("below")).expect("a folder");
    let (said, ending) = answer(&mut session, ":save below/kept.gia");
    assert_eq!(ending, Ending::InvalidProgram, "{said}");
    assert!(!folder.path().join("below/kept.gia").exists());
    assert_eq!(
        answer(&mut session, ":save none/kept.gia").1,
        Ending::RunFailed
    );
}

#[test]
fn a_script_is_taken_in_whole_and_not_run() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    let (said, ending) = answer(&mut session, ":load ctcf_pu1.gia");
    assert_eq!(ending, Ending::Success, "{said}");
    assert!(
        said.contains("importance") && !said.contains("mean effect"),
        "{said}"
    );
    assert!(session.lookup("importance").is_some());
}

#[test]
fn a_pasted_script_is_one_entry() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    let text = format!(
        "motif SITE = \"CCACCAGG\"\n\n{TRIAL}\nlet gap = 3bp\n\nexperiment one {{\n    background random\n    sample 30\n    embed SITE at center\n    measure m\n}}\n"
    );
    let (said, ending) = answer(&mut session, &text);
    assert_eq!(ending, Ending::Success, "{said}");
    for word in ["SITE: Motif", "m: Model", "gap: Length = 3bp", "one"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}

#[test]
fn a_run_that_is_stopped_keeps_the_session() {
    let stop = StopFlag::default();
    let mut session = session_until(root(), stop.clone());
    answer(&mut session, &format!("motif SITE = \"CCACCAGG\"\n{TRIAL}"));
    let asker = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        stop.request();
    });
    let long =
        "experiment long { background random; sample 3_000_000; embed SITE at center; measure m }";
    let (said, ending) = answer(&mut session, long);
    asker.join().expect("it has asked");
    assert_eq!(ending, Ending::Interrupted, "{said}");
    assert!(said.contains("E0609"), "{said}");
    assert!(
        session.lookup("long").is_some(),
        "what was stopped can be run again"
    );
    let (said, ending) = answer(&mut session, "width(SITE)");
    assert_eq!(
        (ending, said.contains("8bp")),
        (Ending::Success, true),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn networks_run_in_a_session_as_in_a_script() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    answer(&mut session, "model net = load(\"ctcf_pu1.pt2\")");
    let (said, ending) = answer(
        &mut session,
        "experiment e { background uniform(length: 100bp); sample 100; embed \"CCACCAGGGGGCGC\" at center; measure net[\"CTCF\"]; expect effect > 10 }",
    );
    assert_eq!(ending, Ending::Success, "{said}");
    assert!(said.contains("supported"), "{said}");
    // The workers rest, and answer the next run with the same numbers.
    let (again, ending) = answer(&mut session, "e");
    assert_eq!((ending, again), (Ending::Success, said));
    // Another network is opened beside the first.
    answer(&mut session, "model other = load(\"mynet.pt2\")");
    let (said, ending) = answer(
        &mut session,
        "experiment f { background uniform(length: 200bp); sample 50; embed \"CCACCAGG\" at center; measure other[\"K562\"] }",
    );
    assert_eq!(ending, Ending::Success, "{said}");
    assert_eq!(answer(&mut session, "e").1, Ending::Success);
}

#[test]
fn curves_and_logos_fit_a_narrow_terminal_of_ascii() {
    let mut session = session(root());
    session.style = Style {
        colour: false,
        unicode: false,
        width: 50,
    };
    let mut last = String::new();
    for entry in [
        "motif CTCF = jaspar(\"MA0139.2\")",
        "CTCF",
        "model m = thermodynamic({CTCF: 1}, attraction: 4, reach: 8bp, base: -3)\nnull random = uniform(length: 100bp)",
        "experiment curve { vary gap in 0bp to 48bp step 4bp; background random; sample 30; embed [CTCF, gap, CTCF] at 2bp; measure m }",
    ] {
        session.enter(entry, &mut |said| {
            if let Output::Result(text) = said {
                last = text.to_string();
            }
        });
        if entry == "CTCF" || entry.contains("curve") {
            assert!(last.is_ascii() && last.lines().count() > 6, "{last}");
            assert!(last.lines().all(|line| line.len() <= 50), "{last}");
        }
    }
    assert!(last.contains('*') && last.contains("gap (bp)"), "{last}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_applied_to_a_sequence_is_predicted() {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    answer(&mut session, "model net = load(\"footprint.pt2\")");
    let bases = "GATTACAC".repeat(25);
    answer(&mut session, &format!("let one = dna\"{bases}\""));
    // A track is a curve, with its places and the sum of its numbers.
    for track in [
        "net.profile[0]",
        "softmax(net.profile)",
        "(net.profile - net.profile)",
    ] {
        let (said, ending) = answer(&mut session, &format!("{track}(one)"));
        assert_eq!(ending, Ending::Success, "{track}: {said}");
        assert!(said.contains("highest") && said.contains(" bp"), "{said}");
    }
    let (text, _) = answer(&mut session, &format!("net.profile[0](\"{bases}\")"));
    let (same, _) = answer(&mut session, "net.profile[0](one)");
    let numbers = |said: &str| {
        let mut lines = said.lines();
        let line = lines.find(|line| line.contains("highest"));
        line.expect("where it is highest").to_string()
    };
    assert_eq!(numbers(&text), numbers(&same));
    let (part, _) = answer(&mut session, "softmax(net.profile)(one)");
    assert!(part.contains("sum 1.000"), "{part}");
    // One number is a table.
    let (query, _) = answer(&mut session, "(net.counts[0] - 1)(one)");
    assert!(
        query.contains("sequence") && !query.contains("highest"),
        "{query}"
    );
    let (wrong, ending) = answer(&mut session, "net.profile[0](\"ACGT\")");
    assert_eq!(ending, Ending::InvalidProgram);
    assert!(
        wrong.contains("200 bp") && wrong.contains("4 bp"),
        "{wrong}"
    );
}
