//! Networks in which what is said of a sequence depends on the others of its batch, or on chance: found in the graph, or by
//! running them.

use std::path::Path;

use gia::diag::Code;
use gia::engine::{DeviceChoice, Options, Worker};
use gia::model::{
    BatchFlow, Cell, Declaration, Dim, Dtype, Graph, LoadArguments, Node, Op, Operand,
    RecurrentResult, Reduction, Value, ValueId, Weight,
};
use gia::wire::Rows;

use crate::support::onnx::{Attribute, Network};

/// A graph under construction: its first value is the sequence, (batch, 4, 8).
struct Net(Graph);

impl Net {
    fn new() -> (Net, ValueId) {
        let mut net = Net(Graph::default());
        let x = net.value(Some(vec![Dim::Free, Dim::Fixed(4), Dim::Fixed(8)]));
        net.0.inputs.push(x);
        (net, x)
    }

    fn value(&mut self, shape: Option<Vec<Dim>>) -> ValueId {
        let id = ValueId(self.0.values.len());
        let name = format!("v{}", id.0);
        self.0.values.push(Value { name, shape });
        id
    }

    fn weight(&mut self, shape: &[i64]) -> ValueId {
        let value = self.value(Some(shape.iter().map(|n| Dim::Fixed(*n)).collect()));
        self.0.weights.push(Weight {
            value,
            dtype: Dtype::Float32,
            shape: shape.to_vec(),
            strides: vec![1; shape.len()],
            offset: 0,
            record: String::new(),
        });
        value
    }

    fn node(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        let output = self.value(None);
        self.0.nodes.push(Node {
            name: format!("node{}", output.0),
            op,
            inputs: inputs.iter().map(|id| Operand::Value(*id)).collect(),
            outputs: vec![output],
        });
        output
    }

    fn reshape(&mut self, x: ValueId, shape: &[i64]) -> ValueId {
        let shape = shape.to_vec();
        self.node(Op::Reshape { shape }, &[x])
    }

    fn reduce(&mut self, x: ValueId, dims: &[i64]) -> ValueId {
        let dims = dims.to_vec();
        let (kind, keep) = (Reduction::Mean, false);
        self.node(Op::Reduce { kind, dims, keep }, &[x])
    }

    fn permute(&mut self, x: ValueId, dims: &[i64]) -> ValueId {
        let dims = dims.to_vec();
        self.node(Op::Permute { dims }, &[x])
    }

    fn linear(&mut self, x: ValueId, to: i64, from: i64) -> ValueId {
        let weight = self.weight(&[to, from]);
        self.node(Op::Linear, &[x, weight])
    }

    fn lstm(&mut self, x: ValueId, batch_first: bool, features: i64) -> ValueId {
        let weights = [self.weight(&[12, features]), self.weight(&[12, 3])];
        let op = Op::Recurrent {
            cell: Cell::Lstm,
            bidirectional: false,
            batch_first,
            result: RecurrentResult::States,
        };
        let output = self.node(op, &[x]);
        let node = self.0.nodes.last_mut().expect("the node");
        node.inputs.extend([Operand::Absent, Operand::Absent]);
        node.inputs.extend(weights.map(Operand::Value));
        output
    }

    fn attend(&mut self, x: ValueId) -> ValueId {
        let op = Op::Attention {
            causal: false,
            scale: None,
        };
        self.node(op, &[x, x, x])
    }
}

/// What is found wrong in a graph that a closure builds from its input; empty where nothing is.
fn found(build: impl FnOnce(&mut Net, ValueId) -> ValueId) -> String {
    let (mut net, x) = Net::new();
    let output = build(&mut net, x);
    net.0.outputs.push(output);
    let flow = BatchFlow::new(&net.0, 8, &[true]);
    flow.mixing().map_or(String::new(), |mixing| {
        let diagnostic = mixing.diagnostic(Path::new("net.pt2"));
        format!("{} {}", diagnostic.code.number(), diagnostic.message)
    })
}

#[track_caller]
fn mixes(words: &str, build: impl FnOnce(&mut Net, ValueId) -> ValueId) {
    let found = found(build);
    assert!(
        found.starts_with("E0509") && found.contains(words),
        "{found:?}"
    );
}

#[track_caller]
fn is_clean(build: impl FnOnce(&mut Net, ValueId) -> ValueId) {
    assert_eq!(found(build), "");
}

const UNFOLD: [i64; 3] = [-1, 8, 4];

