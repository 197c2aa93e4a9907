//! What passes of a network take: how many sequences go into one, and the memory that they need.
//!
//! How many sequences: measured, see `docs/decisions/0002-batch-size.md`. Invariant: the choice depends on the network and
//! the kind of processor alone, so two runs make the same batches and give the same last digits.

use super::graph::{Dim, Dtype, Graph, Operand, ValueId, Weight};

/// What kind of processor runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    Cpu,
    Gpu,
}

impl Processor {
    /// Numbers in the widest activation of a batch: on a CPU few enough for its caches, on a GPU as many as were quick on one.
    fn widest(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 25,
        }
    }

    /// Sequences in a pass of a network that cannot be looked into.
    pub fn batch_unseen(self) -> usize {
        match self {
            Processor::Cpu => 16,
            Processor::Gpu => 256,
        }
    }

    /// Numbers of backgrounds that are kept at once for recomputing parts of others, unless one background has more.
    pub fn kept(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 25,
            Processor::Gpu => 1 << 28,
        }
    }

    /// Numbers in the largest value of a batch of changes.
    pub fn largest_of_changes(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 27,
        }
    }
}

/// Sequences in a pass, at most.
pub const LARGEST_BATCH: u64 = 4096;

/// Numbers of a network's values for one sequence, and bytes of its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    pub weights: u64,
    /// Numbers of values that are needed at the same time, at most.
    pub at_once: u64,
    /// Numbers of all values.
    pub all: u64,
}

impl Graph {
    /// Sequences in a pass, where the batch is free.
    ///
    /// Each pass reads every weight once, so a network with more weights wants more sequences to share that between.
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

    /// What the network's values take, as far as the file tells their shapes.
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

    /// Numbers for one sequence of all values, where only such a share of each value counts; by [`ValueId`].
    pub fn numbers_in_part(&self, shares: &[f64]) -> u64 {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let each = made.chain(&self.inputs).map(|id| {
            let share = shares.get(id.0).copied().unwrap_or(1.0);
            (self.numbers(*id).unwrap_or(0) as f64 * share) as u64
        });
        each.sum()
    }

    /// Numbers for one sequence in the largest value that a node makes, as far as the file tells shapes.
    pub fn widest_activation(&self) -> usize {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let made = made.chain(&self.inputs);
        made.filter_map(|id| self.numbers(*id)).max().unwrap_or(0)
    }

    /// Numbers of a value for one sequence, where the file tells its shape.
    fn numbers(&self, id: ValueId) -> Option<usize> {
        let shape = self.values[id.0].shape.as_deref()?;
        shape.iter().skip(1).try_fold(1usize, |n, dim| match dim {
            Dim::Fixed(extent) => n.checked_mul(usize::try_from(*extent).ok()?),
            Dim::Free => None,
        })
    }
}
