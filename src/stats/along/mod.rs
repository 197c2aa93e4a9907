//! Summaries of a contrast along an axis of numbers: its peak, its approach to a plateau, its period, its slope.
//!
//! Each background contributes one curve. The uncertainty of a shape is its variation when backgrounds are resampled, the same
//! ones at all places of the axis.

mod approach;
mod describe;
mod peak;
mod period;
mod slope;

pub use approach::{Approach, approach};
pub use describe::{describe, line, series};
pub use peak::Peak;
pub use period::{PERMUTATIONS, Period, PeriodEvidence, Spectrum};
pub use slope::{Slope, slope};

use rayon::prelude::*;

use super::rng::{generator, resample};
use super::summaries::{ascending, quantile};

/// Number of bootstrap resamples of the backgrounds.
pub const DRAWS: usize = 2000;

/// A contrast along an axis.
#[derive(Debug, Clone)]
pub struct Line {
    /// Places on the axis in its unit, ascending; at least two.
    pub x: Vec<f64>,
    /// Numbers of the contrast by place, then background; equally many at each place.
    pub values: Vec<Vec<f64>>,
}

impl Line {
    /// Number of backgrounds.
    pub fn n(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    /// Whether every background has the same number at all places.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|values| *values == self.values[0])
    }

    /// The mean over backgrounds at each place.
    pub fn means(&self) -> Vec<f64> {
        let means = self.values.iter();
        means.map(|v| super::Moments::of(v).mean).collect()
    }

    /// The means at each place for each of [`DRAWS`] resamples of the backgrounds.
    pub fn resampled(&self, seed: u64) -> Vec<Vec<f64>> {
        let n = self.n();
        (0..DRAWS as u64)
            .into_par_iter()
            .map(|draw| {
                let mut generator = generator(seed, b"maximum\0", draw);
                let mut times = vec![0.0f64; n];
                resample(&mut generator, n).for_each(|i| times[i] += 1.0);
                let mean = |values: &Vec<f64>| {
                    let sum: f64 = values.iter().zip(&times).map(|(x, t)| x * t).sum();
                    sum / n as f64
                };
                self.values.iter().map(mean).collect()
            })
            .collect()
    }

    /// Distance from the first place to the last.
    fn span(&self) -> f64 {
        self.x[self.x.len() - 1] - self.x[0]
    }

    /// The smallest distance between neighbouring places.
    fn spacing(&self) -> f64 {
        let steps = self.x.windows(2).map(|pair| pair[1] - pair[0]);
        steps.fold(f64::INFINITY, f64::min)
    }
}

/// The percentile interval of bootstrap replicates at a level.
fn percentiles(numbers: &[f64], level: f64) -> (f64, f64) {
    let sorted = ascending(numbers);
    let tail = 0.5 * (1.0 - level);
    (quantile(&sorted, tail), quantile(&sorted, 1.0 - tail))
}
