//! Property test: random networks and random edits, predicted incrementally and with full passes.

use std::cell::RefCell;

use gia::domain::Patch;
use gia::engine::IncrementalMode;
use gia::wire::Rows;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::{Random, TOLERANCE, answers, difference, rows, worker};
use crate::support::onnx::{Attribute, Network};

const CASES: u32 = 120;
/// Layers with a larger output for one sequence are left out.
const MAX_ELEMENTS: usize = 4000;

#[derive(Debug, Clone)]
enum Layer {
    Convolution {
        channels: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        pads: (usize, usize),
    },
    Pool {
        max: bool,
        kernel: usize,
        stride: usize,
        pads: (usize, usize),
        ceil: bool,
    },
    Function(usize),
    Norm,
    Pad(usize, usize),
    Slice(usize, usize),
    Flip,
    /// Adds the value this many layers before, if it has the same shape.
    Residual(usize),
    /// Concatenates the channels of the value this many layers before, if it has the same length.
    Dense(usize),
    /// Multiplies by the sigmoid of the value itself.
    Gate,
    /// Multiplies each position by its own weight.
    PositionWeights,
}

#[derive(Debug, Clone)]
enum Head {
    Flat,
    Mean,
    Max,
    /// All positions of a final convolution.
    Track,
}

/// Patches of one row: start as a fraction of the sequence, and width in bp.
type Edits = Vec<(f64, usize)>;

fn layer() -> impl Strategy<Value = Layer> {
    let convolution = (
        1..7usize,
        1..8usize,
        1..4usize,
        1..4usize,
        (0..6usize, 0..6usize),
    )
        .prop_map(
            |(channels, kernel, stride, dilation, pads)| Layer::Convolution {
                channels,
                kernel,
                stride,
                dilation,
                pads,
            },
        );
    let pool = (
        any::<bool>(),
        1..6usize,
        1..6usize,
        (0..3usize, 0..3usize),
        any::<bool>(),
    )
        .prop_map(|(max, kernel, stride, pads, ceil)| Layer::Pool {
            max,
            kernel,
            stride,
            // Means and numbers of windows that are rounded up are read where both ends are padded alike.
            pads: match max && !ceil {
                true => (pads.0.min(kernel / 2), pads.1.min(kernel / 2)),
                false => (pads.0.min(kernel / 2), pads.0.min(kernel / 2)),
            },
            ceil,
        });
    prop_oneof![
        4 => convolution,
        3 => pool,
        3 => (0..4usize).prop_map(Layer::Function),
        1 => Just(Layer::Norm),
        1 => (0..4usize, 0..4usize).prop_map(|(before, after)| Layer::Pad(before, after)),
        1 => (0..5usize, 0..5usize).prop_map(|(before, after)| Layer::Slice(before, after)),
        1 => Just(Layer::Flip),
        2 => (1..5usize).prop_map(Layer::Residual),
        2 => (1..5usize).prop_map(Layer::Dense),
        1 => Just(Layer::Gate),
        1 => Just(Layer::PositionWeights),
    ]
}

fn head() -> impl Strategy<Value = Head> {
    prop_oneof![
        2 => Just(Head::Flat),
        2 => Just(Head::Mean),
        1 => Just(Head::Max),
        1 => Just(Head::Track),
    ]
}

/// A value along the sequence.
#[derive(Clone)]
struct Value {
    name: String,
    channels: usize,
    length: usize,
}

struct Built {
    network: Network,
    numbers: Random,
    /// The value of every layer so far, the input first.
    values: Vec<Value>,
}

impl Built {
    fn weight(&mut self, dims: &[usize]) -> String {
        let count: usize = dims.iter().product();
        let inputs: usize = dims.iter().skip(1).product();
        let scale = 1.5 / (inputs.max(1) as f32).sqrt();
        let numbers = (0..count).map(|_| (self.numbers.below(2001) as f32 / 1000.0 - 1.0) * scale);
        let numbers = numbers.collect();
        self.network.weight(dims, numbers)
    }

    fn last(&self) -> Value {
        self.values[self.values.len() - 1].clone()
    }

    /// The value `back` layers before the last.
    fn earlier(&self, back: usize) -> Value {
        self.values[self.values.len().saturating_sub(1 + back)].clone()
    }

