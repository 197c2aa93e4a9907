//! Median and quartiles, with distribution-free intervals between order statistics.

use super::fraction_positive::clustered_share;
use super::{SummaryEstimate, quantile, sorted_ascending};
use crate::ClusterDesign;

const MEDIAN: &str = "median, interval between order statistics (binomial)";
const QUARTILE: &str = "quartile, interval between order statistics (binomial)";
const MEDIAN_CLUSTERED: &str = "median, interval by the share of backgrounds below (Woodruff)";
const QUARTILE_CLUSTERED: &str = "quartile, interval by the share of backgrounds below (Woodruff)";

/// The median with its interval between order statistics.
///
/// The number of values below the true median is binomial, which gives the ranks of both ends. Coverage is at least the level for any
/// distribution (Conover, Practical Nonparametric Statistics, 3.2). There is no interval if even the smallest and the largest value
/// do not cover the level.
///
/// With clusters the number of values below is not binomial. Its share then has the interval of
/// [`super::fraction_positive::clustered_share`], whose ends are quantiles of the values (Woodruff, J. Am. Stat. Assoc. 47:635, 1952).
pub fn median(values: &[f64], level: f64, design: Option<&ClusterDesign>) -> SummaryEstimate {
    match design {
        None => quantile_estimate(values, 0.5, level, MEDIAN),
        Some(design) => clustered_quantile(values, 0.5, level, design, MEDIAN_CLUSTERED),
    }
}

/// The lower quartile, with its interval as for the [`median`].
pub fn lower_quartile(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    match design {
        None => quantile_estimate(values, 0.25, level, QUARTILE),
        Some(design) => clustered_quantile(values, 0.25, level, design, QUARTILE_CLUSTERED),
    }
}

/// The upper quartile, with its interval as for the [`median`].
pub fn upper_quartile(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    match design {
        None => quantile_estimate(values, 0.75, level, QUARTILE),
        Some(design) => clustered_quantile(values, 0.75, level, design, QUARTILE_CLUSTERED),
    }
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
        ..SummaryEstimate::without_value(method)
    }
}

/// A quantile of clustered values; its interval reaches from one order statistic to another.
fn clustered_quantile(
    values: &[f64],
    share: f64,
    level: f64,
    design: &ClusterDesign,
    method: &'static str,
) -> SummaryEstimate {
    let sorted = sorted_ascending(values);
    let estimate = quantile(&sorted, share);
    let ends = clustered_share(values, |x| x <= estimate, share, level, design);
    let n = sorted.len();
    let interval = ends.and_then(|(low, high)| {
        // Ranks from 1, rounded outwards; there is no interval if an end lies beyond the extremes.
        let first = (n as f64 * low).floor() as usize;
        let last = (n as f64 * high).ceil() as usize + 1;
        (first >= 1 && last <= n).then(|| (sorted[first - 1], sorted[last - 1]))
    });
    SummaryEstimate {
        value: Some(estimate),
        interval,
        ..SummaryEstimate::without_value(method)
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
