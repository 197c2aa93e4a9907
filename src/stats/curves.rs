//! Claims about how a contrast runs along an axis: that it rises or falls with each step, and where it is greatest.

use rayon::prelude::*;

use super::bands::simultaneous;
use super::claim::{self, Claimed, Judged, judge};
use super::draws::{generator, resample};
use super::estimate::Estimate;
use super::point::Trial;
use super::{place, words};
use crate::check::hir;
use crate::plan::Experiment;
use crate::result::{self, At, Verdict};

/// Resamples of the backgrounds for the place of a peak.
const DRAWS: usize = 2000;

/// What a claim about a curve is judged on.
pub struct Curves<'a> {
    pub trial: &'a Trial<'a>,
    pub experiment: &'a Experiment,
    pub claim: &'a hir::Claim,
    pub places: &'a [At],
    pub seed: u64,
}

impl Curves<'_> {
    /// The claim's grid points as curves along an axis, one for each choice of the other axes.
    fn series(&self, axis: usize) -> Vec<Vec<usize>> {
        let mut series: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for &point in &self.claim.points {
            let mut others = self.experiment.points[point].at.clone();
            others.remove(axis);
            match series.iter_mut().find(|(at, _)| *at == others) {
                Some((_, points)) => points.push(point),
                None => series.push((others, vec![point])),
            }
        }
        series.into_iter().map(|(_, points)| points).collect()
    }

    fn values(&self, point: usize) -> Vec<f64> {
        let point = &self.experiment.points[point];
        self.trial
            .values(point, self.claim.outcome, self.claim.contrast)
    }

    fn place(&self, point: usize) -> String {
        place::words(&self.experiment.axes, &self.experiment.points[point].at)
    }

    /// Whether the contrast rises (or falls) from each value of an axis to the next: the differences between neighbours, taken for
    /// each background, against intervals that hold for all steps at once.
    pub fn steps(&self, axis: usize) -> Option<result::Claim> {
        let steps: Vec<(usize, usize)> = self
            .series(axis)
            .iter()
            .flat_map(|points| {
                points
                    .windows(2)
                    .map(|pair| (pair[0], pair[1]))
                    .collect::<Vec<_>>()
            })
            .collect();
        let samples: Vec<Vec<f64>> = steps
            .par_iter()
            .map(|&(from, to)| {
                let (from, to) = (self.values(from), self.values(to));
                from.iter().zip(&to).map(|(a, b)| b - a).collect()
            })
            .collect();
        let judged: Vec<Judged> = samples
            .iter()
            .map(|sample| Judged {
                estimate: Estimate::of(sample),
                threshold: 0.0,
            })
            .collect();
        judged.first()?;
        let claimed = Claimed {
            relation: self.claim.relation,
            magnitude: false,
            level: self.claim.level,
            estimates: steps.len(),
            simultaneous: (steps.len() > 1)
                .then(|| simultaneous(&samples, self.claim.level, self.seed))
                .flatten(),
        };
        let judgement = judge(claimed, &judged);
        let (from, to) = steps[judgement.deciding];
        let place = format!("the step from {} to {}", self.place(from), self.place(to));
        Some(result::Claim {
            claim: self.claim.text.clone(),
            verdict: judgement.verdict,
            contrast: self.experiment.contrasts[self.claim.contrast].name.clone(),
            outcome: self.experiment.outcomes[self.claim.outcome].name.clone(),
            level: self.claim.level,
            method: format!(
                "of the steps between neighbours: {}",
                in_steps(&claim::method(
                    steps.len(),
                    steps.len(),
                    claimed.simultaneous,
                    true
                ))
            ),
            points: self.claim.points.len(),
            reason: in_steps(&judgement.reason(claimed, 0.0, &place)),
            deciding: result::Deciding {
                at: self.places[to].clone(),
                mean: judgement.mean,
                low: judgement.interval.map(|(low, _)| low),
                high: judgement.interval.map(|(_, high)| high),
                threshold: 0.0,
            },
        })
    }

    /// Whether the contrast is greatest where the claim says: how often it is so in resamples of the backgrounds.
    pub fn peak(&self, axis: usize, inside: &[bool]) -> Option<result::Claim> {
        let series = self.series(axis);
        let level = 1.0 - (1.0 - self.claim.level) / series.len().max(1) as f64;
        let peaks: Vec<Peak> = series
            .iter()
            .map(|points| {
                let curves: Vec<Vec<f64>> = points.iter().map(|&p| self.values(p)).collect();
                let allowed = |at: usize| inside[self.experiment.points[points[at]].at[axis]];
                Peak::of(&curves, level, self.seed, allowed)
            })
            .collect();
        let verdict = if peaks.iter().any(|peak| peak.share <= 1.0 - level) {
            Verdict::Refuted
        } else if peaks.iter().all(|peak| peak.share >= level) {
            Verdict::Supported
        } else {
            Verdict::Undecided
        };
        // The curve that speaks most against the claim.
        let (number, peak) = peaks
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.share.total_cmp(&b.share))?;
        let points = &series[number];
        let names: Vec<String> = peak.set.iter().map(|&at| self.place(points[at])).collect();
        let held = match names.as_slice() {
            [one] => format!("at {one}"),
            [first, .., last] if names.len() > 3 => {
                format!(
                    "at {} places from {first} to {last}",
                    words::count(names.len())
                )
            }
            several => format!("at {}", several.join(" or ")),
        };
        Some(result::Claim {
            claim: self.claim.text.clone(),
            verdict,
            contrast: self.experiment.contrasts[self.claim.contrast].name.clone(),
            outcome: self.experiment.outcomes[self.claim.outcome].name.clone(),
            level: self.claim.level,
            method: match series.len() {
                1 => format!("place of the maximum in {} resamples", words::count(DRAWS)),
                n => format!(
                    "place of the maximum in {} resamples, {} curves at once (Bonferroni)",
                    words::count(DRAWS),
                    words::count(n)
                ),
            },
            points: self.claim.points.len(),
            reason: format!(
                "the greatest mean is at {}; {} of {} resamples of the backgrounds have it {held}, and {} have it where the claim says",
                self.place(points[peak.best]),
                words::percent((peak.held * 1e4).round() / 1e4),
                words::count(DRAWS),
                words::percent((peak.share * 1e4).round() / 1e4),
            ),
            deciding: result::Deciding {
                at: self.places[points[peak.best]].clone(),
                mean: peak.share,
                low: None,
                high: None,
                threshold: level,
            },
        })
    }
}

