//! Summaries of a contrast over backgrounds besides the mean, each with its uncertainty.

pub mod bootstrap;
pub mod effect_size;
pub mod exact_share;
pub mod fraction_positive;
pub mod median;
pub mod sign_flip;
pub mod wilcoxon;

use std::borrow::Cow;
use std::f64::consts::{PI, SQRT_2};

use super::ClusterDesign;
use super::delta_method::FormulaOfMeans;
use gia_design::Summary;

/// Computes a summary of the numbers of a contrast, one per background, at a confidence level.
///
/// The numbers must be finite, and there must be at least one. `design` says which backgrounds have one source; none if all are
/// independent. Random draws depend on the seed.
pub fn summarise(
    summary: Summary,
    values: &[f64],
    level: f64,
    seed: u64,
    design: Option<&ClusterDesign>,
) -> gia_study::Summary {
    let found = match summary {
        Summary::Median => median::median(values, level, design),
        Summary::LowerQuartile => median::lower_quartile(values, level, design),
        Summary::UpperQuartile => median::upper_quartile(values, level, design),
        Summary::FractionPositive => fraction_positive::fraction_positive(values, level, design),
        Summary::EffectSize => effect_size::standardised_effect_size(values, level, design),
        Summary::Wilcoxon => wilcoxon::wilcoxon_signed_rank(values, level, design),
        Summary::Permutation => sign_flip::sign_flip_test(values, seed, design),
        Summary::Bootstrap => bootstrap::bootstrap_mean(values, level, seed, design),
    };
    summary_record(summary, found)
}

/// The one summary of a contrast between means over all backgrounds: its bootstrap interval.
pub fn summarise_means(
    of: &FormulaOfMeans,
    level: f64,
    seed: u64,
    design: Option<&ClusterDesign>,
) -> gia_study::Summary {
    summary_record(
        Summary::Bootstrap,
        bootstrap::bootstrap_formula_of_means(of, level, seed, design),
    )
}

fn summary_record(summary: Summary, found: SummaryEstimate) -> gia_study::Summary {
    gia_study::Summary {
        summary: summary.word().to_string(),
        value: found.value,
        low: found.interval.map(|(low, _)| low),
        high: found.interval.map(|(_, high)| high),
        p: found.p,
        method: found.method.into_owned(),
    }
}

/// An estimate with its interval and test.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryEstimate {
    /// The estimate; none if the numbers do not determine it.
    pub value: Option<f64>,
    /// Lower and upper end of the interval; none if there is no interval.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p value of no effect; none for a summary that tests nothing.
    pub p: Option<f64>,
    /// How the value, its interval and p were made.
    pub method: Cow<'static, str>,
}

impl SummaryEstimate {
    fn without_value(method: impl Into<Cow<'static, str>>) -> SummaryEstimate {
        SummaryEstimate {
            value: None,
            interval: None,
            p: None,
            method: method.into(),
        }
    }
}

/// Distribution function of the standard normal distribution.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// Quantile function of the standard normal distribution; `share` lies between 0 and 1.
fn normal_quantile(share: f64) -> f64 {
    if share > 0.5 {
        return -normal_quantile(1.0 - share);
    }
    // Abramowitz and Stegun 26.2.22 has three digits; each step of Halley's triples them.
    let t = (-2.0 * share.ln()).sqrt();
    let mut z = (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t)) - t;
    for _ in 0..3 {
        let step = (normal_cdf(z) - share) * (2.0 * PI).sqrt() * (0.5 * z * z).exp();
        if step.is_finite() {
            z -= step / (1.0 + 0.5 * z * step);
        }
    }
    z
}

/// Two-sided critical value of the standard normal distribution: both tails beyond it have total probability `alpha`.
pub fn normal_critical(alpha: f64) -> f64 {
    -normal_quantile(alpha / 2.0)
}

/// Two-sided tail probability of the standard normal distribution beyond `z`.
fn normal_p(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The numbers in ascending order.
pub fn sorted_ascending(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The mean without the `cut` smallest and the `cut` greatest numbers; none if nothing is left.
pub fn trimmed_mean(values: &[f64], cut: usize) -> Option<f64> {
    let sorted = sorted_ascending(values);
    let kept = sorted.get(cut..sorted.len().checked_sub(cut)?)?;
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

/// The `share` quantile of sorted numbers, with linear interpolation: definition 7 of Hyndman and Fan, The American
/// Statistician 50:361 (1996).
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}
