//! Graph optimisation before a run: the same results with less work.
//!
//! Removes calls that change nothing or that no output needs, moves a ReLU behind the max pooling that follows it (they commute,
//! and fewer elements remain), and folds a batch norm into the convolution or linear layer before it. Invariant: depends on the
//! structure only; no weight is read here.

use std::collections::{HashMap, HashSet};

use gia_model::{Activation, Dim, Graph, Node, Op, Operand, PoolKind, ValueId};

/// An operator call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Name of the node in the model file, for messages.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<Operand>,
    pub output: ValueId,
    /// A batch norm to fold into this convolution or linear layer.
    pub norm: Option<BatchNormOperands>,
}

/// The operands of a batch norm: (weight?, bias?, running mean, running variance).
#[derive(Debug, Clone)]
pub struct BatchNormOperands {
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

/// Removes identity nodes, and renames their results to their operands.
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
        // Only the first output is supported; others, such as the indices of maxima, are never used.
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
    let mut needed_values: HashSet<ValueId> = outputs.iter().copied().collect();
    let mut kept: Vec<Call> = Vec::new();
    for call in calls.into_iter().rev() {
        if needed_values.contains(&call.output) {
            needed_values.extend(values(&call.inputs));
            kept.push(call);
        }
    }
    kept.reverse();
    kept
}

/// Swaps each ReLU with the max pooling that follows it, if nothing else uses the ReLU's result.
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
        // Now the pooling computes the value between the two, and the ReLU the former result of the pooling.
        let mut relu = calls.remove(at);
        let pool = &mut calls[pooling - 1];
        std::mem::swap(&mut pool.inputs, &mut relu.inputs);
        std::mem::swap(&mut pool.output, &mut relu.output);
        calls.insert(pooling, relu);
    }
    calls
}

/// Attaches each batch norm to the layer before it, if nothing else uses the layer's result and all weights are stored.
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
                layer.norm = Some(BatchNormOperands {
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

/// Whether the first dimension of a layer's weight becomes the second of its result, which a batch norm normalises.
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

/// Number of uses of each value, as an operand or as an output.
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
