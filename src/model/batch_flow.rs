//! Finds the dimension of each value that holds the batch, and the first node that mixes the sequences of a batch.
//!
//! Shapes are computed for a placeholder batch size, so every shape is a list of numbers. In row-major order, element
//! `i` of a value belongs to sequence `(i / run) % batch`. This one number, the *run*, locates the sequences, and a
//! reshape does not change it. The batch may therefore be folded into another dimension, (batch, length, channels) to
//! (batch * length, channels), and unfolded again. A node mixes the batch if it combines elements along a dimension in
//! which they belong to several sequences.
//!
//! Invariant: a layout that cannot be derived is [`BatchLayout::Unknown`], and is never reported as an error.

mod cause;
mod indexing;
mod layers;
mod rules;
mod slicewise;

use super::graph::{Dim, Graph, Node, Operand, Usage, ValueId};
use super::shapes;

/// What a node does that computes with the number of sequences in the batch.
pub(crate) const USES_BATCH_SIZE: &str = "computes with the size of the batch, so a result depends on how many sequences are computed together";
/// The mend for [`USES_BATCH_SIZE`].
pub(crate) const INSTEAD_OF_BATCH_SIZE: &str = "take a mean over positions or channels in place of dividing by the batch size, then export the network again";

pub use cause::BatchMixing;

/// Batch size that stands for a free one: a prime, so that no other dimension is a multiple of it.
const PLACEHOLDER_BATCH: i64 = 65_521;

/// Position of the batch dimension in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchLayout {
    /// No dimension comes from the batch.
    Absent,
    /// Element `i` in row-major order belongs to sequence `(i / run) % batch`.
    Run(i64),
    Unknown,
}

/// Derived shape and batch layout of a value.
#[derive(Debug, Clone)]
struct ValueState {
    /// Shape for the placeholder batch size.
    shape: Option<Vec<i64>>,
    layout: BatchLayout,
    /// Whether its elements depend on the sequences.
    depends: bool,
    /// Index of the node after whose reshape no dimension holds whole sequences.
    scrambled_by: Option<usize>,
}

/// Propagation of the batch dimension through a graph.
#[derive(Debug, Clone)]
pub struct BatchFlow {
    batch: i64,
    states: Vec<ValueState>,
    mixing: Option<BatchMixing>,
}

impl BatchFlow {
    /// Propagates the batch through a graph whose sequences have `length` positions. `varying` states for each input
    /// whether it differs between sequences; inputs beyond its end do.
    pub fn new(graph: &Graph, length: usize, varying: &[bool]) -> BatchFlow {
        let fixed = graph.fixed_batch().and_then(|n| i64::try_from(n).ok());
        let unknown = ValueState {
            shape: None,
            layout: BatchLayout::Unknown,
            depends: true,
            scrambled_by: None,
        };
        let mut flow = BatchFlow {
            batch: fixed.unwrap_or(PLACEHOLDER_BATCH),
            states: vec![unknown; graph.values.len()],
            mixing: None,
        };
        // A batch of one cannot be mixed.
        if flow.batch < 2 {
            return flow;
        }
        for weight in &graph.weights {
            flow.states[weight.value.0] = ValueState {
                shape: Some(weight.shape.clone()),
                layout: BatchLayout::Absent,
                depends: false,
                scrambled_by: None,
            };
        }
        for (at, id) in graph.inputs.iter().enumerate() {
            let Some(stated) = &graph.values[id.0].shape else {
                continue;
            };
            let extent = |dim: &Dim| dim.fixed().unwrap_or(length as i64);
            let after: Vec<i64> = stated.iter().skip(1).map(extent).collect();
            let run = after.iter().product();
            let shape = std::iter::once(flow.batch).chain(after).collect();
            flow.states[id.0] = ValueState {
                shape: Some(shape),
                layout: BatchLayout::Run(run),
                depends: varying.get(at).copied().unwrap_or(true),
                scrambled_by: None,
            };
        }
        let used = graph.used_nodes();
        for (at, node) in graph.nodes.iter().enumerate().filter(|(at, _)| used[*at]) {
            flow.follow(graph, at, node);
        }
        flow.check_outputs(graph);
        flow
    }

    /// The first node that mixes the sequences of a batch.
    pub fn mixing(&self) -> Option<&BatchMixing> {
        self.mixing.as_ref()
    }

    /// Whether the first dimension of a value is exactly the batch; false if unknown.
    pub fn is_batch_first(&self, id: ValueId) -> bool {
        let Some(state) = self.states.get(id.0) else {
            return false;
        };
        match (&state.shape, state.layout) {
            (Some(shape), BatchLayout::Run(run)) => {
                shape.first() == Some(&self.batch) && product(&shape[1..]) == Some(run)
            }
            (None, _) | (_, BatchLayout::Absent | BatchLayout::Unknown) => false,
        }
    }

    /// Whether the elements of a value depend on the sequences.
    pub fn depends(&self, id: ValueId) -> bool {
        self.states.get(id.0).is_none_or(|state| state.depends)
    }

