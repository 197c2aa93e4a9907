//! An interval of a share that covers at least its level, for claims.
//!
//! Wilson's interval covers its level on average over shares, but less at some: its lower end is above a share of 1 % in 16 % of
//! samples of 17. A claim needs a bound on its error at every share.

use statrs::function::beta::inv_beta_reg;

use crate::resampling_units::unit_deviations;
use crate::{ClusterDesign, clustered_error, student};

/// The interval of the share of the population in which `holds` is true, with error rate `alpha`, from whether it is for each background.
///
/// Independent backgrounds: Clopper and Pearson, Biometrika 26:404 (1934). Clusters: the same for the effective number of backgrounds, which
/// the degrees of freedom reduce further (Korn and Graubard, Survey Methodology 24:193, 1998); the number of clusters if all backgrounds
/// agree. None for a single cluster.
pub fn exact_share_interval(
    holds: &[bool],
    alpha: f64,
    design: Option<&ClusterDesign>,
) -> Option<(f64, f64)> {
    let n = holds.len() as f64;
    let share = holds.iter().filter(|holds| **holds).count() as f64 / n;
    let Some(design) = design else {
        return Some(clopper_pearson(share * n, n, alpha));
    };
    let indicators: Vec<f64> = holds.iter().map(|holds| f64::from(*holds)).collect();
    let error = clustered_error(&unit_deviations(&indicators, Some(design)), design.sizes())?;
    let clusters = design.count() as f64;
    let effective = if error.se > 0.0 && share > 0.0 && share < 1.0 {
        let by_error = share * (1.0 - share) / error.se.powi(2);
        let fewer = student::critical_value(alpha, n - 1.0)
            / student::critical_value(alpha, design.freedom);
        (by_error * fewer * fewer).min(n)
    } else {
        clusters
    };
    Some(clopper_pearson(share * effective, effective, alpha))
}

/// Clopper and Pearson's interval for `successes` of `n` trials, which need not be whole numbers.
fn clopper_pearson(successes: f64, n: f64, alpha: f64) -> (f64, f64) {
    let failures = n - successes;
    let tail = alpha / 2.0;
    let low = match successes > 0.0 {
        true => inv_beta_reg(successes, failures + 1.0, tail),
        false => 0.0,
    };
    let high = match failures > 0.0 {
        // The mirror image keeps the digits of a small tail.
        true => 1.0 - inv_beta_reg(failures, successes + 1.0, tail),
        false => 1.0,
    };
    (low, high)
}
