//! How a network mixes the sequences of a batch, in words.

use std::path::Path;

use crate::diag::{Code, Diagnostic};
use crate::model::graph::{Graph, Node, Op};

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
                verb(&node.op)
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
            None => mend(&node.op, mixed),
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
fn verb(op: &Op) -> &'static str {
    match op {
        Op::Attention { .. } => "attends along",
        Op::Recurrent { .. } => "steps along",
        Op::Softmax { .. } | Op::LayerNorm { .. } | Op::GroupNorm { .. } | Op::BatchNorm { .. } => {
            "normalises over"
        }
        Op::Reduce { .. } | Op::CumulativeSum { .. } | Op::AdaptivePool { .. } => "aggregates over",
        Op::Flip { .. } => "reverses",
        Op::Convolution { .. } | Op::TransposedConvolution { .. } | Op::Pool { .. } => {
            "slides over"
        }
        Op::Linear | Op::MatMul | Op::AddMatMul | Op::Einsum { .. } => "sums products over",
        Op::Activate(_)
        | Op::Add { .. }
        | Op::Subtract { .. }
        | Op::Multiply
        | Op::Divide
        | Op::Power
        | Op::Compare(_)
        | Op::Where
        | Op::Maximum
        | Op::Minimum
        | Op::Full { .. }
        | Op::Range { .. }
        | Op::Flatten { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Permute { .. }
        | Op::Squeeze { .. }
        | Op::Unsqueeze { .. }
        | Op::Expand { .. }
        | Op::Repeat { .. }
        | Op::Slice { .. }
        | Op::Select { .. }
        | Op::Take { .. }
        | Op::TakeEach { .. }
        | Op::Concatenate { .. }
        | Op::Pad { .. }
        | Op::Identity
        | Op::Detach => "combines elements of",
    }
}

/// The usual mistake, and what to write instead.
fn mend(op: &Op, mixed: Mixed) -> String {
    match (op, mixed) {
        (_, Mixed::Paired(..)) => {
            "keep the reduced dimension (`keepdim=True`), so that both operands have the batch first"
        }
        (_, Mixed::Picked(_)) => "index behind the batch: `x[:, i]`, not `x[i]`",
        (Op::Attention { .. }, _) => {
            "build the layer with `batch_first=True`, or give it (length, batch, channels)"
        }
        (Op::Recurrent { .. }, _) => {
            "build the layer with `batch_first=True`, or give it (length, batch, channels)"
        }
        (Op::Einsum { .. }, _) => "keep the letter of the batch in the result of the equation",
        (Op::Softmax { .. } | Op::CumulativeSum { .. }, _) => {
            "name a dimension behind the batch, such as `dim=-1`"
        }
        (Op::Reduce { .. }, _) => {
            "name dimensions behind the batch, such as `dim=1`; without `dim` all are reduced"
        }
        (Op::Flip { .. }, _) => "reverse dimensions behind the batch alone",
        (_, Mixed::Along(_)) => "keep the batch in the first dimension",
    }
    .to_string()
}