    /// The shape of a value for a batch of one; none if unknown.
    pub fn shape_of_one(&self, id: ValueId) -> Option<Vec<i64>> {
        let state = self.states.get(id.0)?;
        let shape = state.shape.as_ref()?;
        // A dimension that holds the batch, alone or folded with another, is a multiple of the batch size.
        let of_one = |extent: &i64| match state.layout {
            BatchLayout::Run(_) if extent % self.batch == 0 => extent / self.batch,
            BatchLayout::Run(_) | BatchLayout::Absent | BatchLayout::Unknown => *extent,
        };
        Some(shape.iter().map(of_one).collect())
    }

    /// How many times the size of the batch a dimension of a value is; none if it is no multiple, or if that is not known.
    pub fn batches_in(graph: &Graph, id: ValueId, dim: usize) -> Option<i64> {
        let part = Graph {
            outputs: vec![id],
            ..graph.clone()
        };
        let flow = BatchFlow::new(&part, 1, &[]);
        let extent = *flow.states.get(id.0)?.shape.as_ref()?.get(dim)?;
        (extent > 0 && flow.batch > 1 && extent % flow.batch == 0).then(|| extent / flow.batch)
    }

    fn follow(&mut self, graph: &Graph, at: usize, node: &Node) {
        let shape = self.shape_made(graph, node);
        let operands: Vec<Option<&ValueState>> = node
            .inputs
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => self.states.get(id.0),
                Operand::Number(_) | Operand::Absent => None,
            })
            .collect();
        let present = || operands.iter().flatten();
        // A node that uses only the size of an operand does not depend on its elements.
        let dataflow = node.op.kind().dataflow;
        let depends = operands.iter().enumerate().any(|(at, state)| {
            dataflow.usage(at) != Usage::Size && state.is_some_and(|state| state.depends)
        });
        let inherited = present().find_map(|state| state.scrambled_by);
        let made = rules::LayoutRule {
            batch: self.batch,
            dataflow,
            operands: &operands,
            made: shape.as_deref(),
        }
        .layout();
        let (layout, mixed) = match made {
            Ok(layout) => (layout, None),
            Err(mixed) => (BatchLayout::Unknown, Some(mixed)),
        };
        let scrambles = match (&shape, layout) {
            (Some(shape), BatchLayout::Run(run)) => locate(shape, run, self.batch).is_none(),
            (None, _) | (_, BatchLayout::Absent | BatchLayout::Unknown) => false,
        };
        let state = ValueState {
            shape,
            layout,
            depends,
            scrambled_by: scrambles.then(|| inherited.unwrap_or(at)),
        };
        if let Some(mixed) = mixed
            && depends
            && self.mixing.is_none()
        {
            self.mixing = Some(BatchMixing::new(graph, node, mixed, inherited));
        }
        for output in &node.outputs {
            self.states[output.0] = state.clone();
        }
    }

    /// Shape of a node's result for the placeholder batch size.
    fn shape_made(&self, graph: &Graph, node: &Node) -> Option<Vec<i64>> {
        let as_dims = |state: &ValueState| -> Option<Vec<Dim>> {
            let shape = state.shape.as_ref()?;
            Some(shape.iter().map(|n| Dim::Fixed(*n)).collect())
        };
        let known: Vec<Option<Vec<Dim>>> = node
            .inputs
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => as_dims(self.states.get(id.0)?),
                Operand::Number(_) | Operand::Absent => None,
            })
            .collect();
        let operands: Vec<Option<&[Dim]>> = known.iter().map(Option::as_deref).collect();
        let made = shapes::infer_result_shape(&node.op, &operands).or_else(|| {
            let stated = graph.values[node.outputs.first()?.0].shape.clone()?;
            stated
                .iter()
                .all(|dim| dim.fixed().is_some())
                .then_some(stated)
        })?;
        // A free size is the batch size.
        Some(
            made.iter()
                .map(|dim| dim.fixed().unwrap_or(self.batch))
                .collect(),
        )
    }

    fn check_outputs(&mut self, graph: &Graph) {
        if self.mixing.is_some() {
            return;
        }
        for (number, id) in graph.outputs.iter().enumerate() {
            let state = &self.states[id.0];
            let (Some(shape), BatchLayout::Run(run)) = (&state.shape, state.layout) else {
                continue;
            };
            if !state.depends || self.is_batch_first(*id) {
                continue;
            }
            let dim = locate(shape, run, self.batch).map(|axis| axis.dim);
            self.mixing = Some(BatchMixing::of_output(
                graph,
                number,
                dim,
                state.scrambled_by,
            ));
            return;
        }
    }
}

/// A dimension that holds the batch; its size is `outer * batch * inner`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    dim: usize,
    outer: i64,
    inner: i64,
}

/// Finds the dimension that holds the batch; none if it spans several dimensions.
fn locate(shape: &[i64], run: i64, batch: i64) -> Option<Axis> {
    (0..shape.len()).find_map(|dim| {
        let after = product(&shape[dim + 1..])?;
        if after == 0 || run == 0 || run % after != 0 {
            return None;
        }
        let inner = run / after;
        let each = inner.checked_mul(batch)?;
        (shape[dim] % each == 0).then(|| Axis {
            dim,
            outer: shape[dim] / each,
            inner,
        })
    })
}

fn product(extents: &[i64]) -> Option<i64> {
    extents.iter().try_fold(1i64, |n, m| n.checked_mul(*m))
}
