//! A graph made ready to run: weights on the device, batch norms folded, each value freed after its last use.

use std::collections::HashMap;
use std::path::Path;

use gia::diag::{Code, Diagnostic, Outcome};
use gia::model::{Activation, Dtype, Graph, Node, Op, Operand, ValueId, Weight, Weights};
use tch::{Device, Kind, TchError, Tensor};

use super::kernels;
use super::network::failed;

/// Calls in execution order over a table of values.
pub struct Program {
    steps: Vec<Step>,
    /// Weights, and nothing where a value is computed.
    constants: Vec<Option<Tensor>>,
    input: ValueId,
    outputs: Vec<ValueId>,
}

struct Step {
    name: String,
    op: Op,
    inputs: Vec<Operand>,
    outputs: Vec<ValueId>,
    /// The first input is needed by nobody else and was made by a node: it may be overwritten.
    overwrites: bool,
    /// Values whose last use this is.
    frees: Vec<ValueId>,
}

impl Program {
    /// Reads the weights and prepares every call.
    pub fn compile(graph: &Graph, path: &Path, device: Device) -> Outcome<Program> {
        let mut weights = Weights::open(path)?;
        let mut constants: Vec<Option<Tensor>> = Vec::new();
        constants.resize_with(graph.values.len(), || None);
        for weight in &graph.weights {
            let bytes = weights.bytes(weight)?;
            let tensor = tensor_of(weight, &bytes, device)
                .map_err(|error| failed(&weight.record, &error))?;
            constants[weight.value.0] = Some(tensor);
        }
        let Some(&input) = graph.inputs.first() else {
            return Err(Box::new(Diagnostic::error(
                Code::BadModelFile,
                "the graph has no input",
            )));
        };
        let mut nodes = graph.nodes.clone();
        let mut outputs = graph.outputs.clone();
        drop_identities(&mut nodes, &mut outputs);
        fold_batch_norms(graph, &mut nodes, &outputs, &mut constants)
            .map_err(|error| failed("a batch norm", &error))?;
        let steps = plan_memory(nodes, &outputs, input);
        Ok(Program {
            steps,
            constants,
            input,
            outputs,
        })
    }

    /// Runs all calls on one batch; gives the graph's outputs.
    pub fn run(&self, input: Tensor) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        let mut values: Vec<Option<Tensor>> = Vec::new();
        values.resize_with(self.constants.len(), || None);
        values[self.input.0] = Some(input);
        for step in &self.steps {
            let made = self.call(step, &mut values).map_err(|error| {
                failed(
                    &format!("node `{}` ({})", step.name, kernels::name(&step.op)),
                    &error,
                )
            })?;
            for (id, tensor) in step.outputs.iter().zip(made) {
                values[id.0] = Some(tensor);
            }
            for id in &step.frees {
                values[id.0] = None;
            }
        }
        self.outputs
            .iter()
            .map(
                |id| match values[id.0].as_ref().or(self.constants[id.0].as_ref()) {
                    Some(tensor) => Ok(tensor.shallow_clone()),
                    None => Err(Box::new(Diagnostic::error(
                        Code::BadModelFile,
                        "an output of the graph is never made",
                    ))),
                },
            )
            .collect()
    }

    fn call(&self, step: &Step, values: &mut [Option<Tensor>]) -> Result<Vec<Tensor>, TchError> {
        if let (true, Op::Activate(activation), Some(Operand::Value(id))) =
            (step.overwrites, &step.op, step.inputs.first())
        {
            if let Some(tensor) = values[id.0].take() {
                return kernels::activate_in_place(*activation, tensor).map(|made| vec![made]);
            }
        }
        let operands: Vec<kernels::Argument> = step
            .inputs
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => match values[id.0].as_ref().or(self.constants[id.0].as_ref())
                {
                    Some(tensor) => kernels::Argument::Tensor(tensor),
                    None => kernels::Argument::Absent,
                },
                Operand::Number(number) => kernels::Argument::Number(*number),
                Operand::Absent => kernels::Argument::Absent,
            })
            .collect();
        kernels::call(&step.op, &operands)
    }
}

