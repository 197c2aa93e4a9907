//! The slope of a curve, and its curvature.

use super::ContrastCurve;
use crate::Estimate;

/// Least-squares coefficients, fitted for each background and then averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct SlopeFit {
    /// Change of the contrast per unit of the axis.
    pub slope: Estimate,
    /// Quadratic coefficient of the parabola through the curve: negative for a rising curve that flattens. None with fewer than
    /// three axis values.
    pub quadratic: Option<Estimate>,
}

/// Fits a straight line and a parabola to a curve by least squares.
pub fn fit_slope(line: &ContrastCurve) -> SlopeFit {
    let centre = mean(&line.x);
    let rise: Vec<f64> = line.x.iter().map(|x| x - centre).collect();
    let squares: Vec<f64> = rise.iter().map(|x| x * x).collect();
    // The square made orthogonal to straight lines.
    let level = mean(&squares);
    let tilt = dot(&squares, &rise) / dot(&rise, &rise);
    let bent: Vec<f64> = squares
        .iter()
        .zip(&rise)
        .map(|(square, x)| square - level - tilt * x)
        .collect();
    SlopeFit {
        slope: fit_coefficient(line, &rise),
        quadratic: (line.x.len() > 2).then(|| fit_coefficient(line, &bent)),
    }
}

/// The coefficient of a regressor orthogonal to all others, fitted for each background.
fn fit_coefficient(line: &ContrastCurve, regressor: &[f64]) -> Estimate {
    let size = dot(regressor, regressor);
    let of = |i: usize| {
        let terms = line.values.iter().zip(regressor);
        terms.map(|(values, r)| values[i] * r).sum::<f64>() / size
    };
    let coefficients: Vec<f64> = (0..line.n()).map(of).collect();
    Estimate::of(&coefficients, line.design())
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
