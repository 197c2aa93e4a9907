//! Tests of where a curve has its peak.
//!
//! A place is not the peak if another place has the greater mean. The test takes the largest paired t of its differences to the *rivals*,
//! the places that it is compared with, and a quantile of the same maximum over random signs: each draw flips the sign of every
//! background's deviations at all places together and studentises again, as [`crate::simultaneous_critical`] does. A statement about
//! several places, each tested at level alpha, is wrong with probability alpha at most if it holds only when every test rejects
//! (intersection-union: Berger, Technometrics 24:295, 1982).

use std::sync::OnceLock;

use gia_design::IntervalMethod;
use ndarray::{Array2, Axis};
use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::ContrastCurve;
use crate::resampling_units::unit_deviations;
use crate::rng::random_generator;
use crate::{ClusteredError, Hall, clustered_error, student};

const MIN_DRAWS: usize = 2000;
/// Minimum number of draws beyond the quantile.
const MIN_TAIL_DRAWS: f64 = 40.0;
const MAX_DRAWS: usize = 100_000;
/// Number of draws in a block of work.
const DRAWS_PER_BLOCK: usize = 250;
/// With fewer sources there are too few patterns of signs; with more the draws take long, and change little.
const SOURCES_TO_DRAW: std::ops::RangeInclusive<usize> = 10..=20_000;
/// Maximum number of sums of draws in memory.
const MAX_DRAWN_SUMS: usize = 20_000_000;

/// Paired comparisons of the means at the values of an axis, which are given by index.
pub struct PeakTests<'a> {
    line: &'a ContrastCurve,
    alpha: f64,
    seed: u64,
    interval_method: IntervalMethod,
    /// Whether the difference between two places says too little, as when it is the same for all backgrounds.
    is_weak: &'a (dyn Fn(usize, usize) -> bool + Sync),
    means: Vec<f64>,
    /// By place, the sum of the deviations of each source's backgrounds.
    deviations: Vec<Vec<f64>>,
    sizes: Vec<usize>,
    /// By draw, then place, the sum of the deviations with random signs.
    drawn: OnceLock<Option<Array2<f64>>>,
}

/// The rival of a place that has the greater mean by the most standard errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The place.
    pub place: usize,
    /// Its rival.
    pub rival: usize,
    /// Mean of the rival less that of the place.
    pub difference: f64,
    /// Standard error of the difference.
    pub se: f64,
    /// The difference in standard errors, with the adjustment for skew; negative if no rival has a greater mean.
    pub t: f64,
    /// Skewness of the differences, or of their sums by source.
    skewness: f64,
}

/// Whether each of several places has a smaller mean than some of its rivals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedPlaces {
    /// Whether all of them have, which is wrong with probability alpha at most. Of no places all have; none has without rivals.
    pub all_beaten: bool,
    /// The place with the smallest of these largest t, and its critical value. None without places or rivals, or if a place
    /// has no rival that says enough.
    pub least_sure: Option<(Comparison, f64)>,
}

