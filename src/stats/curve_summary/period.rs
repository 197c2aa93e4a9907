//! The period of a curve.
//!
//! The strength of a period is how much of the squares of the mean curve's residuals about a parabola a sinusoid explains: the
//! Lomb-Scargle periodogram with a fitted trend (Zechmeister and Kürster, Astronomy and Astrophysics 496:577, 2009). Two tests must
//! agree that it is more than chance gives, so p is the larger of theirs:
//!
//! - *Noise.* Each draw flips the signs of the curves of whole backgrounds about their mean, one sign for each source of backgrounds. This
//!   keeps the correlation of neighbouring places (a wild bootstrap: Liu, Annals of Statistics 16:1696, 1988; by cluster: Cameron, Gelbach
//!   and Miller, Review of Economics and Statistics 90:414, 2008). It asks whether the curve is a parabola.
//! - *Shape.* Each draw puts the residuals in a random order. It asks whether a curve that is no parabola, such as a decay, resembles a
//!   sinusoid more than its numbers do in any other order.

use std::f64::consts::{PI, TAU};

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;

use super::{BOOTSTRAP_RESAMPLES, ContrastCurve, percentile_interval};
use crate::resampling_units::{unit_deviations, unit_sizes};
use crate::rng::random_generator;

/// Number of draws of random signs, and of random orders.
pub const CHANCE_DRAWS: usize = 1999;
/// Minimum number of sources of backgrounds; fewer say too little of the noise.
pub const MIN_SOURCES: usize = 10;
/// Oversampling of frequencies: steps per additional cycle over the axis.
const OVERSAMPLING: f64 = 5.0;
const MAX_FREQUENCIES: usize = 500;
/// Minimum number of frequencies between the bounds of a claim.
const MIN_FREQUENCIES_WITHIN: usize = 5;
/// A sinusoid is left out if its norm falls below this fraction when the trend is removed.
const MIN_RELATIVE_NORM: f64 = 1e-9;
/// Bounds of a claim that differ from an end of the search by less than this fraction reach it.
const ROUNDING: f64 = 1e-9;

/// Lomb-Scargle periodogram: the sinusoids fitted at the values of an axis, from two cycles over the axis to one cycle per two values.
pub struct Periodogram {
    x: Vec<f64>,
    /// Orthonormal basis of the trend: constant, linear, quadratic.
    trend: Vec<Vec<f64>>,
    /// By ascending frequency, in equal steps.
    sinusoids: Vec<Sinusoid>,
    lowest_frequency: f64,
    step: f64,
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
    /// Probability that chance gives as strong a sinusoid of any period: noise about a parabola, or the residuals in random orders,
    /// whichever gives it more often.
    pub p: f64,
    /// Whether the strongest period is the shortest or the longest that was searched, so that a shorter or a longer one may be stronger.
    pub is_at_end: bool,
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
    /// Whether it is the shortest or the longest that was searched.
    pub is_at_end: bool,
    /// Probability that chance gives as strong a sinusoid within the bounds as the strongest of these.
    pub p_within_bounds: f64,
    /// The same of any period.
    pub p_any_period: f64,
    /// Fraction of resamples whose strongest period lies within the bounds, and not at an end of the search.
    pub fraction_within_bounds: f64,
    /// Fraction of resamples whose strongest period lies elsewhere. It is in neither if it is at an end of the search that the bounds
    /// reach.
    pub fraction_elsewhere: f64,
}

/// The strongest sinusoid of a periodogram.
#[derive(Debug, Clone, Copy)]
struct Strongest {
    /// Its period, interpolated between the frequencies of the search.
    period: f64,
    /// Whether it has the lowest or the highest frequency of the search.
    is_longest: bool,
    is_shortest: bool,
}

