//! Agreement of predicted with measured numbers.

use rayon::prelude::*;

use super::{Interval, MIN_AGREEMENT_UNITS, percentile_interval};
use crate::ClusterDesign;
use crate::rng::{random_generator, resample_indices};
use crate::summaries::normal_critical;

const BOOTSTRAP_RESAMPLES: u64 = 2000;

/// Pearson's correlation with its interval by Fisher's z (Fisher, Metron 1:3, 1921), whose variance is 1 / (n - 3). None if one
/// side does not vary; no interval below four values or for a perfect correlation.
pub fn pearson_with_interval(a: &[f64], b: &[f64], level: f64) -> (Option<f64>, Interval) {
    let n = a.len() as f64;
    let r = pearson_r(a, b);
    let ends = r.and_then(|r| fisher_z_interval(r, (n - 3.0).recip(), level));
    (r, ends.filter(|_| n > 3.0))
}

/// Spearman's rank correlation, ties sharing ranks; variance of its z by Bonett and Wright, Psychometrika 65:23 (2000):
/// (1 + r^2 / 2) / (n - 3).
pub fn spearman_with_interval(a: &[f64], b: &[f64], level: f64) -> (Option<f64>, Interval) {
    let n = a.len() as f64;
    let r = pearson_r(&ranks(a), &ranks(b));
    let ends = r.and_then(|r| fisher_z_interval(r, (1.0 + 0.5 * r * r) / (n - 3.0), level));
    (r, ends.filter(|_| n > 3.0))
}

/// Coefficient of determination, 1 - residual over total sum of squares, without a fitted line; negative if the mean of the
/// measured numbers would predict better. The interval is the percentile interval over resampled pairs; none for fewer than four, or if the resamples do not vary.
pub fn r_squared_with_interval(
    predicted: &[f64],
    measured: &[f64],
    level: f64,
    seed: u64,
) -> (Option<f64>, Interval) {
    let n = measured.len();
    let all: Vec<usize> = (0..n).collect();
    let Some(value) = Agreement::RSquared.of(predicted, measured, &all) else {
        return (None, None);
    };
    let resampled: Vec<f64> = (0..BOOTSTRAP_RESAMPLES)
        .into_par_iter()
        .filter_map(|draw| {
            let mut generator = random_generator(seed, b"measured", draw);
            let drawn: Vec<usize> = resample_indices(&mut generator, n).collect();
            Agreement::RSquared.of(predicted, measured, &drawn)
        })
        .collect();
    let ends = percentile_interval(&resampled, level).filter(|_| n >= MIN_AGREEMENT_UNITS);
    (Some(value), ends)
}

/// A measure of the agreement of predicted with measured numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Pearson's correlation.
    Pearson,
    /// Spearman's rank correlation.
    Spearman,
    /// The coefficient of determination.
    RSquared,
}

impl Agreement {
    /// The measure of clustered pairs, with its percentile interval over resamples of whole clusters (Davison and Hinkley, Bootstrap
    /// Methods and their Application, 1997, 3.8). No interval for fewer than four clusters, or if the resamples do not vary.
    pub fn with_clustered_interval(
        self,
        predicted: &[f64],
        measured: &[f64],
        level: f64,
        seed: u64,
        design: &ClusterDesign,
    ) -> (Option<f64>, Interval) {
        let all: Vec<usize> = (0..measured.len()).collect();
        let value = self.of(predicted, measured, &all);
        if value.is_none() || design.count() < MIN_AGREEMENT_UNITS {
            return (value, None);
        }
        let mut members = vec![Vec::new(); design.count()];
        for (i, id) in design.ids().iter().enumerate() {
            members[*id as usize].push(i);
        }
        let resampled: Vec<f64> = (0..BOOTSTRAP_RESAMPLES)
            .into_par_iter()
            .filter_map(|draw| {
                let mut generator = random_generator(seed, b"measured", draw);
                let drawn: Vec<usize> = resample_indices(&mut generator, members.len())
                    .flat_map(|cluster| members[cluster].iter().copied())
                    .collect();
                self.of(predicted, measured, &drawn)
            })
            .collect();
        (value, percentile_interval(&resampled, level))
    }

    /// The measure of the pairs with these indices; none if it has none.
    fn of(self, predicted: &[f64], measured: &[f64], indices: &[usize]) -> Option<f64> {
        let pick = |values: &[f64]| -> Vec<f64> { indices.iter().map(|&i| values[i]).collect() };
        match self {
            Agreement::Pearson => pearson_r(&pick(predicted), &pick(measured)),
            Agreement::Spearman => pearson_r(&ranks(&pick(predicted)), &ranks(&pick(measured))),
            Agreement::RSquared => {
                let (mut count, mut sum, mut squares, mut left) = (0.0, 0.0, 0.0, 0.0);
                let shift = measured[0];
                for &i in indices {
                    let y = measured[i] - shift;
                    count += 1.0;
                    sum += y;
                    squares += y * y;
                    left += (measured[i] - predicted[i]).powi(2);
                }
                let about = squares - sum * sum / count;
                (about > 0.0).then(|| 1.0 - left / about)
            }
        }
    }
}

fn fisher_z_interval(r: f64, variance: f64, level: f64) -> Interval {
    let z = r.atanh();
    let half = normal_critical(1.0 - level) * variance.sqrt();
    (z.is_finite() && half.is_finite()).then(|| ((z - half).tanh(), (z + half).tanh()))
}

pub(crate) fn pearson_r(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0))
}

/// Ranks from 1; ties share their mean rank.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start;
        while order
            .get(end + 1)
            .is_some_and(|&i| values[i] == values[order[start]])
        {
            end += 1;
        }
        for &i in &order[start..=end] {
            ranks[i] = 0.5 * (start + end) as f64 + 1.0;
        }
        start = end + 1;
    }
    ranks
}
