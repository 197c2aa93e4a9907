//! Every network gives the numbers of PyTorch, Keras or JAX, whatever the batch: `tests/models`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gia::engine::{DeviceChoice, Options, Worker};
use gia::model::{Declaration, LoadArguments};
use gia::wire::Rows;
use libtest_mimic::Trial;

use crate::support::command::root;
use crate::support::networks::{declared, difference, expected, networks, of_framework};
use crate::{Group, needs_worker, trial};

/// Absolute, and relative above 1.
const TOLERANCE: f64 = 1e-5;
/// The same of gradients.
const GRADIENT_TOLERANCE: f64 = 1e-4;

/// Networks whose file does not say where PyTorch's `detach` stood: neither ONNX nor `run_decompositions()` keeps it.
const WITHOUT_DETACH: [&str; 2] = ["shapes_dynamo.onnx", "decomposed_shapes.pt2"];

/// Networks of tokens, in which a gradient by the bases would be 0.
const OF_TOKENS: [&str; 11] = [
    "base_tokens.pt2",
    "base_tokens_dynamo.onnx",
    "found_tokens.pt2",
    "padded_tokens.pt2",
    "free_tokens.pt2",
    "free_tokens_dynamo.onnx",
    "hot_tokens.onnx",
    "hot_tokens.pt2",
    "kmers.pt2",
    "kmers_dynamo.onnx",
    "words.pt2",
];

thread_local! {
    /// Workers of this thread by their batch size, since each start loads libtorch.
    static WORKERS: RefCell<BTreeMap<Option<usize>, Worker>> = const { RefCell::new(BTreeMap::new()) };
}

pub fn group() -> Group {
    let mut trials = Vec::new();
    for path in networks() {
        let mut add = |what: &str, test: fn(&Path)| trials.push(of_network(&path, what, test));
        add("outputs", outputs_are_those_of_the_framework);
        add("batches", batches_of_one_and_of_many_agree);
        let mut without = WITHOUT_DETACH.iter().chain(&OF_TOKENS);
        if !without.any(|name| path.ends_with(name)) {
            add("gradients", gradients_are_those_of_the_framework);
        }
    }
    Group {
        name: "networks",
        min_trials: 300,
        trials,
    }
}

fn of_network(path: &Path, what: &str, test: fn(&Path)) -> Trial {
    let shown = path.strip_prefix(root()).expect("below the root").display();
    let title = format!("{shown}/{what}");
    let path: PathBuf = path.into();
    needs_worker(trial(title, move || test(&path)))
}

/// Runs a closure with a worker on the CPU. A worker in use when a test panics is dropped.
fn with_worker<T>(batch: Option<usize>, run: impl FnOnce(&mut Worker) -> T) -> T {
    let kept = WORKERS.with(|workers| workers.borrow_mut().remove(&batch));
    let mut worker = kept.unwrap_or_else(|| {
        let options = Options {
            device: DeviceChoice::Cpu,
            batch,
            threads: Some(1),
            ..Options::default()
        };
        Worker::start(options).expect("a worker")
    });
    let result = run(&mut worker);
    WORKERS.with(|workers| workers.borrow_mut().insert(batch, worker));
    result
}

/// The sequences of the network, `repeated` until there are so many.
fn rows(path: &Path, declaration: &Declaration, repeated: Option<usize>) -> Rows {
    let sequences = expected(path).sequences();
    let count = repeated.unwrap_or(sequences.len());
    let mut rows = Rows::new(declaration.length);
    for (i, sequence) in sequences.iter().cycle().take(count).enumerate() {
        rows.backgrounds.extend_from_slice(sequence);
        rows.push(i, []);
    }
    rows
}

fn outputs(path: &Path, batch: Option<usize>, repeated: Option<usize>) -> Vec<f32> {
    let declaration = declared(path, &LoadArguments::default());
    let rows = rows(path, &declaration, repeated);
    let columns: Vec<usize> = (0..declaration.columns()).collect();
    with_worker(batch, |worker| {
        let opened = worker.open(path, &declaration);
        let opened = opened.unwrap_or_else(|d| panic!("{d:?}"));
        worker.run(opened, &rows, &columns).expect("numbers")
    })
}

fn outputs_are_those_of_the_framework(path: &Path) {
    let worst = difference(&outputs(path, None, None), &expected(path).outputs.concat());
    assert!(worst < TOLERANCE, "{worst:.1e}");
}

fn batches_of_one_and_of_many_agree(path: &Path) {
    let one = outputs(path, Some(1), Some(70));
    let many = outputs(path, Some(64), Some(70));
    let many: Vec<f64> = many.iter().map(|n| f64::from(*n)).collect();
    let worst = difference(&one, &many);
    assert!(worst < TOLERANCE, "{worst:.1e}");
}

/// The weights by which `tests/models/make.py` adds up the outputs whose gradients it takes.
fn weights(columns: usize) -> Vec<f32> {
    let weight = |column: usize| (column as f32 + 1.0).cos();
    (0..columns).map(weight).collect()
}

fn gradients_are_those_of_the_framework(path: &Path) {
    let declaration = declared(path, &LoadArguments::default());
    let wanted: Vec<Vec<f64>> = of_framework(path, "gradients");
    let rows = rows(path, &declaration, None);
    let columns: Vec<usize> = (0..declaration.columns()).collect();
    let weights = weights(columns.len());
    let of_each_row = weights.repeat(rows.len());
    for (batch, weights) in [(None, &weights), (Some(2), &of_each_row)] {
        let found = with_worker(batch, |worker| {
            let opened = worker.open(path, &declaration).expect("opened");
            worker.gradients(opened, &rows, &columns, weights)
        });
        let found = found.unwrap_or_else(|d| panic!("{d:?}"));
        let worst = difference(&found, &wanted.concat());
        assert!(worst < GRADIENT_TOLERANCE, "{worst:.1e}");
    }
}
