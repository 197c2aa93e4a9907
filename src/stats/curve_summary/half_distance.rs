//! Half-distance of a curve: an exponential approach to a plateau, fitted by least squares.
//!
//! The curve is `plateau + change * 2^(-(x - start) / half)`: an effect that falls off with distance, or one that saturates with
//! the number of copies. For a given half-distance the others are linear least squares, so the search is in one dimension
//! (variable projection: Golub and Pereyra, SIAM Journal on Numerical Analysis 10:413, 1973).

use rayon::prelude::*;

use super::{ContrastCurve, percentile_interval};
use crate::resampling_units::unit_totals;
use crate::{Estimate, Moments, simultaneous_critical, student};

/// Number of candidate half-distances on the initial grid.
const GRID_STEPS: usize = 40;
/// Number of golden-section steps that refine the best half-distance of the grid.
const REFINEMENT_STEPS: usize = 40;
/// Longest half-distance tried, as a multiple of the length of the axis; with longer ones the curve is nearly a straight line.
const MAX_RELATIVE_DISTANCE: f64 = 4.0;

/// An exponential approach to a plateau, fitted to a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct HalfDistanceFit {
    /// Distance over which the difference from the plateau halves, in the unit of the axis.
    pub half_distance: f64,
    /// Lower end of the percentile interval of `half`.
    pub low: f64,
    /// Upper end of the same interval; none if the axis is too short to tell.
    pub high: Option<f64>,
    /// Limit of the curve, with the lower and the upper end of its percentile interval.
    pub plateau: (f64, f64, f64),
    /// Fitted value at the first value of the axis, with the lower and the upper end of its percentile interval.
    pub start: (f64, f64, f64),
    /// Fraction of the variation about the mean that the approach explains: near 1 for a curve of this shape.
    pub explained: f64,
}

/// Parameters of one least-squares fit, with its residual sum of squares.
#[derive(Clone, Copy)]
struct ExponentialFit {
    half_distance: f64,
    plateau: f64,
    change: f64,
    residual_squares: f64,
}

/// Fits an exponential approach to a curve of at least four axis values and ten backgrounds.
///
/// A fit is reported only if the change differs from zero at some half-distance, by intervals simultaneous over all half-distances
/// of the grid.
///
/// # Errors
/// A sentence that says why no half-distance is reported.
pub fn fit_half_distance(
    line: &ContrastCurve,
    level: f64,
    seed: u64,
) -> Result<HalfDistanceFit, String> {
    let shapes = ExponentialBasis::new(line);
    let changes: Vec<Vec<f64>> = shapes
        .half_distances
        .iter()
        .map(|&half| shapes.changes(line, half))
        .collect();
    let estimates: Vec<Estimate> = changes
        .iter()
        .map(|change| Estimate::of(change, line.design()))
        .collect();
    if estimates.iter().all(|estimate| estimate.sd == Some(0.0)) {
        return Err("every background gives the same curve".into());
    }
    if line.sources() < 2 {
        return Err("all backgrounds come from one sequence".into());
    }
    let critical = critical_change(line, changes, level, seed);
    let distances = estimates.iter().map(|estimate| {
        let se = estimate.se.filter(|se| *se > 0.0);
        se.map_or(0.0, |se| (estimate.mean / se).abs())
    });
    let most = distances.fold(0.0, f64::max);
    if most <= critical {
        return Err(format!(
            "no significant change along the axis (the largest is {most:.1} standard errors; the critical value is {critical:.1})"
        ));
    }
    let best = shapes.fit(&line.means());
    if best.half_distance >= 0.9 * shapes.max_half_distance {
        return Err(
            "the curve is nearly straight: it approaches no plateau within the axis".into(),
        );
    }
    if best.half_distance <= 1.01 * shapes.half_distances[0] {
        return Err("the curve changes within one step of the axis; take smaller steps".into());
    }
    let fits: Vec<ExponentialFit> = line
        .bootstrap_means(seed)
        .par_iter()
        .map(|means| shapes.fit(means))
        .collect();
    let of = |number: &dyn Fn(&ExponentialFit) -> f64| {
        let all: Vec<f64> = fits.iter().map(number).collect();
        percentile_interval(&all, level)
    };
    let (low, high) = of(&|fit| fit.half_distance);
    let (plateau_low, plateau_high) = of(&|fit| fit.plateau);
    let (start_low, start_high) = of(&|fit| fit.plateau + fit.change);
    Ok(HalfDistanceFit {
        half_distance: best.half_distance,
        // A percentile of resamples may pass the estimate.
        low: low.min(best.half_distance),
        high: (high < 0.9 * shapes.max_half_distance).then_some(high),
        plateau: (best.plateau, plateau_low, plateau_high),
        start: (best.plateau + best.change, start_low, start_high),
        explained: 1.0 - best.residual_squares / Moments::of(&line.means()).squared_deviations,
    })
}