    /// Adds a layer if it fits the last value.
    fn add(&mut self, layer: &Layer) {
        let now = self.last();
        let x = now.name.as_str();
        let (channels, length) = (now.channels, now.length);
        let same = |name: String| Some((name, channels, length));
        let made = match layer {
            Layer::Convolution {
                channels: made,
                kernel,
                stride,
                dilation,
                pads,
            } => {
                let span = (kernel - 1) * dilation + 1;
                let padded = length + pads.0 + pads.1;
                if padded < span {
                    return;
                }
                let weight = self.weight(&[*made, channels, *kernel]);
                let bias = self.weight(&[*made]);
                let attributes = [
                    ("kernel_shape", Attribute::Wholes(&[*kernel as i64])),
                    ("strides", Attribute::Wholes(&[*stride as i64])),
                    ("dilations", Attribute::Wholes(&[*dilation as i64])),
                    ("pads", Attribute::Wholes(&[pads.0 as i64, pads.1 as i64])),
                ];
                let name = self.network.node("Conv", &[x, &weight, &bias], &attributes);
                Some((name, *made, (padded - span) / stride + 1))
            }
            Layer::Pool {
                max,
                kernel,
                stride,
                pads,
                ceil,
            } => {
                let padded = length + pads.0 + pads.1;
                if padded < *kernel {
                    return;
                }
                // A window that starts after the last position is left out, as in the frameworks.
                let last_window = match ceil {
                    true => (padded - kernel).div_ceil(*stride),
                    false => (padded - kernel) / stride,
                };
                let last_window = match *ceil && last_window * stride >= length + pads.0 {
                    true => last_window - 1,
                    false => last_window,
                };
                let op = if *max { "MaxPool" } else { "AveragePool" };
                let attributes = [
                    ("kernel_shape", Attribute::Wholes(&[*kernel as i64])),
                    ("strides", Attribute::Wholes(&[*stride as i64])),
                    ("pads", Attribute::Wholes(&[pads.0 as i64, pads.1 as i64])),
                    ("ceil_mode", Attribute::Whole(i64::from(*ceil))),
                ];
                Some((
                    self.network.node(op, &[x], &attributes),
                    channels,
                    last_window + 1,
                ))
            }
            Layer::Function(which) => {
                let op = ["Relu", "Sigmoid", "Tanh", "LeakyRelu"][*which];
                let slope = [("alpha", Attribute::Number(0.2))];
                let attributes = if op == "LeakyRelu" { &slope[..] } else { &[] };
                same(self.network.node(op, &[x], attributes))
            }
            Layer::Norm => {
                let parts: Vec<String> = (0..3).map(|_| self.weight(&[channels])).collect();
                let spread = self.network.weight(&[channels], vec![0.7; channels]);
                let inputs = [x, &parts[0], &parts[1], &parts[2], &spread];
                same(self.network.node("BatchNormalization", &inputs, &[]))
            }
            Layer::Pad(before, after) => {
                let (before, after) = (*before as i64, *after as i64);
                let pads = self.network.whole_numbers(&[0, 0, before, 0, 0, after]);
                let name = self.network.node("Pad", &[x, &pads], &[]);
                Some((name, channels, length + (before + after) as usize))
            }
            Layer::Slice(before, after) => {
                if before + after >= length {
                    return;
                }
                let from = self.network.whole_numbers(&[*before as i64]);
                let to = self.network.whole_numbers(&[(length - after) as i64]);
                let axis = self.network.whole_numbers(&[2]);
                let name = self.network.node("Slice", &[x, &from, &to, &axis], &[]);
                Some((name, channels, length - before - after))
            }
            Layer::Flip => {
                let [from, to, axis, step] =
                    [-1, i64::MIN + 1, 2, -1].map(|n| self.network.whole_numbers(&[n]));
                same(
                    self.network
                        .node("Slice", &[x, &from, &to, &axis, &step], &[]),
                )
            }
            Layer::Residual(back) => {
                let earlier = self.earlier(*back);
                if (earlier.channels, earlier.length) != (channels, length) {
                    return;
                }
                same(self.network.node("Add", &[x, &earlier.name], &[]))
            }
            Layer::Dense(back) => {
                let earlier = self.earlier(*back);
                if earlier.length != length {
                    return;
                }
                let axis = [("axis", Attribute::Whole(1))];
                let name = self.network.node("Concat", &[x, &earlier.name], &axis);
                Some((name, channels + earlier.channels, length))
            }
            Layer::Gate => {
                let gate = self.network.node("Sigmoid", &[x], &[]);
                same(self.network.node("Mul", &[x, &gate], &[]))
            }
            Layer::PositionWeights => {
                let weight = self.weight(&[1, 1, length]);
                same(self.network.node("Mul", &[x, &weight], &[]))
            }
        };
        if let Some((name, channels, length)) = made
            && channels * length <= MAX_ELEMENTS
        {
            self.values.push(Value {
                name,
                channels,
                length,
            });
        }
    }

