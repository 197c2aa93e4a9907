//! Median and quartiles, with distribution-free intervals between order statistics.

use super::fraction_positive::clustered_share;
use super::{SummaryEstimate, quantile, sorted_ascending};
use crate::ClusterDesign;
use gia_design::Quantile;

const MEDIAN: &str = "median, interval between order statistics (binomial)";
const QUARTILE: &str = "quartile, interval between order statistics (binomial)";
const MEDIAN_CLUSTERED: &str = "median, interval by the share of backgrounds below (Woodruff)";
const QUARTILE_CLUSTERED: &str = "quartile, interval by the share of backgrounds below (Woodruff)";

/// The median with its interval.
pub fn median(values: &[f64], level: f64, design: Option<&ClusterDesign>) -> SummaryEstimate {
    quantile_estimate(Quantile::Median, values, level, design)
}

/// The lower quartile with its interval.
pub fn lower_quartile(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    quantile_estimate(Quantile::LowerQuartile, values, level, design)
}

/// The upper quartile with its interval.
pub fn upper_quartile(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    quantile_estimate(Quantile::UpperQuartile, values, level, design)
}

/// A quantile with its interval between order statistics.
///
/// The number of values below the true quantile is binomial, which gives the ranks of both ends. Coverage is at least the level for any
/// distribution (Conover, Practical Nonparametric Statistics, 3.2). There is no interval if even the smallest and the largest value
/// do not cover the level.
///
/// With clusters the number of values below is not binomial. Its share then has the interval of
/// [`super::fraction_positive::clustered_share`], whose ends are quantiles of the values (Woodruff, J. Am. Stat. Assoc. 47:635, 1952).
fn quantile_estimate(
    of: Quantile,
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    let sorted = sorted_ascending(values);
    SummaryEstimate {
        value: Some(quantile(&sorted, of.share())),
        interval: quantile_interval(&sorted, of.share(), 1.0 - level, design, values),
        ..SummaryEstimate::without_value(method(of, design.is_some()))
    }
}

/// How the interval of a quantile is made, in words.
pub fn method(of: Quantile, is_clustered: bool) -> &'static str {
    match (of, is_clustered) {
        (Quantile::Median, false) => MEDIAN,
        (Quantile::Median, true) => MEDIAN_CLUSTERED,
        (Quantile::LowerQuartile | Quantile::UpperQuartile, false) => QUARTILE,
        (Quantile::LowerQuartile | Quantile::UpperQuartile, true) => QUARTILE_CLUSTERED,
    }
}

/// The interval of the quantile below which this share of the population lies, with error rate `alpha`. `values` are in the order of the
/// backgrounds, and `sorted` are the same ascending. None if the sample is too small.
pub fn quantile_interval(
    sorted: &[f64],
    share: f64,
    alpha: f64,
    design: Option<&ClusterDesign>,
    values: &[f64],
) -> Option<(f64, f64)> {
    let n = sorted.len();
    let Some(design) = design else {
        let tail = alpha / 2.0;
        let (below, above) = (
            binomial_quantile(n, share, tail),
            binomial_quantile(n, 1.0 - share, tail),
        );
        return (below >= 1 && above >= 1).then(|| (sorted[below - 1], sorted[n - above]));
    };
    let estimate = quantile(sorted, share);
    let (low, high) = clustered_share(values, |x| x <= estimate, share, 1.0 - alpha, design)?;
    // Ranks from 1, rounded outwards; there is no interval if an end lies beyond the extremes.
    let first = (n as f64 * low).floor() as usize;
    let last = (n as f64 * high).ceil() as usize + 1;
    (first >= 1 && last <= n).then(|| (sorted[first - 1], sorted[last - 1]))
}

/// Smallest number of independent values that give an interval of this quantile with error rate `alpha`.
pub fn needed_for_interval(of: Quantile, alpha: f64) -> usize {
    let larger = of.share().max(1.0 - of.share());
    ((alpha / 2.0).ln() / larger.ln()).ceil().max(2.0) as usize
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
