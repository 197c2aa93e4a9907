//! Wilcoxon's signed-rank test, with the Hodges-Lehmann estimate of the centre.

use super::sign_flip::{MAX_EXACT_VALUES as MAX_EXACT_CLUSTERS, exact_sign_flip_p};
use super::{SummaryEstimate, normal_critical, normal_p, sorted_ascending};
use crate::ClusterDesign;

/// Maximum number of values, without ties or zeros, for the exact distribution of the rank sum.
const MAX_EXACT_VALUES: usize = 50;

const EXACT: &str =
    "Hodges-Lehmann centre; Wilcoxon's test of symmetry about 0 by signed ranks (exact)";
const NORMAL: &str = "Hodges-Lehmann centre; Wilcoxon's test of symmetry about 0 by signed ranks (normal approximation)";
const EXACT_CLUSTERED: &str = "Hodges-Lehmann centre without an interval; test of symmetry about 0 by signed ranks, one sign for each source (exact)";
const NORMAL_CLUSTERED: &str = "Hodges-Lehmann centre without an interval; test of symmetry about 0 by signed ranks, one sign for each source (normal approximation)";

/// The Hodges-Lehmann estimate, the median of all means of two values (each with itself too), with its interval from the distribution
/// of the signed-rank sum (Hodges and Lehmann, Ann. Math. Statist. 34:598, 1963; Hollander and Wolfe, Nonparametric Statistical Methods, 3.1-3.3),
/// and Wilcoxon's p (Biometrics Bulletin 1:80, 1945): zeros are left out, ties share their ranks and narrow the variance.
///
/// With clusters p is that of a clustered test, and there is no interval: the distribution of the rank sum is unknown.
pub fn wilcoxon_signed_rank(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    let sorted = sorted_ascending(values);
    let n = sorted.len();
    let pairs = n * (n + 1) / 2;
    let middle = if pairs.is_multiple_of(2) {
        0.5 * (walsh_average(&sorted, pairs / 2) + walsh_average(&sorted, pairs / 2 + 1))
    } else {
        walsh_average(&sorted, pairs / 2 + 1)
    };
    if let Some(design) = design {
        let (p, method) = clustered_signed_rank_p(values, design);
        return SummaryEstimate {
            value: Some(middle),
            p,
            ..SummaryEstimate::without_value(method)
        };
    }
    let ranks = SignedRanks::of(values);
    let exact = ranks.is_exact();
    let tail = (1.0 - level) / 2.0;
    let from = if exact {
        exact_interval_rank(n, tail)
    } else {
        let n = n as f64;
        let sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
        let place = n * (n + 1.0) / 4.0 - normal_critical(1.0 - level) * sd;
        place.floor().max(0.0) as usize
    };
    let interval = (from >= 1).then(|| {
        (
            walsh_average(&sorted, from),
            walsh_average(&sorted, pairs + 1 - from),
        )
    });
    SummaryEstimate {
        value: Some(middle),
        interval,
        p: ranks.p(),
        method: if exact { EXACT } else { NORMAL }.into(),
    }
}

/// The p value of the signed-rank test of clustered values, with how it was made: all values are ranked together, and the signed ranks
/// of a cluster change their sign together (Rosner, Glynn and Lee, Biometrics 62:185, 2006). The sum S of the clusters' sums S_g then
/// has mean 0 and variance sum S_g^2 if values are symmetric about 0; of few clusters all patterns of signs are tried. None if all
/// values are zero.
fn clustered_signed_rank_p(values: &[f64], design: &ClusterDesign) -> (Option<f64>, &'static str) {
    let mut sums = vec![0.0; design.count()];
    for (i, rank) in signed_ranks(values) {
        sums[design.ids()[i] as usize] += rank;
    }
    // Clusters whose ranks cancel, or that are all zero, have no sign to change.
    sums.retain(|sum| *sum != 0.0);
    let total: f64 = sums.iter().sum();
    let variance: f64 = sums.iter().map(|sum| sum * sum).sum();
    match sums.len() {
        0 if values.iter().all(|x| *x == 0.0) => (None, EXACT_CLUSTERED),
        0..=MAX_EXACT_CLUSTERS => (Some(exact_sign_flip_p(&sums)), EXACT_CLUSTERED),
        _ => (Some(normal_p(total / variance.sqrt())), NORMAL_CLUSTERED),
    }
}

