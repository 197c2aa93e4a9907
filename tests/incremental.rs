//! Incremental predictions equal those of full passes, for every network of the tests and every kind of edit.

mod graphs;

use std::path::{Path, PathBuf};

use gia::domain::Patch;
use gia::engine::{DeviceChoice, IncrementalMode, Options, Worker};
use gia::model::{Declaration, LoadArguments};
use gia::wire::Rows;

use crate::support::command::{root, study};
use crate::support::onnx::{Attribute, Network};

/// Maximum difference: absolute up to 1, relative above.
const TOLERANCE: f64 = 1e-5;
const BACKGROUNDS: usize = 3;

/// A linear congruential generator of pseudorandom numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn bases(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.below(4) as u8).collect()
    }
}

/// Every network of the tests that runs with its declaration alone.
fn networks() -> Vec<PathBuf> {
    let folders = [
        "tests/models",
        "tests/models/onnx",
        "tests/engine",
        "tests/predict",
        "tests/docs",
        "tests/cases/batch_mixing",
        "tests/cases/stack_rows",
        "tests/cases/token_gradients",
    ];
    let entries = folders.iter().flat_map(|folder| {
        let listed = std::fs::read_dir(root().join(folder)).expect("the networks");
        listed.map(|entry| entry.expect("an entry").path())
    });
    let is_model = |path: &PathBuf| path.extension().is_some_and(|e| e == "pt2" || e == "onnx");
    let mut networks: Vec<PathBuf> = entries.filter(is_model).collect();
    networks.retain(|path| Declaration::load(path, &LoadArguments::default()).is_ok());
    let fails = [
        "nan.pt2",
        "bytes.pt2",
        "bytes_dynamo.onnx",
        "long_words.pt2",
        "long_table.pt2",
    ];
    networks.retain(|path| !fails.iter().any(|name| path.ends_with(name)));
    networks.sort();
    assert!(networks.len() >= 95, "only {} networks", networks.len());
    networks
}

fn worker(mode: IncrementalMode, batch: Option<usize>) -> Worker {
    on_threads(1, mode, batch)
}

fn on_threads(threads: usize, mode: IncrementalMode, batch: Option<usize>) -> Worker {
    let options = Options {
        device: DeviceChoice::Cpu,
        threads: Some(threads),
        incremental: mode,
        batch,
        ..Options::default()
    };
    Worker::start(options).expect("a worker")
}

/// Unedited backgrounds, every single-base change of one of them, and patches of all widths: at the ends, several in one row,
/// overlapping, with unknown bases.
fn rows(length: usize) -> Rows {
    let mut numbers = Random(length as u64 + 1);
    let mut rows = Rows::new(length);
    for _ in 0..BACKGROUNDS {
        rows.backgrounds.extend(numbers.bases(length));
    }
    for background in 0..BACKGROUNDS {
        rows.push(background, []);
    }
    let single = |start: usize, bases: Vec<u8>| Patch { start, bases };
    for start in 0..length {
        let old = rows.backgrounds[start];
        rows.push(0, [single(start, vec![(old + 1) % 4])]);
    }
    for row in 0..60 {
        let width = 1 + numbers.below(length.min(12));
        let start = match row % 5 {
            0 => 0,
            1 => length - width,
            _ => numbers.below(length - width + 1),
        };
        let mut bases = numbers.bases(width);
        if row % 7 == 3 {
            bases[0] = 4;
        }
        let mut patches = vec![single(start, bases)];
        if row % 3 == 0 {
            let start = (start + numbers.below(9)).min(length - 2);
            patches.push(single(start, numbers.bases(2)));
        }
        rows.push(numbers.below(BACKGROUNDS), patches);
    }
    push_combined_patches(length, &mut numbers, &mut rows);
    rows
}

/// One patch alone and combined with others, adjacent and overlapping, in both orders; and patches that change nothing.
fn push_combined_patches(length: usize, numbers: &mut Random, rows: &mut Rows) {
    let shared = Patch {
        start: length / 3,
        bases: numbers.bases(4),
    };
    rows.push(1, [shared.clone()]);
    for start in 0..length - 1 {
        let other = Patch {
            start,
            bases: numbers.bases(2),
        };
        match start % 2 {
            0 => rows.push(1, [shared.clone(), other]),
            _ => rows.push(1, [other, shared.clone()]),
        }
    }
    for start in [0, length / 2, length - 3] {
        let bases = rows.background(2)[start..start + 3].to_vec();
        rows.push(2, [Patch { start, bases }]);
    }
}

