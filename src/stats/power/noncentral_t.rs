//! The noncentral t distribution.

use crate::summaries::normal_cdf;

/// Number of intervals of the quadrature; each has five nodes.
const INTERVALS: usize = 200;
/// Nodes and weights of the Gauss-Legendre rule with five nodes on [-1, 1] (Abramowitz and Stegun, table 25.4).
const RULE: [(f64, f64); 5] = [
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
];
/// Standard deviations of s around 1 that the quadrature covers.
const RANGE_SDS: f64 = 12.0;

/// Probability that a noncentral t exceeds `critical`: of `(Z + noncentrality) / S`, where Z is standard normal and S² is chi-square over
/// its `freedom` degrees of freedom.
///
/// It is the mean of the normal tail beyond `critical * s` over the distribution of s, by Gauss-Legendre quadrature; within 1e-9 of
/// SciPy's `nct.sf` for one degree of freedom and more. NaN for a freedom that is not positive.
pub fn upper_tail(critical: f64, freedom: f64, noncentrality: f64) -> f64 {
    if critical.is_nan() || noncentrality.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    let spread = RANGE_SDS / (2.0 * freedom).sqrt();
    let (low, high) = ((1.0 - spread).max(0.0), 1.0 + spread);
    // In u = sqrt(s) the integrand is smooth at 0 for few degrees of freedom too.
    let (low, high) = (low.sqrt(), high.sqrt());
    let width = (high - low) / INTERVALS as f64;
    // The density of s, relative to its value at 1: s^(freedom - 1) exp(-freedom (s² - 1) / 2).
    let density = |s: f64| ((freedom - 1.0) * s.ln() - 0.5 * freedom * (s - 1.0) * (s + 1.0)).exp();
    let (mut mass, mut tail) = (0.0, 0.0);
    for interval in 0..INTERVALS {
        let centre = low + (interval as f64 + 0.5) * width;
        for (node, weight) in RULE {
            let u = centre + 0.5 * width * node;
            let s = u * u;
            let density = weight * u * density(s);
            mass += density;
            tail += density * normal_cdf(noncentrality - critical * s);
        }
    }
    (tail / mass).clamp(0.0, 1.0)
}

/// The noncentrality at which a noncentral t exceeds `observed` with this probability, between 0 and 1: an end of the confidence interval of
/// a standardized mean times the root of its number of observations (Steiger and Fouladi 1997).
pub fn noncentrality_of(observed: f64, freedom: f64, probability: f64) -> f64 {
    let excess = |noncentrality: f64| upper_tail(observed, freedom, noncentrality) - probability;
    let mut step = 1.0 + observed.abs();
    let (mut low, mut high) = (observed - step, observed + step);
    while excess(low) > 0.0 && step < 1e12 {
        step *= 2.0;
        low -= step;
    }
    while excess(high) < 0.0 && step < 1e12 {
        step *= 2.0;
        high += step;
    }
    bisect(low, high, &|x| excess(x) > 0.0)
}

/// Where a condition that holds at `high` and not at `low` begins to hold.
pub fn bisect(mut low: f64, mut high: f64, holds: &dyn Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        match holds(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    0.5 * (low + high)
}
