//! The period of a curve.
//!
//! The power at a period is the fraction of the residual variance about a parabola that a sinusoid explains: the Lomb-Scargle
//! periodogram with a fitted trend (Zechmeister and Kürster, Astronomy and Astrophysics 496:577, 2009). A permutation test of
//! the residuals gives its null distribution.

use std::f64::consts::{PI, TAU};

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::{BOOTSTRAP_RESAMPLES, ContrastCurve, percentile_interval};
use crate::rng::random_generator;

/// Number of random permutations.
pub const PERMUTATIONS: usize = 1999;
/// Oversampling of frequencies: steps per additional cycle over the axis.
const OVERSAMPLING: f64 = 5.0;
const MAX_FREQUENCIES: usize = 500;
/// A sinusoid is left out if its norm falls below this fraction when the trend is removed.
const MIN_RELATIVE_NORM: f64 = 1e-9;

/// Lomb-Scargle periodogram: the sinusoids fitted at the values of an axis, from two cycles over the axis to one cycle per two values.
pub struct Periodogram {
    x: Vec<f64>,
    /// Orthonormal basis of the trend: constant, linear, quadratic.
    trend: Vec<Vec<f64>>,
    sinusoids: Vec<Sinusoid>,
}

struct Sinusoid {
    period: f64,
    /// Cosine and sine with the trend removed, orthonormalised.
    basis: Vec<Vec<f64>>,
    /// Cosine and sine with the trend removed, not normalised.
    detrended: [Vec<f64>; 2],
}

/// The strongest period of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// The period, in the unit of the axis.
    pub period: f64,
    /// Lower end of the percentile interval over resampled backgrounds.
    pub low: f64,
    /// Upper end of the same interval.
    pub high: f64,
    /// Fraction of the residual variance about a parabola that the sinusoid explains.
    pub power: f64,
    /// Permutation p value: probability of as strong a sinusoid at any period if axis values were exchangeable,
    /// (1 + permutations as strong) / (1 + permutations).
    pub permutation_p: f64,
    /// Half the distance from trough to crest at this period, with the lower and the upper end of its percentile interval.
    pub amplitude: (f64, f64, f64),
    /// Position of the first crest on the axis, with the ends of its interval, which may reach below the start of the axis.
    pub crest: (f64, f64, f64),
}

/// The evidence on a claim that the strongest period lies within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodEvidence {
    /// The strongest period, in the unit of the axis.
    pub strongest_period: f64,
    /// The strongest period within the bounds.
    pub strongest_within_bounds: f64,
    /// Permutation p value of the strongest sinusoid within the bounds, among those within.
    pub p_within_bounds: f64,
    /// Permutation p value of the strongest sinusoid, among all.
    pub p_any_period: f64,
    /// Fraction of resamples whose strongest period lies within the bounds.
    pub fraction_within_bounds: f64,
}

impl Periodogram {
    /// The sinusoids for a curve of at least eight axis values.
    pub fn new(line: &ContrastCurve) -> Periodogram {
        let centre = 0.5 * (line.x[0] + line.x[line.x.len() - 1]);
        let half = 0.5 * line.span();
        let scaled: Vec<f64> = line.x.iter().map(|x| (x - centre) / half).collect();
        let mut trend: Vec<Vec<f64>> = Vec::new();
        for power in 0..3 {
            let column: Vec<f64> = scaled.iter().map(|x| x.powi(power)).collect();
            trend.extend(normalise(orthogonalise(&column, &trend)));
        }
        let (lowest, highest) = (2.0 / line.span(), 0.5 / line.min_spacing());
        let count = ((highest - lowest) * line.span() * OVERSAMPLING).ceil() as usize + 1;
        let count = count.clamp(2, MAX_FREQUENCIES);
        let step = (highest - lowest) / (count - 1) as f64;
        let waves = (0..count).filter_map(|i| {
            let frequency = lowest + step * i as f64;
            let angle = |x: &f64| TAU * frequency * (x - line.x[0]);
            let cosine: Vec<f64> = line.x.iter().map(|x| angle(x).cos()).collect();
            let sine: Vec<f64> = line.x.iter().map(|x| angle(x).sin()).collect();
            let plain = [orthogonalise(&cosine, &trend), orthogonalise(&sine, &trend)];
            let mut basis: Vec<Vec<f64>> = Vec::new();
            for column in &plain {
                basis.extend(normalise(orthogonalise(column, &basis)));
            }
            (!basis.is_empty()).then_some(Sinusoid {
                period: 1.0 / frequency,
                basis,
                detrended: plain,
            })
        });
        Periodogram {
            x: line.x.clone(),
            sinusoids: waves.collect(),
            trend,
        }
    }