#[test]
fn nodes_that_aggregate_over_the_batch_are_named() {
    let keep = |dims: &[i64]| Op::Reduce {
        kind: Reduction::Max,
        dims: dims.to_vec(),
        keep: true,
    };
    mixes("`node1` (mean) aggregates over dimension 0", |net, x| {
        let mean = net.reduce(x, &[0]);
        net.node(Op::Subtract { factor: 1.0 }, &[x, mean])
    });
    mixes("aggregates over dimension 0", |net, x| {
        let largest = net.node(keep(&[]), &[x]);
        net.node(Op::Divide, &[x, largest])
    });
    for dim in [0, -3] {
        mixes("normalises over dimension 0", |net, x| {
            net.node(Op::Softmax { dim, log: false }, &[x])
        });
        mixes("aggregates over dimension 0", |net, x| {
            net.node(Op::CumulativeSum { dim }, &[x])
        });
        mixes("reverses dimension 0", |net, x| {
            net.node(Op::Flip { dims: vec![dim] }, &[x])
        });
    }
    mixes("normalises over dimension 0", |net, x| {
        let op = Op::LayerNorm {
            shape: vec![65_521, 4, 8],
            epsilon: 1e-5,
        };
        net.node(op, &[x])
    });
}

#[test]
fn a_forgotten_batch_first_is_named() {
    mixes("(lstm) steps along dimension 0", |net, x| {
        let x = net.permute(x, &[0, 2, 1]);
        let states = net.lstm(x, false, 4);
        net.reduce(states, &[1])
    });
    mixes("(attention) attends along dimension 1", |net, x| {
        let x = net.permute(x, &[2, 0, 1]);
        let seen = net.attend(x);
        net.permute(seen, &[1, 0, 2])
    });
    is_clean(|net, x| {
        let x = net.permute(x, &[0, 2, 1]);
        let states = net.lstm(x, true, 4);
        net.reduce(states, &[1])
    });
    is_clean(|net, x| {
        let x = net.permute(x, &[2, 0, 1]);
        let states = net.lstm(x, false, 4);
        net.reduce(states, &[0])
    });
    is_clean(|net, x| {
        // Two heads, folded into the batch and taken apart again.
        let x = net.reshape(x, &[-1, 2, 8]);
        let seen = net.attend(x);
        net.reshape(seen, &[-1, 4, 8])
    });
}

#[test]
fn products_over_or_between_sequences_are_named() {
    mixes("combines each sequence with every other", |net, x| {
        let rows = net.reduce(x, &[2]);
        let columns = net.permute(rows, &[1, 0]);
        net.node(Op::MatMul, &[rows, columns])
    });
    mixes("sums products over dimension 0", |net, x| {
        let equation = "bcl,bcl->cl".to_string();
        let gram = net.node(Op::Einsum { equation }, &[x, x]);
        net.node(Op::Add { factor: 1.0 }, &[x, gram])
    });
    mixes("combines each sequence with every other", |net, x| {
        let equation = "bcl,dcl->bd".to_string();
        net.node(Op::Einsum { equation }, &[x, x])
    });
    mixes("combines each sequence with every other", |net, x| {
        let kind = Reduction::Mean;
        let (dims, keep) = (vec![1], true);
        let one = net.node(Op::Reduce { kind, dims, keep }, &[x]);
        let other = net.reduce(x, &[1]);
        net.node(Op::Subtract { factor: 1.0 }, &[one, other])
    });
    is_clean(|net, x| {
        let turned = net.permute(x, &[0, 2, 1]);
        let equation = "bcl,blc->bc".to_string();
        let products = net.node(Op::MatMul, &[x, turned]);
        let sums = net.node(Op::Einsum { equation }, &[x, turned]);
        let products = net.reduce(products, &[2]);
        net.node(Op::Multiply, &[products, sums])
    });
}