/// The indices of values other than zero, with the rank of each absolute value and the sign of the value. Ties share their mean rank.
fn signed_ranks(values: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&i| values[i] != 0.0).collect();
    order.sort_by(|&a, &b| values[a].abs().total_cmp(&values[b].abs()));
    let mut ranked = Vec::with_capacity(order.len());
    for tied in order.chunk_by(|&a, &b| values[a].abs() == values[b].abs()) {
        let rank = ranked.len() as f64 + 0.5 * (tied.len() + 1) as f64;
        ranked.extend(tied.iter().map(|&i| (i, rank.copysign(values[i]))));
    }
    ranked
}

/// The `rank`-th smallest Walsh average (mean of two values i <= j), counted from 1, of `sorted` values.
fn walsh_average(sorted: &[f64], rank: usize) -> f64 {
    // The number of means that are at most x grows with x, so bisection over floats finds the least x with `rank` of them.
    let enough = |x: f64| count_averages_at_most(sorted, x) >= rank;
    let (mut low, mut high) = (ordinal(sorted[0]), ordinal(sorted[sorted.len() - 1]));
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(from_ordinal(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    from_ordinal(low)
}

/// Number of Walsh averages that are at most x.
fn count_averages_at_most(sorted: &[f64], x: f64) -> usize {
    let mut count = 0;
    let mut end = sorted.len();
    for (i, a) in sorted.iter().enumerate() {
        while end > i && 0.5 * (a + sorted[end - 1]) > x {
            end -= 1;
        }
        if end <= i {
            break;
        }
        count += end - i;
    }
    count
}

/// Maps floats to integers of the same order.
fn ordinal(x: f64) -> i128 {
    let bits = (x + 0.0).to_bits() as i64;
    i128::from(if bits < 0 { i64::MIN - bits } else { bits })
}

fn from_ordinal(ordinal: i128) -> f64 {
    let bits = ordinal as i64;
    f64::from_bits(if bits < 0 {
        (i64::MIN - bits) as u64
    } else {
        bits as u64
    })
}

/// Ranks of absolute values, without zeros.
struct SignedRanks {
    n: usize,
    /// Sum of the ranks of positive numbers.
    positive: f64,
    /// Sum over ties of t^3 - t.
    ties: f64,
    zeros: bool,
}

impl SignedRanks {
    fn of(values: &[f64]) -> SignedRanks {
        let mut sizes: Vec<(f64, bool)> = values
            .iter()
            .filter(|x| **x != 0.0)
            .map(|x| (x.abs(), *x > 0.0))
            .collect();
        sizes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut positive, mut ties) = (0.0, 0.0);
        let mut start = 0;
        while start < sizes.len() {
            let alike = sizes[start..]
                .iter()
                .take_while(|(size, _)| *size == sizes[start].0);
            let end = start + alike.count();
            let rank = (start + 1 + end) as f64 / 2.0;
            let above = sizes[start..end].iter().filter(|(_, above)| *above).count();
            positive += rank * above as f64;
            let t = (end - start) as f64;
            ties += t * t * t - t;
            start = end;
        }
        SignedRanks {
            n: sizes.len(),
            positive,
            ties,
            zeros: sizes.len() < values.len(),
        }
    }

    fn is_exact(&self) -> bool {
        self.n <= MAX_EXACT_VALUES && self.ties == 0.0 && !self.zeros && self.n > 0
    }

    fn p(&self) -> Option<f64> {
        if self.n == 0 {
            return None;
        }
        let n = self.n as f64;
        if self.is_exact() {
            let counts = rank_sum_counts(self.n);
            let total: f64 = counts.iter().sum();
            let at = self.positive as usize;
            let up_to: f64 = counts[..=at].iter().sum();
            let from: f64 = counts[at..].iter().sum();
            return Some((2.0 * up_to.min(from) / total).min(1.0));
        }
        let mean = n * (n + 1.0) / 4.0;
        let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - self.ties / 2.0) / 24.0;
        Some(normal_p((self.positive - mean) / variance.sqrt()))
    }
}

/// Number of sign patterns of n values that give each rank sum; the index is the rank sum.
fn rank_sum_counts(n: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n * (n + 1) / 2 + 1];
    counts[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..counts.len()).rev() {
            counts[sum] += counts[sum - rank];
        }
    }
    counts
}

/// Rank of the Walsh average at which the exact interval begins, given the probability of either tail.
fn exact_interval_rank(n: usize, tail: f64) -> usize {
    let counts = rank_sum_counts(n);
    let total: f64 = counts.iter().sum();
    let mut sum = 0.0;
    for (rank, count) in counts.iter().enumerate() {
        sum += count;
        if sum >= tail * total * (1.0 - 1e-14) {
            return rank;
        }
    }
    0
}