    /// The shortest and the longest period that the axis values can resolve.
    pub fn period_range(&self) -> (f64, f64) {
        let periods = || self.sinusoids.iter().map(|wave| wave.period);
        (
            periods().fold(f64::INFINITY, f64::min),
            periods().fold(0.0, f64::max),
        )
    }

    /// The residuals of a curve about its quadratic trend.
    fn residuals(&self, means: &[f64]) -> Vec<f64> {
        orthogonalise(means, &self.trend)
    }

    /// Index and power of the strongest sinusoid that `among` accepts.
    fn strongest(&self, rest: &[f64], among: impl Fn(&Sinusoid) -> bool) -> Option<(usize, f64)> {
        let all = dot(rest, rest);
        let waves = self
            .sinusoids
            .iter()
            .enumerate()
            .filter(|(_, wave)| among(wave));
        let powers = waves.map(|(i, wave)| {
            let taken: f64 = wave.basis.iter().map(|b| dot(b, rest).powi(2)).sum();
            (i, if all > 0.0 { taken / all } else { 0.0 })
        });
        powers.fold(None, |best: Option<(usize, f64)>, (i, power)| match best {
            Some((_, most)) if most >= power => best,
            _ => Some((i, power)),
        })
    }

    /// Null distribution: for each random permutation of the residuals, the greatest power among the sinusoids that each filter accepts.
    fn permutation_powers(
        &self,
        rest: &[f64],
        seed: u64,
        kinds: &[&(dyn Fn(&Sinusoid) -> bool + Sync)],
    ) -> Vec<Vec<f64>> {
        (0..PERMUTATIONS as u64)
            .into_par_iter()
            .map(|order| {
                let mut generator = random_generator(seed, b"orders\0\0", order);
                let mut mixed = rest.to_vec();
                for i in (1..mixed.len()).rev() {
                    let below = (u64::from(generator.next_u32()) * (i as u64 + 1)) >> 32;
                    mixed.swap(i, below as usize);
                }
                let mixed = self.residuals(&mixed);
                let power = |kind: &&(dyn Fn(&Sinusoid) -> bool + Sync)| {
                    self.strongest(&mixed, kind).map_or(0.0, |(_, power)| power)
                };
                kinds.iter().map(power).collect()
            })
            .collect()
    }

    /// The strongest period of a curve, with intervals at `level`; none if no sinusoid can be fitted.
    pub fn strongest_period(&self, line: &ContrastCurve, level: f64, seed: u64) -> Option<Period> {
        let rest = self.residuals(&line.means());
        let (best, power) = self.strongest(&rest, |_| true)?;
        let chance = self.permutation_powers(&rest, seed, &[&|_| true]);
        let wave = &self.sinusoids[best];
        let (amplitude, crest) = wave.amplitude_and_crest(&rest);
        let resampled = line.bootstrap_means(seed);
        let found: Vec<(f64, f64, f64)> = resampled
            .par_iter()
            .filter_map(|means| {
                let rest = self.residuals(means);
                let (strongest, _) = self.strongest(&rest, |_| true)?;
                let (amplitude, at) = wave.amplitude_and_crest(&rest);
                // The crest that is nearest to the one found.
                let turns = ((crest - at) / wave.period).round();
                let near = at + turns * wave.period;
                Some((self.sinusoids[strongest].period, amplitude, near))
            })
            .collect();
        let of = |number: &dyn Fn(&(f64, f64, f64)) -> f64| {
            let all: Vec<f64> = found.iter().map(number).collect();
            percentile_interval(&all, level)
        };
        let (low, high) = of(&|f| f.0);
        let (least, most) = of(&|f| f.1);
        let (left, right) = of(&|f| f.2);
        let start = self.x[0];
        Some(Period {
            period: wave.period,
            low,
            high,
            power,
            permutation_p: permutation_p_value(chance.iter().map(|kinds| kinds[0]), power),
            amplitude: (amplitude, least, most),
            crest: (start + crest, start + left, start + right),
        })
    }

