//! `embed M at anywhere`: a place that is drawn for each background, through the language.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, study};

const MODEL: &str = "model net = additive({\"GATTACA\": 1.0})\nmotif A = \"GGGGGGGG\"\nmotif B = \"CCCC\"\nnull plain = iid(length: 80bp, freq: [0.5, 0.0, 0.0, 0.5])\n";

/// The sequences of the arms of experiment `e`, by the names of arms.
fn sequences(folder: &Path, text: &str, more: &[&str]) -> Vec<(String, Vec<String>)> {
    let (script, out) = (folder.join("script.gia"), folder.join("out"));
    fs::write(&script, format!("{MODEL}{text}")).expect("written");
    let _ = fs::remove_dir_all(&out);
    let mut arguments: Vec<std::path::PathBuf> = vec![
        "run".into(),
        script,
        "--quiet".into(),
        "--sequences".into(),
        out.clone(),
    ];
    arguments.extend(more.iter().map(Into::into));
    let output = gia(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}");
    let mut files: Vec<_> = fs::read_dir(out.join("e"))
        .expect("sequences")
        .map(|file| file.expect("a file").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let fasta = fs::read_to_string(&file).expect("text");
            let lines = fasta.lines().filter(|line| !line.starts_with('>'));
            let name = file.file_stem().expect("a name").to_string_lossy();
            (name.to_string(), lines.map(str::to_string).collect())
        })
        .collect()
}

fn of<'s>(all: &'s [(String, Vec<String>)], arm: &str) -> &'s [String] {
    let found = all.iter().find(|(name, _)| name == arm);
    &found.unwrap_or_else(|| panic!("{arm}")).1
}

fn starts(sequences: &[String], letters: &str) -> Vec<usize> {
    let found = sequences
        .iter()
        .map(|one| one.find(letters).expect("embedded"));
    found.collect()
}

#[test]
fn a_place_is_the_same_in_every_arm_and_in_any_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "let site = embed(A, anywhere(0bp..79bp))\n\
                experiment e {\n background plain\n sample 300\n arm one { site }\n arm two { site; mutate 79bp with \"C\" }\n arm own { embed A at anywhere(20bp..40bp) }\n measure net\n}\n";
    let all = sequences(folder.path(), text, &[]);
    let one = starts(of(&all, "one"), "GGGGGGGG");
    assert_eq!(one, starts(of(&all, "two"), "GGGGGGGG"));
    // 72 places, all of them within 300 draws but for chance: 72 * (71 / 72)^300 = 1.1 are left out on average.
    let distinct: HashSet<usize> = one.iter().copied().collect();
    assert!(
        distinct.len() > 60 && one.iter().all(|&start| start <= 71),
        "{one:?}"
    );
    let own = starts(of(&all, "own"), "GGGGGGGG");
    let distinct: HashSet<usize> = own.iter().copied().collect();
    assert_eq!(distinct, (20..=32).collect());
    for more in [["--batch", "7"], ["--threads", "1"]] {
        assert_eq!(sequences(folder.path(), text, &more), all, "{more:?}");
    }
}

#[test]
fn a_row_and_a_factorial_move_as_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "experiment e {\n background plain\n sample 60\n factorial [A as a, 5bp, B as b] at anywhere(10bp..70bp)\n measure net\n}\n";
    let all = sequences(folder.path(), text, &[]);
    let both: Vec<(usize, usize)> = starts(of(&all, "arm(a,_b)"), "GGGGGGGG")
        .into_iter()
        .zip(starts(of(&all, "arm(a,_b)"), "CCCC"))
        .collect();
    assert_eq!(
        starts(of(&all, "a"), "GGGGGGGG"),
        both.iter().map(|(a, _)| *a).collect::<Vec<_>>()
    );
    assert_eq!(
        starts(of(&all, "b"), "CCCC"),
        both.iter().map(|(_, b)| *b).collect::<Vec<_>>()
    );
    assert!(
        both.iter()
            .all(|(a, b)| a + 13 == *b && (10..=53).contains(a)),
        "{both:?}"
    );
    let distinct: HashSet<_> = both.iter().collect();
    assert!(distinct.len() > 20);
}

