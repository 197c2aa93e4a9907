//! How many sequences a forward pass: measured, see `docs/decisions/0002-batch-size.md`.
//!
//! Invariant: the choice depends on the network and the kind of device alone, so two runs make the same batches and give
//! the same last digits.

use gia::model::{Graph, Weight};
use tch::Device;

/// Numbers in the widest activation of a batch: on a CPU few enough for its caches, on a GPU as many as are cheap to
/// hold.
const WIDEST_ON_CPU: u64 = 1 << 20;
const WIDEST_ON_GPU: u64 = 1 << 24;
const LARGEST: u64 = 4096;

/// Sequences a pass for a network that cannot be looked into.
pub fn without_graph(device: Device) -> usize {
    if device.is_cuda() { 256 } else { 16 }
}

/// Sequences a pass for a network whose batch is free.
///
/// Each pass reads every weight once, so a network with more weights wants more sequences to share that between.
pub fn choose(graph: &Graph, device: Device) -> usize {
    let target = if device.is_cuda() {
        WIDEST_ON_GPU
    } else {
        WIDEST_ON_CPU
    };
    let weights: u64 = graph.weights.iter().filter_map(Weight::elements).sum();
    let widest = graph.widest_activation().max(1) as u64;
    (target.saturating_add(weights) / widest).clamp(1, LARGEST) as usize
}
