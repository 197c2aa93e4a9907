//! ROC and precision-recall curves, with the areas under them.

use std::collections::HashSet;

use rayon::prelude::*;

use super::{Interval, percentile_interval};
use crate::rng::{random_generator, resample_indices};
use crate::summaries::normal_critical;
use crate::{ClusterDesign, Moments, student};

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
        let (of_positives, of_negatives) = self.placements();
        let of = Moments::of(&of_positives);
        let others = Moments::of(&of_negatives);
        let variance = |of: Moments| of.sd().map(|sd| sd * sd / of.n as f64);
        let error = variance(of)
            .zip(variance(others))
            .map(|(a, b)| (a + b).sqrt());
        let critical = normal_critical(1.0 - level);
        (of.mean, area_interval(of.mean, error, critical))
    }

    /// The same with the variance of Obuchowski, Biometrics 53:567 (1997), for clustered scores: the positives first in `design`, then
    /// the negatives. A cluster may hold scores of both classes. The quantile is Student's, with one degree of freedom less than the class
    /// with fewer clusters has. No interval if a class has a single cluster.
    pub fn clustered_auroc(&self, level: f64, design: &ClusterDesign) -> (f64, Interval) {
        let (of_positives, of_negatives) = self.placements();
        let area = Moments::of(&of_positives).mean;
        let (of_first, of_second) = design.ids().split_at(self.positives);
        let sums = |placements: &[f64], ids: &[u32]| {
            let mut sums = vec![0.0; design.count()];
            let mut is_held = vec![false; design.count()];
            for (value, &id) in placements.iter().zip(ids) {
                sums[id as usize] += value - area;
                is_held[id as usize] = true;
            }
            (sums, is_held.iter().filter(|held| **held).count() as f64)
        };
        let (first, first_count) = sums(&of_positives, of_first);
        let (second, second_count) = sums(&of_negatives, of_second);
        let fewer = first_count.min(second_count);
        if fewer < 2.0 {
            return (area, None);
        }
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (m, n, count) = (
            self.positives as f64,
            self.negatives as f64,
            design.count() as f64,
        );
        let variance = first_count / (first_count - 1.0) * product(&first, &first) / (m * m)
            + second_count / (second_count - 1.0) * product(&second, &second) / (n * n)
            + 2.0 * count / (count - 1.0) * product(&first, &second) / (m * n);
        let critical = student::critical_value(1.0 - level, fewer - 1.0);
        let error = Some(variance.max(0.0).sqrt());
        (area, area_interval(area, error, critical))
    }

    /// Number of independent sources of the class that has fewer.
    pub fn fewest_sources(&self, design: Option<&ClusterDesign>) -> usize {
        let Some(design) = design else {
            return self.positives.min(self.negatives);
        };
        let (first, second) = design.ids().split_at(self.positives);
        let count = |ids: &[u32]| ids.iter().collect::<HashSet<_>>().len();
        count(first).min(count(second))
    }

    /// For each positive the share of negatives below it, and for each negative that of positives above it; ties count half.
    fn placements(&self) -> (Vec<f64>, Vec<f64>) {
        let (m, n) = (self.positives as f64, self.negatives as f64);
        let mut of_positives = vec![0.0; self.positives];
        let mut of_negatives = vec![0.0; self.negatives];
        let (mut above_p, mut above_n) = (0.0, 0.0);
        let mut start = 0;
        for (end, (_, last)) in self.order.iter().enumerate() {
            if !last {
                continue;
            }
            let tied = &self.order[start..=end];
            let places = &self.index_in_class[start..=end];
            let p = tied.iter().filter(|(positive, _)| *positive).count() as f64;
            let q = tied.len() as f64 - p;
            for ((positive, _), &place) in tied.iter().zip(places) {
                if *positive {
                    of_positives[place] = (n - above_n - 0.5 * q) / n;
                } else {
                    of_negatives[place] = (above_p + 0.5 * p) / m;
                }
            }
            above_p += p;
            above_n += q;
            start = end + 1;
        }
        (of_positives, of_negatives)
    }

    /// Average precision, with its percentile interval over resamples of each class. With clusters, numbered as in
    /// [`Self::clustered_auroc`], whole clusters are drawn: separately of those with positives alone, with negatives alone, and with both.
    /// No interval if a class has a single cluster or score, or if the resamples do not vary.
    pub fn average_precision(
        &self,
        level: f64,
        seed: u64,
        design: Option<&ClusterDesign>,
    ) -> (f64, Interval) {
        let once = vec![1.0; self.positives.max(self.negatives)];
        let value = self.weighted_average_precision(&once, &once);
        if self.fewest_sources(design) < 2 {
            return (value, None);
        }
        let strata = design.map(|design| self.strata(design));
        let resampled: Vec<f64> = (0..BOOTSTRAP_RESAMPLES)
            .into_par_iter()
            .map(|draw| {
                let mut generator = random_generator(seed, b"classes\0", draw);
                if let (Some(design), Some(strata)) = (design, &strata) {
                    let mut times = vec![0.0; design.count()];
                    for stratum in strata {
                        resample_indices(&mut generator, stratum.len())
                            .for_each(|i| times[stratum[i] as usize] += 1.0);
                    }
                    let of = |ids: &[u32]| -> Vec<f64> {
                        ids.iter().map(|id| times[*id as usize]).collect()
                    };
                    let (first, second) = design.ids().split_at(self.positives);
                    return self.weighted_average_precision(&of(first), &of(second));
                }
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
        (value, percentile_interval(&resampled, level))
    }

    /// The clusters that hold positives alone, negatives alone, and both.
    fn strata(&self, design: &ClusterDesign) -> [Vec<u32>; 3] {
        let (first, second) = design.ids().split_at(self.positives);
        let held = |ids: &[u32]| {
            let mut held = vec![false; design.count()];
            ids.iter().for_each(|id| held[*id as usize] = true);
            held
        };
        let (first, second) = (held(first), held(second));
        let mut strata = [const { Vec::new() }; 3];
        for (cluster, (first, second)) in first.into_iter().zip(second).enumerate() {
            let stratum = match (first, second) {
                (true, false) => 0,
                (false, true) => 1,
                _ => 2,
            };
            strata[stratum].push(cluster as u32);
        }
        strata
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

/// The interval of an area at a critical value, within 0 and 1; none without an error.
fn area_interval(area: f64, error: Option<f64>, critical: f64) -> Interval {
    let error = error.filter(|error| *error > 0.0)?;
    let half = critical * error;
    Some(((area - half).max(0.0), (area + half).min(1.0)))
}

/// Thins a curve to at most a thousand points, keeping its ends.
pub fn thin_curve(curve: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if curve.len() <= MAX_CURVE_POINTS {
        return curve.to_vec();
    }
    let place = |i: usize| i * (curve.len() - 1) / (MAX_CURVE_POINTS - 1);
    (0..MAX_CURVE_POINTS).map(|i| curve[place(i)]).collect()
}
