//! Decides which edited sequences a worker predicts by incremental recomputation, and in batches of which size.
//!
//! A worker applies these rules to a compiled program; the memory estimate of a plan applies them to the graph of the file. Both implement [`Calls`].
//! The estimate cannot include what a worker measures: a worker that finds incremental passes slower than expected runs full passes.

mod cost;
mod planned;
mod propagation;

pub use cost::CostEstimate;
pub use planned::PlannedNetwork;
pub use propagation::{Dependence, Propagation, PropagationRule};

use super::footprint::Processor;
use super::graph::{Op, Operand, ValueId};

/// Maximum cost of an edited sequence, relative to a full pass, for incremental recomputation.
pub const MAX_RELATIVE_COST: f64 = 0.85;
/// Maximum number of edited sequences in a batch, and of backgrounds whose activations are gathered from several
/// passes.
const MAX_EDITED_SEQUENCES: u64 = 2048;
/// Batch size of the check that sequences do not affect each other, unless the network's batch is smaller.
pub const INDEPENDENCE_CHECK_BATCH_SIZE: usize = 4;

/// Minimum ratio of all elements to cached elements at which the activations of backgrounds are gathered from several
/// passes.
const MIN_GATHER_REDUCTION: u64 = 4;
/// Maximum number of gathered elements on a CPU: few enough to reuse the same memory.
const MAX_GATHERED_ELEMENTS_ON_CPU: u64 = 1 << 22;
/// Maximum number of passes whose backgrounds are cached together without gathering. This allows larger batches of edited sequences, and the
/// activations do not fit a CPU cache in any case.
const MAX_CACHED_PASSES: u64 = 8;

/// An operator call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// What it computes.
    pub op: &'c Op,
    /// Its operands, in the order that its [`Op`] states.
    pub inputs: &'c [Operand],
    /// Its result.
    pub output: ValueId,
}

/// A network as the rules of incremental recomputation see it.
pub trait Calls {
    /// The calls in execution order.
    fn calls(&self) -> impl Iterator<Item = Call<'_>>;

    /// The inputs, in the graph's order.
    fn inputs(&self) -> &[ValueId];

    /// The shape of a weight or of a value computed from weights only; none for other values.
    fn constant_shape(&self, id: ValueId) -> Option<Vec<i64>>;

    /// Whether the first dimension of a value is exactly the batch; false if unknown.
    fn is_batch_first(&self, id: ValueId) -> bool;
}

/// Rounds the width of an edit up to a power of two, so that edits of similar width share batches.
pub fn window_width(edit: i64) -> i64 {
    let step = (edit as u64).next_power_of_two() as i64 / 2;
    let step = step.max(1);
    (edit + step - 1) / step * step
}

/// Whether caching a background pays: whether its edited sequences save more than the pass that fills the cache costs. Costs are relative to a full
/// pass.
///
/// `saved` is the sum of what each edited sequence saves, `keeping` the cost of the pass that fills the cache. If the background is itself to be
/// predicted, it needs a pass in any case.
pub fn is_worth_caching(saved: f64, keeping: f64, is_asked_for: bool) -> bool {
    saved > keeping - if is_asked_for { 1.0 } else { 0.0 }
}

/// Maximum number of edited sequences in a batch, if the largest value of one has `largest` elements.
pub fn max_edited_sequences(largest: u64, processor: Processor) -> u64 {
    let most = (processor.max_window_elements() / largest.max(1)).clamp(1, MAX_EDITED_SEQUENCES);
    match processor {
        Processor::Cpu => most,
        Processor::Gpu => 1 << most.ilog2(),
    }
}

/// How many backgrounds a thread caches at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheCapacity {
    /// At most this many, their activations gathered from several passes.
    Gathered(u64),
    /// At most this many, from one pass.
    SinglePass(u64),
}

impl CacheCapacity {
    /// Computes the capacity if `kept` of the `all` elements of a background are cached, for `batch` sequences per
    /// pass. `threads` threads share the memory.
    pub fn new(kept: u64, all: u64, batch: u64, processor: Processor, threads: u64) -> Self {
        let numbers = processor.max_cached_elements() / threads.max(1);
        let each = kept.max(1);
        if kept.saturating_mul(MIN_GATHER_REDUCTION) <= all {
            let most = match processor {
                Processor::Gpu => numbers,
                Processor::Cpu => numbers.min(MAX_GATHERED_ELEMENTS_ON_CPU),
            };
            CacheCapacity::Gathered((most / each).clamp(1, MAX_EDITED_SEQUENCES))
        } else {
            let most = batch.saturating_mul(MAX_CACHED_PASSES).max(1);
            CacheCapacity::SinglePass((numbers / each).clamp(1, most))
        }
    }

    /// Maximum number of backgrounds.
    pub fn count(self) -> u64 {
        match self {
            CacheCapacity::Gathered(count) | CacheCapacity::SinglePass(count) => count,
        }
    }
}
