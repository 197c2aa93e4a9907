//! ROC and precision-recall curves, with the areas under them.

use rayon::prelude::*;

use super::Interval;
use crate::Moments;
use crate::rng::{random_generator, resample_indices};
use crate::summaries::{normal_critical, quantile, sorted_ascending};

const BOOTSTRAP_RESAMPLES: u64 = 2000;
/// Maximum number of points kept of a curve.
const MAX_CURVE_POINTS: usize = 1000;

/// Scores of two classes in descending order.
pub struct RankedScores {
    /// For each score, highest first: whether it is a positive, and whether the next score differs.
    order: Vec<(bool, bool)>,
    /// Index of each score within its own class, parallel to `order`.
    index_in_class: Vec<usize>,
    positives: usize,
    negatives: usize,
}

impl RankedScores {
    /// Ranks finite scores; each class must have at least one.
    pub fn new(positives: &[f64], negatives: &[f64]) -> RankedScores {
        let of = |values: &[f64], positive: bool| -> Vec<(f64, bool, usize)> {
            let values = values.iter().enumerate();
            values.map(|(i, &x)| (x, positive, i)).collect()
        };
        let mut all = of(positives, true);
        all.extend(of(negatives, false));
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let last = |i: usize| all.get(i + 1).is_none_or(|next| next.0 != all[i].0);
        RankedScores {
            order: (0..all.len()).map(|i| (all[i].1, last(i))).collect(),
            index_in_class: all.iter().map(|one| one.2).collect(),
            positives: positives.len(),
            negatives: negatives.len(),
        }
    }

    /// For each distinct score, the numbers of positives and negatives at or above it.
    fn cumulative_counts(&self) -> Vec<(f64, f64)> {
        let (mut positives, mut negatives) = (0.0, 0.0);
        let mut found = Vec::new();
        for &(positive, last) in &self.order {
            if positive {
                positives += 1.0;
            } else {
                negatives += 1.0;
            }
            if last {
                found.push((positives, negatives));
            }
        }
        found
    }

    /// False and true positive rate at every threshold, from (0, 0) to (1, 1).
    pub fn roc(&self) -> Vec<[f64; 2]> {
        let (m, n) = (self.positives as f64, self.negatives as f64);
        let points = self
            .cumulative_counts()
            .into_iter()
            .map(|(p, q)| [q / n, p / m]);
        std::iter::once([0.0, 0.0]).chain(points).collect()
    }

    /// Recall and precision at every threshold.
    pub fn precision_recall(&self) -> Vec<[f64; 2]> {
        let m = self.positives as f64;
        let points = self.cumulative_counts().into_iter();
        points.map(|(p, q)| [p / m, p / (p + q)]).collect()
    }

    /// Area under the ROC curve with its interval after DeLong, DeLong and Clarke-Pearson, Biometrics 44:837 (1988), clipped to
    /// 0 and 1. Ties count half. No interval if the area is 0 or 1.
    pub fn auroc(&self, level: f64) -> (f64, Interval) {
        let (m, n) = (self.positives as f64, self.negatives as f64);
        let mut of_positives = Vec::with_capacity(self.positives);
        let mut of_negatives = Vec::with_capacity(self.negatives);
        let (mut above_p, mut above_n) = (0.0, 0.0);
        let mut start = 0;
        for (end, (_, last)) in self.order.iter().enumerate() {
            if !last {
                continue;
            }
            let tied = &self.order[start..=end];
            let p = tied.iter().filter(|(positive, _)| *positive).count() as f64;
            let q = tied.len() as f64 - p;
            for (positive, _) in tied {
                if *positive {
                    of_positives.push((n - above_n - 0.5 * q) / n);
                } else {
                    of_negatives.push((above_p + 0.5 * p) / m);
                }
            }
            above_p += p;
            above_n += q;
            start = end + 1;
        }
        let of = Moments::of(&of_positives);
        let others = Moments::of(&of_negatives);
        let variance = |of: Moments| of.sd().map(|sd| sd * sd / of.n as f64);
        let error = variance(of)
            .zip(variance(others))
            .map(|(a, b)| (a + b).sqrt());
        let ends = error.filter(|error| *error > 0.0).map(|error| {
            let half = normal_critical(1.0 - level) * error;
            ((of.mean - half).max(0.0), (of.mean + half).min(1.0))
        });
        (of.mean, ends)
    }

    /// Average precision, with its percentile interval over resamples of each class.
    pub fn average_precision(&self, level: f64, seed: u64) -> (f64, (f64, f64)) {
        let once = vec![1.0; self.positives.max(self.negatives)];
        let value = self.weighted_average_precision(&once, &once);
        let resampled: Vec<f64> = (0..BOOTSTRAP_RESAMPLES)
            .into_par_iter()
            .map(|draw| {
                let mut generator = random_generator(seed, b"classes\0", draw);
                let mut times = |n: usize| {
                    let mut times = vec![0.0; n];
                    resample_indices(&mut generator, n).for_each(|i| times[i] += 1.0);
                    times
                };
                let positives = times(self.positives);
                let negatives = times(self.negatives);
                self.weighted_average_precision(&positives, &negatives)
            })
            .collect();
        let sorted = sorted_ascending(&resampled);
        let tail = 0.5 * (1.0 - level);
        (
            value,
            (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail)),
        )
    }

    fn weighted_average_precision(&self, positives: &[f64], negatives: &[f64]) -> f64 {
        let (mut p, mut q, mut tied, mut sum) = (0.0, 0.0, 0.0, 0.0);
        for (&(positive, last), &place) in self.order.iter().zip(&self.index_in_class) {
            if positive {
                p += positives[place];
                tied += positives[place];
            } else {
                q += negatives[place];
            }
            if last && tied > 0.0 {
                sum += tied * p / (p + q);
                tied = 0.0;
            }
        }
        sum / p
    }
}

/// Thins a curve to at most a thousand points, keeping its ends.
pub fn thin_curve(curve: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if curve.len() <= MAX_CURVE_POINTS {
        return curve.to_vec();
    }
    let place = |i: usize| i * (curve.len() - 1) / (MAX_CURVE_POINTS - 1);
    (0..MAX_CURVE_POINTS).map(|i| curve[place(i)]).collect()
}
