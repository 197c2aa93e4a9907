//! Autotuning of the batch size: times full passes of several sizes.

use std::time::Instant;

use gia_base::diag::{Code, Outcome};
use gia_model::LARGEST_BATCH;
use gia_wire::{Rows, Timed};

use super::lanes::Lanes;

/// Candidate sizes, as factors and divisors of the current size.
const SIZES: [(usize, usize); 6] = [(1, 8), (1, 4), (1, 2), (1, 1), (2, 1), (4, 1)];
/// Repetitions of each timing; the minimum counts, since whatever else the machine does only makes a time longer.
const ROUNDS: usize = 3;
/// Maximum time of another size, relative to the current one, which is known to be moderate in memory.
const CLEARLY: f64 = 0.95;

/// Times passes and sets the fastest batch size. Returns the times, smallest batch first.
///
/// A network whose graph has a batch of its own, or that needs more memory than there is for other sizes, keeps its own.
pub fn measure(lanes: &Lanes) -> Outcome<Vec<Timed>> {
    let own = lanes.batch()?;
    if lanes.is_fixed() {
        return Ok(Vec::new());
    }
    let sizes = SIZES.map(|(times, parts)| (own * times / parts).clamp(1, LARGEST_BATCH as usize));
    let mut sizes = sizes.to_vec();
    sizes.dedup();
    let mut tried: Vec<Timed> = Vec::new();
    for size in sizes {
        // The first pass of a size has its kernels and memory to find.
        if timed(lanes, size, 1)?.is_some() {
            let batch = size as u32;
            tried.push(Timed {
                batch,
                seconds: f64::INFINITY,
            });
        }
    }
    // All sizes take turns, so that a busy moment of the machine is not held against one of them.
    for _ in 0..ROUNDS {
        for one in &mut tried {
            let size = one.batch as usize;
            let passes = own.div_ceil(size);
            if let Some(seconds) = timed(lanes, size, passes)? {
                one.seconds = one.seconds.min(seconds);
            }
        }
    }
    tried.retain(|one| one.seconds.is_finite());
    lanes.set_batch(fastest(own, &tried))?;
    Ok(tried)
}

/// The size that is clearly faster than the current one, else the current one.
fn fastest(own: usize, tried: &[Timed]) -> usize {
    let seconds = |size: usize| {
        let found = tried.iter().find(|one| one.batch as usize == size);
        found.map_or(f64::INFINITY, |one| one.seconds)
    };
    let best = tried.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    match best {
        Some(best) if best.seconds < CLEARLY * seconds(own) => best.batch as usize,
        _ => own,
    }
}

/// Seconds for one sequence where every lane makes so many passes of this size; none where these do not fit the memory.
fn timed(lanes: &Lanes, size: usize, passes: usize) -> Outcome<Option<f64>> {
    let rows = Rows::blank(lanes.length(), size * passes * lanes.count());
    let count = rows.len() as f64;
    let own = lanes.batch()?;
    lanes.set_batch(size)?;
    let started = Instant::now();
    let done = lanes.ask(rows, |predictor, rows| {
        predictor.network.predict_plainly(rows, &[0])
    });
    let seconds = started.elapsed().as_secs_f64() / count;
    let fits = lanes.batch()? == size;
    lanes.set_batch(own)?;
    match done {
        Ok(_) => Ok(fits.then_some(seconds)),
        Err(diagnostic) if diagnostic.code == Code::OutOfMemory => Ok(None),
        Err(diagnostic) => Err(diagnostic),
    }
}