/// What is said of grid points, said of steps.
fn in_steps(text: &str) -> String {
    text.replace("grid point", "step")
}

/// Where a curve is greatest.
struct Peak {
    /// Place of the greatest mean.
    best: usize,
    /// Share of resamples whose greatest mean is at an allowed place.
    share: f64,
    /// The fewest places that hold the greatest mean in `held` of the resamples, at least the level; ascending.
    set: Vec<usize>,
    held: f64,
}

impl Peak {
    /// `curves` holds the numbers of each place, one a background.
    fn of(curves: &[Vec<f64>], level: f64, seed: u64, allowed: impl Fn(usize) -> bool) -> Peak {
        let n = curves.first().map_or(0, Vec::len);
        let greatest = |means: &[f64]| {
            let mut best = 0;
            for (at, mean) in means.iter().enumerate() {
                if *mean > means[best] {
                    best = at;
                }
            }
            best
        };
        let means: Vec<f64> = curves
            .iter()
            .map(|values| Estimate::of(values).mean)
            .collect();
        let bests: Vec<usize> = (0..DRAWS as u64)
            .into_par_iter()
            .map(|draw| {
                let mut generator = generator(seed, b"maximum\0", draw);
                let mut times = vec![0.0f64; n];
                resample(&mut generator, n).for_each(|i| times[i] += 1.0);
                let sums: Vec<f64> = curves
                    .iter()
                    .map(|values| values.iter().zip(&times).map(|(x, t)| x * t).sum())
                    .collect();
                greatest(&sums)
            })
            .collect();
        let mut counts = vec![0usize; curves.len()];
        for best in &bests {
            counts[*best] += 1;
        }
        let share_of = |count: usize| count as f64 / DRAWS as f64;
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(counts[at]));
        let (mut set, mut held) = (Vec::new(), 0);
        for at in order {
            if share_of(held) >= level {
                break;
            }
            held += counts[at];
            set.push(at);
        }
        set.sort_unstable();
        let within = bests.iter().filter(|best| allowed(**best)).count();
        Peak {
            best: greatest(&means),
            share: share_of(within),
            set,
            held: share_of(held),
        }
    }
}
