//! Batch sizes of requests: few distinct ones, since libtorch compiles or autotunes kernels for each.

use gia_model::Processor;

/// Sequences in each pass over so many rows, where a pass holds `batch` at most.
///
/// On a CPU even shares, so that a request is passes of one size. On a GPU, where looking for the kernels of a size takes
/// longer than passes do, always the whole batch.
pub fn in_a_pass(rows: usize, batch: usize, processor: Processor) -> usize {
    let batch = batch.max(1);
    match processor {
        Processor::Cpu => rows.div_ceil(rows.div_ceil(batch).max(1)),
        Processor::Gpu => batch,
    }
}
