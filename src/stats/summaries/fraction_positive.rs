//! Fraction of backgrounds in which the effect is positive.

use super::{SummaryEstimate, normal_critical};

const METHOD: &str = "share of backgrounds above zero, Wilson interval";

/// The fraction of values above zero, with the score interval of Wilson, J. Am. Stat. Assoc. 22:209 (1927).
pub fn fraction_positive(values: &[f64], level: f64) -> SummaryEstimate {
    let n = values.len() as f64;
    let p = values.iter().filter(|x| **x > 0.0).count() as f64 / n;
    let z = normal_critical(1.0 - level);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    SummaryEstimate {
        value: Some(p),
        interval: Some(((centre - half).max(0.0), (centre + half).min(1.0))),
        p: None,
        method: METHOD,
    }
}