impl<'a> PeakTests<'a> {
    /// Tests at `level`. `is_weak` says of two places whether their difference says too little to decide anything.
    pub fn new(
        line: &'a ContrastCurve,
        level: f64,
        seed: u64,
        interval_method: IntervalMethod,
        is_weak: &'a (dyn Fn(usize, usize) -> bool + Sync),
    ) -> PeakTests<'a> {
        let design = line.design();
        let values = line.values.iter();
        PeakTests {
            line,
            alpha: 1.0 - level,
            seed,
            interval_method,
            is_weak,
            means: line.means(),
            deviations: values.map(|v| unit_deviations(v, design)).collect(),
            sizes: design.map_or_else(|| vec![1; line.n()], |design| design.sizes().to_vec()),
            drawn: OnceLock::new(),
        }
    }

    /// The axis value with the greatest mean; of equal ones the first.
    pub fn greatest(&self) -> usize {
        let mut best = 0;
        for (at, mean) in self.means.iter().enumerate() {
            if *mean > self.means[best] {
                best = at;
            }
        }
        best
    }

    /// Confidence set of the peak: the places that no other place beats, ascending. It contains the true peak with probability `level`.
    pub fn confidence_set(&self) -> Vec<usize> {
        let places = 0..self.means.len();
        let found = places.clone().into_par_iter().filter(|&place| {
            let rivals: Vec<usize> = places.clone().filter(|rival| *rival != place).collect();
            let strongest = self.strongest_rival(place, &rivals);
            strongest.is_none_or(|strongest| !self.beats(&strongest, &rivals))
        });
        found.collect()
    }

    /// Compares each of these places with the rivals: the intersection-union test.
    pub fn compare_all(&self, places: &[usize], rivals: &[usize]) -> ComparedPlaces {
        let strongest: Option<Vec<Comparison>> = places
            .par_iter()
            .map(|&place| self.strongest_rival(place, rivals))
            .collect();
        let Some(strongest) = strongest else {
            return ComparedPlaces {
                all_beaten: false,
                least_sure: None,
            };
        };
        let least = strongest.iter().min_by(|a, b| a.t.total_cmp(&b.t));
        ComparedPlaces {
            all_beaten: strongest.iter().all(|found| self.beats(found, rivals)),
            least_sure: least.map(|found| (*found, self.critical(found.place, rivals))),
        }
    }

    /// The rival of a place with the largest t; none if none says enough, or there are fewer than two independent sources.
    pub fn strongest_rival(&self, place: usize, rivals: &[usize]) -> Option<Comparison> {
        let mut compared: Vec<Comparison> = rivals
            .iter()
            .filter_map(|&rival| self.compare(place, rival))
            .collect();
        compared.sort_by(|a, b| b.t.total_cmp(&a.t));
        compared
            .into_iter()
            .find(|found| !(self.is_weak)(place, found.rival))
    }

    /// Whether the largest t of a place exceeds its critical value over these rivals.
    pub fn beats(&self, strongest: &Comparison, rivals: &[usize]) -> bool {
        // The critical value of random signs lies between those of a single comparison and of Bonferroni.
        if strongest.t <= self.single_critical(1) {
            return false;
        }
        strongest.t > self.single_critical(rivals.len())
            || strongest.t > self.critical(strongest.place, rivals)
    }

    /// The value that the largest t over these rivals exceeds with probability alpha if none has a greater mean than the place.
    pub fn critical(&self, place: usize, rivals: &[usize]) -> f64 {
        let bonferroni = self.single_critical(rivals.len());
        if rivals.len() < 2 {
            return bonferroni;
        }
        let Some(drawn) = self.drawn.get_or_init(|| self.draw_sums()) else {
            return bonferroni;
        };
        let norms: Vec<(usize, f64)> = rivals
            .iter()
            .map(|&rival| {
                let differences = self.deviations[rival].iter().zip(&self.deviations[place]);
                let squares: f64 = differences.map(|(a, b)| (a - b) * (a - b)).sum();
                (rival, squares.sqrt())
            })
            .filter(|(_, norm)| *norm > 0.0)
            .collect();
        if norms.is_empty() {
            return bonferroni;
        }
        let largest = drawn.rows().into_iter().map(|sums| {
            let scaled = norms
                .iter()
                .map(|&(rival, norm)| (sums[rival] - sums[place]) / norm);
            scaled.fold(f64::NEG_INFINITY, f64::max)
        });
        let mut largest: Vec<f64> = largest.collect();
        largest.sort_unstable_by(f64::total_cmp);
        // As in `simultaneous_critical`: the sample counts as a draw, and one standard error of the Monte Carlo level is added.
        let (draws, level) = (largest.len() as f64, 1.0 - self.alpha);
        let careful = level + (level * self.alpha / draws).sqrt();
        let place = ((draws + 1.0) * careful).ceil() as usize;
        let m = largest[place.clamp(1, largest.len()) - 1];
        let n = self.line.sources() as f64;
        let studentised = m * ((n - 1.0) / (n - m * m).max(f64::MIN_POSITIVE)).sqrt();
        let by_count = student::critical_value(2.0 * self.alpha, n - 1.0);
        let single = self.single_critical(1);
        // Clusters of different sizes leave a standard error fewer degrees of freedom than there are clusters.
        single * (studentised / by_count).max(1.0)
    }

    /// Student's one-sided critical value, with alpha shared evenly by some comparisons.
    fn single_critical(&self, comparisons: usize) -> f64 {
        let by_count = self.line.sources() as f64 - 1.0;
        let freedom = self.line.design().map_or(by_count, |design| design.freedom);
        student::critical_value(2.0 * self.alpha / comparisons.max(1) as f64, freedom)
    }

    /// p value of a comparison over this many rivals (Bonferroni): how often the largest t is as large if no rival has a greater mean.
    pub fn p_value(&self, found: &Comparison, rivals: usize) -> f64 {
        let by_count = self.line.sources() as f64 - 1.0;
        let freedom = self.line.design().map_or(by_count, |design| design.freedom);
        let tail = 0.5 * student::two_sided_p(found.t, freedom);
        let one_sided = if found.t > 0.0 { tail } else { 1.0 - tail };
        (one_sided * rivals as f64).min(1.0)
    }

    fn compare(&self, place: usize, rival: usize) -> Option<Comparison> {
        let differences = self.deviations[rival].iter().zip(&self.deviations[place]);
        let differences: Vec<f64> = differences.map(|(a, b)| a - b).collect();
        let ClusteredError { se, skewness, .. } = clustered_error(&differences, &self.sizes)?;
        let difference = self.means[rival] - self.means[place];
        if se <= 0.0 {
            return None;
        }
        let t = difference / se;
        let t = match self.interval_method {
            IntervalMethod::Hull => Hall::new(skewness, self.line.sources()).nearer(t),
            IntervalMethod::Student => t,
        };
        Some(Comparison {
            place,
            rival,
            difference,
            se,
            t,
            skewness,
        })
    }

    /// The lower end of the interval of a difference at a critical value; above 0 if and only if t exceeds that value.
    pub fn lower_end(&self, found: &Comparison, critical: f64) -> f64 {
        let below = match self.interval_method {
            IntervalMethod::Hull => {
                Hall::new(found.skewness, self.line.sources())
                    .hull(critical)
                    .0
            }
            IntervalMethod::Student => -critical,
        };
        found.difference + below * found.se
    }

    /// The sums of all draws; none if there are too few sources, or too many numbers.
    fn draw_sums(&self) -> Option<Array2<f64>> {
        let (places, n) = (self.means.len(), self.line.sources());
        let wanted = (MIN_TAIL_DRAWS / self.alpha).ceil() as usize;
        let draws = wanted.clamp(MIN_DRAWS, MAX_DRAWS);
        if !SOURCES_TO_DRAW.contains(&n) || draws * places > MAX_DRAWN_SUMS {
            return None;
        }
        // What all places have in common cancels in differences, and would cost digits.
        let common = |i: usize| {
            let sum: f64 = self.deviations.iter().map(|of| of[i]).sum();
            sum / places as f64
        };
        let common: Vec<f64> = (0..n).map(common).collect();
        let columns = Array2::from_shape_fn((n, places), |(i, place)| {
            self.deviations[place][i] - common[i]
        });
        let mut drawn = Array2::zeros((draws, places));
        drawn
            .axis_chunks_iter_mut(Axis(0), DRAWS_PER_BLOCK)
            .enumerate()
            .collect::<Vec<_>>()
            .into_par_iter()
            .for_each(|(block, mut sums)| {
                let mut generator = random_generator(self.seed, b"peaksign", block as u64);
                let signs = random_signs(sums.nrows(), n, || generator.next_u64());
                sums.assign(&signs.dot(&columns));
            });
        Some(drawn)
    }
}

/// Plus or minus one for every draw and source.
fn random_signs(draws: usize, n: usize, mut next: impl FnMut() -> u64) -> Array2<f64> {
    let (mut word, mut left) = (0, 0);
    Array2::from_shape_simple_fn((draws, n), || {
        if left == 0 {
            (word, left) = (next(), 64);
        }
        let sign = if word & 1 == 1 { 1.0 } else { -1.0 };
        word >>= 1;
        left -= 1;
        sign
    })
}
