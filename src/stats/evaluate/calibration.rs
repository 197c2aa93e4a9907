//! Calibration of predicted probabilities.

use crate::summaries::normal_critical;
use gia_design::Function;

/// Maximum number of Newton steps.
const MAX_ITERATIONS: usize = 50;
const CONVERGENCE_TOLERANCE: f64 = 1e-12;
const CALIBRATION_BINS: usize = 10;

/// Logistic regression of the class on the logit (Cox, Biometrika 45:562, 1958), with Wald intervals. A calibrated model has
/// intercept 0 and slope 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Intercept with the lower and the upper end of its interval.
    pub intercept: (f64, f64, f64),
    /// Slope with the lower and the upper end of its interval.
    pub slope: (f64, f64, f64),
}

/// Fits the regression to logits with their classes, 0 or 1; none if the likelihood has no maximum.
pub fn fit_calibration(logits: &[(f64, f64)], level: f64) -> Option<Calibration> {
    if logits.iter().any(|(x, _)| !x.is_finite()) {
        return None;
    }
    let (mut intercept, mut slope) = (0.0, 0.0);
    for _ in 0..MAX_ITERATIONS {
        let (mut g0, mut g1) = (0.0, 0.0);
        let (mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0);
        for &(x, y) in logits {
            let p = Function::Sigmoid.apply(intercept + slope * x);
            let w = p * (1.0 - p);
            g0 += y - p;
            g1 += (y - p) * x;
            h00 += w;
            h01 += w * x;
            h11 += w * x * x;
        }
        let determinant = h00 * h11 - h01 * h01;
        if !determinant.is_normal() || determinant <= 1e-12 * h00 * h11 {
            return None;
        }
        let (a, b) = (
            (h11 * g0 - h01 * g1) / determinant,
            (h00 * g1 - h01 * g0) / determinant,
        );
        intercept += a;
        slope += b;
        let size = 1.0 + intercept.abs() + slope.abs();
        if a.abs() + b.abs() < CONVERGENCE_TOLERANCE * size {
            let critical = normal_critical(1.0 - level);
            let ends = |value: f64, variance: f64| {
                let half = critical * variance.sqrt();
                (value, value - half, value + half)
            };
            return Some(Calibration {
                intercept: ends(intercept, h11 / determinant),
                slope: ends(slope, h00 / determinant),
            });
        }
    }
    None
}

/// Splits sorted numbers into up to ten bins of about equal size.
pub fn equal_size_bins<T>(sorted: &[T]) -> impl Iterator<Item = &[T]> {
    let n = sorted.len();
    (0..CALIBRATION_BINS)
        .map(move |i| &sorted[i * n / CALIBRATION_BINS..(i + 1) * n / CALIBRATION_BINS])
        .filter(|bin| !bin.is_empty())
}