#[test]
fn fixed_places_of_the_batch_are_named() {
    mixes("selects fixed indices of dimension 0", |net, x| {
        let first = net.node(Op::Select { dim: 0, index: 0 }, &[x]);
        net.node(Op::Subtract { factor: 1.0 }, &[x, first])
    });
    mixes("selects fixed indices of dimension 0", |net, x| {
        let (dim, start, end, step) = (0, -1, i64::MAX, 1);
        let slice = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        let last = net.node(slice, &[x]);
        net.node(Op::Subtract { factor: 1.0 }, &[x, last])
    });
    mixes("selects fixed indices of dimension 0", |net, x| {
        let places = net.weight(&[1]);
        let first = net.node(Op::Take { dim: 0 }, &[x, places]);
        net.node(Op::Subtract { factor: 1.0 }, &[x, first])
    });
    // Folded into another dimension, places are fixed as well.
    mixes("selects fixed indices of dimension 0", |net, x| {
        let flat = net.reshape(x, &[-1, 8]);
        let (dim, start, end, step) = (0, 0, 2, 1);
        let slice = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        let first = net.node(slice, &[flat]);
        let first = net.reduce(first, &[0]);
        net.node(Op::Add { factor: 1.0 }, &[x, first])
    });
    mixes("selects fixed indices of dimension 0", |net, x| {
        let flat = net.reshape(x, &[-1, 8]);
        let first = net.node(Op::Select { dim: 0, index: 3 }, &[flat]);
        net.node(Op::Add { factor: 1.0 }, &[x, first])
    });
    mixes("selects fixed indices of dimension 0", |net, x| {
        let other = net.node(Op::Flip { dims: vec![1, 2] }, &[x]);
        let both = net.node(Op::Concatenate { dim: 0 }, &[x, other]);
        let first = net.node(Op::Select { dim: 0, index: 0 }, &[both]);
        net.node(Op::Add { factor: 1.0 }, &[x, first])
    });
    is_clean(|net, x| {
        let (dim, start, end, step) = (0, 0, i64::MAX, 1);
        let slice = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        net.node(slice, &[x])
    });
}

#[test]
fn a_view_in_place_of_a_transpose_is_named() {
    mixes("after node `node1` (reshape)", |net, x| {
        let x = net.reshape(x, &[8, -1, 4]);
        let states = net.lstm(x, false, 4);
        net.reduce(states, &[0])
    });
    // Elements come back to where they were.
    is_clean(|net, x| {
        let rows = net.reshape(x, &[8, -1, 4]);
        let rows = net.node(Op::Activate(gia::model::Activation::Relu), &[rows]);
        let rows = net.linear(rows, 4, 4);
        net.reshape(rows, &UNFOLD)
    });
    let found = found(|net, x| {
        let rows = net.reshape(x, &[8, -1, 4]);
        net.permute(rows, &[1, 0, 2])
    });
    assert!(found.is_empty() || found.starts_with("E0510"), "{found}");
    let found = self::found(|net, x| net.permute(x, &[1, 0, 2]));
    assert!(found.contains("holds the batch in dimension 1"), "{found}");
}

#[test]
fn folded_and_stacked_batches_are_told_from_mixed_ones() {
    is_clean(|net, x| {
        let x = net.permute(x, &[0, 2, 1]);
        let rows = net.reshape(x, &[-1, 4]);
        let rows = net.linear(rows, 4, 4);
        let rows = net.node(Op::Softmax { dim: 1, log: false }, &[rows]);
        net.reshape(rows, &UNFOLD)
    });
    mixes("normalises over dimension 0", |net, x| {
        let x = net.permute(x, &[0, 2, 1]);
        let rows = net.reshape(x, &[-1, 4]);
        let rows = net.node(Op::Softmax { dim: 0, log: false }, &[rows]);
        net.reshape(rows, &UNFOLD)
    });
    // Both strands in one batch, and their mean.
    is_clean(|net, x| {
        let other = net.node(Op::Flip { dims: vec![1, 2] }, &[x]);
        let both = net.node(Op::Concatenate { dim: 0 }, &[x, other]);
        let both = net.reduce(both, &[2]);
        let apart = net.reshape(both, &[2, -1, 4]);
        net.reduce(apart, &[0])
    });
    // A channel of sequences one after another, over which a convolution slides.
    let slide = |kernel: i64| {
        move |net: &mut Net, x: ValueId| {
            let row = net.permute(x, &[1, 0, 2]);
            let row = net.reshape(row, &[1, 4, -1]);
            let weight = net.weight(&[4, 4, kernel]);
            let op = Op::Convolution {
                stride: vec![1],
                padding: gia::model::Padding::Symmetric(vec![kernel / 2]),
                dilation: vec![1],
                groups: 1,
            };
            let made = net.node(op, &[row, weight]);
            let made = net.reshape(made, &[4, -1, 8]);
            net.permute(made, &[1, 0, 2])
        }
    };
    mixes("slides over dimension 2", slide(3));
    is_clean(slide(1));
}

