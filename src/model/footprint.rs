//! Chooses batch sizes and estimates the memory of forward passes.
//!
//! The constants are measured, see `docs/decisions/0002-batch-size.md`. Invariant: the choice depends only on the
//! network and the kind of processor, so that repeated runs use the same batches and agree to the last digit.

use super::graph::{Dim, Dtype, Graph, Operand, ValueId, Weight};

/// Kind of processor that runs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processor {
    /// All cores of a machine, which share its memory.
    Cpu,
    /// One graphics processor, with memory of its own.
    Gpu,
}

impl Processor {
    /// Target size of the largest activation of a batch, in elements: what fits the caches of a CPU, and what measured
    /// fastest on a GPU.
    fn target_activation_elements(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 25,
        }
    }

    /// Batch size of a network whose graph is unknown.
    pub fn default_batch_size(self) -> usize {
        match self {
            Processor::Cpu => 16,
            Processor::Gpu => 256,
        }
    }

    /// Maximum number of cached elements for incremental recomputation, unless a single background has more.
    pub fn max_cached_elements(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 25,
            Processor::Gpu => 1 << 28,
        }
    }

    /// Maximum number of elements in the largest value of a batch of edited sequences.
    pub fn max_window_elements(self) -> u64 {
        match self {
            Processor::Cpu => 1 << 20,
            Processor::Gpu => 1 << 27,
        }
    }
}

/// Maximum batch size.
pub const MAX_BATCH_SIZE: u64 = 4096;
/// Live elements of a pass over one sequence from which on every pass holds one sequence: 1 GiB in float32.
const MIN_ELEMENTS_OF_ONE: u64 = 1 << 28;

/// Memory of a network: elements of its values for one sequence, and bytes of its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Size of the weights that nodes or outputs use in float32, in bytes.
    pub weights: u64,
    /// Peak number of elements that are live at the same time.
    pub peak_elements: u64,
    /// Number of elements of all values.
    pub all: u64,
}

impl Graph {
    /// Batch size for a network that was exported with a free batch.
    ///
    /// Each pass reads every weight once, so a network with more weights gains from a larger batch. On a CPU, a network whose
    /// activations for one sequence take a gibibyte gains nothing, and its batch is 1.
    pub fn batch(&self, processor: Processor) -> usize {
        self.batch_of(&self.footprint(), processor)
    }

    fn batch_of(&self, footprint: &Footprint, processor: Processor) -> usize {
        let weights = footprint.weights / Dtype::Float32.size();
        let widest = self.widest_activation().max(1) as u64;
        let batch = (processor
            .target_activation_elements()
            .saturating_add(weights)
            / widest)
            .clamp(1, MAX_BATCH_SIZE);
        match processor {
            Processor::Cpu if footprint.peak_elements >= MIN_ELEMENTS_OF_ONE => 1,
            Processor::Cpu => batch as usize,
            // Powers of two split requests into passes without a remainder, so few batch sizes occur.
            Processor::Gpu => 1 << batch.ilog2(),
        }
    }

    /// Whether a pass over one sequence is so large that every pass holds one: no sequences can mix in a batch, and the check for it
    /// would take several times as long as a prediction, and twice its memory.
    pub fn runs_one_at_a_time(&self, processor: Processor) -> bool {
        let footprint = self.footprint();
        footprint.peak_elements >= MIN_ELEMENTS_OF_ONE && self.batch_of(&footprint, processor) == 1
    }

    /// The network's footprint. Values whose shape the file does not state count as empty.
    pub fn footprint(&self) -> Footprint {
        let bytes =
            |weight: &Weight| Some(weight.elements()?.saturating_mul(Dtype::Float32.size()));
        let numbers = |id: &ValueId| self.numbers(*id).unwrap_or(0) as u64;
        let mut last_use = vec![None; self.values.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            for operand in &node.inputs {
                if let Operand::Value(id) = operand {
                    last_use[id.0] = Some(at);
                }
            }
        }
        for id in &self.outputs {
            last_use[id.0] = Some(self.nodes.len());
        }
        let mut held: u64 = self.inputs.iter().map(numbers).sum();
        let (mut peak_elements, mut all) = (held, held);
        let mut is_held = vec![false; self.values.len()];
        self.inputs.iter().for_each(|id| is_held[id.0] = true);
        for (at, node) in self.nodes.iter().enumerate() {
            for id in &node.outputs {
                held = held.saturating_add(numbers(id));
                all = all.saturating_add(numbers(id));
                is_held[id.0] = true;
            }
            peak_elements = peak_elements.max(held);
            let used = node.inputs.iter().filter_map(|operand| match operand {
                Operand::Value(id) => Some(id),
                _ => None,
            });
            for id in used.chain(&node.outputs) {
                let is_over = last_use[id.0].is_none_or(|last| last <= at);
                if is_over && std::mem::take(&mut is_held[id.0]) {
                    held = held.saturating_sub(numbers(id));
                }
            }
        }
        let used = |weight: &&Weight| last_use[weight.value.0].is_some();
        Footprint {
            weights: self.weights.iter().filter(used).filter_map(bytes).sum(),
            peak_elements,
            all,
        }
    }

    /// Number of elements of all values for one sequence if only a fraction of each value counts. `shares` holds these
    /// fractions, by [`ValueId`].
    pub fn partial_elements(&self, shares: &[f64]) -> u64 {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let each = made.chain(&self.inputs).map(|id| {
            let share = shares.get(id.0).copied().unwrap_or(1.0);
            (self.numbers(*id).unwrap_or(0) as f64 * share) as u64
        });
        each.sum()
    }

    /// Number of elements of the largest value for one sequence, among those whose shape the file states.
    pub fn widest_activation(&self) -> usize {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let made = made.chain(&self.inputs);
        made.filter_map(|id| self.numbers(*id)).max().unwrap_or(0)
    }

    /// Number of elements of a value for one sequence, if the file states its shape.
    fn numbers(&self, id: ValueId) -> Option<usize> {
        let shape = self.values[id.0].shape.as_deref()?;
        shape.iter().skip(1).try_fold(1usize, |n, dim| match dim {
            Dim::Fixed(extent) => n.checked_mul(usize::try_from(*extent).ok()?),
            Dim::Free => None,
        })
    }
}
