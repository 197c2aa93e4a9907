//! The peak of a curve.

use super::{BOOTSTRAP_RESAMPLES, ContrastCurve};

/// The axis value with the greatest mean, and its uncertainty. Axis values are given by index.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Index of the axis value with the greatest mean.
    pub index: usize,
    /// Fraction of bootstrap resamples whose greatest mean is at an allowed axis value.
    pub allowed_fraction: f64,
    /// Confidence set: the fewest axis values that hold the greatest mean in at least `level` of the resamples, ascending.
    pub confidence_set: Vec<usize>,
    /// Fraction of resamples whose greatest mean lies in `confidence_set`.
    pub confidence_set_fraction: f64,
}

impl Peak {
    /// Locates the peak of a curve. `allowed` says by index which axis values count for `allowed_fraction`; `level` is the confidence
    /// level of `confidence_set`.
    pub fn locate(
        line: &ContrastCurve,
        level: f64,
        seed: u64,
        allowed: impl Fn(usize) -> bool,
    ) -> Peak {
        let resampled = line.bootstrap_means(seed);
        let bests: Vec<usize> = resampled.iter().map(|means| argmax(means)).collect();
        let mut counts = vec![0usize; line.x.len()];
        for best in &bests {
            counts[*best] += 1;
        }
        let share_of = |count: usize| count as f64 / BOOTSTRAP_RESAMPLES as f64;
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(counts[at]));
        let (mut set, mut held) = (Vec::new(), 0);
        for at in order {
            if share_of(held) >= level {
                break;
            }
            held += counts[at];
            set.push(at);
        }
        set.sort_unstable();
        let within = bests.iter().filter(|best| allowed(**best)).count();
        Peak {
            index: argmax(&line.means()),
            allowed_fraction: share_of(within),
            confidence_set: set,
            confidence_set_fraction: share_of(held),
        }
    }
}

/// Index of the greatest number, the first of equal ones.
fn argmax(means: &[f64]) -> usize {
    let mut best = 0;
    for (at, mean) in means.iter().enumerate() {
        if *mean > means[best] {
            best = at;
        }
    }
    best
}
