//! How many sequences a forward pass: measured, see `docs/decisions/0002-batch-size.md`.
//!
//! Invariant: the choice depends on the network and the kind of device alone, so two runs make the same batches and give
//! the same last digits.

use gia::model::Graph;
use tch::Device;

/// Numbers in the widest activation of a batch: on a CPU as many as its caches hold, on a GPU as many as are cheap to
/// hold.
const WIDEST_ON_CPU: usize = 1 << 19;
const WIDEST_ON_GPU: usize = 1 << 27;
const LARGEST: usize = 4096;

/// Sequences a pass for a network whose batch is free.
pub fn choose(graph: &Graph, device: Device) -> usize {
    let target = if device.is_cuda() {
        WIDEST_ON_GPU
    } else {
        WIDEST_ON_CPU
    };
    (target / graph.widest_activation().max(1)).clamp(1, LARGEST)
}