    /// Adds the head; returns its output and the shape without the batch.
    fn finish(&mut self, head: &Head) -> (String, Vec<usize>) {
        let now = self.last();
        let x = now.name.as_str();
        let flat = match head {
            Head::Track => {
                let weight = self.weight(&[2, now.channels, 1]);
                let name = self.network.node("Conv", &[x, &weight], &[]);
                let name = self.network.node("Flatten", &[&name], &[]);
                return (name, vec![2 * now.length]);
            }
            Head::Flat => (
                self.network.node("Flatten", &[x], &[]),
                now.channels * now.length,
            ),
            Head::Mean | Head::Max => {
                let op = match head {
                    Head::Mean => "GlobalAveragePool",
                    _ => "GlobalMaxPool",
                };
                let pooled = self.network.node(op, &[x], &[]);
                (self.network.node("Flatten", &[&pooled], &[]), now.channels)
            }
        };
        let (flat, width) = flat;
        let first = self.weight(&[5, width]);
        let hidden =
            self.network
                .node("Gemm", &[&flat, &first], &[("transB", Attribute::Whole(1))]);
        let hidden = self.network.node("Tanh", &[&hidden], &[]);
        let second = self.weight(&[2, 5]);
        let out = self.network.node(
            "Gemm",
            &[&hidden, &second],
            &[("transB", Attribute::Whole(1))],
        );
        (out, vec![2])
    }
}

/// The rows of [`rows`] together with these edits.
fn with_edits(length: usize, edits: &[Edits]) -> Rows {
    let mut numbers = Random(edits.len() as u64);
    let mut rows = rows(length);
    for (row, edits) in edits.iter().enumerate() {
        let patches = edits.iter().map(|(start, width)| {
            let width = (*width).min(length);
            Patch {
                start: (start * (length - width) as f64) as usize,
                bases: numbers.bases(width),
            }
        });
        let patches: Vec<Patch> = patches.collect();
        rows.push(row % super::BACKGROUNDS, patches);
    }
    rows
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn random_graphs_predict_incrementally_what_full_passes_predict() {
    let case = (
        12..60usize,
        proptest::collection::vec(layer(), 1..9),
        head(),
        proptest::collection::vec(
            proptest::collection::vec((0.0..1.0f64, 1..9usize), 1..5),
            0..30,
        ),
        any::<u64>(),
    );
    let full = RefCell::new(worker(IncrementalMode::Never, None));
    let incremental =
        RefCell::new([None, Some(1), Some(3)].map(|n| worker(IncrementalMode::Always, n)));
    let incremental_count = RefCell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(6),
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&case, |(length, layers, head, edits, seed)| {
        let mut built = Built {
            network: Network::new(length),
            numbers: Random(seed),
            values: vec![Value {
                name: Network::INPUT.to_string(),
                channels: 4,
                length,
            }],
        };
        layers.iter().for_each(|layer| built.add(layer));
        let (output, shape) = built.finish(&head);
        let folder = tempfile::tempdir().expect("a folder");
        let path = built.network.write(&output, &shape, folder.path());
        let rows = with_edits(length, &edits);
        let expected = answers(&mut full.borrow_mut(), &path, &rows);
        let worker = &mut incremental.borrow_mut()[seed as usize % 3];
        let before = worker.incremental_stats.sequences;
        let actual = answers(worker, &path, &rows);
        *incremental_count.borrow_mut() += usize::from(worker.incremental_stats.sequences > before);
        let worst = difference(&actual, &expected);
        prop_assert!(worst < TOLERANCE, "{worst:.1e}");
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let incremental_count = incremental_count.into_inner();
    assert!(
        incremental_count > CASES as usize / 2,
        "only {incremental_count} graphs were predicted incrementally"
    );
}
