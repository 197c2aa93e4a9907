//! Calibration of predicted probabilities.

use crate::summaries::normal_critical;
use crate::{ClusterDesign, student};
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

/// Fits the regression to logits with their classes, 0 or 1; none if the likelihood has no maximum, or for a single cluster.
///
/// With clusters the variance is the cluster-robust one, times G (n - 1) / ((G - 1) (n - 2)) for G clusters of n logits (Liang and Zeger,
/// Biometrika 73:13, 1986), with Student's quantile at G - 1 degrees of freedom.
pub fn fit_calibration(
    logits: &[(f64, f64)],
    level: f64,
    design: Option<&ClusterDesign>,
) -> Option<Calibration> {
    if design.is_some_and(|design| design.count() < 2) {
        return None;
    }
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
            let bread = [h11 / determinant, -h01 / determinant, h00 / determinant];
            let (critical, variances) = match design {
                None => (normal_critical(1.0 - level), [bread[0], bread[2]]),
                Some(design) => (
                    student::critical_value(1.0 - level, design.count() as f64 - 1.0),
                    sandwich_variances(logits, (intercept, slope), bread, design),
                ),
            };
            let ends = |value: f64, variance: f64| {
                let half = critical * variance.sqrt();
                (value, value - half, value + half)
            };
            return Some(Calibration {
                intercept: ends(intercept, variances[0]),
                slope: ends(slope, variances[1]),
            });
        }
    }
    None
}

/// Cluster-robust variances of intercept and slope; `bread` is the inverse information: of the intercept, of both, of the slope.
fn sandwich_variances(
    logits: &[(f64, f64)],
    (intercept, slope): (f64, f64),
    [b00, b01, b11]: [f64; 3],
    design: &ClusterDesign,
) -> [f64; 2] {
    let mut scores = vec![[0.0; 2]; design.count()];
    for (&(x, y), &id) in logits.iter().zip(design.ids()) {
        let residual = y - Function::Sigmoid.apply(intercept + slope * x);
        scores[id as usize][0] += residual;
        scores[id as usize][1] += residual * x;
    }
    let (n, count) = (logits.len() as f64, design.count() as f64);
    let correction = count / (count - 1.0) * (n - 1.0) / (n - 2.0);
    let mut variances = [0.0; 2];
    for [s0, s1] in scores {
        variances[0] += correction * (b00 * s0 + b01 * s1).powi(2);
        variances[1] += correction * (b01 * s0 + b11 * s1).powi(2);
    }
    variances
}

/// Splits sorted numbers into up to ten bins of about equal size.
pub fn equal_size_bins<T>(sorted: &[T]) -> impl Iterator<Item = &[T]> {
    let n = sorted.len();
    (0..CALIBRATION_BINS)
        .map(move |i| &sorted[i * n / CALIBRATION_BINS..(i + 1) * n / CALIBRATION_BINS])
        .filter(|bin| !bin.is_empty())
}
