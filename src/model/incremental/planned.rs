//! Estimates incremental recomputation from the graph of a model file, before the network runs.

use super::{Call, Calls, CostEstimate, Propagation, window_width};
use crate::batch_flow::BatchFlow;
use crate::graph::{Graph, ValueId};

/// A network as its file describes it. If the file leaves a shape open, an edit counts as changing the whole value.
pub struct PlannedNetwork<'g> {
    nodes: Nodes<'g>,
    propagation: Propagation,
    length: i64,
}

/// The used nodes of a graph, and the batch layout of their values.
struct Nodes<'g> {
    graph: &'g Graph,
    is_used: Vec<bool>,
    flow: BatchFlow,
}

impl Calls for Nodes<'_> {
    fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        let nodes = self.graph.nodes.iter().zip(&self.is_used);
        nodes.filter_map(|(node, is_used)| {
            let output = *node.outputs.first()?;
            is_used.then_some(Call {
                op: &node.op,
                inputs: &node.inputs,
                output,
            })
        })
    }

    fn inputs(&self) -> &[ValueId] {
        &self.graph.inputs
    }

    fn constant_shape(&self, id: ValueId) -> Option<Vec<i64>> {
        (!self.flow.depends(id)).then(|| self.flow.shape_of_one(id).unwrap_or_default())
    }

    fn is_batch_first(&self, id: ValueId) -> bool {
        self.flow.is_batch_first(id)
    }
}

impl<'g> PlannedNetwork<'g> {
    /// Analyses a graph. `positions` states for each input which dimension runs along the sequence of `length` bp; none for a constant input. Returns
    /// none if no edit can be recomputed incrementally.
    pub fn new(
        graph: &'g Graph,
        positions: &[Option<usize>],
        length: usize,
        wherever_possible: bool,
    ) -> Option<PlannedNetwork<'g>> {
        let varying: Vec<bool> = positions.iter().map(Option::is_some).collect();
        let nodes = Nodes {
            graph,
            is_used: graph.used_nodes(),
            flow: BatchFlow::new(graph, length, &varying),
        };
        let ids = (0..graph.values.len()).map(ValueId);
        let shapes = ids.map(|id| nodes.flow.shape_of_one(id).unwrap_or_default());
        let propagation = Propagation::new(&nodes, positions, shapes.collect(), wherever_possible);
        propagation
            .affects_values_partially()
            .then_some(PlannedNetwork {
                nodes,
                propagation,
                length: length as i64,
            })
    }

    /// Estimates the cost of an edit of `width` base pairs.
    pub fn cost(&self, width: usize) -> CostEstimate {
        let width = window_width(width as i64).min(self.length);
        CostEstimate::new(&self.nodes, &self.propagation, width)
    }
}
