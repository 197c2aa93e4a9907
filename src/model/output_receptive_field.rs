//! Receptive fields of the outputs.

use std::ops::Range;

use super::graph::{Dim, Graph};
use super::receptive_field::{ReceptiveField, receptive_fields};

/// The receptive field of an output along the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputReceptiveField {
    /// Receptive field of its first position, in base pairs of the network's input.
    first: (i64, i64),
    /// Base pairs from one position to the next.
    step: i64,
    /// Number of positions, and the distance between neighbours in the flattened output.
    positions: i64,
    stride: i64,
}

impl OutputReceptiveField {
    /// Receptive field of one element of the output, in base pairs of the network's input. `entry` is its index in the
    /// flattened output of one sequence.
    pub fn of(&self, entry: usize) -> Range<i64> {
        let position = entry as i64 / self.stride.max(1) % self.positions.max(1);
        let by = position.saturating_mul(self.step);
        self.first.0.saturating_add(by)..self.first.1.saturating_add(by)
    }
}

/// Receptive field of each output; none if the output is not along the sequence, or if it cannot be derived.
/// `positions` states for each input which dimension runs along the sequence.
pub fn output_receptive_fields(
    graph: &Graph,
    positions: &[Option<usize>],
) -> Vec<Option<OutputReceptiveField>> {
    let sees = receptive_fields(graph, positions);
    let of_output = |id: &super::ValueId| {
        let ReceptiveField::Window {
            step,
            from_end,
            span,
            ..
        } = sees[id.0]
        else {
            return None;
        };
        let shape = graph.values[id.0].shape.as_deref()?;
        let dim = shape
            .len()
            .checked_sub(from_end + 1)
            .filter(|dim| *dim > 0)?;
        let after: Option<Vec<i64>> = shape[dim + 1..].iter().map(|d: &Dim| d.fixed()).collect();
        Some(OutputReceptiveField {
            first: span?,
            step,
            positions: shape[dim].fixed()?,
            stride: after?.iter().product(),
        })
    };
    graph.outputs.iter().map(of_output).collect()
}
