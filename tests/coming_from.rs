//! Every script of `docs/coming_from.md` against what tangermeme makes of it
//! (`tests/oracle/tangermeme/make.py` stored the numbers).
//!
//! An experiment of the page and an entry of the oracle belong together by name. `experiments` are compared in means
//! and standard deviations, `sequences` letter by letter, `draws` in their means as far as chance allows.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::docs::{Block, blocks_of, scripts_folder};
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

/// What tangermeme makes longer or shorter is compared as far as both go, from the left or, where the left side
/// moves, from the right.
fn compare_sequences(name: &str, folder: &Path, wanted: &[Value]) -> usize {
    let found = records(&folder.join(name).join("treated.fa"));
    assert_eq!(found.len(), wanted.len(), "{name}");
    for (found, wanted) in found.iter().zip(wanted.iter().filter_map(Value::as_str)) {
        let n = found.len().min(wanted.len());
        let (here, there) = if name.ends_with("_left") {
            (&found[found.len() - n..], &wanted[wanted.len() - n..])
        } else {
            (&found[..n], &wanted[..n])
        };
        assert_eq!(here, there, "{name}");
        assert!(n >= 88, "{name}: only {n} bases were compared");
    }
    found.len()
}

fn kmers(letters: &str, k: usize) -> BTreeMap<&[u8], usize> {
    let mut counts = BTreeMap::new();
    for window in letters.as_bytes().windows(k) {
        *counts.entry(window).or_default() += 1;
    }
    counts
}

/// Means over draws; and of the sequences, that background i was drawn from sequence i and is another one, but keeps
/// what is around the regions and, in them, the counts of k-mers.
///
/// Where tangermeme's own draws are biased, the mean is that of shuffles drawn uniformly by Altschul and Erickson's way.
fn compare_draws(experiment: &Value, folder: &Path, wanted: &Value) -> usize {
    let name = experiment["name"].as_str().expect("a name");
    let found = counterpart(experiment, wanted);
    let there = wanted.get("uniform").unwrap_or(wanted);
    let own = number(wanted, "sd_of_draws") / number(found, "n").sqrt();
    let error = own.hypot(number(there, "se"));
    let apart = number(found, "mean") - number(there, "mean");
    assert!(
        apart.abs() < ERRORS * error,
        "{name}: {found} is {apart} from {wanted}, standard error {error}"
    );
    let regions = list(wanted, "regions");
    if regions.is_empty() {
        return 1;
    }
    let at = wanted["at"].as_object().expect("a grid point");
    let mut folder = folder.join(name);
    for (axis, value) in at {
        folder.push(format!("{axis}={value}bp"));
    }
    let arm = wanted["arm"].as_str().unwrap_or("treated");
    let drawn = records(&folder.join(arm).with_extension("fa"));
    let sources = records(&root().join("experiments/ctcf_pu1/gm12878_ctcf.fa"));
    let k = number(wanted, "k") as usize;
    let mut changed = 0;
    for (i, drawn) in drawn.iter().enumerate() {
        let source = &sources[i % sources.len()][50..150];
        let mut from = 0;
        for region in regions {
            let end = |i: usize| region[i].as_u64().expect("a position") as usize;
            let (start, end) = (end(0), end(1));
            assert_eq!(drawn[from..start], source[from..start], "{name}");
            let (here, there) = (&drawn[start..end], &source[start..end]);
            assert!(
                k == 0 || kmers(here, k) == kmers(there, k),
                "{name}: {drawn}"
            );
            from = end;
        }
        assert_eq!(drawn[from..], source[from..], "{name}");
        changed += usize::from(drawn != source);
    }
    // A short stretch may be drawn as it was.
    assert!(
        100 * changed > 95 * drawn.len(),
        "{name}: {changed} changed"
    );
    drawn.len()
}

#[test]
fn scripts_of_the_page_make_what_tangermeme_makes() {
    let oracle = oracle();
    let folder = scripts_folder();
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
            for wanted in list(&oracle["draws"], name) {
                n += compare_draws(experiment, &sequences, wanted);
            }
            assert!(n > 0, "{}: the oracle has no `{name}`", block.place());
            assert_eq!(compared.insert(name.to_string(), n), None, "{name} twice");
        }
        std::fs::remove_dir_all(&sequences).expect("the sequences were written");
    }
    let stored = ["experiments", "sequences", "draws"]
        .iter()
        .flat_map(|kind| oracle[kind].as_object().expect("entries").keys());
    for name in stored {
        assert!(compared.contains_key(name), "the page lacks `{name}`");
    }
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
