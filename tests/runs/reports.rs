//! The files of a study: written by a run, and the same made later out of its JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Ended, script};
use crate::support::command::{gia, gia_with};
use crate::support::numbers::difference;

/// A sweep whose truth is known, so that nothing but the formula runs.
const SWEEP: &str = "motif GATA1 = \"AGATAA\"
motif TAL1 = \"CAGCTG\"
model pairs = thermodynamic({GATA1: 5.0, TAL1: 4.0}, attraction: 2.0, reach: 10bp)
## Does a TAL1 site help?
experiment together {
    vary gap in 0bp to 12bp step 4bp
    background uniform(length: 80bp)
    sample 40
    factorial [GATA1 as g, gap, rc(TAL1) as t] at 20bp
    measure expression = pairs
    report median
    expect interaction(g, t) > 0
}
experiment edits {
    background uniform(length: 80bp)
    sample 40
    arm moved { embed GATA1 at 10bp; invert 10bp..16bp }
    arm broken { disrupt TAL1 }
    measure expression = pairs
}
";

fn run(words: &[&str]) -> Ended {
    Ended::from(gia(words))
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path())
                    .into_iter()
                    .map(|(k, v)| (format!("{name}/{k}"), v)),
            );
        } else {
            found.insert(name, fs::read(entry.path()).expect("a file"));
        }
    }
    found
}

fn flags(folder: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name).display().to_string();
    [
        ("--report", "s.html"),
        ("--figures", "figures"),
        ("--csv", "s.csv"),
        ("--parquet", "s.parquet"),
    ]
    .into_iter()
    .flat_map(|(flag, name)| [flag.to_string(), at(name)])
    .collect()
}

#[test]
fn what_a_run_writes_its_study_writes_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script(folder.path(), SWEEP).display().to_string();
    let json = folder.path().join("s.json").display().to_string();
    let (during, later) = (folder.path().join("during"), folder.path().join("later"));
    fs::create_dir(&during).expect("made");
    fs::create_dir(&later).expect("made");

    let asked = flags(&during);
    let mut words = vec!["run", &script, "--quiet", "--json", &json];
    words.extend(asked.iter().map(String::as_str));
    let ended = run(&words);
    assert!(matches!(ended.status, Some(0 | 1)), "{}", ended.said);
    let asked = flags(&later);
    let mut words = vec!["report", json.as_str()];
    words.extend(asked.iter().map(String::as_str));
    run(&words).with(0, &[]);

    let (during, later) = (files(&during), files(&later));
    let names: Vec<&str> = during.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "figures/edits_design.png",
            "figures/edits_design.svg",
            "figures/edits_estimates.png",
            "figures/edits_estimates.svg",
            "figures/together_design.png",
            "figures/together_design.svg",
            "figures/together_expression_sweep.png",
            "figures/together_expression_sweep.svg",
            "s.csv",
            "s.html",
            "s.parquet",
        ]
    );
    assert!(during == later, "the page or a file of it differs");
}

/// The strand is that of the motif as it was written or read, whatever it is called since.
#[test]
fn the_strand_of_what_is_embedded_is_no_matter_of_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = r#"
model m = additive({"GATAAG": 1.0})
motif C = "GATAAG"
motif R = rc(C)
motif B = rc(R)
motif P = rc("GATATC")
motif D = draw(R)
construct pair = rc([C, 2bp, R])
fn turned(site: Motif) -> Construct = rc(site)
experiment e {
    background uniform(length: 60bp)
    sample 20
    arm forward  { embed C at 2bp }
    arm reverse  { embed R at 4bp }
    arm twice    { embed B at 6bp }
    arm inline   { embed rc(R) at 8bp }
    arm palindrome { embed P at 10bp }
    arm drawn    { embed D at 12bp }
    arm most     { embed consensus(R) at 14bp }
    arm mixed    { embed scrambled(R) at 16bp }
    arm both     { embed pair at 18bp }
    arm called   { embed turned(R) at 20bp }
    arm turned   { embed [turned(C) as t] at 22bp }
    measure m
}
"#;
    let study = crate::support::command::study(&script(folder.path(), text), &[]);
    let arms = study["experiments"][0]["layouts"][0]["arms"]
        .as_array()
        .expect("arms");
    let strands = |name: &str| -> String {
        let arm = arms.iter().find(|arm| arm["arm"] == name).expect("an arm");
        let edits = arm["edits"].as_array().expect("edits").iter();
        edits
            .map(|edit| edit["strand"].as_str().expect("a strand"))
            .collect()
    };
    for (arm, wanted) in [
        ("forward", "+"),
        ("reverse", "-"),
        ("twice", "+"),
        ("inline", "+"),
        ("palindrome", "-"),
        ("drawn", "-"),
        ("most", "-"),
        ("mixed", "-"),
        ("both", "+-"),
        ("called", "+"),
        ("turned", "-"),
    ] {
        assert_eq!(strands(arm), wanted, "{arm}");
    }
}

/// A motif whose name in a file reads `rc(...)` is not turned.
#[test]
fn a_name_from_a_file_turns_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = "A [ 0 9 0 9 9 0 ]\nC [ 0 0 0 0 0 0 ]\nG [ 9 0 0 0 0 9 ]\nT [ 0 0 9 0 0 0 ]\n";
    fs::write(folder.path().join("m.jaspar"), format!(">rc(X)\n{rows}")).expect("written");
    let text = r#"
