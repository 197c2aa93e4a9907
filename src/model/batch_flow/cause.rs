//! Describes how a network mixes the sequences of a batch.

use std::path::Path;

use crate::graph::{Dataflow, DimensionMixing, Graph, MixedDimensions, Node};
use gia_base::diag::{Code, Diagnostic};

/// How a node mixes the sequences of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MixingCause {
    /// It combines or reorders the elements along this dimension of an operand.
    Along(usize),
    /// It selects fixed sequences, in this dimension, for all of them.
    Picked(usize),
    /// It combines each sequence with every other, in these two dimensions of the result.
    Paired(usize, usize),
}

/// The first node or output of a network that mixes the sequences of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchMixing {
    what: String,
    help: String,
    note: Option<String>,
    code: Code,
}

impl BatchMixing {
    pub(super) fn new(
        graph: &Graph,
        node: &Node,
        mixed: MixingCause,
        reshape: Option<usize>,
    ) -> BatchMixing {
        let (name, words) = (&node.name, node.op.describe());
        let what = match mixed {
            MixingCause::Along(dim) => format!(
                "node `{name}` ({words}) {} dimension {dim}, which holds the batch",
                verb(node.op.kind().dataflow)
            ),
            MixingCause::Picked(dim) => format!(
                "node `{name}` ({words}) selects fixed indices of dimension {dim}, which holds the batch"
            ),
            MixingCause::Paired(one, other) => format!(
                "node `{name}` ({words}) combines each sequence with every other: its operands hold the batch in dimensions {one} and {other}"
            ),
        };
        let note = reshape.and_then(|at| reshaped(graph, at));
        let help = match &note {
            Some(_) => "reorder dimensions with `transpose` or `permute`; `view` and `reshape` keep the order of the elements".to_string(),
            None => suggested_fix(node.op.kind().dataflow, mixed),
        };
        BatchMixing {
            what,
            help: format!("{help}; then export the network again"),
            note,
            code: Code::BatchMixing,
        }
    }

    /// An output whose rows are not the sequences. `dim` is the dimension that holds the batch, if there is one.
    pub(super) fn of_output(
        graph: &Graph,
        number: usize,
        dim: Option<usize>,
        reshape: Option<usize>,
    ) -> BatchMixing {
        let (what, help) = match dim {
            Some(dim) => (
                format!("output {number} holds the batch in dimension {dim}, not in its first"),
                format!("return the output with the batch first, such as `x.movedim({dim}, 0)`"),
            ),
            None => (
                format!("the rows of output {number} are not the sequences"),
                "reorder dimensions with `transpose` or `permute`; `view` and `reshape` keep the order of the elements".to_string(),
            ),
        };
        BatchMixing {
            what,
            help: format!("{help}; then export the network again"),
            note: reshape.and_then(|at| reshaped(graph, at)),
            code: Code::OutputNotByRow,
        }
    }

    /// Builds the error for the network in this file.
    pub fn diagnostic(&self, path: &Path) -> Diagnostic {
        let note = self.note.as_ref();
        let note = note.map_or(String::new(), |note| format!(", after {note}"));
        let path = path.display();
        let message = match self.code {
            Code::BatchMixing => {
                format!(
                    "`{path}` mixes the sequences of a batch: {}{note}",
                    self.what
                )
            }
            _ => format!(
                "`{path}` does not return one row per sequence: {}{note}",
                self.what
            ),
        };
        Diagnostic::error(self.code, message).help(self.help.clone())
    }
}

fn reshaped(graph: &Graph, at: usize) -> Option<String> {
    let node = graph.nodes.get(at)?;
    Some(format!(
        "node `{}` ({}), which spreads each sequence over several rows",
        node.name,
        node.op.describe()
    ))
}

/// Verb for what a node does along a dimension.
fn verb(dataflow: Dataflow) -> &'static str {
    match dataflow {
        Dataflow::Attention { .. } => "attends along",
        Dataflow::Recurrence { .. } => "steps along",
        Dataflow::AlongDimensions {
            how: DimensionMixing::Normalized,
            ..
        }
        | Dataflow::PerChannel => "normalises over",
        Dataflow::AlongDimensions {
            how: DimensionMixing::Accumulated,
            ..
        }
        | Dataflow::Reduction { .. }
        | Dataflow::Resampling { .. } => "aggregates over",
        Dataflow::Reversal { .. } => "reverses",
        Dataflow::Window(_) | Dataflow::TransposedWindow(_) => "slides over",
        Dataflow::Linear | Dataflow::MatrixProduct { .. } | Dataflow::Contraction { .. } => {
            "sums products over"
        }
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::Broadcast { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Reshape(_)
        | Dataflow::Reorder(_)
        | Dataflow::Expansion { .. }
        | Dataflow::Repetition { .. }
        | Dataflow::Slice { .. }
        | Dataflow::Selection { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. }
        | Dataflow::Indexing { .. }
        | Dataflow::Slicewise(_)
        | Dataflow::Concatenation { .. }
        | Dataflow::Padding { .. } => "combines elements of",
    }
}

/// Help text: what to write instead of the usual mistake.
fn suggested_fix(dataflow: Dataflow, mixed: MixingCause) -> String {
    let text = match mixed {
        MixingCause::Paired(..) => {
            "keep the reduced dimension (`keepdim=True`), so that both operands have the batch first"
        }
        MixingCause::Picked(_) => "index after the batch dimension: `x[:, i]`, not `x[i]`",
        MixingCause::Along(_) => match dataflow {
            Dataflow::Attention { .. } | Dataflow::Recurrence { .. } => {
                "build the layer with `batch_first=True`, or permute its input to (length, batch, channels)"
            }
            Dataflow::Contraction { .. } => {
                "keep the letter of the batch dimension on the right side of the equation"
            }
            Dataflow::Slicewise(_)
            | Dataflow::AlongDimensions {
                over: MixedDimensions::Dimension(_),
                ..
            } => "choose a dimension other than the batch, such as `dim=-1`",
            Dataflow::Reduction { .. } => {
                "choose dimensions other than the batch, such as `dim=1`; without `dim` all are reduced"
            }
            Dataflow::Reversal { .. } => "reverse only dimensions other than the batch",
            Dataflow::AlongDimensions {
                over: MixedDimensions::Last(_) | MixedDimensions::Sample { .. },
                ..
            }
            | Dataflow::Elementwise
            | Dataflow::Copy
            | Dataflow::Broadcast { .. }
            | Dataflow::PerChannel
            | Dataflow::Window(_)
            | Dataflow::TransposedWindow(_)
            | Dataflow::Resampling { .. }
            | Dataflow::Linear
            | Dataflow::MatrixProduct { .. }
            | Dataflow::Constant { .. }
            | Dataflow::Range { .. }
            | Dataflow::Reshape(_)
            | Dataflow::Reorder(_)
            | Dataflow::Expansion { .. }
            | Dataflow::Repetition { .. }
            | Dataflow::Slice { .. }
            | Dataflow::Selection { .. }
            | Dataflow::Gather { .. }
            | Dataflow::GatherEach { .. }
            | Dataflow::Indexing { .. }
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => "keep the batch in the first dimension",
        },
    };
    text.to_string()
}
