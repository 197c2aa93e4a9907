//! What is read of a network: heads along the sequence, several inputs, both strands, several members. Every mean is
//! compared with one worked out here from the network's numbers for the sequences that were written.

use std::path::Path;
use std::sync::Arc;

use gia::domain::{Alphabet, FastaOptions, SequenceSet, UnknownBases, complement};
use gia::engine::{NoProgress, Options, predict};
use gia::model::{Declaration, LoadArguments};
use gia::plan::{Model, ModelSource};
use serde_json::Value;

use crate::support::command::{root, study};
use crate::support::script::check;

fn network(name: &str) -> Model {
    let path = root().join(format!("tests/models/{name}.pt2"));
    Model {
        name: name.into(),
        declaration: Arc::new(
            Declaration::load(&path, &LoadArguments::default()).expect("a declaration"),
        ),
        source: ModelSource::File {
            written: path.display().to_string(),
            path,
        },
    }
}

fn reversed(bases: &[u8]) -> Vec<u8> {
    bases.iter().rev().map(|&base| complement(base)).collect()
}

/// The network's outputs for each of the sequences of a file, on the strand as written or on the other.
fn answers(name: &str, path: &Path, other: bool) -> Vec<Vec<f64>> {
    let options = FastaOptions {
        width: None,
        unknown: UnknownBases::Refuse,
    };
    let set = SequenceSet::read_fasta(path, Alphabet::Dna, options).expect("a FASTA file");
    let sequences: Vec<Vec<u8>> = set
        .sequences
        .iter()
        .map(|s| {
            if other {
                reversed(&s.bases)
            } else {
                s.bases.clone()
            }
        })
        .collect();
    let found =
        predict(&network(name), &sequences, &Options::default(), &NoProgress).expect("numbers");
    let rows = found.values.chunks(found.columns);
    rows.map(|row| row.iter().map(|&x| f64::from(x)).collect())
        .collect()
}

/// Runs an experiment `one` with arms `control` and `treated`; gives the study and the folder of its sequences.
fn run(script: &str) -> (Value, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.gia");
    let models = root().join("tests/models").display().to_string();
    std::fs::write(&path, script.replace("MODELS", &models)).expect("a script");
    let place = folder.path().display().to_string();
    let study = study(&path, &["--sequences", &place]);
    (study["experiments"][0].clone(), folder)
}

fn mean_of(experiment: &Value, arm: &str, outcome: &str) -> f64 {
    let arms = experiment["arms"].as_array().expect("arms");
    let found = arms
        .iter()
        .find(|row| row["arm"] == arm && row["outcome"] == outcome);
    found.expect("the arm")["mean"].as_f64().expect("a mean")
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = numbers.len() as f64;
    numbers.sum::<f64>() / n
}

