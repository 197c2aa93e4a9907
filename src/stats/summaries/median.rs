//! Median and quartiles, with distribution-free intervals between order statistics.

use super::{SummaryEstimate, quantile, sorted_ascending};

const MEDIAN: &str = "median, interval between order statistics (binomial)";
const QUARTILE: &str = "quartile, interval between order statistics (binomial)";

/// The median with its interval between order statistics.
///
/// The number of values below the true median is binomial, which gives the ranks of both ends. Coverage is at least the level for any
/// distribution (Conover, Practical Nonparametric Statistics, 3.2). There is no interval if even the smallest and the largest value
/// do not cover the level.
pub fn median(values: &[f64], level: f64) -> SummaryEstimate {
    quantile_estimate(values, 0.5, level, MEDIAN)
}

/// The lower quartile with its interval between order statistics.
pub fn lower_quartile(values: &[f64], level: f64) -> SummaryEstimate {
    quantile_estimate(values, 0.25, level, QUARTILE)
}

/// The upper quartile with its interval between order statistics.
pub fn upper_quartile(values: &[f64], level: f64) -> SummaryEstimate {
    quantile_estimate(values, 0.75, level, QUARTILE)
}

fn quantile_estimate(
    values: &[f64],
    share: f64,
    level: f64,
    method: &'static str,
) -> SummaryEstimate {
    let sorted = sorted_ascending(values);
    let n = sorted.len();
    let tail = (1.0 - level) / 2.0;
    let (below, above) = (
        binomial_quantile(n, share, tail),
        binomial_quantile(n, 1.0 - share, tail),
    );
    let interval = (below >= 1 && above >= 1).then(|| (sorted[below - 1], sorted[n - above]));
    SummaryEstimate {
        value: Some(quantile(&sorted, share)),
        interval,
        p: None,
        method,
    }
}

/// Binomial quantile: the least k such that a binomial count of n trials with success probability `share` is at most k with probability
/// of at least `tail`.
fn binomial_quantile(n: usize, share: f64, tail: f64) -> usize {
    // Relative to the most likely count, so that nothing under- or overflows; far counts add nothing.
    let mode = (((n + 1) as f64 * share) as usize).min(n);
    let odds = share / (1.0 - share);
    let mut below = vec![1.0];
    let mut weight = 1.0;
    for k in (0..mode).rev() {
        weight *= (k + 1) as f64 / (n - k) as f64 / odds;
        if weight < 1e-300 {
            break;
        }
        below.push(weight);
    }
    let mut above = 0.0;
    weight = 1.0;
    for k in mode..n {
        weight *= (n - k) as f64 / (k + 1) as f64 * odds;
        above += weight;
        if weight < 1e-300 {
            break;
        }
    }
    let total = above + below.iter().rev().sum::<f64>();
    let mut sum = 0.0;
    for (distance, weight) in below.iter().enumerate().rev() {
        sum += weight;
        if sum >= tail * total * (1.0 - 1e-14) {
            return mode - distance;
        }
    }
    mode
}
