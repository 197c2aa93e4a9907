//! The page `docs/coming_from.md` beside tangermeme. `recorded/coming_from.rs` compares the numbers of its scripts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::command::root;
use crate::support::documents::{Block, blocks_of};
use crate::support::script::check;

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

/// Each experiment of the page has its numbers in the oracle, and none of these is left over.
#[test]
fn the_page_has_every_experiment_of_the_oracle_once() {
    let oracle = oracle();
    let mut named = BTreeSet::new();
    let folder = crate::support::documents::scripts_folder();
    for block in scripts() {
        let checked = check(
            "block.gia",
            &folder.path().display().to_string(),
            &block.text,
        );
        for experiment in &checked.program().experiments {
            assert!(
                named.insert(experiment.name.clone()),
                "{}: {} again",
                block.place(),
                experiment.name
            );
        }
    }
    let stored: BTreeSet<String> = ["experiments", "sequences", "draws"]
        .iter()
        .flat_map(|kind| oracle[kind].as_object().expect("entries").keys().cloned())
        .collect();
    assert_eq!(named, stored);
}

/// Every function has its row, and experiments that are named after it.
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
            let row = page.lines().any(|line| line.starts_with(&start));
            assert!(row, "no row of {module}.{function}");
            let shown = text.contains(&format!("experiment {function} {{"));
            assert!(shown, "no script of {module}.{function}");
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

/// What freezing the last exits does to a short stretch, as the page has it.
#[test]
fn what_the_frozen_exits_change_stands_on_the_page() {
    let oracle = oracle();
    let entries = list(&oracle["draws"], "dinucleotide_shuffle_region");
    let ctcf = entries.iter().find(|e| e["outcome"] == "ctcf");
    let frozen = ctcf.expect("an entry");
    let uniform = &frozen["uniform"];
    let page = page();
    for entry in [frozen, uniform] {
        let fall = format!("{:.2}", -number(entry, "mean"));
        assert!(page.contains(&fall), "{fall}");
        assert_eq!(format!("{:.2}", number(entry, "se")), "0.02");
    }
    let error = number(frozen, "se").hypot(number(uniform, "se"));
    assert!((number(frozen, "mean") - number(uniform, "mean")).abs() > 10.0 * error);
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
