//! Every script of `docs/coming_from.md` against what tangermeme makes of it
//! (`tests/oracle/tangermeme/make.py` stored the numbers).
//!
//! An experiment of the page and an entry of the oracle belong together by name. `experiments` are compared in means
//! and standard deviations, `sequences` letter by letter, `draws` in their means as far as chance allows.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::docs::{Block, blocks_of, workplace};
use crate::support::command::{root, study};

/// Of the greater of a mean and its standard deviation, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-4;

/// Standard errors that two means over draws may be apart.
const ERRORS: f64 = 4.0;

fn oracle() -> Value {
    let text = std::fs::read_to_string(root().join("tests/oracle/tangermeme/numbers.json"));
    serde_json::from_str(&text.expect("the oracle")).expect("the oracle is JSON")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/coming_from.md")).expect("the page")
}

fn scripts() -> Vec<Block> {
    let blocks = blocks_of(&root().join("docs/coming_from.md"));
    blocks.into_iter().filter(|b| b.kind == "gia").collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value, key: &str) -> f64 {
    value[key]
        .as_f64()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Whether two values are equal, `2` and `2.0` included.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// The entry of a report that an entry of the oracle is about.
fn counterpart<'a>(experiment: &'a Value, wanted: &Value) -> &'a Value {
    let (entries, what) = match wanted.get("contrast") {
        Some(_) => (list(experiment, "rows"), "contrast"),
        None => (list(experiment, "arms"), "arm"),
    };
    // An outcome without a name is called by its text.
    let outcome = |found: &Value| match wanted["outcome"].as_str() {
        Some("ctcf") => found == "ctcf" || found == "net[\"CTCF\"]",
        _ => *found == wanted["outcome"],
    };
    entries
        .iter()
        .find(|found| {
            equal(&found["at"], &wanted["at"])
                && outcome(&found["outcome"])
                && found[what] == wanted[what]
        })
        .unwrap_or_else(|| panic!("{}: nothing like {wanted}", experiment["name"]))
}

fn compare_numbers(experiment: &Value, wanted: &[Value]) -> usize {
    for wanted in wanted {
        let found = counterpart(experiment, wanted);
        assert_eq!(found["n"], wanted["n"], "{}", experiment["name"]);
        let scale = number(wanted, "mean").abs().max(number(wanted, "sd"));
        for key in ["mean", "sd"] {
            let (here, there) = (number(found, key), number(wanted, key));
            assert!(
                (here - there).abs() <= TOLERANCE * scale,
                "{}, {key} of {wanted}: {here} here",
                experiment["name"]
            );
        }
    }
    2 * wanted.len()
}

/// The records of a FASTA file, in capitals.
fn records(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.split('>')
        .skip(1)
        .map(|record| record.lines().skip(1).collect::<String>())
        .map(|letters| letters.to_uppercase())
        .collect()
}

fn compare_sequences(name: &str, folder: &Path, wanted: &[Value]) -> usize {
    let found = records(&folder.join(name).join("treated.fa"));
    let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
    assert_eq!(found, wanted, "{name}");
    found.len()
}

fn kmers(letters: &str, k: usize) -> BTreeMap<&[u8], usize> {
    let mut counts = BTreeMap::new();
    for window in letters.as_bytes().windows(k) {
        *counts.entry(window).or_default() += 1;
    }
    counts
}

/// Shuffles as a null: `control` is background i, a shuffle of sequence i. Each keeps its counts and is another
/// sequence, and the outcomes' means are those of tangermeme's shuffles.
fn compare_shuffles(experiment: &Value, folder: &Path, k: usize, wanted: &[Value]) -> usize {
    let name = experiment["name"].as_str().expect("a name");
    let shuffles = records(&folder.join(name).join("control.fa"));
    let sources = records(&root().join("experiments/ctcf_pu1/gm12878_ctcf.fa"));
    for (i, shuffle) in shuffles.iter().enumerate() {
        let source = &sources[i % sources.len()][50..150];
        assert_eq!(kmers(shuffle, k), kmers(source, k), "{name}: {shuffle}");
        assert_ne!(shuffle, source, "{name}");
    }
    for wanted in wanted {
        let arms = list(experiment, "arms").iter();
        let found = arms
            .clone()
            .find(|a| a["arm"] == "control" && a["outcome"] == wanted["outcome"])
            .unwrap_or_else(|| panic!("{name}: nothing like {wanted}"));
        let own = number(wanted, "sd_of_draws") / number(found, "n").sqrt();
        let error = own.hypot(number(wanted, "se"));
        let apart = number(found, "mean") - number(wanted, "mean");
        assert!(apart.abs() < ERRORS * error, "{found} and {wanted}");
    }
    shuffles.len() + wanted.len()
}

#[test]
fn scripts_of_the_page_make_what_tangermeme_makes() {
    let oracle = oracle();
    let folder = workplace();
    let (script, sequences) = (folder.path().join("block.gia"), folder.path().join("made"));
    let mut compared = BTreeMap::new();
    for block in scripts() {
        std::fs::write(&script, &block.text).expect("written");
        let made = sequences.display().to_string();
        let study = study(&script, &["--sequences", &made]);
        for experiment in list(&study, "experiments") {
            let name = experiment["name"].as_str().expect("a name");
            let mut n = compare_numbers(experiment, list(&oracle["experiments"], name));
            let letters = list(&oracle["sequences"], name);
            if !letters.is_empty() {
                n += compare_sequences(name, &sequences, letters);
            }
            let draws = list(&oracle["draws"], name);
            if !draws.is_empty() {
                let k = if name == "shuffle" { 1 } else { 2 };
                n += compare_shuffles(experiment, &sequences, k, draws);
            }
            assert!(n > 0, "{}: the oracle has no `{name}`", block.place());
            assert_eq!(compared.insert(name.to_string(), n), None, "{name} twice");
        }
        std::fs::remove_dir_all(&sequences).expect("the sequences were written");
    }
    assert!(compared.len() >= 14, "{compared:?}");
}

/// Every function has its row; where the row has a line, a script of the page is named after the function.
#[test]
fn the_page_has_every_function() {
    let (oracle, page) = (oracle(), page());
    let text: String = scripts().into_iter().map(|block| block.text).collect();
    let functions = oracle["functions"].as_object().expect("modules");
    let mut rows = 0;
    for (module, functions) in functions {
        for function in functions.as_array().into_iter().flatten() {
            let function = function.as_str().expect("a name");
            let start = format!("| [`{module}.{function}`](");
            let row = page.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("no row of {module}.{function}"));
            let shown = text.contains(&format!("experiment {function} {{"));
            assert_ne!(shown, row.contains("none yet"), "{row}");
            rows += 1;
        }
    }
    assert_eq!(page.matches("\n| [`").count(), rows);
}

#[test]
fn shuffles_that_tangermeme_reaches_stand_on_the_page() {
    let oracle = &oracle()["frozen_exits"];
    let (page, reached) = (page(), list(oracle, "reached"));
    assert_eq!((reached.len(), &oracle["possible"]), (9, &72.into()));
    for text in reached.iter().filter_map(Value::as_str) {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_page_names_the_version_that_it_was_compared_with() {
    let oracle = oracle();
    let version = oracle["versions"]["tangermeme"]
        .as_str()
        .expect("a version");
    let words: Vec<_> = page().split_whitespace().map(String::from).collect();
    assert!(
        words
            .join(" ")
            .contains(&format!("tangermeme {version} returned"))
    );
}
