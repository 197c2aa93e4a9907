//! Standardised effect size: the mean effect over its standard deviation.

use super::{SummaryEstimate, normal_critical};
use crate::Moments;

const METHOD: &str = "standardised effect d_z with Hedges' correction, normal interval";

/// Mean over standard deviation of the differences, with the exact bias correction (Hedges, Journal of
/// Educational Statistics 6:107, 1981), and a normal interval from its large-sample variance (Borenstein et al.,
/// Introduction to Meta-Analysis, 2009, chapter 4, for paired differences). None without a spread.
pub fn standardised_effect_size(values: &[f64], level: f64) -> SummaryEstimate {
    let moments = Moments::of(values);
    let spread = moments.sd().filter(|sd| *sd > 0.0);
    let Some(sd) = spread.filter(|_| moments.n > 2) else {
        return SummaryEstimate {
            value: None,
            interval: None,
            p: None,
            method: METHOD,
        };
    };
    let n = moments.n as f64;
    let freedom = n - 1.0;
    let correction = (libm::lgamma(freedom / 2.0) - libm::lgamma((freedom - 1.0) / 2.0)).exp()
        / (freedom / 2.0).sqrt();
    let d = moments.mean / sd;
    let half = normal_critical(1.0 - level) * correction * ((1.0 + d * d / 2.0) / n).sqrt();
    let size = correction * d;
    SummaryEstimate {
        value: Some(size),
        interval: Some((size - half, size + half)),
        p: None,
        method: METHOD,
    }
}
