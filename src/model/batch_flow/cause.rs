//! How a network mixes the sequences of a batch, in words.

use std::path::Path;

use crate::graph::{Dataflow, Extent, Graph, Mixture, Node};
use gia_base::diag::{Code, Diagnostic};

/// How a node mixes the sequences of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mixed {
    /// It combines or reorders the elements along this dimension of an operand.
    Along(usize),
    /// It takes some sequences of this dimension for all.
    Picked(usize),
    /// It pairs each sequence with each other one, in these dimensions of the result.
    Paired(usize, usize),
}

/// The place where a network mixes the sequences of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixing {
    what: String,
    help: String,
    note: Option<String>,
    code: Code,
}

impl Mixing {
    pub(super) fn new(graph: &Graph, node: &Node, mixed: Mixed, reshape: Option<usize>) -> Mixing {
        let (name, words) = (&node.name, node.op.words());
        let what = match mixed {
            Mixed::Along(dim) => format!(
                "node `{name}` ({words}) {} dimension {dim}, which holds the batch",
                verb(node.op.kind().dataflow)
            ),
            Mixed::Picked(dim) => format!(
                "node `{name}` ({words}) takes fixed places of dimension {dim}, which holds the batch"
            ),
            Mixed::Paired(one, other) => format!(
                "node `{name}` ({words}) pairs each sequence with each other one: its operands hold the batch in dimensions {one} and {other}"
            ),
        };
        let note = reshape.and_then(|at| reshaped(graph, at));
        let help = match &note {
            Some(_) => "reorder dimensions with `transpose` or `permute`; `view` and `reshape` keep the order of the elements".to_string(),
            None => mend(node.op.kind().dataflow, mixed),
        };
        Mixing {
            what,
            help: format!("{help}; then export the network again"),
            note,
            code: Code::BatchMixing,
        }
    }

    /// An output whose rows are not the sequences. `dim` is the dimension that holds the batch, where one does.
    pub(super) fn of_output(
        graph: &Graph,
        number: usize,
        dim: Option<usize>,
        reshape: Option<usize>,
    ) -> Mixing {
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
        Mixing {
            what,
            help: format!("{help}; then export the network again"),
            note: reshape.and_then(|at| reshaped(graph, at)),
            code: Code::OutputNotByRow,
        }
    }

    /// The error for a network in this file.
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
                "`{path}` does not give a row for each sequence: {}{note}",
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
        node.op.words()
    ))
}

/// What a node does along a dimension.
fn verb(dataflow: Dataflow) -> &'static str {
    match dataflow {
        Dataflow::Attention { .. } => "attends along",
        Dataflow::Recurrence { .. } => "steps along",
        Dataflow::Along {
            how: Mixture::Normalized,
            ..
        }
        | Dataflow::PerChannel => "normalises over",
        Dataflow::Along {
            how: Mixture::Accumulated,
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
        | Dataflow::Concatenation { .. }
        | Dataflow::Padding { .. } => "combines elements of",
    }
}

/// The usual mistake, and what to write instead.
fn mend(dataflow: Dataflow, mixed: Mixed) -> String {
    let text = match mixed {
        Mixed::Paired(..) => {
            "keep the reduced dimension (`keepdim=True`), so that both operands have the batch first"
        }
        Mixed::Picked(_) => "index behind the batch: `x[:, i]`, not `x[i]`",
        Mixed::Along(_) => match dataflow {
            Dataflow::Attention { .. } | Dataflow::Recurrence { .. } => {
                "build the layer with `batch_first=True`, or give it (length, batch, channels)"
            }
            Dataflow::Contraction { .. } => {
                "keep the letter of the batch in the result of the equation"
            }
            Dataflow::Along {
                over: Extent::Dimension(_),
                ..
            } => "name a dimension behind the batch, such as `dim=-1`",
            Dataflow::Reduction { .. } => {
                "name dimensions behind the batch, such as `dim=1`; without `dim` all are reduced"
            }
            Dataflow::Reversal { .. } => "reverse dimensions behind the batch alone",
            Dataflow::Along {
                over: Extent::Last(_) | Extent::Sample { .. },
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
            | Dataflow::Concatenation { .. }
            | Dataflow::Padding { .. } => "keep the batch in the first dimension",
        },
    };
    text.to_string()
}
