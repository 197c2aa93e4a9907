//! Every script of `docs/coming_from.md` against what tangermeme makes of it
//! (`tests/oracle/tangermeme/make.py` stored the numbers).
//!
//! An experiment of the page and an entry of the oracle belong together by name. `experiments` are compared in means
//! and standard deviations, `sequences` letter by letter, `draws` in their means as far as chance allows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::documents::COMPARED_PAGE;
use crate::support::command::{root, study};
use crate::support::documents::{Block, blocks_of, scripts_folder};
use crate::{Group, needs_worker, trial};

/// Of the greater of a mean and its standard deviation, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-4;

/// Standard errors that two means over draws may be apart.
const ERRORS: f64 = 4.0;

pub fn group() -> Group {
    let path = root().join("tests/oracle/tangermeme/numbers.json");
    let oracle = std::fs::read_to_string(path).expect("the oracle");
    let oracle: Arc<Value> = Arc::new(serde_json::from_str(&oracle).expect("the oracle is JSON"));
    let blocks = blocks_of(&root().join(COMPARED_PAGE));
    let scripts = blocks.into_iter().filter(|block| block.kind == "gia");
    let test = |block: Block| {
        let oracle = oracle.clone();
        needs_worker(trial(format!("{}/tangermeme", block.place()), move || {
            compare(&block, &oracle);
        }))
    };
    Group {
        name: "scripts beside tangermeme",
        min_trials: 10,
        trials: scripts.map(test).collect(),
    }
}

/// Runs a script of the page and compares each of its experiments with the oracle.
fn compare(block: &Block, oracle: &Value) {
    let folder = scripts_folder();
    let (script, sequences) = (folder.path().join("block.gia"), folder.path().join("made"));
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
        assert!(n > 0, "the oracle has no `{name}`");
    }
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
