//! `gia diff` of runs that kept the values of their backgrounds.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::gia;
use crate::support::suites::Ended;
use crate::support::values::{number, read};

/// A script with weights; `GAPS`, `N` and `SEED` are replaced.
const SCRIPT: &str = "set seed = SEED
model sums = additive({\"GATA\": 2.0, \"CC\": WEIGHT, \"AAT\": 0.5})
experiment spacing {
    background uniform(length: 60bp)
    sample N
    vary gap in [GAPS]
    arm one { embed [\"GATA\", gap, \"CCAC\"] at 10bp }
    arm two { embed [\"GATA\", gap, \"AAT\"] at 10bp }
    measure sums, twice = 2 * sums
}
";

struct Run<'a> {
    weight: &'a str,
    gaps: &'a str,
    n: &'a str,
    seed: &'a str,
}

const BEFORE: Run = Run {
    weight: "0.25",
    gaps: "5bp, 20bp",
    n: "100",
    seed: "0",
};
const AFTER: Run = Run {
    weight: "0.35",
    ..BEFORE
};

/// The path of a file in a folder.
fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// Runs a script, writes its study to `NAME.json`, and its values to a file if one is named.
fn run(folder: &TempDir, run: &Run, name: &str, values: Option<&str>) -> Ended {
    let text = SCRIPT
        .replace("WEIGHT", run.weight)
        .replace("GAPS", run.gaps)
        .replace('N', run.n)
        .replace("SEED", run.seed);
    let script = at(folder, "script.gia");
    std::fs::write(&script, text).expect("written");
    let json = at(folder, &format!("{name}.json"));
    let values = values.map(|values| at(folder, values));
    let mut words = vec!["run", &script, "--json", &json];
    words.extend(values.iter().flat_map(|path| ["--values", path]));
    let ended = Ended::from(gia(&words));
    assert_eq!(ended.status, Some(0), "{}", ended.said);
    ended
}

/// The comparison of two studies, and what was printed.
fn diff(folder: &TempDir, before: &str, after: &str) -> (Value, String) {
    let json = at(folder, "diff.json");
    let ended = gia([
        "diff",
        &at(folder, before),
        &at(folder, after),
        "--json",
        &json,
    ]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 1)), "{said}");
    let text = std::fs::read_to_string(&json).expect("a comparison");
    let shown = String::from_utf8_lossy(&ended.stdout);
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    (serde_json::from_str(&text).expect("JSON"), shown)
}

/// The differences between two files of values, by gap, contrast and outcome.
fn differences(before: &Path, after: &Path) -> BTreeMap<[String; 3], Vec<f64>> {
    let of = |path: &Path| {
        let mut found: BTreeMap<([String; 3], String), f64> = BTreeMap::new();
        for row in read(path).iter().filter(|row| !row["contrast"].is_empty()) {
            let key = ["at_gap_bp", "contrast", "outcome"].map(|name| row[name].clone());
            found.insert((key, row["sequence"].clone()), number(row, "value"));
        }
        found
    };
    let mut found: BTreeMap<[String; 3], Vec<f64>> = BTreeMap::new();
    let (before, after) = (of(before), of(after));
    for ((key, sequence), value) in after {
        let known = before[&(key.clone(), sequence)];
        found.entry(key).or_default().push(value - known);
    }
    found
}

/// Checks mean, sd and standard error of every effect against the files of values; `n` is the number of backgrounds.
fn effects_are_those_of_the_values(
    found: &Value,
    differences: &BTreeMap<[String; 3], Vec<f64>>,
    n: usize,
) {
    let effects = found["effects"].as_array().expect("a list");
    assert_eq!(effects.len(), differences.len());
    for effect in effects {
        let key = [
            effect["at"]["gap"].to_string(),
            effect["contrast"].as_str().expect("a name").to_string(),
            effect["outcome"].as_str().expect("a name").to_string(),
        ];
        let of = &differences[&key];
        assert_eq!(of.len(), n);
        let mean = of.iter().sum::<f64>() / n as f64;
        let squares: f64 = of.iter().map(|x| (x - mean).powi(2)).sum();
        let sd = (squares / (n - 1) as f64).sqrt();
        let close = |number: &Value, wanted: f64| {
            let found = number.as_f64().expect("a number");
            assert!((found - wanted).abs() < 1e-9, "{key:?}: {found}, {wanted}");
        };
        close(&effect["difference"], mean);
        close(&effect["paired"]["sd"], sd);
        close(&effect["paired"]["se"], sd / (n as f64).sqrt());
        assert_eq!(effect["paired"]["n"], n);
        let method = effect["method"].as_str().expect("a text");
        assert!(
            method.starts_with("paired by background, t, hull"),
            "{method}"
        );
    }
}

#[test]
fn effects_are_paired_by_background_in_either_format() {
    let folder = TempDir::new().expect("a folder");
    run(&folder, &BEFORE, "a", Some("a.parquet"));
    run(&folder, &AFTER, "b", Some("b.csv"));
    let (found, shown) = diff(&folder, "a.json", "b.json");
    let place = |name: &str| folder.path().join(name);
    let differences = differences(&place("a.parquet"), &place("b.csv"));
    effects_are_those_of_the_values(&found, &differences, 100);
    assert!(found.get("unpaired").is_none());
    assert!(
        shown.contains("Intervals of differences: paired by background"),
        "{shown}"
    );
    // Without values the same difference has a wider interval.
    run(&folder, &AFTER, "c", None);
    let (independent, shown) = diff(&folder, "a.json", "c.json");
    assert!(
        shown.contains("Not paired by background: the later run did not keep the values of its backgrounds (`gia run --values`)."),
        "{shown}"
    );
    let width = |of: &Value| {
        of["effects"][0]["high"].as_f64().unwrap() - of["effects"][0]["low"].as_f64().unwrap()
    };
    assert!(
        width(&found) < 0.7 * width(&independent),
        "{} {}",
        width(&found),
        width(&independent)
    );
}

#[test]
fn rows_in_another_order_are_found_across_groups() {
    let folder = TempDir::new().expect("a folder");
    // 2 gaps, 2 outcomes, 3 arms and 2 contrasts of 9,000 backgrounds: three groups of 65,536 rows.
    let many = Run {
        n: "9000",
        ..BEFORE
    };
    run(&folder, &many, "a", Some("a.csv"));
    let turned = Run {
        gaps: "20bp, 5bp",
        n: "9000",
        ..AFTER
    };
    run(&folder, &turned, "b", Some("b.parquet"));
    let (found, _) = diff(&folder, "a.json", "b.json");
    let place = |name: &str| folder.path().join(name);
    let differences = differences(&place("a.csv"), &place("b.parquet"));
    effects_are_those_of_the_values(&found, &differences, 9000);
}

#[test]
fn values_move_with_their_study() {
    let folder = TempDir::new().expect("a folder");
    run(&folder, &BEFORE, "a", Some("a.parquet"));
    run(&folder, &AFTER, "b", Some("b.parquet"));
    std::fs::create_dir(at(&folder, "kept")).expect("made");
    for name in ["a.json", "a.parquet"] {
        std::fs::rename(at(&folder, name), at(&folder, &format!("kept/{name}"))).expect("moved");
    }
    let (found, _) = diff(&folder, "kept/a.json", "b.json");
    assert!(found.get("unpaired").is_none());
    // The comparison overwrites no values.
    let words = [
        "diff",
        &at(&folder, "kept/a.json"),
        &at(&folder, "b.json"),
        "--json",
        &at(&folder, "b.parquet"),
    ];
    let refused = gia(words);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("E0612"), "{said}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("which is the table"), "{said}");
    // Another file under the name is not taken for it.
    std::fs::copy(at(&folder, "b.parquet"), at(&folder, "kept/a.parquet")).expect("copied");
    let (found, _) = diff(&folder, "kept/a.json", "b.json");
    let why = found["unpaired"].as_str().expect("a reason");
    assert!(
        why.ends_with("kept/a.parquet` is not the file of values that the earlier run wrote"),
        "{why}"
    );
    std::fs::remove_file(at(&folder, "kept/a.parquet")).expect("removed");
    let (found, _) = diff(&folder, "kept/a.json", "b.json");
    let why = found["unpaired"].as_str().expect("a reason");
    assert!(
        why.ends_with(
            "a.parquet`, which holds the values of the earlier run, is not beside its study"
        ),
        "{why}"
    );
    assert!(found["effects"][0].get("paired").is_none());
}

#[test]
fn other_backgrounds_are_not_paired() {
    let folder = TempDir::new().expect("a folder");
    run(&folder, &BEFORE, "a", Some("a.parquet"));
    for (other, why) in [
        (
            Run { seed: "1", ..AFTER },
            "the runs have other backgrounds from number 0 on (counting from 0)",
        ),
        (
            Run { n: "90", ..AFTER },
            "the runs have 100 and 90 backgrounds",
        ),
    ] {
        run(&folder, &other, "b", Some("b.parquet"));
        let (found, shown) = diff(&folder, "a.json", "b.json");
        for effect in found["effects"].as_array().expect("a list") {
            assert_eq!(effect["unpaired"], why);
            assert!(
                effect["method"]
                    .as_str()
                    .expect("a text")
                    .starts_with("Welch t")
            );
        }
        assert!(
            shown.contains(&format!("Not paired by background: {why}.")),
            "{shown}"
        );
    }
    run(&folder, &AFTER, "b", None);
    run(&folder, &BEFORE, "c", None);
    let (_, shown) = diff(&folder, "c.json", "b.json");
    assert!(
        shown.contains("neither run kept the values of its backgrounds (`gia run --values`)."),
        "{shown}"
    );
}

#[test]
fn a_run_is_paired_with_an_earlier_one() {
    let folder = TempDir::new().expect("a folder");
    run(&folder, &BEFORE, "a", Some("a.parquet"));
    let script = at(&folder, "script.gia");
    let text = std::fs::read_to_string(&script).expect("the script");
    std::fs::write(&script, text.replace("0.25", "0.35")).expect("written");
    let (earlier, values) = (at(&folder, "a.json"), at(&folder, "b.csv"));
    let ended = Ended::from(gia([
        "run",
        &script,
        "--against",
        &earlier,
        "--values",
        &values,
    ]));
    assert!(matches!(ended.status, Some(0 | 1)), "{}", ended.said);
    assert!(ended.out.contains("paired by background"), "{}", ended.out);
}
