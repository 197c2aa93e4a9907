//! Other summaries of a contrast's numbers than their mean, each with its uncertainty.

pub mod bootstrap;
pub mod median;
pub mod permutation;
pub mod share;
pub mod size;
pub mod wilcoxon;

use std::f64::consts::{PI, SQRT_2};

use super::of_means::OfMeans;
use gia_design::Summary;

/// One summary of the numbers of a contrast, one a background, at a confidence level.
///
/// The numbers are finite, and there is at least one; what is drawn depends on the seed.
pub fn summarise(summary: Summary, values: &[f64], level: f64, seed: u64) -> gia_study::Summary {
    let found = match summary {
        Summary::Median => median::median(values, level),
        Summary::LowerQuartile => median::lower_quartile(values, level),
        Summary::UpperQuartile => median::upper_quartile(values, level),
        Summary::Share => share::share(values, level),
        Summary::Size => size::size(values, level),
        Summary::Wilcoxon => wilcoxon::wilcoxon(values, level),
        Summary::Permutation => permutation::permutation(values, seed),
        Summary::Bootstrap => bootstrap::bootstrap(values, level, seed),
    };
    named(summary, found)
}

/// What there is for a contrast between means over all backgrounds: its bootstrap interval.
pub fn summarise_means(of: &OfMeans, level: f64, seed: u64) -> gia_study::Summary {
    named(
        Summary::Bootstrap,
        bootstrap::bootstrap_of_means(of, level, seed),
    )
}

fn named(summary: Summary, found: Found) -> gia_study::Summary {
    gia_study::Summary {
        summary: summary.word().to_string(),
        value: found.value,
        low: found.interval.map(|(low, _)| low),
        high: found.interval.map(|(_, high)| high),
        p: found.p,
        method: found.method.to_string(),
    }
}

/// A number with what is known of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// None where the numbers have none.
    pub value: Option<f64>,
    pub interval: Option<(f64, f64)>,
    /// Two-sided, of no effect.
    pub p: Option<f64>,
    pub method: &'static str,
}

/// Probability below z of the standard normal distribution.
fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The standard normal number with probability `share`, between 0 and 1, below it.
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

/// The standard normal quantile that two tails of total probability `alpha` lie beyond.
pub fn normal_critical(alpha: f64) -> f64 {
    -normal_quantile(alpha / 2.0)
}

/// Two-sided tail of the standard normal beyond `z`.
fn normal_p(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

pub fn ascending(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The mean without the `cut` least and the `cut` greatest numbers; none where nothing is left.
pub fn trimmed_mean(values: &[f64], cut: usize) -> Option<f64> {
    let sorted = ascending(values);
    let kept = sorted.get(cut..sorted.len().checked_sub(cut)?)?;
    (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64)
}

/// The number at a place between sorted numbers, from 0 to 1, linear between neighbours: definition 7 of Hyndman and Fan,
/// The American Statistician 50:361 (1996).
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}
