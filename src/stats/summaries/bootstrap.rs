//! Bootstrap interval of a mean.

use super::{SummaryEstimate, normal_cdf, normal_quantile, quantile, sorted_ascending};
use crate::Moments;
use crate::delta_method::FormulaOfMeans;
use crate::rng::{random_generator, resample_indices};

const RESAMPLES: usize = 2000;
/// Means that differ by less than this fraction of the largest absolute value count as equal.
const MAX_RELATIVE_ROUNDING: f64 = 1e-13;
const METHOD_OF_MEANS: &str =
    "between means, bias-corrected and accelerated bootstrap of 2,000 draws";
const METHOD: &str = "mean, bias-corrected and accelerated bootstrap of 2,000 draws";

/// The mean with its BCa interval (Efron, J. Am. Stat. Assoc. 82:171, 1987), for differences that are far from normal.
/// None for fewer than two numbers or without a spread.
pub fn bootstrap_mean(values: &[f64], level: f64, seed: u64) -> SummaryEstimate {
    let mean = Moments::of(values).mean;
    let found = |interval| SummaryEstimate {
        value: Some(mean),
        interval,
        p: None,
        method: METHOD,
    };
    if values.len() < 2 || values.iter().all(|x| *x == values[0]) {
        return found(None);
    }
    let mut generator = random_generator(seed, b"resample", 0);
    let n = values.len();
    let means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = resample_indices(&mut generator, n).map(|i| values[i]);
            drawn.sum::<f64>() / n as f64
        })
        .collect();
    found(bca_interval(values, &means, level))
}

/// A contrast between means over all backgrounds, with its BCa interval.
pub fn bootstrap_formula_of_means(of: &FormulaOfMeans, level: f64, seed: u64) -> SummaryEstimate {
    let shares = of.linearised_values();
    let n = shares.len();
    let mut generator = random_generator(seed, b"resample", 0);
    let interval = (n >= 2 && shares.iter().any(|x| *x != shares[0])).then(|| {
        let resampled = (0..RESAMPLES).map(|_| {
            let drawn: Vec<usize> = resample_indices(&mut generator, n).collect();
            of.value_of_resample(&drawn)
        });
        let resampled: Vec<f64> = resampled.collect();
        // A resample without a value, such as the logarithm of a mean below zero, leaves no interval.
        let finite = resampled.iter().all(|x| x.is_finite());
        finite.then(|| bca_interval(&shares, &resampled, level))?
    });
    SummaryEstimate {
        value: Some(of.value()),
        interval: interval.flatten(),
        p: None,
        method: METHOD_OF_MEANS,
    }
}

/// Bias-corrected and accelerated interval from the means of resamples, in any order. None if all lie on one side of the mean.
pub fn bca_interval(values: &[f64], resampled: &[f64], level: f64) -> Option<(f64, f64)> {
    let mean = Moments::of(values).mean;
    let sorted = sorted_ascending(resampled);
    // Means of the same numbers in another order are equal but for rounding.
    let rounding =
        MAX_RELATIVE_ROUNDING * values.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let below = sorted.partition_point(|x| *x < mean - rounding);
    let up_to = sorted.partition_point(|x| *x <= mean + rounding);
    let share = (below + up_to) as f64 / (2 * sorted.len()) as f64;
    if share <= 0.0 || share >= 1.0 {
        return None;
    }
    let bias = normal_quantile(share);
    // Leaving a number out moves the mean by its distance from it.
    let (mut squares, mut cubes) = (0.0, 0.0);
    for x in values {
        let distance = x - mean;
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    let end = |tail: f64| {
        let z = bias + normal_quantile(tail);
        quantile(&sorted, normal_cdf(bias + z / (1.0 - acceleration * z)))
    };
    let tail = (1.0 - level) / 2.0;
    Some((end(tail), end(1.0 - tail)))
}
