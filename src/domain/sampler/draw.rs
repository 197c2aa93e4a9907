//! Draws of bases and choices from random words. Changing anything here changes all results.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::random::below;

/// Draws a base from a 32-bit word: the base is the number of thresholds that the word reaches.
pub fn draw_base(generator: &mut ChaCha8Rng, thresholds: &[u64; 3]) -> u8 {
    let word = u64::from(generator.next_u32());
    thresholds
        .iter()
        .map(|threshold| u8::from(word >= *threshold))
        .sum()
}

/// Cumulative sums.
pub fn cumulative_sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values
        .scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        })
        .collect()
}

/// Draws an index, given the cumulative sums of the probabilities. Never draws an index of probability zero.
pub fn choose(
    generator: &mut ChaCha8Rng,
    sums: impl ExactSizeIterator<Item = f64> + Clone,
) -> usize {
    const UNIT: f64 = 1.0 / (1u64 << 53) as f64;
    let total = sums.clone().last().unwrap_or(1.0);
    let word = (generator.next_u64() >> 11) as f64 * UNIT * total;
    let last = sums.len().saturating_sub(1);
    sums.take(last).position(|sum| word < sum).unwrap_or(last)
}

/// Cumulative probabilities in units of 2^-32. Rounding errors go to the last base of non-zero probability, so that a base of
/// probability zero is never drawn.
pub fn thresholds(frequencies: &[f64; 4]) -> [u64; 3] {
    const ONE: u64 = 1 << 32;
    let last = frequencies.iter().rposition(|&f| f > 0.0).unwrap_or(0);
    let mut sum = 0.0;
    std::array::from_fn(|base| {
        sum += frequencies[base];
        if base >= last {
            ONE
        } else {
            ((sum * ONE as f64).round() as u64).min(ONE)
        }
    })
}

/// A uniform random permutation of `0..n`, by a Fisher-Yates shuffle from the front.
pub(super) fn permutation(mut generator: ChaCha8Rng, n: usize) -> Arc<[u32]> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in 0..n {
        order.swap(i, i + below(&mut generator, (n - i) as u64) as usize);
    }
    order.into()
}