experiment e {
    background uniform(length: 60bp)
    sample 20
    embed motifs("m.jaspar")["rc(X)"] at 5bp
    measure additive({"GATAAG": 1.0})
}
"#;
    let study = crate::support::command::study(&script(folder.path(), text), &[]);
    let edit = &study["experiments"][0]["layouts"][0]["arms"][1]["edits"][0];
    assert_eq!(
        (&edit["part"], &edit["strand"]),
        (&"rc(X)".into(), &"+".into())
    );
}

#[test]
fn a_study_tells_what_stands_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = script(folder.path(), SWEEP);
    let study = crate::support::command::study(&script, &[]);
    let layouts = study["experiments"][0]["layouts"]
        .as_array()
        .expect("layouts");
    let edits = |layout: usize, arm: usize| layouts[layout]["arms"][arm]["edits"].clone();
    assert_eq!(layouts.len(), 2);
    assert_eq!(layouts[1]["at"]["gap"], 12);
    assert_eq!(edits(0, 0), Value::Array(vec![]));
    let both = edits(1, 3);
    for (i, (part, motif, strand, start, end)) in
        [("g", "GATA1", "+", 20, 26), ("t", "rc(TAL1)", "-", 38, 44)]
            .into_iter()
            .enumerate()
    {
        let edit = &both[i];
        assert_eq!(edit["part"], part);
        assert_eq!(edit["motif"], motif);
        assert_eq!(edit["strand"], strand);
        assert_eq!(
            (edit["start"].as_i64(), edit["end"].as_i64()),
            (Some(start), Some(end))
        );
    }
    let disrupted = &study["experiments"][1]["layouts"][0]["arms"][2]["edits"][0];
    assert_eq!(disrupted["start"], Value::Null);
    assert!(
        disrupted["edit"]
            .as_str()
            .is_some_and(|edit| edit.contains("disrupt TAL1"))
    );
}

#[test]
fn a_band_is_the_interval_that_a_claim_about_all_points_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = crate::support::command::study(&script(folder.path(), SWEEP), &[]);
    let experiment = &study["experiments"][0];
    let claim = &experiment["claims"][0];
    let rows = experiment["rows"].as_array().expect("rows");
    let of_claim = rows
        .iter()
        .filter(|row| row["contrast"] == claim["contrast"]);
    let of_claim: Vec<&Value> = of_claim.collect();
    assert_eq!(of_claim.len(), 4);
    for row in &of_claim {
        let number = |value: &Value| value.as_f64().expect("a number");
        assert!(number(&row["band"]["low"]) <= number(&row["low"]));
        assert!(number(&row["band"]["high"]) >= number(&row["high"]));
        if row["at"] == claim["deciding"]["at"] {
            for end in ["low", "high"] {
                let (band, claimed) = (number(&row["band"][end]), number(&claim["deciding"][end]));
                assert!(difference(band, claimed) < 1e-12, "{band} {claimed}");
            }
        }
    }
    assert!(study["experiments"][1]["rows"][0].get("band").is_none());
}

#[test]
fn what_is_no_study_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.json");
    let page = folder.path().join("s.html").display().to_string();
    let shown = path.display().to_string();
    let report = |more: &[&str]| {
        let mut words = vec!["report", shown.as_str(), "--error-format=short"];
        words.extend(more);
        run(&words)
    };
    report(&[]).with(2, &["error[E0002]", "there is no file `"]);
    for text in ["", "{}", "no JSON", "{\"schema\": \"gia-study/9\"}"] {
        fs::write(&path, text).expect("written");
        report(&["--report", &page]).with(2, &["error[E0405]", "is not a study"]);
        assert!(!Path::new(&page).exists());
    }
    let nowhere = folder.path().join("none/s.html").display().to_string();
    for flag in ["--report", "--csv", "--parquet", "--json"] {
        report(&[flag, &nowhere]).with(3, &["error[E0605]", "its folder does not exist"]);
    }
    fs::write(folder.path().join("file"), "").expect("written");
    let inside = folder.path().join("file/figures").display().to_string();
    report(&["--figures", &inside]).with(3, &["error[E0605]"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn tables_of_several_outcomes_and_contrasts_fit_a_terminal() {
    let script = "tests/runs/random.gia";
    for columns in ["80", "100"] {
        let output = gia_with(["run", script, "--device", "cpu"], &[("COLUMNS", columns)]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("mean effect"), "{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        let most: usize = columns.parse().expect("a number");
        assert!(widest <= Some(most), "{columns}: {text}");
    }
}

#[test]
fn many_summaries_of_long_names_fit_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "motif GATA1 = \"AGATAA\"
motif TAL1 = \"CAGCTG\"
model net = additive({GATA1: 2.0, TAL1: 1.0, \"AA\": 0.1})
experiment e {
    vary gap in 0bp to 20bp step 10bp
    background uniform(length: 120bp)
    sample 60
    factorial [GATA1 as first_site, gap, TAL1 as second_site] at 20bp
    measure expression_in_k562 = net, accessibility_in_k562 = 2 * net
    report median, share, size, wilcoxon, permutation, bootstrap
}
";
    let script = script(folder.path(), text).display().to_string();
    let output = gia_with(["run", script.as_str()], &[("COLUMNS", "80")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for word in [
        "median",
        "share",
        "size",
        "wilcoxon p",
        "permutation p",
        "bootstrap",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(
        text.contains("interaction(first_site, second_site)"),
        "{text}"
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}\n{text}");
    }
}
