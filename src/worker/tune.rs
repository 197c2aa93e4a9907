//! Autotuning of the batch size: times full passes of several sizes.

use std::time::Instant;

use gia_base::diag::{Code, Outcome};
use gia_model::MAX_BATCH_SIZE;
use gia_wire::{BatchTiming, Rows};

use super::thread_pool::ThreadPool;

/// Candidate batch sizes as (factor, divisor) of the current size.
const CANDIDATE_RATIOS: [(usize, usize); 6] = [(1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (4, 1)];
/// Number of repeats of each timing. The minimum counts, since other load on the machine only makes a time longer.
const TIMING_REPEATS: usize = 3;
/// Maximum time of a new batch size relative to the current one, which is known to be moderate in memory.
const MAX_RELATIVE_TIME: f64 = 0.95;

/// Times full passes and sets the fastest batch size. Returns the times, smallest batch first; none if the graph has a fixed batch
/// size. Sizes that do not fit the memory are left out.
pub fn tune_batch_size(threads: &ThreadPool) -> Outcome<Vec<BatchTiming>> {
    let current = threads.batch()?;
    if threads.is_fixed_batch() {
        return Ok(Vec::new());
    }
    let sizes = CANDIDATE_RATIOS
        .map(|(factor, divisor)| (current * factor / divisor).clamp(1, MAX_BATCH_SIZE as usize));
    let mut sizes = sizes.to_vec();
    sizes.dedup();
    let mut tried: Vec<BatchTiming> = Vec::new();
    for size in sizes {
        // The first pass of a size compiles kernels and allocates memory, so it does not count.
        if timed(threads, size, 1)?.is_some() {
            let batch = size as u32;
            tried.push(BatchTiming {
                batch,
                seconds: f64::INFINITY,
            });
        }
    }
    // The sizes take turns, so that a short load on the machine does not affect only one of them.
    for _ in 0..TIMING_REPEATS {
        for one in &mut tried {
            let size = one.batch as usize;
            let passes = current.div_ceil(size);
            if let Some(seconds) = timed(threads, size, passes)? {
                one.seconds = one.seconds.min(seconds);
            }
        }
    }
    tried.retain(|one| one.seconds.is_finite());
    threads.set_batch(fastest(current, &tried))?;
    Ok(tried)
}

/// The fastest size if it is clearly faster than the current one, else the current one.
fn fastest(current: usize, tried: &[BatchTiming]) -> usize {
    let seconds = |size: usize| {
        let found = tried.iter().find(|one| one.batch as usize == size);
        found.map_or(f64::INFINITY, |one| one.seconds)
    };
    let best = tried.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    match best {
        Some(best) if best.seconds < MAX_RELATIVE_TIME * seconds(current) => best.batch as usize,
        _ => current,
    }
}

/// Seconds per sequence if every thread runs `passes` passes of this batch size; `None` if they do not fit the memory.
fn timed(threads: &ThreadPool, size: usize, passes: usize) -> Outcome<Option<f64>> {
    let rows = Rows::dummy(threads.length(), size * passes * threads.count());
    let count = rows.len() as f64;
    let current = threads.batch()?;
    threads.set_batch(size)?;
    let started = Instant::now();
    let done = threads.run_rows(rows, |predictor, rows, _| {
        predictor.network.predict_full(rows, &[0])
    });
    let seconds = started.elapsed().as_secs_f64() / count;
    let fits = threads.batch()? == size;
    threads.set_batch(current)?;
    match done {
        Ok(_) => Ok(fits.then_some(seconds)),
        Err(diagnostic) if diagnostic.code == Code::OutOfMemory => Ok(None),
        Err(diagnostic) => Err(diagnostic),
    }
}
