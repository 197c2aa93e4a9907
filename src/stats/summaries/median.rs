//! The median and the quartiles, with intervals between two of the numbers themselves.

use super::{Found, ascending, quantile};

const MEDIAN: &str = "median, interval between order statistics (binomial)";
const QUARTILE: &str = "quartile, interval between order statistics (binomial)";

/// The median. Its interval ends at the numbers of the ranks that a binomial count of those below the true median stays
/// within; it holds at least as often as it says, whatever the distribution (Conover, Practical Nonparametric Statistics,
/// 3.2). None where even the least and the greatest number are not far enough apart for the level.
pub fn median(values: &[f64], level: f64) -> Found {
    at_share(values, 0.5, level, MEDIAN)
}

/// The number below which a quarter lies, in the same way.
pub fn lower_quartile(values: &[f64], level: f64) -> Found {
    at_share(values, 0.25, level, QUARTILE)
}

/// The number above which a quarter lies.
pub fn upper_quartile(values: &[f64], level: f64) -> Found {
    at_share(values, 0.75, level, QUARTILE)
}

fn at_share(values: &[f64], share: f64, level: f64, method: &'static str) -> Found {
    let sorted = ascending(values);
    let n = sorted.len();
    let tail = (1.0 - level) / 2.0;
    let (below, above) = (rank(n, share, tail), rank(n, 1.0 - share, tail));
    let interval = (below >= 1 && above >= 1).then(|| (sorted[below - 1], sorted[n - above]));
    Found {
        value: Some(quantile(&sorted, share)),
        interval,
        p: None,
        method,
    }
}

/// The least k for which a count of n coins, each of which comes up with probability `share`, is at most k with probability `tail` or
/// more.
fn rank(n: usize, share: f64, tail: f64) -> usize {
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
