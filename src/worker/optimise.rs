//! Graph optimisation before a run: the same numbers with less work.
//!
//! Calls that change nothing are dropped, a ReLU before max pooling goes behind it (the two commute, and there are fewer
//! numbers left), a batch norm becomes part of the convolution or linear layer before it. Invariant: looks at
//! structure alone; no weight is read here.

use std::collections::{HashMap, HashSet};

use gia_model::{Activation, Dim, Graph, Node, Op, Operand, PoolKind, ValueId};

/// A node to run.
#[derive(Debug, Clone)]
pub struct Call {
    /// As the file names it, for messages.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<Operand>,
    pub output: ValueId,
    /// A batch norm that becomes part of this convolution or linear layer.
    pub norm: Option<Norm>,
}

/// A batch norm: (weight?, bias?, running mean, running variance).
#[derive(Debug, Clone)]
pub struct Norm {
    pub operands: [Operand; 4],
    pub epsilon: f64,
}

/// The optimised calls of a graph, and its outputs.
pub fn optimise(graph: &Graph) -> (Vec<Call>, Vec<ValueId>) {
    let (calls, outputs) = without_identities(graph);
    let calls = needed(calls, &outputs);
    let calls = relu_after_pooling(calls, &outputs);
    (with_folded_norms(graph, calls, &outputs), outputs)
}

fn without_identities(graph: &Graph) -> (Vec<Call>, Vec<ValueId>) {
    let mut same: HashMap<ValueId, ValueId> = HashMap::new();
    let mut calls = Vec::new();
    for node in &graph.nodes {
        let Node {
            name,
            op,
            inputs,
            outputs,
        } = node;
        // A node gives one value here; others that its operator has, such as the places of the maxima, are not used.
        let Some(&output) = outputs.first() else {
            continue;
        };
        let inputs: Vec<Operand> = inputs
            .iter()
            .map(|operand| rename(*operand, &same))
            .collect();
        if let (Op::Identity, Some(Operand::Value(input))) = (op, inputs.first()) {
            same.insert(output, *input);
            continue;
        }
        calls.push(Call {
            name: name.clone(),
            op: op.clone(),
            inputs,
            output,
            norm: None,
        });
    }
    let outputs = graph
        .outputs
        .iter()
        .map(|id| *same.get(id).unwrap_or(id))
        .collect();
    (calls, outputs)
}

fn rename(operand: Operand, same: &HashMap<ValueId, ValueId>) -> Operand {
    match operand {
        Operand::Value(id) => Operand::Value(*same.get(&id).unwrap_or(&id)),
        other => other,
    }
}

/// Removes calls that no output depends on.
fn needed(calls: Vec<Call>, outputs: &[ValueId]) -> Vec<Call> {
    let mut wanted: HashSet<ValueId> = outputs.iter().copied().collect();
    let mut kept: Vec<Call> = Vec::new();
    for call in calls.into_iter().rev() {
        if wanted.contains(&call.output) {
            wanted.extend(values(&call.inputs));
            kept.push(call);
        }
    }
    kept.reverse();
    kept
}

fn relu_after_pooling(mut calls: Vec<Call>, outputs: &[ValueId]) -> Vec<Call> {
    let uses = uses(&calls, outputs);
    let mut at = 0;
    while at < calls.len() {
        let between = calls[at].output;
        let relu_used_once =
            calls[at].op == Op::Activate(Activation::Relu) && uses.get(&between) == Some(&1);
        let pooling = calls.iter().position(|call| {
            matches!(
                call.op,
                Op::Pool {
                    kind: PoolKind::Max,
                    ..
                }
            ) && call.inputs.first() == Some(&Operand::Value(between))
        });
        let Some(pooling) = pooling.filter(|_| relu_used_once) else {
            at += 1;
            continue;
        };
        // The pooling makes the value between the two from then on, and the ReLU what the pooling made.
        let mut relu = calls.remove(at);
        let pool = &mut calls[pooling - 1];
        std::mem::swap(&mut pool.inputs, &mut relu.inputs);
        std::mem::swap(&mut pool.output, &mut relu.output);
        calls.insert(pooling, relu);
    }
    calls
}

/// Folds each batch norm that directly follows a layer whose result nothing else uses.
fn with_folded_norms(graph: &Graph, calls: Vec<Call>, outputs: &[ValueId]) -> Vec<Call> {
    let uses = uses(&calls, outputs);
    let stored: HashSet<ValueId> = graph.weights.iter().map(|weight| weight.value).collect();
    let is_stored = |operand: &Operand| match operand {
        Operand::Value(id) => stored.contains(id),
        Operand::Absent => true,
        Operand::Number(_) => false,
    };
    let mut kept: Vec<Call> = Vec::new();
    for call in calls {
        let (Op::BatchNorm { epsilon }, [Operand::Value(input), norm @ ..]) =
            (&call.op, call.inputs.as_slice())
        else {
            kept.push(call);
            continue;
        };
        let layer = kept.iter_mut().find(|layer| layer.output == *input);
        match (layer, <[Operand; 4]>::try_from(norm)) {
            (Some(layer), Ok(operands))
                if uses.get(input) == Some(&1)
                    && layer.norm.is_none()
                    && channels_second(graph, layer)
                    && operands.iter().chain(&layer.inputs[1..]).all(is_stored) =>
            {
                layer.norm = Some(Norm {
                    operands,
                    epsilon: *epsilon,
                });
                layer.output = call.output;
            }
            _ => kept.push(call),
        }
    }
    kept
}

/// Whether the first dimension of a layer's weight is the second of what it makes, which a batch norm is over.
fn channels_second(graph: &Graph, layer: &Call) -> bool {
    match layer.op {
        Op::Convolution { .. } => true,
        Op::Linear => graph.values[layer.output.0]
            .shape
            .as_deref()
            .is_some_and(|shape: &[Dim]| shape.len() == 2),
        _ => false,
    }
}

fn values(operands: &[Operand]) -> impl Iterator<Item = ValueId> {
    operands.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        _ => None,
    })
}

/// How often each value is used, as an operand or as an output.
fn uses(calls: &[Call], outputs: &[ValueId]) -> HashMap<ValueId, usize> {
    let mut uses = HashMap::new();
    for id in calls
        .iter()
        .flat_map(|call| values(&call.inputs))
        .chain(outputs.iter().copied())
    {
        *uses.entry(id).or_default() += 1;
    }
    uses
}