fn answers(worker: &mut Worker, path: &Path, rows: &Rows) -> Vec<f32> {
    let declaration = Declaration::load(path, &LoadArguments::default()).expect("a declaration");
    let columns: Vec<usize> = (0..declaration.columns()).collect();
    let opened = worker.open(path, &declaration).expect("opened");
    let actual = worker.run(opened, rows, &columns);
    actual.unwrap_or_else(|d| panic!("{}: {d:?}", path.display()))
}

fn difference(actual: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let both = actual.iter().zip(expected);
    both.map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs() / f64::from(b.abs()).max(1.0))
        .fold(0.0, f64::max)
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn every_network_predicts_incrementally_what_full_passes_predict() {
    let mut full = worker(IncrementalMode::Never, None);
    let mut incremental = worker(IncrementalMode::Always, None);
    let mut incremental_count = 0;
    for path in networks() {
        let declaration =
            Declaration::load(&path, &LoadArguments::default()).expect("a declaration");
        let rows = rows(declaration.length);
        let expected = answers(&mut full, &path, &rows);
        let before = incremental.incremental_stats.sequences;
        let actual = answers(&mut incremental, &path, &rows);
        let worst = difference(&actual, &expected);
        assert!(worst < TOLERANCE, "{}: {worst:.1e}", path.display());
        incremental_count += usize::from(incremental.incremental_stats.sequences > before);
    }
    assert_eq!(full.incremental_stats.sequences, 0);
    assert!(
        incremental_count > 60,
        "only {incremental_count} networks were predicted incrementally"
    );
    assert!(
        incremental.incremental_stats.checked > 0
            && incremental.incremental_stats.largest_difference < TOLERANCE
    );
}

/// A script that applies the same edits to backgrounds of each network.
fn script_of(networks: &[PathBuf]) -> String {
    let mut script = "set seed = 3\n".to_string();
    for (i, path) in networks.iter().enumerate() {
        let declaration =
            Declaration::load(path, &LoadArguments::default()).expect("a declaration");
        let length = declaration.length;
        let (left, right) = (length / 4, length / 2);
        let columns = [0, declaration.columns() / 2];
        let measured: Vec<String> = ["a", "b"]
            .iter()
            .zip(columns)
            .map(|(name, column)| format!("{name} = n{i}{}", declaration.column_name(column)))
            .collect();
        script += &format!(
            "model n{i} = load(\"{}\")\n\
             experiment e{i} {{\n\
             background uniform(length: {length}bp)\n\
             sample 5\n\
             arm one {{ embed \"GT\" at {left}bp }}\n\
             arm two {{\nembed \"GT\" at {left}bp\nembed \"CAT\" at {right}bp\n}}\n\
             arm point {{ mutate {right}bp with \"T\" }}\n\
             arm longer {{ insert \"AC\" at {left}bp }}\n\
             measure {}\n\
             }}\n",
            path.display(),
            measured.join(", ")
        );
    }
    script
}

/// Means of the arms and contrasts of a study, in order.
fn means(study: &serde_json::Value) -> Vec<f64> {
    let experiments = study["experiments"].as_array().expect("experiments");
    let mut actual = Vec::new();
    for experiment in experiments {
        for list in ["arms", "rows"] {
            let rows = experiment[list].as_array().expect("rows");
            actual.extend(rows.iter().map(|row| row["mean"].as_f64().expect("a mean")));
        }
    }
    actual
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn incremental_runs_equal_exact_runs_for_every_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let networks = networks();
    let script = folder.path().join("all.gia");
    std::fs::write(&script, script_of(&networks)).expect("written");
    let with = |more: &[&str]| {
        let device: &[&str] = &["--device", "cpu"];
        study(&script, &[device, more].concat())
    };
    let exact = with(&["--exact"]);
    let run = with(&[]);
    let (actual, expected) = (means(&run), means(&exact));
    assert_eq!(actual.len(), expected.len());
    // Five arms and four contrasts of two outcomes.
    assert_eq!(actual.len(), networks.len() * 18);
    for (at, (a, b)) in actual.iter().zip(&expected).enumerate() {
        let difference = (a - b).abs() / b.abs().max(1.0);
        let path = networks[at / 18].display();
        assert!(difference < TOLERANCE, "{path}: {a} and {b}");
    }
}