fn close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{what}: {a}, {b}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn heads_are_read_where_they_lie() {
    let (experiment, folder) = run("model net = load(\"MODELS/profile.pt2\")
experiment one {
    background uniform(length: 48bp)
    sample 30
    embed \"CACGTG\" at center
    measure plus = sum(net.profile[\"plus\"][20bp..30bp]), top = max(net.profile[\"minus\"]), all = mean(net[\"plus\"]),
            counts = net.counts[\"minus_counts\"], number = net.counts[0], base = net.profile[1][center],
            ratio = log(min(net[\"plus\"]) ^ 2 + 1)
}
");
    // The profile's 34 positions lie in the middle of 48; two strands, then two counts.
    let (bins, start) = (34, 7);
    for arm in ["control", "treated"] {
        let rows = answers(
            "profile",
            &folder.path().join(format!("one/{arm}.fa")),
            false,
        );
        let said = |outcome: &str| mean_of(&experiment, arm, outcome);
        let per_row = |of: &dyn Fn(&[f64]) -> f64| mean(rows.iter().map(|row| of(row)));
        let part = |row: &[f64]| row[20 - start..30 - start].iter().sum();
        close(said("plus"), per_row(&part), "plus");
        let top = |row: &[f64]| row[bins..2 * bins].iter().copied().fold(f64::MIN, f64::max);
        close(said("top"), per_row(&top), "top");
        close(
            said("all"),
            per_row(&|row| mean(row[..bins].iter().copied())),
            "all",
        );
        close(said("counts"), per_row(&|row| row[2 * bins + 1]), "counts");
        close(said("number"), per_row(&|row| row[2 * bins]), "number");
        close(said("base"), per_row(&|row| row[bins + 24 - start]), "base");
        let ratio = |row: &[f64]| {
            let least = row[..bins].iter().copied().fold(f64::MAX, f64::min);
            (least * least + 1.0).ln()
        };
        close(said("ratio"), per_row(&ratio), "ratio");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn bins_are_those_whose_middle_lies_in_the_region() {
    let (experiment, folder) = run("model net = load(\"MODELS/strands.pt2\")
experiment one {
    background uniform(length: 64bp)
    sample 30
    embed \"CACGTG\" at center
    measure two = sum(net[\"b\"][16bp..32bp]), wide = sum(net[\"b\"][13bp..35bp]), one = net[\"c\"][40bp]
}
");
    // Eight bins of 8 bp, the three tasks of each beside each other.
    let at = |row: &[f64], bin: usize, task: usize| row[3 * bin + task];
    for arm in ["control", "treated"] {
        let rows = answers(
            "strands",
            &folder.path().join(format!("one/{arm}.fa")),
            false,
        );
        let per_row = |of: &dyn Fn(&[f64]) -> f64| mean(rows.iter().map(|row| of(row)));
        let said = |outcome: &str| mean_of(&experiment, arm, outcome);
        let two = |row: &[f64]| at(row, 2, 1) + at(row, 3, 1);
        close(said("two"), per_row(&two), "two");
        close(said("wide"), per_row(&two), "wide");
        close(said("one"), per_row(&|row| at(row, 5, 2)), "one");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn both_strands_are_averaged_with_profiles_turned_and_tasks_exchanged() {
    let (experiment, folder) = run("model net = load(\"MODELS/profile.pt2\")
model both = rc_average(net)
experiment one {
    background uniform(length: 48bp)
    sample 30
    embed \"CACGTT\" at center
    measure plus = sum(both.profile[\"plus\"][10bp..20bp]), counts = both[\"minus_counts\"], top = max(both[\"minus\"])
}
");
    let (bins, start) = (34, 7);
    for arm in ["control", "treated"] {
        let file = folder.path().join(format!("one/{arm}.fa"));
        let (rows, others) = (
            answers("profile", &file, false),
            answers("profile", &file, true),
        );
        let per_row = |of: &dyn Fn(&[f64], &[f64]) -> f64| {
            mean(rows.iter().zip(&others).map(|(row, other)| of(row, other)))
        };
        let said = |outcome: &str| mean_of(&experiment, arm, outcome);
        // Position p of the plus strand is position 47 - p of the minus strand of the other reading.
        let both = |row: &[f64], other: &[f64], task: usize, p: usize| {
            let turned = other[(1 - task) * bins + 47 - p - start];
            (row[task * bins + p - start] + turned) / 2.0
        };
        let plus = |row: &[f64], other: &[f64]| (10..20).map(|p| both(row, other, 0, p)).sum();
        close(said("plus"), per_row(&plus), "plus");
        let counts = |row: &[f64], other: &[f64]| (row[2 * bins + 1] + other[2 * bins]) / 2.0;
        close(said("counts"), per_row(&counts), "counts");
        let top = |row: &[f64], other: &[f64]| {
            let all = (start..start + bins).map(|p| both(row, other, 1, p));
            all.fold(f64::MIN, f64::max)
        };
        close(said("top"), per_row(&top), "top");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn an_ensemble_is_the_mean_of_its_members_and_tells_their_spread() {
    let script = "model a = load(\"MODELS/quarter.pt2\")
model b = load(\"MODELS/fixed.pt2\")
model c = load(\"MODELS/single.pt2\")
experiment one {
    background uniform(length: 20bp)
    sample 40
    embed \"CACGTG\" at center
    measure all = ensemble(a, b, c)[0], curved = exp(ensemble(a, b)[0]) - c[0], both = rc_average(ensemble(a, b))[1],
            a = a[0], b = b[0], c = c[0]
}
";
    let (experiment, _folder) = run(script);
    let row = |outcome: &str| {
        let rows = experiment["rows"].as_array().expect("rows");
        rows.iter()
            .find(|row| row["outcome"] == outcome)
            .expect("the row")
            .clone()
    };
    let effect = |outcome: &str| row(outcome)["mean"].as_f64().expect("a mean");
    let members: Vec<f64> = ["a", "b", "c"].map(effect).to_vec();
    close(effect("all"), mean(members.iter().copied()), "the mean");
    let all = row("all");
    let means = all["members"]["means"].as_array().expect("members");
    for ((found, wanted), name) in means.iter().zip(&members).zip(["a", "b", "c"]) {
        assert_eq!(found["model"], name);
        close(found["mean"].as_f64().unwrap(), *wanted, name);
    }
    let centre = effect("all");
    let squares: f64 = members.iter().map(|x| (x - centre).powi(2)).sum();
    let sd = (squares / 2.0).sqrt();
    close(all["members"]["sd"].as_f64().unwrap(), sd, "the spread");
    // The logarithm of a mean is not the mean of logarithms: members are taken one by one.
    assert_eq!(
        row("curved")["members"]["means"].as_array().unwrap().len(),
        2
    );
    assert_eq!(row("both")["members"]["means"].as_array().unwrap().len(), 2);
    assert!(row("a").get("members").is_none());
}

#[test]
fn members_share_their_passes() {
    let text = "model a = load(\"../models/quarter.pt2\")
model b = load(\"../models/fixed.pt2\")
experiment one {
    background uniform(length: 20bp)
    sample 40
    embed \"CACGTG\" at center
    measure all = ensemble(a, b)[0], alone = a[0], both = rc_average(a)[0]
}
";
    let checked = check("e.gia", "tests/plans", text);
    let plan = gia::plan::lower(checked.program());
    // Two arms of 40 backgrounds: `a` on one strand, `a` on the other, `b`.
    assert_eq!((plan.passes(), plan.jobs.len()), (3 * 80, 3));
}

/// A folder with copies of networks of `tests/models`.
fn folder_of(networks: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (network, name) in networks {
        let from = root().join("tests/models").join(network);
        let to = folder.path().join(name);
        std::fs::copy(from.with_extension("toml"), to.with_extension("toml")).expect("copied");
        std::fs::copy(from, to).expect("copied");
    }
    folder
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_folder_of_networks_is_their_ensemble() {
    let folds = [
        ("quarter.pt2", "fold_0.pt2"),
        ("onnx/fixed.onnx", "fold_1.onnx"),
        ("single.pt2", "fold_2.pt2"),
    ];
    let place = folder_of(&folds);
    let script = format!(
        "model net = load(\"{0}\")
model a = load(\"{0}/fold_0.pt2\")
model b = load(\"{0}/fold_1.onnx\")
model c = load(\"{0}/fold_2.pt2\")
experiment one {{
    background uniform(length: 20bp)
    sample 20
    embed \"CACGTG\" at center
    measure folder = net[0], named = ensemble(a, b, c)[0]
}}
",
        place.path().display()
    );
    let (experiment, _folder) = run(&script);
    let row = |outcome: &str| {
        let rows = experiment["rows"].as_array().expect("rows");
        let found = rows.iter().find(|row| row["outcome"] == outcome);
        found.expect("the row").clone()
    };
    assert_eq!(row("folder")["mean"], row("named")["mean"]);
    assert_eq!(
        row("folder")["members"]["means"].as_array().map(Vec::len),
        Some(3)
    );
}

#[test]
fn a_folder_that_is_no_ensemble_is_refused() {
    let refused = |networks: &[(&str, &str)], more: &str| {
        let place = folder_of(networks);
        let text = format!("model net = load(\"{}\"{more})\n", place.path().display());
        let checked = check("e.gia", "tests/plans", &text);
        let said = checked.diagnostics[0].message.clone();
        said.replace(&place.path().display().to_string(), "folds")
    };
    assert_eq!(refused(&[], ""), "`folds` is a folder without a model file");
    assert_eq!(
        refused(&[("quarter.pt2", "a.pt2")], ""),
        "`folds` is a folder with one model file, and an ensemble has two or more"
    );
    let twice = [("quarter.pt2", "a.pt2"), ("onnx/quarter.onnx", "a.onnx")];
    assert_eq!(
        refused(&twice, ""),
        "`folds` holds `a.onnx` and `a.pt2`, the same network twice for all that their names tell"
    );
    let different = [("quarter.pt2", "a.pt2"), ("gc.pt2", "b.pt2")];
    assert!(refused(&different, "").contains("the number of outputs is 2 for `a` and 1 for `b`"));
    let hash = format!(", sha256: \"{}\"", "0".repeat(64));
    assert_eq!(
        refused(&[("quarter.pt2", "a.pt2"), ("fixed.pt2", "b.pt2")], &hash),
        "`sha256` is of one file, and a folder is given"
    );
}
