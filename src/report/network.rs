//! Description of a model file: inputs, outputs, layers and their receptive fields.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;

use gia_base::diag::Outcome;
use gia_base::file::{FileRecord, sha256_of};
use gia_model::{
    Declaration, Gradient, Graph, Input, LastStep, Node, Operand, ReceptiveField, ValueId,
    gradients_of_outputs, is_onnx, is_opaque, receptive_fields,
};

/// A model file as `gia model inspect` describes it.
#[derive(Debug, Serialize)]
pub struct NetworkDescription {
    schema: &'static str,
    pub(super) model: FileRecord,
    pub(super) inputs: Vec<Named>,
    pub(super) outputs: Vec<Named>,
    pub(super) parameters: u64,
    /// What the network supports besides prediction.
    pub(super) can: Capabilities,
    pub(super) layers: Vec<Layer>,
    /// Number of nodes of each kind.
    pub(super) nodes: BTreeMap<String, usize>,
    /// What a script can refer to; none if the declaration is incomplete.
    pub(super) declaration: Option<DeclaredProperties>,
}

#[derive(Debug, Serialize)]
pub(super) struct Capabilities {
    /// Whether gradients with respect to the sequence can be computed.
    pub(super) gradients: bool,
    /// Whether the file says where gradients stop (`detach`). ONNX does not.
    pub(super) detach: bool,
    /// Whether its layers are known.
    pub(super) layers: bool,
    /// Number of layers of which a change at one base recomputes only a part.
    pub(super) layers_in_part: usize,
    /// For each output, the final function before which it can be taken; none if there is none.
    pub(super) last_steps: Vec<Option<&'static str>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) shape: Option<Vec<Option<i64>>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) makes: Option<Vec<Option<i64>>>,
    /// Length in bp on which each position of the result depends; none for the whole sequence.
    pub(super) receptive_field: Option<i64>,
    /// Distance in bp between neighbouring positions of the result; none if it does not run along the sequence.
    pub(super) step: Option<i64>,
    pub(super) parameters: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct DeclaredProperties {
    pub(super) length: usize,
    pub(super) alphabet: String,
    pub(super) layout: &'static str,
    pub(super) tasks: Vec<Vec<String>>,
}

/// Names and shapes of values of a graph.
fn named(graph: &Graph, ids: &[ValueId]) -> Vec<Named> {
    let named = ids.iter().map(|id| Named {
        name: graph.values[id.0].name.clone(),
        shape: shape(graph, *id),
    });
    named.collect()
}

/// Names and shapes of the outputs: a name that scripts use, if there is one, else that of the file.
fn named_outputs(graph: &Graph, declaration: Option<&Declaration>) -> Vec<Named> {
    let mut outputs = named(graph, &graph.outputs);
    let declared = declaration.map_or(&[][..], |declaration| &declaration.outputs);
    for (output, declared) in outputs.iter_mut().zip(declared) {
        if let Some(name) = &declared.name {
            output.name.clone_from(name);
        }
    }
    outputs
}

impl NetworkDescription {
    /// Describes a model file. Give `declaration` if it is complete enough to run the model.
    ///
    /// # Errors
    /// Those of [`Graph::read`], and a file that cannot be read.
    pub fn of(path: &Path, declaration: Option<&Declaration>) -> Outcome<NetworkDescription> {
        let file = Graph::read_as_stored(path, declaration)?;
        let inputs = named(&file, &file.inputs);
        let nodes_of_file = file.nodes.len();
        let graph = match declaration {
            Some(known) => file.with_declared_inputs(known),
            None => file,
        };
        // Nodes in front of the file's, which compute its inputs from one-hot sequences, are not of the network.
        let encoding_nodes = graph.nodes.len() - nodes_of_file;
        let own_nodes = || graph.nodes.iter().skip(encoding_nodes);
        let positions: Vec<Option<usize>> = match declaration {
            Some(declaration) => Input::position_dims(&declaration.inputs, declaration.layout),
            None => graph.inputs.iter().map(|_| Some(2)).collect(),
        };
        let sees = receptive_fields(&graph, &positions);
        let length = declaration.map(|declaration| declaration.length as i64);
        let mut nodes = BTreeMap::new();
        for node in own_nodes() {
            *nodes.entry(node.op.describe()).or_insert(0) += 1;
        }
        let weights = weights_behind(&graph);
        let mut layers_in_part = 0;
        let in_part = |node: &Node| match node.inputs.first() {
            Some(Operand::Value(input)) => match sees[input.0] {
                ReceptiveField::Window { from_end, .. } => graph.changes_in_part(node, from_end),
                ReceptiveField::Empty | ReceptiveField::Unbounded => false,
            },
            _ => false,
        };
        let layers = own_nodes().filter_map(|node| {
            let made = *node.outputs.first()?;
            // What is made of weights alone belongs to the layer that uses it.
            if sees[made.0] == ReceptiveField::Empty {
                return None;
            }
            let own = values(node).flat_map(|id| weights.get(&id)).flatten();
            let own: BTreeSet<ValueId> = own.copied().collect();
            let of = |id: &ValueId| graph.weights.iter().find(|weight| weight.value == *id);
            let parameters: u64 = own.iter().filter_map(|id| of(id)?.elements()).sum();
            let is_layer = parameters > 0 || node.op.kind().dataflow.is_layer();
            layers_in_part += usize::from(is_layer && in_part(node));
            let (receptive_field, step) = match sees[made.0] {
                ReceptiveField::Window { width, step, .. }
                    if length.is_none_or(|length| width < length) =>
                {
                    (Some(width), Some(step))
                }
                ReceptiveField::Window { step, .. } => (None, Some(step)),
                ReceptiveField::Empty | ReceptiveField::Unbounded => (None, None),
            };
            is_layer.then(|| Layer {
                name: node.name.clone(),
                kind: node.op.describe(),
                makes: shape(&graph, made),
                receptive_field,
                step,
                parameters,
            })
        });
        let layers: Vec<Layer> = layers.collect();
        Ok(NetworkDescription {
            schema: "gia-network/1",
            model: FileRecord {
                path: path.display().to_string(),
                sha256: sha256_of(path)?,
            },
            inputs,
            outputs: named_outputs(&graph, declaration),
            parameters: graph
                .weights
                .iter()
                .filter_map(|weight| weight.elements())
                .sum(),
            can: Capabilities {
                gradients: is_differentiable(&graph, declaration),
                detach: !is_onnx(path),
                layers: !is_opaque(path),
                layers_in_part,
                last_steps: (0..graph.outputs.len())
                    .map(|output| graph.last_step(output).map(LastStep::word))
                    .collect(),
            },
            layers,
            nodes,
            declaration: declaration.map(|declaration| DeclaredProperties {
                length: declaration.length,
                alphabet: declaration.alphabet.clone(),
                layout: declaration.layout.word(),
                tasks: declaration
                    .outputs
                    .iter()
                    .map(|output| output.tasks.clone())
                    .collect(),
            }),
        })
    }