/// Channels of constants, which only have the size of the batch, leave the rest of the network local.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn channels_of_constants_are_recomputed_incrementally() {
    let path = root().join("tests/models/seven_channels.pt2");
    let rows = rows(24);
    let expected = answers(&mut worker(IncrementalMode::Never, None), &path, &rows);
    let mut incremental = worker(IncrementalMode::Always, None);
    let worst = difference(&answers(&mut incremental, &path, &rows), &expected);
    assert!(worst < TOLERANCE, "{worst:.1e}");
    assert!(incremental.incremental_stats.sequences > 100);
}

/// Two tracks are stacked along a new first dimension, which is not the batch, and reduced again.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn stacks_along_a_new_first_dimension_are_predicted_incrementally() {
    let mut full = worker(IncrementalMode::Never, None);
    let mut incremental = worker(IncrementalMode::Always, None);
    for reduction in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"] {
        let length = 60;
        let mut net = Network::new(length);
        let kernel = net.weight(
            &[4, 4, 5],
            (0..80).map(|i| (i % 7) as f32 / 7.0 - 0.4).collect(),
        );
        let pads = [("pads", Attribute::Wholes(&[2, 2]))];
        let one = net.node("Conv", &[Network::INPUT, &kernel], &pads);
        let other = net.node("Conv", &[&one, &kernel], &pads);
        let axis = net.whole_numbers(&[0]);
        let parts = [&one, &other].map(|part| net.node("Unsqueeze", &[part, &axis], &[]));
        let beside = [("axis", Attribute::Whole(0))];
        let stack = net.node("Concat", &[&parts[0], &parts[1]], &beside);
        let reduced = match reduction {
            "ReduceSum" => net.node(
                reduction,
                &[&stack, &axis],
                &[("keepdims", Attribute::Whole(0))],
            ),
            _ => {
                let axes = [
                    ("axes", Attribute::Wholes(&[0])),
                    ("keepdims", Attribute::Whole(0)),
                ];
                net.node(reduction, &[&stack], &axes)
            }
        };
        let last = net.node("Conv", &[&reduced, &kernel], &pads);
        let folder = tempfile::tempdir().expect("a folder");
        let line = net.node("Flatten", &[&last], &[]);
        let path = net.write(&line, &[4 * length], folder.path());
        let rows = rows(length);
        let expected = answers(&mut full, &path, &rows);
        let worst = difference(&answers(&mut incremental, &path, &rows), &expected);
        assert!(worst < TOLERANCE, "{reduction}: {worst:.1e}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn batches_and_the_order_of_rows_change_no_more_than_rounding() {
    for name in ["bpnet", "deepsea", "spliceai"] {
        let path = root().join(format!("tests/models/{name}.pt2"));
        let rows = rows(64);
        let each = answers(&mut worker(IncrementalMode::Always, Some(1)), &path, &rows);
        let columns = each.len() / rows.len();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.reverse();
        let turned = answers(
            &mut worker(IncrementalMode::Always, Some(33)),
            &path,
            &rows.select(&order),
        );
        let turned: Vec<f32> = turned.chunks(columns).rev().flatten().copied().collect();
        let worst = difference(&turned, &each);
        assert!(worst < TOLERANCE, "{name}: {worst:.1e}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn threads_share_the_rows_and_equal_requests_give_equal_bits() {
    for name in ["bpnet", "deepsea", "strands", "recurrent", "fixed"] {
        let path = root().join(format!("tests/models/{name}.pt2"));
        let declaration =
            Declaration::load(&path, &LoadArguments::default()).expect("a declaration");
        let rows = rows(declaration.length);
        let one = answers(&mut worker(IncrementalMode::Never, None), &path, &rows);
        for mode in [IncrementalMode::Never, IncrementalMode::Always] {
            for threads in [2, 3] {
                let actual = answers(&mut on_threads(threads, mode, None), &path, &rows);
                let worst = difference(&actual, &one);
                assert!(
                    worst < TOLERANCE,
                    "{name} on {threads} threads: {worst:.1e}"
                );
                let again = answers(&mut on_threads(threads, mode, None), &path, &rows);
                assert_eq!(actual, again, "{name} on {threads} threads");
            }
        }
    }
}
