//! Finds outputs that cannot be differentiated with respect to the sequence, and the node that prevents it.
//!
//! Rounding, comparisons and lookups by index have a gradient of 0 wherever it exists, and a detached value has none.
//! Behind such a node, a gradient of 0 says nothing about the sequence.

use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};

use super::declaration::Declaration;
use super::graph::{AttributionRule, Graph, Node, Op, Operand, Usage};
use super::input::Input;
use super::opaque::is_opaque;

/// How a value depends on the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradient {
    /// It does not depend on the sequence.
    Absent,
    /// The gradient may differ from zero: at least one path to the sequence is differentiable.
    Open,
    /// Every path leads through a node without a gradient.
    Blocked {
        /// The first such node, as an index into [`Graph::nodes`].
        node: usize,
    },
}

impl Gradient {
    /// The dependence of a value that depends on both operands.
    fn with(self, other: Gradient) -> Gradient {
        match (self, other) {
            (Gradient::Absent, one) | (one, Gradient::Absent) => one,
            (Gradient::Open, _) | (_, Gradient::Open) => Gradient::Open,
            (Gradient::Blocked { node: a }, Gradient::Blocked { node: b }) => {
                Gradient::Blocked { node: a.min(b) }
            }
        }
    }
}

/// How each output of a graph depends on the sequence. `varying` states for each input whether it depends on the
/// sequence; inputs beyond its end do.
pub fn gradients_of_outputs(graph: &Graph, varying: &[bool]) -> Vec<Gradient> {
    let mut known = vec![Gradient::Absent; graph.values.len()];
    for (at, id) in graph.inputs.iter().enumerate() {
        if varying.get(at).copied().unwrap_or(true) {
            known[id.0] = Gradient::Open;
        }
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let of_operand = |(at, operand): (usize, &Operand)| match operand {
            Operand::Value(id) => through(node, at, known[id.0], number),
            Operand::Number(_) | Operand::Absent => Gradient::Absent,
        };
        let operands = node.inputs.iter().enumerate().map(of_operand);
        let made = operands.fold(Gradient::Absent, Gradient::with);
        for output in &node.outputs {
            known[output.0] = made;
        }
    }
    graph.outputs.iter().map(|id| known[id.0]).collect()
}

/// Fails if the graph of a network shows that the gradient of all of these columns is 0. TorchScript files and networks in Python have no
/// graph to check. `written` is the path as the user wrote it.
///
/// # Errors
/// [`Code::NotDifferentiable`], and if the file cannot be read.
pub fn check_differentiable(
    path: &Path,
    written: &str,
    declaration: &Declaration,
    columns: &[usize],
) -> Outcome<()> {
    if is_opaque(path) {
        return Ok(());
    }
    let graph = Graph::read_with_declaration(path, Some(declaration))?;
    let varying: Vec<bool> = declaration
        .inputs
        .iter()
        .map(Input::follows_sequence)
        .collect();
    let gradients = gradients_of_outputs(&graph, &varying);
    let requested = declaration.outputs.iter().zip(&gradients).enumerate();
    let requested = requested.filter(|(_, (output, _))| {
        let own = output.offset..output.offset + output.size();
        columns.iter().any(|column| own.contains(column))
    });
    let requested: Vec<(usize, Gradient)> = requested
        .map(|(at, (_, gradient))| (at, *gradient))
        .collect();
    if requested
        .iter()
        .any(|(_, gradient)| *gradient == Gradient::Open)
    {
        return Ok(());
    }
    let Some((output, gradient)) = requested.first() else {
        return Ok(());
    };
    let refused = |why: String| {
        let message = format!("`{written}`: output {output} {why}");
        Diagnostic::error(Code::NotDifferentiable, message)
    };
    Err(Box::new(match gradient {
        Gradient::Open => return Ok(()),
        Gradient::Absent => refused("does not depend on the sequence".to_string()),
        Gradient::Blocked { node } => {
            let node = &graph.nodes[*node];
            refused(format!(
                "cannot be differentiated with respect to the sequence: node `{}` {} and has no gradient, and every path leads through such a node",
                node.name,
                obstacle(&node.op)
            ))
            .help("avoid integer tensors between input and output (for example `one_hot @ table` in place of an embedding), and export the network again")
        }
    }))
}

/// What a node without a gradient does, for messages.
fn obstacle(op: &Op) -> &'static str {
    match Obstacle::of(op) {
        Some(Obstacle::Detaches) => "detaches its input",
        Some(Obstacle::Compares) => "compares numbers",
        Some(Obstacle::Chooses) => "selects by a condition",
        Some(Obstacle::LooksUp) => "looks up entries by index",
        Some(Obstacle::Ranks) => "returns positions of numbers, such as that of a maximum",
        Some(Obstacle::Rounds) | None => "rounds to integers",
    }
}

/// How a node's result depends on the sequence through one operand.
fn through(node: &Node, operand: usize, gradient: Gradient, number: usize) -> Gradient {
    let kind = node.op.kind();
    let passes = match kind.dataflow.usage(operand) {
        Usage::Size => return Gradient::Absent,
        Usage::Condition | Usage::Indices => false,
        Usage::Numbers => !kind.attribution.is_flat(),
    };
    match gradient {
        Gradient::Open if !passes => Gradient::Blocked { node: number },
        other => other,
    }
}

/// Why a node has no gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It detaches its operand from the gradient.
    Detaches,
    /// It compares two numbers; the result is 0 or 1.
    Compares,
    /// It rounds, or takes the sign.
    Rounds,
    /// It chooses by a condition.
    Chooses,
    /// It looks entries up by their index.
    LooksUp,
    /// It returns the position of a number among others.
    Ranks,
}

impl Obstacle {
    /// The obstacle at a node; none if it has a gradient with respect to all its operands.
    pub fn of(op: &Op) -> Option<Obstacle> {
        let kind = op.kind();
        match kind.attribution {
            AttributionRule::Stopped => Some(Obstacle::Detaches),
            AttributionRule::Comparison => Some(Obstacle::Compares),
            AttributionRule::Step => Some(Obstacle::Rounds),
            AttributionRule::Ranking => Some(Obstacle::Ranks),
            AttributionRule::Linear
            | AttributionRule::Secant
            | AttributionRule::Product
            | AttributionRule::Quotient
            | AttributionRule::Power
            | AttributionRule::Extremum
            | AttributionRule::Softmax
            | AttributionRule::Normalization
            | AttributionRule::Attention
            | AttributionRule::Gradient
            | AttributionRule::Recurrent => {
                let mut usages = (0..2).map(|at| kind.dataflow.usage(at));
                usages.find_map(|usage| match usage {
                    Usage::Condition => Some(Obstacle::Chooses),
                    Usage::Indices => Some(Obstacle::LooksUp),
                    Usage::Numbers | Usage::Size => None,
                })
            }
        }
    }
}
