//! Fraction of backgrounds in which the effect is positive.

use super::{SummaryEstimate, normal_critical};
use crate::resampling_units::unit_deviations;
use crate::{ClusterDesign, clustered_error, student};

const METHOD: &str = "share of backgrounds above zero, Wilson interval";
const CLUSTERED: &str =
    "share of backgrounds above zero, Wilson interval with the effective number of backgrounds";

/// The fraction of values above zero, with the score interval of Wilson, J. Am. Stat. Assoc. 22:209 (1927), or with
/// [`clustered_share`]'s.
pub fn fraction_positive(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    let share = values.iter().filter(|x| **x > 0.0).count() as f64 / values.len() as f64;
    let (interval, method) = match design {
        None => {
            let critical = normal_critical(1.0 - level);
            let interval = wilson_interval(share, values.len() as f64, critical);
            (Some(interval), METHOD)
        }
        Some(design) => {
            let interval = clustered_share(values, |x| x > 0.0, share, level, design);
            (interval, CLUSTERED)
        }
    };
    SummaryEstimate {
        value: Some(share),
        interval,
        ..SummaryEstimate::without_value(method)
    }
}

/// The interval of a share of clustered values: Wilson's for as many independent values as give the same standard error, with
/// Student's quantile at Satterthwaite's degrees of freedom. None for a single cluster.
///
/// `share` is the centre of the interval; the standard error is that of the share of values that `holds` accepts. The effective number
/// is at most that of the values (Korn and Graubard, Survey Methodology 24:193, 1998); it is that of clusters if all values agree.
pub fn clustered_share(
    values: &[f64],
    holds: impl Fn(f64) -> bool,
    share: f64,
    level: f64,
    design: &ClusterDesign,
) -> Option<(f64, f64)> {
    let indicators: Vec<f64> = values.iter().map(|x| f64::from(holds(*x))).collect();
    let found = indicators.iter().sum::<f64>() / values.len() as f64;
    let error = clustered_error(&unit_deviations(&indicators, Some(design)), design.sizes())?;
    let effective = match error.se > 0.0 && found > 0.0 && found < 1.0 {
        true => (found * (1.0 - found) / error.se.powi(2)).min(values.len() as f64),
        false => design.count() as f64,
    };
    let critical = student::critical_value(1.0 - level, design.freedom);
    Some(wilson_interval(share, effective, critical))
}

/// Wilson's interval of a share of `n` values, at a two-sided critical value.
fn wilson_interval(share: f64, n: f64, critical: f64) -> (f64, f64) {
    let (p, z) = (share, critical);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}
