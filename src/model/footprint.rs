//! Batch size and memory of forward passes.
//!
//! Batch sizes rest on measurements, see `docs/decisions/0002-batch-size.md`. Invariant: the choice depends on the
//! network and the kind of processor alone, so two runs make the same batches and give the same last digits.

use super::graph::{Dim, Dtype, Graph, Operand, ValueId, Weight};

/// What kind of processor runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    /// All cores of a machine together, with its memory.
    Cpu,
    /// One graphics processor, with memory of its own.
    Gpu,
}

impl Processor {
    /// Elements in the widest activation of a batch: on a CPU few enough for its caches, on a GPU as many as measured
    /// fastest.
    fn widest(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 25,
        }
    }

    /// Batch size of a network whose graph is unknown.
    pub fn batch_unseen(self) -> usize {
        match self {
            Processor::Cpu => 16,
            Processor::Gpu => 256,
        }
    }

    /// Maximum number of cached elements for incremental recomputation, unless a single background has more.
    pub fn kept(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 25,
            Processor::Gpu => 1 << 28,
        }
    }

    /// Maximum number of elements in the largest value of a batch of edited sequences.
    pub fn largest_of_changes(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 27,
        }
    }
}

/// Maximum batch size.
pub const LARGEST_BATCH: u64 = 4096;

/// Elements of a network's values for one sequence, and bytes of its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of all weights, in float32.
    pub weights: u64,
    /// Peak number of elements that are live at the same time.
    pub at_once: u64,
    /// Elements of all values together.
    pub all: u64,
}

impl Graph {
    /// Batch size of a network whose batch is free.
    ///
    /// Each pass reads every weight once, so a network with more weights gains from a larger batch.
    pub fn batch(&self, processor: Processor) -> usize {
        let weights: u64 = self.weights.iter().filter_map(Weight::elements).sum();
        let widest = self.widest_activation().max(1) as u64;
        let batch = (processor.widest().saturating_add(weights) / widest).clamp(1, LARGEST_BATCH);
        match processor {
            Processor::Cpu => batch as usize,
            // Requests are cut into passes with nothing left over, so that there are few sizes.
            Processor::Gpu => 1 << batch.ilog2(),
        }
    }

    /// The network's footprint, as far as the file states shapes.
    pub fn footprint(&self) -> Footprint {
        let bytes =
            |weight: &Weight| Some(weight.elements()?.saturating_mul(Dtype::Float32.size()));
        let numbers = |id: &ValueId| self.numbers(*id).unwrap_or(0) as u64;
        let mut last_use = vec![0; self.values.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            for operand in &node.inputs {
                if let Operand::Value(id) = operand {
                    last_use[id.0] = at;
                }
            }
        }
        for id in &self.outputs {
            last_use[id.0] = self.nodes.len();
        }
        let mut held: u64 = self.inputs.iter().map(numbers).sum();
        let (mut at_once, mut all) = (held, held);
        let mut is_held = vec![false; self.values.len()];
        self.inputs.iter().for_each(|id| is_held[id.0] = true);
        for (at, node) in self.nodes.iter().enumerate() {
            for id in &node.outputs {
                held = held.saturating_add(numbers(id));
                all = all.saturating_add(numbers(id));
                is_held[id.0] = true;
            }
            at_once = at_once.max(held);
            let used = node.inputs.iter().filter_map(|operand| match operand {
                Operand::Value(id) => Some(id),
                _ => None,
            });
            for id in used.chain(&node.outputs) {
                if last_use[id.0] <= at && std::mem::take(&mut is_held[id.0]) {
                    held = held.saturating_sub(numbers(id));
                }
            }
        }
        Footprint {
            weights: self.weights.iter().filter_map(bytes).sum(),
            at_once,
            all,
        }
    }

    /// Elements of all values for one sequence, where only a share of each value counts. `shares` is indexed by
    /// [`ValueId`].
    pub fn numbers_in_part(&self, shares: &[f64]) -> u64 {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let each = made.chain(&self.inputs).map(|id| {
            let share = shares.get(id.0).copied().unwrap_or(1.0);
            (self.numbers(*id).unwrap_or(0) as f64 * share) as u64
        });
        each.sum()
    }

    /// Elements of the largest value for one sequence, as far as the file states shapes.
    pub fn widest_activation(&self) -> usize {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let made = made.chain(&self.inputs);
        made.filter_map(|id| self.numbers(*id)).max().unwrap_or(0)
    }

    /// Elements of a value for one sequence, if the file states its shape.
    fn numbers(&self, id: ValueId) -> Option<usize> {
        let shape = self.values[id.0].shape.as_deref()?;
        shape.iter().skip(1).try_fold(1usize, |n, dim| match dim {
            Dim::Fixed(extent) => n.checked_mul(usize::try_from(*extent).ok()?),
            Dim::Free => None,
        })
    }
}
