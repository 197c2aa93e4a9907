//! Rules of incremental recomputation: which sequences a worker predicts by recomputing what their edits reach, and how much of it
//! at a time.
//!
//! A worker applies them to a program that is ready to run, and the plan of a run, which states the memory, to the graph of the
//! file. Both implement [`Calls`]. The plan cannot know what a worker measures: a worker that finds incremental passes slower than
//! expected sends sequences whole.

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
/// Maximum number of edited sequences in a batch, and of backgrounds whose values are gathered from several passes.
const MAX_CHANGES: u64 = 2048;
/// Batch size of the check that sequences do not affect each other, unless the network's batch is smaller.
pub const INDEPENDENCE_BATCH: usize = 4;

/// Values of backgrounds are gathered from several passes where at most one in so many of their numbers is kept.
const GATHERED_ONE_IN: u64 = 4;
/// Maximum number of gathered numbers on a CPU, few enough for memory that is used again and again.
const MAX_GATHERED_ON_CPU: u64 = 1 << 22;
/// Maximum number of passes whose backgrounds are kept together where they are not gathered. More edited sequences go into a batch
/// then, and the values are in no cache anyway.
const MAX_PASSES: u64 = 8;

/// An operator call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// What it computes.
    pub op: &'c Op,
    /// Its operands, in the order that its [`Op`] states.
    pub inputs: &'c [Operand],
    /// The value that it makes.
    pub output: ValueId,
}

/// A network as the rules see it.
pub trait Calls {
    /// The calls in the order in which they run.
    fn calls(&self) -> impl Iterator<Item = Call<'_>>;

    /// The inputs, in the graph's order.
    fn inputs(&self) -> &[ValueId];

    /// The shape of a weight, or of a value that is computed from weights alone; none for other values.
    fn constant_shape(&self, id: ValueId) -> Option<Vec<i64>>;

    /// Whether the first dimension of a value is the batch, and nothing else. False where that is not known.
    fn is_batch_first(&self, id: ValueId) -> bool;
}

/// Rounds the width of an edit up to one of a few widths, so that windows of nearly the same width share batches.
pub fn window_width(edit: i64) -> i64 {
    let step = (edit as u64).next_power_of_two() as i64 / 2;
    let step = step.max(1);
    (edit + step - 1) / step * step
}

/// Whether a background is worth keeping: whether its edited sequences save more than it costs. Costs are relative to a full pass.
///
/// `saved` is the sum of what each edited sequence saves, `keeping` the cost of a pass whose values are kept. A background that is
/// asked for itself needs its pass in any case.
pub fn is_worth_keeping(saved: f64, keeping: f64, is_asked_for: bool) -> bool {
    saved > keeping - if is_asked_for { 1.0 } else { 0.0 }
}

/// Maximum number of edited sequences in a batch, if the largest value of one has `largest` elements.
pub fn max_changes(largest: u64, processor: Processor) -> u64 {
    let most = (processor.largest_of_changes() / largest.max(1)).clamp(1, MAX_CHANGES);
    match processor {
        Processor::Cpu => most,
        Processor::Gpu => 1 << most.ilog2(),
    }
}

/// How many backgrounds a thread keeps in its activation cache at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBackgrounds {
    /// At most this many, gathered from several passes.
    Gathered(u64),
    /// At most this many, from one pass.
    OfOnePass(u64),
}

impl KeptBackgrounds {
    /// For backgrounds of which `kept` of `all` elements are kept, with `batch` sequences in a pass and memory that
    /// `threads` share.
    pub fn new(kept: u64, all: u64, batch: u64, processor: Processor, threads: u64) -> Self {
        let numbers = processor.kept() / threads.max(1);
        let each = kept.max(1);
        if kept.saturating_mul(GATHERED_ONE_IN) <= all {
            let most = match processor {
                Processor::Gpu => numbers,
                Processor::Cpu => numbers.min(MAX_GATHERED_ON_CPU),
            };
            KeptBackgrounds::Gathered((most / each).clamp(1, MAX_CHANGES))
        } else {
            let most = batch.saturating_mul(MAX_PASSES).max(1);
            KeptBackgrounds::OfOnePass((numbers / each).clamp(1, most))
        }
    }

    /// Maximum number of backgrounds.
    pub fn count(self) -> u64 {
        match self {
            KeptBackgrounds::Gathered(count) | KeptBackgrounds::OfOnePass(count) => count,
        }
    }
}
