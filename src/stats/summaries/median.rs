//! The median, with an interval between two of the numbers themselves.

use super::{Found, ascending};

const METHOD: &str = "median, interval between order statistics (binomial)";

/// The median. Its interval ends at the numbers of the ranks that a binomial count of those below the true median stays
/// within; it holds at least as often as it says, whatever the distribution (Conover, Practical Nonparametric Statistics,
/// 3.2). None where even the least and the greatest number are not far enough apart for the level.
pub fn median(values: &[f64], level: f64) -> Found {
    let sorted = ascending(values);
    let n = sorted.len();
    let middle = if n.is_multiple_of(2) {
        0.5 * (sorted[n / 2 - 1] + sorted[n / 2])
    } else {
        sorted[n / 2]
    };
    let tail = (1.0 - level) / 2.0;
    let below = rank(n, tail);
    let interval = (below >= 1).then(|| (sorted[below - 1], sorted[n - below]));
    Found {
        value: Some(middle),
        interval,
        p: None,
        method: METHOD,
    }
}

/// The least k for which a count of n fair coins is at most k with probability `tail` or more.
fn rank(n: usize, tail: f64) -> usize {
    // Relative to the most likely count, so that nothing under- or overflows; far counts add nothing.
    let mode = n / 2;
    let mut below = vec![1.0];
    let mut weight = 1.0;
    for k in (0..mode).rev() {
        weight *= (k + 1) as f64 / (n - k) as f64;
        if weight < 1e-300 {
            break;
        }
        below.push(weight);
    }
    let mut above = 0.0;
    weight = 1.0;
    for k in mode..n {
        weight *= (n - k) as f64 / (k + 1) as f64;
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
