//! Power of claims about means: how many backgrounds support a claim, and which effect a number of backgrounds detects.
//!
//! A mean with distance d from its threshold on the claimed side is supported if its t exceeds the critical value, where t is noncentral
//! with noncentrality d sqrt(n) / sd. Of several means, all must be supported; the power is at least 1 minus the sum of the probabilities
//! that one is not (Bonferroni), whatever their dependence.

mod noncentral_t;
mod pilot;

pub use noncentral_t::{noncentrality_of, upper_tail};
pub use pilot::claim_powers;

use crate::{Hall, student};
use noncentral_t::bisect;

/// Largest number of backgrounds that is suggested.
const MAX_UNITS: u64 = 1_000_000_000;
/// Fewest backgrounds that have an interval.
const MIN_UNITS: u64 = 2;

/// One mean that a claim is about, with its variation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClaimedMean {
    /// Distance of the mean from the threshold, positive on the claimed side. For a claim that the absolute value is small, the distances
    /// from both ends: of `mean` from `threshold` and from `-threshold`.
    pub distances: [Option<f64>; 2],
    /// Skewness of each of these distances, over independent backgrounds or sources; 0 where intervals do not allow for skew.
    pub skewness: [f64; 2],
    /// Standard deviation of one independent background, or of the mean of one source.
    pub sd: f64,
    /// Degrees of freedom for each background beyond the first: 1, or fewer if sources have different numbers of backgrounds.
    pub freedom_per_unit: f64,
}

/// The means that a claim is about, with the error rate of each interval.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedMeans {
    /// At least one.
    pub means: Vec<ClaimedMean>,
    /// Two-sided error rate of each interval.
    pub alpha: f64,
}

impl ClaimedMean {
    /// The distance that is harder to show.
    pub fn distance(&self) -> f64 {
        let distances = self.distances.iter().flatten();
        distances.copied().fold(f64::INFINITY, f64::min)
    }

    /// The same mean at another distance from its threshold, or from the nearer of two: then at most half way between them.
    pub fn at_distance(&self, distance: f64) -> ClaimedMean {
        ClaimedMean {
            distances: match self.distances {
                [Some(a), Some(b)] => {
                    let nearer = distance.min(0.5 * (a + b));
                    [Some(nearer), Some(a + b - nearer)]
                }
                [a, b] => [a.map(|_| distance), b.map(|_| distance)],
            },
            ..*self
        }
    }

    /// Probability that the interval of this mean with `n` backgrounds lies on the claimed side.
    pub fn power(&self, n: f64, alpha: f64) -> f64 {
        let freedom = (n - 1.0) * self.freedom_per_unit;
        let distances = self.distances.iter().zip(self.skewness);
        let distances = distances.filter_map(|(distance, skewness)| Some(((*distance)?, skewness)));
        let missed = distances.map(|(distance, skewness)| match self.sd > 0.0 {
            true => {
                let critical = critical_value(alpha, n, freedom, skewness);
                1.0 - upper_tail(critical, freedom, distance * n.sqrt() / self.sd)
            }
            false => f64::from(u8::from(distance <= 0.0)),
        });
        (1.0 - missed.sum::<f64>()).max(0.0)
    }

    /// The smallest distance from the threshold at which `n` backgrounds have this power.
    pub fn detectable(&self, n: f64, alpha: f64, target: f64) -> f64 {
        let freedom = (n - 1.0) * self.freedom_per_unit;
        let critical = critical_value(alpha, n, freedom, self.skewness[0]);
        let noncentrality = noncentrality_of(critical, freedom, target);
        noncentrality * self.sd / n.sqrt()
    }
}

/// How many standard errors the interval of a mean of `n` numbers reaches downwards: Student's critical value, or that of the hull with
/// Hall's interval.
fn critical_value(alpha: f64, n: f64, freedom: f64, skewness: f64) -> f64 {
    let critical = student::critical_value(alpha, freedom);
    let (below, _) = Hall::new(skewness, n as usize).hull(critical);
    -below
}

impl ClaimedMeans {
    /// A lower bound of the probability that the claim is supported with `n` backgrounds.
    pub fn power(&self, n: f64) -> f64 {
        let missed = self
            .means
            .iter()
            .map(|mean| 1.0 - mean.power(n, self.alpha));
        (1.0 - missed.sum::<f64>()).max(0.0)
    }

    /// The fewest backgrounds that have this power; None if some mean is not on the claimed side, or if more than a billion are needed.
    pub fn needed(&self, target: f64) -> Option<u64> {
        let enough = |n: u64| self.power(n as f64) >= target;
        if self.means.iter().any(|mean| mean.distance() <= 0.0) {
            return None;
        }
        let mut high = MIN_UNITS;
        while !enough(high) {
            if high >= MAX_UNITS {
                return None;
            }
            high = (high * 2).min(MAX_UNITS);
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match enough(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(high.max(MIN_UNITS))
    }

    /// Index of the mean that is the hardest to support.
    pub fn hardest(&self) -> usize {
        let difficulty = |mean: &ClaimedMean| match mean.sd > 0.0 {
            true => mean.distance() / mean.sd,
            false => mean.distance().signum() * f64::INFINITY,
        };
        let means = self.means.iter().enumerate();
        let hardest = means.min_by(|(_, a), (_, b)| difficulty(a).total_cmp(&difficulty(b)));
        hardest.map_or(0, |(index, _)| index)
    }
}

/// Confidence interval of a standard deviation with these degrees of freedom, as factors of the estimate.
pub fn sd_interval(freedom: f64, level: f64) -> (f64, f64) {
    let tail = 0.5 * (1.0 - level);
    let exceeds = |x: f64| chi_square_upper_tail(freedom * x * x, freedom);
    let low = bisect(0.0, 1.0, &|x| exceeds(x) < 1.0 - tail);
    let high = bisect(1.0, 1e3, &|x| exceeds(x) < tail);
    (
        1.0 / high,
        if low > 0.0 { 1.0 / low } else { f64::INFINITY },
    )
}

/// Upper tail of the chi-square distribution: the regularised incomplete gamma function Q(freedom / 2, x / 2).
fn chi_square_upper_tail(x: f64, freedom: f64) -> f64 {
    let (a, x) = (0.5 * freedom, 0.5 * x);
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - libm::lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            k += 1.0;
            term *= x / k;
            sum += term;
        }
        return 1.0 - scale * sum;
    }
    // Continued fraction by Lentz's method (Numerical Recipes, 6.2).
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..10_000 {
        let an = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = an * d + b;
        if d.abs() < f64::MIN_POSITIVE {
            d = f64::MIN_POSITIVE;
        }
        c = b + an / c;
        if c.abs() < f64::MIN_POSITIVE {
            c = f64::MIN_POSITIVE;
        }
        d = 1.0 / d;
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    scale * fraction
}