/// The critical value, in standard errors, of the largest change over all half-distances of the grid; Bonferroni's if there are fewer
/// than ten sources of backgrounds.
fn critical_change(line: &ContrastCurve, changes: Vec<Vec<f64>>, level: f64, seed: u64) -> f64 {
    let count = changes.len() as f64;
    let by_count = line.sources() as f64 - 1.0;
    let freedom = line.design().map_or(by_count, |design| design.freedom);
    let samples = changes.into_iter();
    let samples: Vec<Vec<f64>> = samples
        .map(|change| unit_totals(change, line.design()))
        .collect();
    let single = |freedom| student::critical_value(1.0 - level, freedom);
    match simultaneous_critical(&samples, level, seed) {
        // Clusters of different sizes leave a standard error fewer degrees of freedom than there are clusters.
        Some(found) if freedom < by_count => found.critical * single(freedom) / single(by_count),
        Some(found) => found.critical,
        None => student::critical_value((1.0 - level) / count, freedom),
    }
}

/// Exponential regressors `2^(-(x - start) / half-distance)` at the values of an axis, for a grid of half-distances.
struct ExponentialBasis {
    x: Vec<f64>,
    half_distances: Vec<f64>,
    max_half_distance: f64,
}

impl ExponentialBasis {
    fn new(line: &ContrastCurve) -> ExponentialBasis {
        let nearest = 0.25 * line.min_spacing();
        let farthest = MAX_RELATIVE_DISTANCE * line.span();
        let step = (farthest / nearest).ln() / (GRID_STEPS - 1) as f64;
        ExponentialBasis {
            x: line.x.iter().map(|x| x - line.x[0]).collect(),
            half_distances: (0..GRID_STEPS)
                .map(|i| nearest * (step * i as f64).exp())
                .collect(),
            max_half_distance: farthest,
        }
    }

    /// The centred regressor of a half-distance, and the mean that was subtracted.
    fn regressor(&self, half: f64) -> (Vec<f64>, f64) {
        let shape: Vec<f64> = self.x.iter().map(|x| (-x / half).exp2()).collect();
        let level = shape.iter().sum::<f64>() / shape.len() as f64;
        (shape.iter().map(|y| y - level).collect(), level)
    }

    /// Least-squares `change` of each background's curve at a given half-distance.
    fn changes(&self, line: &ContrastCurve, half: f64) -> Vec<f64> {
        let (regressor, _) = self.regressor(half);
        let size: f64 = regressor.iter().map(|r| r * r).sum();
        let of = |i: usize| {
            let terms = line.values.iter().zip(&regressor);
            terms.map(|(values, r)| values[i] * r).sum::<f64>() / size
        };
        (0..line.n()).map(of).collect()
    }

    fn fit_at(&self, means: &[f64], half: f64) -> ExponentialFit {
        let (regressor, level) = self.regressor(half);
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let size: f64 = regressor.iter().map(|r| r * r).sum();
        let change = means
            .iter()
            .zip(&regressor)
            .map(|(y, r)| y * r)
            .sum::<f64>()
            / size;
        let left = means
            .iter()
            .zip(&regressor)
            .map(|(y, r)| (y - mean - change * r).powi(2))
            .sum();
        ExponentialFit {
            half_distance: half,
            plateau: mean - change * level,
            change,
            residual_squares: left,
        }
    }

    /// The best fit over the grid of half-distances, refined by golden-section search between its neighbours.
    fn fit(&self, means: &[f64]) -> ExponentialFit {
        let mut best = 0;
        let mut least = f64::INFINITY;
        for (i, &half) in self.half_distances.iter().enumerate() {
            let left = self.fit_at(means, half).residual_squares;
            if left < least {
                (best, least) = (i, left);
            }
        }
        let golden = 0.5 * (5f64.sqrt() - 1.0);
        let mut low = self.half_distances[best.saturating_sub(1)].ln();
        let mut high = self.half_distances[(best + 1).min(GRID_STEPS - 1)].ln();
        let left_at = |at: f64| self.fit_at(means, at.exp()).residual_squares;
        let mut first = high - golden * (high - low);
        let mut second = low + golden * (high - low);
        let (mut at_first, mut at_second) = (left_at(first), left_at(second));
        for _ in 0..REFINEMENT_STEPS {
            if at_first < at_second {
                high = second;
                (second, at_second) = (first, at_first);
                first = high - golden * (high - low);
                at_first = left_at(first);
            } else {
                low = first;
                (first, at_first) = (second, at_second);
                second = low + golden * (high - low);
                at_second = left_at(second);
            }
        }
        self.fit_at(means, (0.5 * (low + high)).exp())
    }
}
