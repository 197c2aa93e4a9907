//! How many sequences go together: few different numbers, since libtorch writes kernels, or looks for them, for each.

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
