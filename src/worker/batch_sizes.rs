//! Batch sizes: few distinct ones, since libtorch compiles or autotunes kernels for each.

use gia_model::Processor;

/// Batch size of the passes over `rows` rows, at most `batch`.
///
/// On a CPU, the rows are divided evenly, so that all passes of a request have one size. On a GPU, autotuning a new size takes longer
/// than the passes, so the size is always `batch`, and the last pass is padded.
pub fn rows_per_pass(rows: usize, batch: usize, processor: Processor) -> usize {
    let batch = batch.max(1);
    match processor {
        Processor::Cpu => rows.div_ceil(rows.div_ceil(batch).max(1)),
        Processor::Gpu => batch,
    }
}