    /// The evidence on a claim that the strongest period lies between two bounds; none if the axis resolves no period between them.
    pub fn evidence_within(
        &self,
        line: &ContrastCurve,
        (low, high): (f64, f64),
        seed: u64,
    ) -> Option<PeriodEvidence> {
        let within = |wave: &Sinusoid| (low..=high).contains(&wave.period);
        let rest = self.residuals(&line.means());
        let (inside, power_inside) = self.strongest(&rest, within)?;
        let (best, power) = self.strongest(&rest, |_| true)?;
        let chance = self.permutation_powers(&rest, seed, &[&within, &|_| true]);
        let resampled = line.bootstrap_means(seed);
        let held = resampled
            .par_iter()
            .filter(|means| {
                let found = self.strongest(&self.residuals(means), |_| true);
                found.is_some_and(|(i, _)| within(&self.sinusoids[i]))
            })
            .count();
        Some(PeriodEvidence {
            strongest_period: self.sinusoids[best].period,
            strongest_within_bounds: self.sinusoids[inside].period,
            p_within_bounds: permutation_p_value(chance.iter().map(|kinds| kinds[0]), power_inside),
            p_any_period: permutation_p_value(chance.iter().map(|kinds| kinds[1]), power),
            fraction_within_bounds: held as f64 / BOOTSTRAP_RESAMPLES as f64,
        })
    }
}

impl Sinusoid {
    /// Least-squares amplitude (half the distance from trough to crest), and the distance from the start of the axis to the first
    /// crest.
    fn amplitude_and_crest(&self, rest: &[f64]) -> (f64, f64) {
        let [c, s] = &self.detrended;
        let (cc, cs, ss) = (dot(c, c), dot(c, s), dot(s, s));
        let (cy, sy) = (dot(c, rest), dot(s, rest));
        let determinant = cc * ss - cs * cs;
        let (a, b) = if determinant > MIN_RELATIVE_NORM * cc * ss {
            (
                (cy * ss - sy * cs) / determinant,
                (sy * cc - cy * cs) / determinant,
            )
        } else if cc >= ss {
            (cy / cc, 0.0)
        } else {
            (0.0, sy / ss)
        };
        let phase = b.atan2(a).rem_euclid(2.0 * PI);
        (a.hypot(b), phase / TAU * self.period)
    }
}

/// Permutation p value after Phipson and Smyth, which counts the observed order as one permutation.
fn permutation_p_value(chance: impl Iterator<Item = f64>, power: f64) -> f64 {
    let as_strong = chance.filter(|by_chance| *by_chance >= power).count();
    (1 + as_strong) as f64 / (1 + PERMUTATIONS) as f64
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Removes from a column its projections on an orthonormal basis; twice, so that rounding errors go too.
fn orthogonalise(column: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let mut left = column.to_vec();
    for _ in 0..2 {
        for direction in basis {
            let part = dot(&left, direction);
            for (x, d) in left.iter_mut().zip(direction) {
                *x -= part * d;
            }
        }
    }
    left
}

/// A column scaled to unit length; none for one that is numerically zero.
fn normalise(column: Vec<f64>) -> Option<Vec<f64>> {
    let size = dot(&column, &column).sqrt();
    (size > MIN_RELATIVE_NORM * (column.len() as f64).sqrt())
        .then(|| column.iter().map(|x| x / size).collect())
}