    /// The JSON form of `gia model inspect --json`, `gia-network/1`.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists of these always have a JSON form.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}

/// Whether an output has a gradient with respect to the sequence, as far as the graph shows.
fn is_differentiable(graph: &Graph, declaration: Option<&Declaration>) -> bool {
    let inputs = declaration.map(|declaration| declaration.inputs.as_slice());
    let inputs = inputs.unwrap_or_default().iter();
    let varying: Vec<bool> = inputs.map(Input::follows_sequence).collect();
    // TorchScript shows no nodes.
    graph.nodes.is_empty() || gradients_of_outputs(graph, &varying).contains(&Gradient::Open)
}

fn values(node: &Node) -> impl Iterator<Item = ValueId> {
    node.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    })
}

/// For each value that depends on weights alone, which these are.
fn weights_behind(graph: &Graph) -> HashMap<ValueId, BTreeSet<ValueId>> {
    let own = graph
        .weights
        .iter()
        .map(|weight| (weight.value, BTreeSet::from([weight.value])));
    let mut behind: HashMap<ValueId, BTreeSet<ValueId>> = own.collect();
    for node in &graph.nodes {
        if values(node).all(|id| behind.contains_key(&id)) {
            let all = values(node)
                .flat_map(|id| behind[&id].iter().copied())
                .collect::<BTreeSet<_>>();
            behind.extend(node.outputs.iter().map(|output| (*output, all.clone())));
        }
    }
    behind
}

fn shape(graph: &Graph, id: ValueId) -> Option<Vec<Option<i64>>> {
    let shape = graph.values[id.0].shape.as_ref()?;
    Some(shape.iter().map(|dim| dim.fixed()).collect())
}
