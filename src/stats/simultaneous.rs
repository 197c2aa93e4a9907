//! Simultaneous critical value for many means, which accounts for their correlation.
//!
//! Each draw flips the sign of every background's deviation with probability one half, the same sign at all grid points,
//! studentises the means again and keeps the largest |t|; the critical value is a quantile of these. Grid points that
//! share backgrounds have correlated means, and the critical value is then below Bonferroni's, which assumes the worst case.
//! Chernozhukov, Chetverikov and Kato, Annals of Statistics 41:2786 (2013), for many means with multipliers; signs
//! as multipliers and studentised draws keep the error at small n: Davidson and Flachaire, Journal of Econometrics 146:162
//! (2008).

use ndarray::{Array2, ArrayView2};
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::rng::random_generator;
use super::student;

/// Minimum number of draws.
const MIN_DRAWS: usize = 2000;
/// Minimum number of draws beyond the quantile.
const MIN_TAIL_DRAWS: f64 = 40.0;
const MAX_DRAWS: usize = 100_000;
/// Minimum number of backgrounds; fewer have too few patterns of signs.
const MIN_BACKGROUNDS: usize = 10;
/// Number of means in a block of work.
const MEANS_PER_BLOCK: usize = 128;

/// A simultaneous critical value, found by a multiplier bootstrap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimultaneousCritical {
    /// Critical value: how many standard errors each interval reaches to either side.
    pub critical: f64,
    /// Number of draws.
    pub draws: usize,
}

/// The value within which all studentised means stay at once with probability `level`.
///
/// `samples` holds the numbers of each mean, one per background, in the order of the backgrounds. None if samples have fewer
/// than 10 numbers or differ in size, or if no sample varies.
pub fn simultaneous_critical(
    samples: &[Vec<f64>],
    level: f64,
    seed: u64,
) -> Option<SimultaneousCritical> {
    let n = samples.first()?.len();
    if n < MIN_BACKGROUNDS || samples.iter().any(|sample| sample.len() != n) {
        return None;
    }
    let unit: Vec<Vec<f32>> = samples
        .iter()
        .filter_map(|sample| unit_deviations(sample))
        .collect();
    if unit.is_empty() {
        return None;
    }
    let wanted = (MIN_TAIL_DRAWS / (1.0 - level)).ceil();
    let draws = (wanted as usize).clamp(MIN_DRAWS, MAX_DRAWS);
    let signs = random_signs(draws, n, seed);
    let mut largest = unit
        .par_chunks(MEANS_PER_BLOCK)
        .map(|block| max_absolute_sums(signs.view(), block, n))
        .reduce(
            || vec![0.0f32; draws],
            |a, b| a.iter().zip(&b).map(|(a, b)| a.max(*b)).collect(),
        );
    largest.sort_unstable_by(f32::total_cmp);
    // The quantile at `level`, counting the sample itself as one of the draws. One standard error of the Monte Carlo level is
    // added, so that the intervals are conservative.
    let careful = level + (level * (1.0 - level) / draws as f64).sqrt();
    let place = ((draws as f64 + 1.0) * careful).ceil() as usize;
    let m = f64::from(largest[place.clamp(1, draws) - 1]);
    let n = n as f64;
    // Perfectly correlated means count as one, so a single critical value is the lower limit.
    let single = student::critical_value(1.0 - level, n - 1.0);
    Some(SimultaneousCritical {
        critical: (m * ((n - 1.0) / (n - m * m)).sqrt()).max(single),
        draws,
    })
}

/// Deviations from the mean, scaled to unit length; none if all are zero.
fn unit_deviations(sample: &[f64]) -> Option<Vec<f32>> {
    let moments = super::Moments::of(sample);
    let size = moments.squared_deviations.sqrt();
    if size <= 0.0 {
        return None;
    }
    let unit = sample.iter().map(|x| ((x - moments.mean) / size) as f32);
    Some(unit.collect())
}

/// Plus or minus one for every draw and background.
fn random_signs(draws: usize, n: usize, seed: u64) -> Array2<f32> {
    let mut generator = random_generator(seed, b"max of t", 0);
    let mut word = 0;
    let mut left = 0;
    Array2::from_shape_simple_fn((draws, n), || {
        if left == 0 {
            (word, left) = (generator.next_u64(), 64);
        }
        let sign = if word & 1 == 1 { 1.0 } else { -1.0 };
        word >>= 1;
        left -= 1;
        sign
    })
}

/// For each draw the largest absolute sum over the samples of a block.
fn max_absolute_sums(signs: ArrayView2<f32>, block: &[Vec<f32>], n: usize) -> Vec<f32> {
    let columns = Array2::from_shape_fn((n, block.len()), |(i, k)| block[k][i]);
    let sums = signs.dot(&columns);
    sums.rows()
        .into_iter()
        .map(|row| row.iter().fold(0.0f32, |most, sum| most.max(sum.abs())))
        .collect()
}
