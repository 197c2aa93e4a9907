//! Distances between the distributions of two samples.

use std::f64::consts::PI;

/// Two samples, each sorted.
pub struct TwoSamples {
    a: Vec<f64>,
    b: Vec<f64>,
}

impl TwoSamples {
    /// Sorts two samples of finite numbers, each with at least one.
    pub fn new(a: &[f64], b: &[f64]) -> TwoSamples {
        let sorted = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        };
        TwoSamples {
            a: sorted(a),
            b: sorted(b),
        }
    }

    /// Calls `visit` for each interval between neighbouring numbers of the pooled samples, with its width and the difference of
    /// the empirical distribution functions on it.
    fn for_each_interval(&self, mut visit: impl FnMut(f64, f64)) {
        let (mut i, mut j) = (0, 0);
        let (n, m) = (self.a.len(), self.b.len());
        while i < n || j < m {
            let at = match (self.a.get(i), self.b.get(j)) {
                (Some(a), Some(b)) => a.min(*b),
                (Some(one), None) | (None, Some(one)) => *one,
                (None, None) => return,
            };
            while self.a.get(i).is_some_and(|a| *a <= at) {
                i += 1;
            }
            while self.b.get(j).is_some_and(|b| *b <= at) {
                j += 1;
            }
            let next = match (self.a.get(i), self.b.get(j)) {
                (Some(a), Some(b)) => a.min(*b),
                (Some(one), None) | (None, Some(one)) => *one,
                (None, None) => at,
            };
            visit(next - at, i as f64 / n as f64 - j as f64 / m as f64);
        }
    }

    /// Kolmogorov-Smirnov statistic: the greatest difference between the empirical distribution functions.
    pub fn kolmogorov_smirnov(&self) -> f64 {
        let mut most: f64 = 0.0;
        self.for_each_interval(|_, difference| most = most.max(difference.abs()));
        most
    }

    /// Asymptotic p value of the Kolmogorov-Smirnov statistic (Smirnov, Annals of Mathematical Statistics 19:279, 1948).
    pub fn kolmogorov_smirnov_p(&self) -> f64 {
        self.kolmogorov_smirnov_p_of_sizes(self.a.len() as f64, self.b.len() as f64)
    }

    /// The same for samples that say as much as independent ones of these sizes: see [`effective_size`].
    pub fn kolmogorov_smirnov_p_of_sizes(&self, n: f64, m: f64) -> f64 {
        kolmogorov_survival(self.kolmogorov_smirnov() * (n * m / (n + m)).sqrt())
    }

    /// Wasserstein distance of order 1, in the unit of the numbers: the area between the empirical distribution functions.
    pub fn wasserstein(&self) -> f64 {
        let mut area = 0.0;
        self.for_each_interval(|width, difference| area += width * difference.abs());
        area
    }
}

/// Effective size of a sample of clusters of n_g numbers each: n² / sum(n_g²) (Kish, Survey Sampling, 1965).
///
/// The empirical distribution function of so many independent numbers varies as much as that of the sample if the numbers of a cluster
/// are equal, and more if they differ. For clusters of one size it is their number.
pub fn effective_size(sizes: &[usize]) -> f64 {
    let sum_of = |of: &dyn Fn(f64) -> f64| sizes.iter().map(|&size| of(size as f64)).sum::<f64>();
    sum_of(&|size| size).powi(2) / sum_of(&|size| size * size)
}

/// Survival function of the Kolmogorov distribution.
fn kolmogorov_survival(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        // The other series converges here.
        let terms = (1..=20).map(|k| {
            let odd = f64::from(2 * k - 1);
            (-odd * odd * PI * PI / (8.0 * x * x)).exp()
        });
        return 1.0 - (2.0 * PI).sqrt() / x * terms.sum::<f64>();
    }
    let terms = (1..=20).map(|k| {
        let k = f64::from(k);
        let sign = if k % 2.0 == 1.0 { 1.0 } else { -1.0 };
        sign * (-2.0 * k * k * x * x).exp()
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}
