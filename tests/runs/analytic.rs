//! Networks that count letters and words: every number of a study is worked out again from the sequences that it wrote.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::script;
use crate::support::command::study;

/// Relative, beyond what float32 loses in sums of small whole numbers.
const TOLERANCE: f64 = 1e-6;

/// What each outcome is of a sequence, by the outcome's name.
fn outcome(name: &str, sequence: &str) -> f64 {
    let copies = |word: &str| {
        sequence
            .as_bytes()
            .windows(4)
            .filter(|w| *w == word.as_bytes())
            .count() as f64
    };
    match name {
        "gc" => sequence.chars().filter(|c| "GC".contains(*c)).count() as f64,
        "gata" => copies("GATA"),
        "cacc" => copies("CACC"),
        "both" => copies("GATA").min(1.0) * copies("CACC").min(1.0),
        "mixed" => 2.0 * copies("GATA") - copies("CACC") / 4.0 + 1.0,
        other => panic!("no outcome {other}"),
    }
}

/// Sequences of a FASTA file, one line each.
fn letters(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .filter(|line| !line.starts_with('>'))
        .map(String::from)
        .collect()
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

fn close(found: &Value, wanted: f64) -> bool {
    found
        .as_f64()
        .is_some_and(|found| (found - wanted).abs() < TOLERANCE * wanted.abs().max(1.0))
}

/// A study with the sequences that were scored.
struct Run {
    study: Value,
    folder: tempfile::TempDir,
}

impl Run {
    fn of(text: &str) -> Run {
        let folder = tempfile::tempdir().expect("a folder");
        let path = script(folder.path(), text);
        let place = folder.path().join("sequences").display().to_string();
        Run {
            study: study(&path, &["--device", "cpu", "--sequences", &place]),
            folder,
        }
    }

    fn experiment(&self, name: &str) -> &Value {
        let all = self.study["experiments"].as_array().expect("experiments");
        all.iter()
            .find(|e| e["name"] == name)
            .unwrap_or_else(|| panic!("no experiment {name}"))
    }

    /// The sequences of an arm at a grid point of one axis, or of an experiment without axes.
    fn sequences(&self, experiment: &str, point: Option<&str>, arm: &str) -> Vec<String> {
        let place = self.folder.path().join("sequences").join(experiment);
        let place = point.map_or(place.clone(), |point| place.join(point));
        // A blank in a name is no blank in the name of its file.
        let file = format!("{}.fa", arm.replace(' ', "_"));
        letters(&place.join(file))
    }

    /// Every mean and standard deviation of an experiment, from its sequences; `formulas` has each contrast as arms with
    /// their factors.
    fn check(&self, name: &str, formulas: &[(&str, &[(&str, f64)])]) {
        let experiment = self.experiment(name);
        let formulas: HashMap<_, _> = formulas.iter().copied().collect();
        let values = |at: &Value, arm: &str, measured: &Value| -> Vec<f64> {
            let point = point_of(experiment, at);
            let measured = measured.as_str().expect("an outcome");
            self.sequences(name, point.as_deref(), arm)
                .iter()
                .map(|s| outcome(measured, s))
                .collect()
        };
        let compare = |found: &Value, values: &[f64]| {
            let (mean, sd) = moments(values);
            assert_eq!(found["n"], values.len(), "{found}");
            assert!(close(&found["mean"], mean), "mean {mean}: {found}");
            assert!(close(&found["sd"], sd), "sd {sd}: {found}");
        };
        let arms = experiment["arms"].as_array().expect("arms");
        let rows = experiment["rows"].as_array().expect("rows");
        assert!(!arms.is_empty() && !rows.is_empty(), "{name}");
        for arm in arms {
            compare(
                arm,
                &values(
                    &arm["at"],
                    arm["arm"].as_str().expect("a name"),
                    &arm["outcome"],
                ),
            );
        }
        for row in rows {
            let contrast = row["contrast"].as_str().expect("a name");
            let formula = formulas
                .get(contrast)
                .unwrap_or_else(|| panic!("{name}: no formula for {contrast}"));
            let mut differences: Vec<f64> = Vec::new();
            for (arm, factor) in *formula {
                let terms = values(&row["at"], arm, &row["outcome"]);
                differences.resize(terms.len(), 0.0);
                for (sum, term) in differences.iter_mut().zip(terms) {
                    *sum += factor * term;
                }
            }
            compare(row, &differences);
        }
    }
}

/// The folder of a grid point of at most one axis.
fn point_of(experiment: &Value, at: &Value) -> Option<String> {
    let axis = experiment["axes"].as_array().expect("axes").first()?;
    let name = axis["name"].as_str().expect("a name");
    let value = at[name]
        .as_str()
        .map_or_else(|| at[name].to_string(), String::from);
    Some(format!(
        "{name}={value}{}",
        axis["unit"].as_str().unwrap_or_default()
    ))
}

const EFFECT: (&str, &[(&str, f64)]) = ("effect", &[("treated", 1.0), ("control", -1.0)]);

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_word_of_g_adds_as_many_as_it_overwrites_of_others() {
    let run = Run::of(
        "model net = load(\"@MODELS@/gc.pt2\")\nnull plain = uniform(length: 20bp)\n\
         experiment e {\n background plain\n sample 400\n embed \"GGGG\" at center\n measure gc = net\n expect effect > 1\n}\n",
    );
    run.check("e", &[EFFECT]);
    let before = run.sequences("e", None, "control");
    let after = run.sequences("e", None, "treated");
    assert_eq!(before.len(), 400);
    let gained: Vec<f64> = before
        .iter()
        .map(|s| 4.0 - outcome("gc", &s[8..12]))
        .collect();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(*after, format!("{}GGGG{}", &before[..8], &before[12..]));
    }
    let row = &run.experiment("e")["rows"][0];
    let (mean, _) = moments(&gained);
    assert!(close(&row["mean"], mean), "{mean}: {row}");
    // Half of all bases are G or C, give or take.
    assert!((mean - 2.0).abs() < 0.3, "{mean}");
    assert_eq!(run.experiment("e")["claims"][0]["verdict"], "supported");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn placements_align_like_with_like() {
    let run = Run::of(
        "model net = load(\"@MODELS@/gc.pt2\")\nnull plain = uniform(length: 20bp)\n\
         experiment e {\n background plain\n sample 60\n\
         arm first { embed \"GCGC\" at start }\n arm after { embed \"GCGC\" at start + 6bp }\n\
         arm there { embed \"GCGC\" at 7bp }\n arm quarter { embed \"GCGC\" at 25% }\n\
         arm middle { embed \"GCGC\" at center }\n arm right { embed \"GCGC\" at center + 3bp }\n\
         arm last { embed \"GCGC\" at end }\n arm before { embed \"GCGC\" at end - 2bp }\n\
         measure gc = net\n}\n",
    );
    let arms = [
        ("first", 0),
        ("after", 6),
        ("there", 7),
        ("quarter", 5),
        ("middle", 8),
        ("right", 11),
        ("last", 16),
        ("before", 14),
    ];
    let formulas: Vec<(&str, [(&str, f64); 2])> = arms
        .iter()
        .map(|(arm, _)| (*arm, [(*arm, 1.0), ("control", -1.0)]))
        .collect();
    let formulas: Vec<(&str, &[(&str, f64)])> = formulas
        .iter()
        .map(|(name, terms)| (*name, &terms[..]))
        .collect();
    run.check("e", &formulas);
    let control = run.sequences("e", None, "control");
    for (arm, start) in arms {
        for (before, after) in control.iter().zip(run.sequences("e", None, arm)) {
            let wanted = format!("{}GCGC{}", &before[..start], &before[start + 4..]);
            assert_eq!(after, wanted, "{arm}");
        }
    }
}

const PAIR: &str = "set seed = 3\nmodel net = load(\"@MODELS@/pair.pt2\")\nmotif GATA = iupac(\"GATA\")\n\
                    motif CACC = iupac(\"CACC\")\nnull plain = uniform(length: 60bp)\n";

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_factorial_finds_the_interaction_and_nothing_else() {
    let run = Run::of(&format!(
        "{PAIR}experiment e {{\n vary gap in [0bp, 6bp, 12bp]\n background plain\n sample 150\n\
         factorial [GATA as g, gap, CACC as t] at 10bp\n\
         measure gata = net[\"GATA\"], cacc = net[\"CACC\"], both = net[\"both\"]\n\
         expect interaction(g, t).both > 0\n}}\n"
    ));
    let names: Vec<&str> = run.experiment("e")["arms"]
        .as_array()
        .expect("arms")
        .iter()
        .map(|arm| arm["arm"].as_str().expect("a name"))
        .collect();
    let (g, t, none, all) = ("g", "t", "control", "arm(g, t)");
    assert!(
        [none, g, t, all].iter().all(|arm| names.contains(arm)),
        "{names:?}"
    );
    let interaction = [(all, 1.0), (g, -1.0), (t, -1.0), (none, 1.0)];
    run.check(
        "e",
        &[
            ("g", &[(g, 1.0), (none, -1.0)]),
            ("t", &[(t, 1.0), (none, -1.0)]),
            ("interaction(g, t)", &interaction),
        ],
    );
    for row in run.experiment("e")["rows"].as_array().expect("rows") {
        let mean = row["mean"].as_f64().expect("a mean");
        match (row["contrast"].as_str(), row["outcome"].as_str()) {
            // Sites that are there by chance take something from an effect of one.
            (Some("g"), Some("gata")) | (Some("t"), Some("cacc")) => {
                assert!((0.8..=1.1).contains(&mean), "{row}")
            }
            (Some("interaction(g, t)"), Some("both")) => assert!(mean > 0.3, "{row}"),
            (Some("interaction(g, t)"), _) => assert!(mean.abs() < 0.1, "{row}"),
            _ => {}
        }
    }
    assert_eq!(run.experiment("e")["claims"][0]["verdict"], "supported");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_construct_is_repeated_and_reversed_as_written() {
    let run = Run::of(&format!(
        "{PAIR}experiment copies {{\n vary n in 1 to 4\n background plain\n sample 80\n\
         embed [GATA, 3bp] * n at 5bp\n measure gata = net[\"GATA\"]\n}}\n\
         experiment turned {{\n background plain\n sample 80\n arm forward {{ embed [GATA, 2bp, CACC] at 20bp }}\n\
         arm reverse {{ embed rc([GATA, 2bp, CACC]) at 20bp }}\n arm twice {{ embed rc(rc(CACC)) at 40bp }}\n\
         measure gata = net[\"GATA\"], cacc = net[\"CACC\"]\n contrast turn = reverse - forward\n}}\n"
    ));
    run.check("copies", &[EFFECT]);
    for n in 1..=4usize {
        let point = format!("n={n}");
        let control = run.sequences("copies", Some(&point), "control");
        let treated = run.sequences("copies", Some(&point), "treated");
        for (before, after) in control.iter().zip(treated) {
            let mut wanted = before.clone();
            for copy in 0..n {
                let at = 5 + 7 * copy;
                wanted.replace_range(at..at + 4, "GATA");
            }
            assert_eq!(after, wanted, "{n} copies");
        }
    }
    run.check(
        "turned",
        &[("turn", &[("reverse", 1.0), ("forward", -1.0)])],
    );
    let control = run.sequences("turned", None, "control");
    for (arm, words) in [
        ("forward", [(20, "GATA"), (26, "CACC")].as_slice()),
        ("reverse", &[(20, "GGTG"), (26, "TATC")]),
        ("twice", &[(40, "CACC")]),
    ] {
        for (before, after) in control.iter().zip(run.sequences("turned", None, arm)) {
            let mut wanted = before.clone();
            for (at, word) in words {
                wanted.replace_range(at..&(at + 4), word);
            }
            assert_eq!(after, wanted, "{arm}");
        }
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn arithmetic_over_outputs_is_done_for_each_sequence() {
    let run = Run::of(&format!(
        "{PAIR}experiment e {{\n background plain\n sample 120\n embed [GATA, GATA, 1bp, CACC] at end\n\
         measure mixed = 2 * net[\"GATA\"] - net[\"CACC\"] / 4 + 1\n}}\n"
    ));
    run.check("e", &[EFFECT]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn given_sequences_are_used_once_each_and_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let sequences: Vec<String> = (0..7)
        .map(|i| format!("{}{}", "ACGT".repeat(i), "A".repeat(60 - 4 * i)))
        .collect();
    let fasta: String = sequences
        .iter()
        .enumerate()
        .map(|(i, s)| format!(">s{i}\n{s}\n"))
        .collect();
    let path = folder.path().join("given.fa");
    std::fs::write(&path, fasta).expect("written");
    let run = Run::of(&format!(
        "{PAIR}experiment e {{\n background fasta(\"{}\") first 5\n embed [GATA, 2bp, CACC] at 30bp\n\
         measure gata = net[\"GATA\"], both = net[\"both\"]\n}}\n",
        path.display()
    ));
    run.check("e", &[EFFECT]);
    assert_eq!(run.sequences("e", None, "control"), sequences[..5]);
    for row in run.experiment("e")["rows"].as_array().expect("rows") {
        assert_eq!(
            (row["mean"].as_f64(), row["sd"].as_f64()),
            (Some(1.0), Some(0.0)),
            "{row}"
        );
    }
}
