//! Standardised effect size: the mean effect over its standard deviation.

use super::SummaryEstimate;
use crate::resampling_units::unit_deviations;
use crate::{ClusterDesign, Hall, Moments, clustered_error, student};

const METHOD: &str = "standardised effect d_z with Hedges' correction, jackknife interval";
const CLUSTERED: &str =
    "standardised effect d_z with Hedges' correction, jackknife interval by source";
const CLUSTERED_BY_FEW: &str = "standardised effect d_z with Hedges' correction, jackknife interval by source; too short for large \
                                effects with fewer than 40 sources";
/// Fewer sources have intervals that are too short for large effects: with a d_z of 2 and a third of the variance between sources, 12
/// sources cover in 93 % of samples and 5 in 91 %.
const MIN_SOURCES: usize = 40;
/// A sample whose squared deviations fall below this fraction when a value is left out has no spread without it.
const MIN_RELATIVE_SPREAD: f64 = 1e-12;

/// Mean over standard deviation of the differences, with the exact bias correction (Hedges, Journal of
/// Educational Statistics 6:107, 1981). None for fewer than three differences, or without a spread.
///
/// The interval is that of the mean of the jackknife's pseudo-values (Tukey, Annals of Mathematical Statistics 29:614, 1958): the hull of
/// Student's and [Hall's](Hall), by source if there are clusters. Its variance tends to `(1 - g d + d^2 (k - 1) / 4) / n` with the
/// skewness g and the kurtosis k of the differences, which is `(1 + d^2 / 2) / n` for normal ones. No interval if the differences have no
/// spread without one of them.
pub fn standardised_effect_size(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    let method = match design {
        None => METHOD,
        Some(design) if design.count() < MIN_SOURCES => CLUSTERED_BY_FEW,
        Some(_) => CLUSTERED,
    };
    let moments = Moments::of(values);
    let spread = moments.sd().filter(|sd| *sd > 0.0);
    let Some(sd) = spread.filter(|_| moments.n > 2) else {
        return SummaryEstimate::without_value(method);
    };
    let freedom = moments.n as f64 - 1.0;
    let correction = (libm::lgamma(freedom / 2.0) - libm::lgamma((freedom - 1.0) / 2.0)).exp()
        / (freedom / 2.0).sqrt();
    SummaryEstimate {
        value: Some(correction * moments.mean / sd),
        interval: jackknife_interval(values, level, design),
        ..SummaryEstimate::without_value(method)
    }
}

fn jackknife_interval(
    values: &[f64],
    level: f64,
    design: Option<&ClusterDesign>,
) -> Option<(f64, f64)> {
    let pseudo_values = pseudo_values(values)?;
    let mean = Moments::of(&pseudo_values).mean;
    let deviations = unit_deviations(&pseudo_values, design);
    let error = match design {
        Some(design) => clustered_error(&deviations, design.sizes())?,
        None => clustered_error(&deviations, &vec![1; values.len()])?,
    };
    let critical = student::critical_value(1.0 - level, error.freedom);
    let (below, above) = Hall::new(error.skewness, error.clusters).hull(critical);
    Some((mean + below * error.se, mean + above * error.se))
}

/// For each value n times the size of the sample less n - 1 times that without the value.
fn pseudo_values(values: &[f64]) -> Option<Vec<f64>> {
    let moments = Moments::of(values);
    let n = moments.n as f64;
    let size = |mean: f64, squares: f64, count: f64| mean / (squares / (count - 1.0)).sqrt();
    let whole = size(moments.mean, moments.squared_deviations, n);
    let pseudo_values = values.iter().map(|x| {
        let deviation = x - moments.mean;
        let mean = moments.mean - deviation / (n - 1.0);
        let squares = moments.squared_deviations - deviation * deviation * n / (n - 1.0);
        (squares > MIN_RELATIVE_SPREAD * moments.squared_deviations)
            .then(|| n * whole - (n - 1.0) * size(mean, squares, n - 1.0))
    });
    pseudo_values.collect()
}