fn tensor_of(weight: &Weight, bytes: &[u8], device: Device) -> Result<Tensor, TchError> {
    let kind = match weight.dtype {
        Dtype::Float16 => Kind::Half,
        Dtype::BFloat16 => Kind::BFloat16,
        Dtype::Float32 => Kind::Float,
        Dtype::Float64 => Kind::Double,
        Dtype::Int8 => Kind::Int8,
        Dtype::UInt8 => Kind::Uint8,
        Dtype::Int16 => Kind::Int16,
        Dtype::Int32 => Kind::Int,
        Dtype::Int64 => Kind::Int64,
        Dtype::Bool => Kind::Bool,
    };
    Tensor::f_from_data_size(bytes, &weight.shape, kind)?
        .f_to_kind(Kind::Float)?
        .f_to_device(device)
}

/// Lets every use of an identity's output use its input instead.
fn drop_identities(nodes: &mut Vec<Node>, outputs: &mut [ValueId]) {
    let mut same: HashMap<ValueId, ValueId> = HashMap::new();
    nodes.retain_mut(|node| {
        for operand in &mut node.inputs {
            if let Operand::Value(id) = operand {
                *id = same.get(id).copied().unwrap_or(*id);
            }
        }
        if let (Op::Identity, [Operand::Value(input), ..], [output]) =
            (&node.op, &node.inputs[..], &node.outputs[..])
        {
            same.insert(*output, *input);
            return false;
        }
        true
    });
    for id in outputs {
        *id = same.get(id).copied().unwrap_or(*id);
    }
}

/// How often each value is used, the graph's outputs counted.
fn uses(nodes: &[Node], outputs: &[ValueId]) -> HashMap<ValueId, usize> {
    let mut uses = HashMap::new();
    for node in nodes {
        for operand in &node.inputs {
            if let Operand::Value(id) = operand {
                *uses.entry(*id).or_default() += 1;
            }
        }
    }
    for id in outputs {
        *uses.entry(*id).or_default() += 1;
    }
    uses
}