#[test]
fn the_batch_is_first_again_behind_a_stack_that_is_summed() {
    let (mut net, x) = Net::new();
    let parts = [x, x].map(|x| net.node(Op::Unsqueeze { dim: 0 }, &[x]));
    let stack = net.node(Op::Concatenate { dim: 0 }, &parts);
    let sum = net.reduce(stack, &[0]);
    net.0.outputs.push(sum);
    let flow = BatchFlow::new(&net.0, 8, &[true]);
    assert!(flow.mixing().is_none());
    let first = [x, parts[0], stack, sum].map(|id| flow.is_batch_first(id));
    assert_eq!(first, [true, false, false, true]);
}

#[test]
fn nodes_whose_results_nobody_uses_are_left_out() {
    is_clean(|net, x| {
        net.reduce(x, &[0]);
        net.reduce(x, &[2])
    });
}

fn predicted(path: &Path) -> gia::diag::Outcome<Vec<f32>> {
    predicted_by(path, None)
}

/// What a network says of two sequences, in passes of so many.
fn predicted_by(path: &Path, batch: Option<usize>) -> gia::diag::Outcome<Vec<f32>> {
    let declaration = Declaration::load(path, &LoadArguments::default())?;
    let options = Options {
        device: DeviceChoice::Cpu,
        batch,
        ..Options::default()
    };
    let mut worker = Worker::start(options).expect("a worker");
    let opened = worker.open(path, &declaration)?;
    let mut rows = Rows::new(declaration.length);
    for first in 0..2u8 {
        let bases = (0..declaration.length).map(|i| (first + i as u8) % 4);
        rows.backgrounds.extend(bases);
        rows.push(usize::from(first), []);
    }
    worker.run(opened, &rows, &[0])
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_no_graph_shows_is_found_by_passing_sequences_alone_and_together() {
    // Every sequence is answered with one row of the batch, by an index that is computed in the run.
    let write = |row: Option<i64>, folder: &Path| {
        let mut net = Network::new(8);
        let weight = net.weight(&[4, 8], (0..32).map(|i| (i * i % 11) as f32).collect());
        let scores = net.node("Mul", &[Network::INPUT, &weight], &[]);
        let start = net.node(
            "ReduceMax",
            &[Network::INPUT],
            &[
                ("axes", Attribute::Wholes(&[1])),
                ("keepdims", Attribute::Whole(0)),
            ],
        );
        let ends = net.whole_numbers(&[1]);
        let starts = net.whole_numbers(&[0]);
        let axes = net.whole_numbers(&[1]);
        let first = net.node("Slice", &[&start, &starts, &ends, &axes], &[]);
        let squeezed = net.node("Squeeze", &[&first, &axes], &[]);
        // One in the first place of each sequence: -1, or 0.
        let index = match row {
            Some(0) => net.node("Sub", &[&squeezed, &squeezed], &[]),
            Some(_) | None => net.node("Neg", &[&squeezed], &[]),
        };
        let picked = match row {
            Some(_) => net.node(
                "Gather",
                &[&scores, &index],
                &[("axis", Attribute::Whole(0))],
            ),
            None => scores,
        };
        let axes = [
            ("axes", Attribute::Wholes(&[1, 2])),
            ("keepdims", Attribute::Whole(0)),
        ];
        let sum = net.node("ReduceMean", &[&picked], &axes);
        let one = net.whole_numbers(&[1]);
        let column = net.node("Unsqueeze", &[&sum, &one], &[]);
        net.write(&column, &[1], folder)
    };
    let folder = tempfile::tempdir().expect("a folder");
    for row in [-1, 0] {
        let path = write(Some(row), folder.path());
        assert!(Declaration::load(&path, &LoadArguments::default()).is_ok());
        for batch in [None, Some(1), Some(7)] {
            let refused = predicted_by(&path, batch).expect_err("it mixes");
            assert_eq!(refused.code, Code::BatchMixing, "{refused:?}");
            let says = "with different sequences in its batch";
            assert!(refused.message.contains(says), "{refused:?}");
        }
    }
    let path = write(None, folder.path());
    assert_eq!(predicted(&path).expect("it does not mix").len(), 2);
}

#[test]
fn noise_is_refused_by_the_graph() {
    let folder = tempfile::tempdir().expect("a folder");
    for operator in ["RandomNormalLike", "RandomUniformLike", "Bernoulli"] {
        let mut net = Network::new(8);
        let noise = net.node(operator, &[Network::INPUT], &[]);
        let path = net.write(&noise, &[4, 8], folder.path());
        let refused = Declaration::load(&path, &LoadArguments::default()).expect_err("it is noise");
        assert_eq!(refused.code, Code::NotRepeatable, "{refused:?}");
    }
}
