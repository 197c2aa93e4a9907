//! Summaries of a contrast along a numeric axis: its peak, half-distance, period and slope.
//!
//! Each background contributes one curve. Uncertainty comes from a bootstrap of the backgrounds, or of the sources that they come from,
//! and from random signs; each draw treats a background in the same way at all values of the axis.

mod estimate_curves;
mod half_distance;
mod peak;
mod period;
mod slope;

pub use estimate_curves::{
    contrast_curve, estimate_curves, group_into_curves, is_weak_difference, sort_along_axis,
};
pub use half_distance::{HalfDistanceFit, fit_half_distance};
pub use peak::{ComparedPlaces, Comparison, PeakTests};
pub use period::{CHANCE_DRAWS, MIN_SOURCES, Period, PeriodEvidence, Periodogram};
pub use slope::{SlopeFit, fit_slope};

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::ClusterDesign;
use super::resampling_units::{unit_sizes, unit_sums};
use super::rng::{random_generator, resample_indices};
use super::summaries::{quantile, sorted_ascending};

/// Number of bootstrap resamples of the backgrounds.
pub const BOOTSTRAP_RESAMPLES: usize = 2000;

/// The values of a contrast along an axis, one curve for each background.
#[derive(Debug, Clone)]
pub struct ContrastCurve {
    /// Axis values in the unit of the axis, ascending; at least two.
    pub x: Vec<f64>,
    /// Values of the contrast by axis value, then background; the same number of backgrounds at each axis value.
    pub values: Vec<Vec<f64>>,
    /// Which backgrounds have one source; none if all are independent.
    pub design: Option<Arc<ClusterDesign>>,
}

impl ContrastCurve {
    /// Number of backgrounds.
    pub fn n(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    /// Number of independent sources of backgrounds.
    pub fn sources(&self) -> usize {
        self.design().map_or(self.n(), ClusterDesign::count)
    }

    fn design(&self) -> Option<&ClusterDesign> {
        self.design.as_deref()
    }

    /// Whether the contrast of every background is the same at all axis values.
    pub fn is_constant(&self) -> bool {
        self.values.iter().all(|values| *values == self.values[0])
    }

    /// The mean over backgrounds at each axis value.
    pub fn means(&self) -> Vec<f64> {
        let means = self.values.iter();
        means.map(|v| super::Moments::of(v).mean).collect()
    }

    /// Means at each axis value, for each of [`BOOTSTRAP_RESAMPLES`] resamples of the backgrounds, or of their sources with all of their
    /// backgrounds.
    pub fn bootstrap_means(&self, seed: u64) -> Vec<Vec<f64>> {
        let sums: Vec<Cow<[f64]>> = self
            .values
            .iter()
            .map(|values| unit_sums(values, self.design()))
            .collect();
        let sizes = unit_sizes(self.n(), self.design());
        (0..BOOTSTRAP_RESAMPLES as u64)
            .into_par_iter()
            .map(|draw| {
                let mut generator = random_generator(seed, b"maximum\0", draw);
                let mut times = vec![0.0f64; sizes.len()];
                resample_indices(&mut generator, sizes.len()).for_each(|i| times[i] += 1.0);
                let sum_of = |sums: &[f64]| sums.iter().zip(&times).map(|(x, t)| x * t).sum();
                let n: f64 = sum_of(&sizes);
                let mean = |sums: &Cow<[f64]>| -> f64 {
                    let sum: f64 = sum_of(sums);
                    sum / n
                };
                sums.iter().map(mean).collect()
            })
            .collect()
    }

    /// Distance from the first axis value to the last.
    fn span(&self) -> f64 {
        self.x[self.x.len() - 1] - self.x[0]
    }

    /// The smallest distance between neighbouring axis values.
    fn min_spacing(&self) -> f64 {
        let steps = self.x.windows(2).map(|pair| pair[1] - pair[0]);
        steps.fold(f64::INFINITY, f64::min)
    }
}

/// The percentile interval of bootstrap replicates at a level.
fn percentile_interval(numbers: &[f64], level: f64) -> (f64, f64) {
    let sorted = sorted_ascending(numbers);
    let tail = 0.5 * (1.0 - level);
    (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail))
}