/// Makes a batch norm that directly follows a convolution or a dense layer part of that layer's weights: in inference
/// it only scales and shifts each channel.
fn fold_batch_norms(
    graph: &Graph,
    nodes: &mut Vec<Node>,
    outputs: &[ValueId],
    constants: &mut [Option<Tensor>],
) -> Result<(), TchError> {
    let uses = uses(nodes, outputs);
    let maker: HashMap<ValueId, usize> = nodes
        .iter()
        .enumerate()
        .flat_map(|(i, node)| node.outputs.iter().map(move |id| (*id, i)))
        .collect();
    let mut dropped = vec![false; nodes.len()];
    for i in 0..nodes.len() {
        let Op::BatchNorm { epsilon } = nodes[i].op else {
            continue;
        };
        let Operand::Value(input) = nodes[i].inputs[0] else {
            continue;
        };
        let Some(&layer) = maker.get(&input) else {
            continue;
        };
        // A dense layer's channels are its last dimension, a batch norm's its second.
        let rank = graph.values[input.0].shape.as_ref().map(Vec::len);
        let foldable = match nodes[layer].op {
            Op::Convolution { .. } => true,
            Op::Linear => rank == Some(2),
            _ => false,
        };
        let sole = uses.get(&input) == Some(&1);
        let Operand::Value(weight) = nodes[layer].inputs[1] else {
            continue;
        };
        let weight_uses = uses.get(&weight).copied().unwrap_or(0);
        if !foldable || !sole || weight_uses != 1 || dropped[layer] {
            continue;
        }
        let statistics: Option<Vec<Option<Tensor>>> = nodes[i].inputs[1..]
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => constants[id.0].as_ref().map(|t| Some(t.shallow_clone())),
                Operand::Absent => Some(None),
                Operand::Number(_) => None,
            })
            .collect();
        let Some([gamma, beta, Some(mean), Some(variance)]) = statistics.as_deref() else {
            continue;
        };
        let bias = match nodes[layer].inputs.get(2) {
            Some(Operand::Value(id)) => match (&constants[id.0], uses.get(id)) {
                (Some(bias), Some(1)) => Some((*id, bias.shallow_clone())),
                _ => continue,
            },
            _ => None,
        };
        let Some(old) = &constants[weight.0] else {
            continue;
        };
        // The shift takes the place of the old bias, or of a statistic that nothing else reads.
        let home = match &bias {
            Some((id, _)) => *id,
            None => match nodes[i].inputs[3] {
                Operand::Value(id) if uses.get(&id) == Some(&1) => id,
                _ => continue,
            },
        };
        let double = |t: &Tensor| t.f_to_kind(Kind::Double);
        let mut scale = double(variance)?.f_add_scalar(epsilon)?.f_rsqrt()?;
        if let Some(gamma) = gamma {
            scale = scale.f_mul(&double(gamma)?)?;
        }
        let mut shift = double(mean)?.f_mul(&scale)?.f_neg()?;
        if let Some((_, bias)) = &bias {
            shift = shift.f_add(&double(bias)?.f_mul(&scale)?)?;
        }
        if let Some(beta) = beta {
            shift = shift.f_add(&double(beta)?)?;
        }
        let mut column = vec![1; old.dim()];
        column[0] = -1;
        let folded = double(old)?
            .f_mul(&scale.f_reshape(&column)?)?
            .f_to_kind(Kind::Float)?;
        constants[weight.0] = Some(folded);
        let shift = shift.f_to_kind(Kind::Float)?;
        constants[home.0] = Some(shift);
        let made = nodes[i].outputs[0];
        let node = &mut nodes[layer];
        node.inputs.resize(3, Operand::Absent);
        node.inputs[2] = Operand::Value(home);
        node.outputs[0] = made;
        dropped[i] = true;
    }
    let mut kept = dropped.iter().map(|dropped| !dropped);
    nodes.retain(|_| kept.next().unwrap_or(true));
    Ok(())
}

/// Nodes whose output is memory of its own, not a view of an input.
fn makes_memory(op: &Op) -> bool {
    matches!(
        op,
        Op::Convolution { .. }
            | Op::BatchNorm { .. }
            | Op::LayerNorm { .. }
            | Op::Linear
            | Op::MatMul
            | Op::AddMatMul
            | Op::Add { .. }
            | Op::Subtract { .. }
            | Op::Multiply
            | Op::Divide
            | Op::Pool { .. }
    )
}

/// Works out where each value is needed last, and which inputs may be overwritten.
fn plan_memory(nodes: Vec<Node>, outputs: &[ValueId], input: ValueId) -> Vec<Step> {
    let uses = uses(&nodes, outputs);
    let fresh: HashMap<ValueId, bool> = nodes
        .iter()
        .flat_map(|node| node.outputs.iter().map(|id| (*id, makes_memory(&node.op))))
        .collect();
    let mut last: HashMap<ValueId, usize> = HashMap::new();
    for (i, node) in nodes.iter().enumerate() {
        for operand in &node.inputs {
            if let Operand::Value(id) = operand {
                last.insert(*id, i);
            }
        }
    }
    for id in outputs {
        last.remove(id);
    }
    let mut steps: Vec<Step> = nodes
        .into_iter()
        .map(|node| {
            let overwrites = match (&node.op, node.inputs.first()) {
                (Op::Activate(Activation::Relu), Some(Operand::Value(id))) => {
                    uses.get(id) == Some(&1) && fresh.get(id) == Some(&true) && *id != input
                }
                _ => false,
            };
            Step {
                name: node.name,
                op: node.op,
                inputs: node.inputs,
                outputs: node.outputs,
                overwrites,
                frees: Vec::new(),
            }
        })
        .collect();
    for (id, step) in last {
        steps[step].frees.push(id);
    }
    steps
}