#[test]
fn reports_say_that_the_place_is_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.gia");
    // A report has the layouts of the first and the last grid point.
    for (places, words) in [
        ("center, anywhere", "anywhere(0bp..80bp)"),
        ("center, anywhere(10bp..50bp)", "anywhere(10bp..50bp)"),
    ] {
        let text = format!(
            "experiment e {{\n vary place in [{places}]\n background plain\n sample 50\n embed A at place\n measure net\n}}\n"
        );
        fs::write(&script, format!("{MODEL}{text}")).expect("written");
        let study = study(&script, &[]);
        let experiment = &study["experiments"][0];
        let edit = |point: usize| &experiment["layouts"][point]["arms"][1]["edits"][0];
        assert_eq!(edit(0)["start"], 36);
        assert!(edit(1)["start"].is_null() && edit(1)["end"].is_null());
        assert_eq!(edit(1)["edit"], format!("`GGGGGGGG` at {words}"));
        assert_eq!(edit(1)["motif"], "A");
        let rows = experiment["rows"].as_array().expect("rows");
        let at: Vec<&Value> = rows.iter().map(|row| &row["at"]["place"]).collect();
        assert_eq!(at, places.split(", ").collect::<Vec<_>>());
    }
}

#[test]
fn places_that_cannot_be_drawn_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |arms: &str| {
        let script = folder.path().join("script.gia");
        let text =
            format!("experiment e {{\n background plain\n sample 50\n {arms}\n measure net\n}}\n");
        fs::write(&script, format!("{MODEL}{text}")).expect("written");
        let output = gia(["check".into(), script]);
        let words = String::from_utf8_lossy(&output.stderr).to_string();
        let words: Vec<&str> = words
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        words.join(" ")
    };
    for (arms, part) in [
        (
            "arm x { embed A at anywhere; embed B at anywhere }",
            "may write over each other, since a place is drawn",
        ),
        (
            "arm x { embed A at center; embed B at anywhere }",
            "may write over each other",
        ),
        (
            "embed A at anywhere(10bp..15bp)",
            "fits nowhere: 10..15 has 5 bp",
        ),
        (
            "embed A at anywhere(70bp..90bp)",
            "70..90 reaches out of the sequence of 80 bp",
        ),
        ("embed A at anywhere(50bp..20bp)", "fits nowhere"),
        ("insert A at anywhere", "expected a Position"),
        ("embed A at anywhere(5bp)", "anywhere"),
        (
            "mutate anywhere with \"A\"",
            "expected a Position or a Region",
        ),
    ] {
        let said = said(arms);
        assert!(said.contains(part), "{arms}: {said}");
    }
    let apart = "arm x { embed A at anywhere(0bp..40bp); embed B at anywhere(40bp..80bp) }";
    assert_eq!(said(apart), "");
}

/// Recomputing only what an edit reaches gives what whole passes give, wherever the edit is.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn incremental_recomputation_follows_drawn_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("script.gia");
    let net = crate::support::command::root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!(
        "model net = load(\"{}\")\nexperiment e {{\n background uniform(length: 100bp)\n sample 200\n embed \"CCACCAGGGGGCGC\" at anywhere\n measure net[\"CTCF\"]\n report each\n}}\n",
        net.display()
    );
    fs::write(&script, text).expect("written");
    let values = |more: &[&str]| -> Vec<f64> {
        let study = study(&script, more);
        let values = study["experiments"][0]["each"]["effects"][0]["values"].clone();
        let values = values.as_array().expect("values").clone();
        values
            .iter()
            .map(|value| value.as_f64().expect("a number"))
            .collect()
    };
    let (partial, whole) = (values(&[]), values(&["--exact"]));
    assert_eq!(partial.len(), 200);
    for (one, other) in partial.iter().zip(&whole) {
        assert!((one - other).abs() < 1e-4, "{one} {other}");
    }
}