impl Strongest {
    fn is_at_end(&self) -> bool {
        self.is_longest || self.is_shortest
    }
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
        let mut spectrum = Periodogram {
            x: line.x.clone(),
            sinusoids: Vec::new(),
            trend,
            lowest_frequency: lowest,
            step,
        };
        let frequencies = (0..count).map(|i| lowest + step * i as f64);
        spectrum.sinusoids = frequencies.map(|f| spectrum.sinusoid(f)).collect();
        spectrum
    }

    fn sinusoid(&self, frequency: f64) -> Sinusoid {
        let angle = |x: &f64| TAU * frequency * (x - self.x[0]);
        let cosine: Vec<f64> = self.x.iter().map(|x| angle(x).cos()).collect();
        let sine: Vec<f64> = self.x.iter().map(|x| angle(x).sin()).collect();
        let detrended = [self.residuals(&cosine), self.residuals(&sine)];
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for column in &detrended {
            basis.extend(normalise(orthogonalise(column, &basis)));
        }
        Sinusoid {
            period: 1.0 / frequency,
            basis,
            detrended,
        }
    }

    /// The shortest and the longest period that are searched.
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

    /// The strongest sinusoid for the residuals of a curve.
    fn strongest(&self, rest: &[f64]) -> Strongest {
        let explained: Vec<f64> = self.sinusoids.iter().map(|w| w.explained(rest)).collect();
        let mut best = 0;
        for (i, squares) in explained.iter().enumerate() {
            if *squares > explained[best] {
                best = i;
            }
        }
        let last = explained.len() - 1;
        let mut frequency = self.lowest_frequency + self.step * best as f64;
        if 0 < best && best < last {
            frequency += self.step * parabola_vertex(&explained[best - 1..=best + 1]);
        }
        Strongest {
            period: frequency.recip(),
            is_longest: best == 0,
            is_shortest: best == last,
        }
    }

    /// For each list of sinusoids, the probability that chance gives one as strong as the strongest of them.
    fn p_values(&self, line: &ContrastCurve, seed: u64, lists: &[&[Sinusoid]]) -> Vec<f64> {
        let rest = self.residuals(&line.means());
        let all = dot(&rest, &rest);
        let by_sign = self.sign_draws(line, seed, lists);
        let by_order = self.order_draws(&rest, seed, lists);
        let p = |drawn: &[Vec<f64>], list: usize, found: f64| {
            let as_strong = drawn.iter().filter(|draw| draw[list] >= found).count();
            // The curve itself counts as a draw (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9:39, 2010).
            (1 + as_strong) as f64 / (1 + CHANCE_DRAWS) as f64
        };
        let of = lists.iter().enumerate().map(|(list, waves)| {
            let explained = most_explained(waves, &rest);
            let power = if all > 0.0 { explained / all } else { 0.0 };
            p(&by_sign, list, explained).max(p(&by_order, list, power))
        });
        of.collect()
    }

    /// The greatest power of any of some sinusoids, by list of sinusoids, in each random order of the residuals.
    fn order_draws(&self, rest: &[f64], seed: u64, lists: &[&[Sinusoid]]) -> Vec<Vec<f64>> {
        (0..CHANCE_DRAWS as u64)
            .into_par_iter()
            .map(|order| {
                let mut generator = random_generator(seed, b"orders\0\0", order);
                let mut mixed = rest.to_vec();
                for i in (1..mixed.len()).rev() {
                    let below = (u64::from(generator.next_u32()) * (i as u64 + 1)) >> 32;
                    mixed.swap(i, below as usize);
                }
                let mixed = self.residuals(&mixed);
                let all = dot(&mixed, &mixed);
                let power = |waves: &&[Sinusoid]| match all > 0.0 {
                    true => most_explained(waves, &mixed) / all,
                    false => 0.0,
                };
                lists.iter().map(power).collect()
            })
            .collect()
    }

    /// The greatest squares that any of some sinusoids explains, by list of sinusoids, in each draw of random signs.
    fn sign_draws(&self, line: &ContrastCurve, seed: u64, lists: &[&[Sinusoid]]) -> Vec<Vec<f64>> {
        let n = line.n() as f64;
        let sizes = unit_sizes(line.n(), line.design());
        let by_place: Vec<Vec<f64>> = line
            .values
            .iter()
            .map(|values| unit_deviations(values, line.design()))
            .collect();
        // Deviations from the mean of the sample are smaller than from that of the population, by this much on average.
        let curves: Vec<Vec<f64>> = sizes
            .iter()
            .enumerate()
            .map(|(unit, size)| {
                let adjustment = 1.0 / (n * (1.0 - size / n).sqrt());
                let curve = by_place.iter().map(|of| adjustment * of[unit]);
                self.residuals(&curve.collect::<Vec<f64>>())
            })
            .collect();
        (0..CHANCE_DRAWS as u64)
            .into_par_iter()
            .map(|draw| {
                let mut generator = random_generator(seed, b"wavesign", draw);
                let mut mean = vec![0.0; self.x.len()];
                for block in curves.chunks(64) {
                    let word = generator.next_u64();
                    for (i, curve) in block.iter().enumerate() {
                        let sign = if word >> i & 1 == 1 { -1.0 } else { 1.0 };
                        for (sum, x) in mean.iter_mut().zip(curve) {
                            *sum += sign * x;
                        }
                    }
                }
                let most = |waves: &&[Sinusoid]| most_explained(waves, &mean);
                lists.iter().map(most).collect()
            })
            .collect()
    }

    /// The strongest period of a curve, with intervals at `level`; none for fewer than [`MIN_SOURCES`].
    pub fn strongest_period(&self, line: &ContrastCurve, level: f64, seed: u64) -> Option<Period> {
        if line.sources() < MIN_SOURCES {
            return None;
        }
        let rest = self.residuals(&line.means());
        let best = self.strongest(&rest);
        let all = dot(&rest, &rest);
        let p = self.p_values(line, seed, &[&self.sinusoids])[0];
        let wave = self.sinusoid(best.period.recip());
        let (amplitude, crest) = wave.amplitude_and_crest(&rest);
        let resampled = line.bootstrap_means(seed);
        let found: Vec<(f64, f64, f64)> = resampled
            .par_iter()
            .map(|means| {
                let rest = self.residuals(means);
                let (amplitude, at) = wave.amplitude_and_crest(&rest);
                // The crest that is nearest to the one found.
                let turns = ((crest - at) / wave.period).round();
                let near = at + turns * wave.period;
                (self.strongest(&rest).period, amplitude, near)
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
            period: best.period,
            low,
            high,
            power: if all > 0.0 {
                wave.explained(&rest) / all
            } else {
                0.0
            },
            p,
            is_at_end: best.is_at_end(),
            amplitude: (amplitude, least, most),
            crest: (start + crest, start + left, start + right),
        })
    }

    /// The evidence on a claim that the strongest period lies between two bounds. None if no period between them is searched, or for
    /// fewer than [`MIN_SOURCES`].
    pub fn evidence_within(
        &self,
        line: &ContrastCurve,
        (low, high): (f64, f64),
        seed: u64,
    ) -> Option<PeriodEvidence> {
        let (shortest, longest) = self.period_range();
        if line.sources() < MIN_SOURCES || low > high || low > longest || high < shortest {
            return None;
        }
        let inside = self.sinusoids_between(low.max(shortest), high.min(longest));
        let rest = self.residuals(&line.means());
        let best = self.strongest(&rest);
        let p = self.p_values(line, seed, &[&inside, &self.sinusoids]);
        let resampled = line.bootstrap_means(seed);
        // Whether a resample has its strongest period within the bounds; none if a period within them beyond the search may be
        // stronger.
        let within: Vec<Option<bool>> = resampled
            .par_iter()
            .map(|means| {
                let found = self.strongest(&self.residuals(means));
                let is_open = found.is_longest && high >= longest * (1.0 - ROUNDING)
                    || found.is_shortest && low <= shortest * (1.0 + ROUNDING);
                let is_within = !found.is_at_end() && (low..=high).contains(&found.period);
                (!is_open).then_some(is_within)
            })
            .collect();
        let fraction = |of: Option<bool>| {
            let count = within.iter().filter(|within| **within == of).count();
            count as f64 / BOOTSTRAP_RESAMPLES as f64
        };
        Some(PeriodEvidence {
            strongest_period: best.period,
            is_at_end: best.is_at_end(),
            p_within_bounds: p[0],
            p_any_period: p[1],
            fraction_within_bounds: fraction(Some(true)),
            fraction_elsewhere: fraction(Some(false)),
        })
    }

    /// Sinusoids with periods between two bounds, at least as dense as those of the search.
    fn sinusoids_between(&self, low: f64, high: f64) -> Vec<Sinusoid> {
        let (from, to) = (high.recip(), low.recip());
        let count = ((to - from) / self.step).ceil() as usize + 1;
        let count = count.clamp(MIN_FREQUENCIES_WITHIN, MAX_FREQUENCIES);
        let step = (to - from) / (count - 1) as f64;
        let frequencies = (0..count).map(|i| from + step * i as f64);
        frequencies.map(|f| self.sinusoid(f)).collect()
    }
}

/// The greatest squares of a curve that any of some sinusoids explains; 0 for none.
fn most_explained(sinusoids: &[Sinusoid], rest: &[f64]) -> f64 {
    let explained = sinusoids.iter().map(|wave| wave.explained(rest));
    explained.fold(0.0, f64::max)
}

/// Where the parabola through three numbers at -1, 0 and 1 has its vertex, if the middle one is the greatest; 0 for equal numbers.
fn parabola_vertex(numbers: &[f64]) -> f64 {
    let [left, middle, right] = numbers else {
        return 0.0;
    };
    let bend = left - 2.0 * middle + right;
    match bend < 0.0 {
        true => 0.5 * (left - right) / bend,
        false => 0.0,
    }
}

impl Sinusoid {
    /// Squares of a curve that the sinusoid explains.
    fn explained(&self, rest: &[f64]) -> f64 {
        self.basis.iter().map(|b| dot(b, rest).powi(2)).sum()
    }

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
