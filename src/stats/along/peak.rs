//! The peak of a curve.

use super::{DRAWS, Line};

/// The place of the greatest mean, with its uncertainty. Places are indices into the line's.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// Place of the greatest mean.
    pub best: usize,
    /// Fraction of resamples whose greatest mean is at an allowed place.
    pub share: f64,
    /// Confidence set: the fewest places that hold the greatest mean in at least `level` of the resamples, ascending.
    pub set: Vec<usize>,
    /// Fraction of resamples whose greatest mean lies in `set`.
    pub held: f64,
}

impl Peak {
    /// The peak of a curve. `allowed` says by index which places of the axis count for `share`; `level` is that of `set`.
    pub fn of(line: &Line, level: f64, seed: u64, allowed: impl Fn(usize) -> bool) -> Peak {
        let resampled = line.resampled(seed);
        let bests: Vec<usize> = resampled.iter().map(|means| greatest(means)).collect();
        let mut counts = vec![0usize; line.x.len()];
        for best in &bests {
            counts[*best] += 1;
        }
        let share_of = |count: usize| count as f64 / DRAWS as f64;
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
            best: greatest(&line.means()),
            share: share_of(within),
            set,
            held: share_of(held),
        }
    }
}

/// Index of the greatest number, the first of equal ones.
fn greatest(means: &[f64]) -> usize {
    let mut best = 0;
    for (at, mean) in means.iter().enumerate() {
        if *mean > means[best] {
            best = at;
        }
    }
    best
}
