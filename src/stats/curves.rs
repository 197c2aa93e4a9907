//! Claims about how a contrast runs along an axis: that it rises or falls with each step, and where it is greatest.

use rayon::prelude::*;

use super::along::{self, Line, Peak, Spectrum};
use super::analyse::{critical, looked_at};
use super::claim::{self, Claimed, Judged, judge};
use super::estimate::Estimate;
use super::point::Trial;
use super::sequence::Sequence;
use super::{place, words};
use crate::check::hir;
use crate::plan::Experiment;
use crate::result::{self, At, Verdict};

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
        along::series(self.experiment, &self.claim.points, axis)
    }

    fn line(&self, points: &[usize], axis: usize) -> Line {
        let claim = self.claim;
        along::line(
            self.experiment,
            self.trial,
            points,
            axis,
            claim.outcome,
            claim.contrast,
        )
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
        let changes: Vec<(Vec<f64>, Option<f64>)> = steps
            .par_iter()
            .map(|&(from, to)| {
                let points = &self.experiment.points;
                let (outcome, contrast) = (self.claim.outcome, self.claim.contrast);
                let between = (&points[from], &points[to]);
                self.trial.change(between, outcome, contrast)
            })
            .collect();
        let judged: Vec<Judged> = changes
            .iter()
            .map(|(sample, precision)| Judged {
                estimate: Estimate {
                    precision: *precision,
                    ..Estimate::of(sample)
                },
                threshold: 0.0,
            })
            .collect();
        judged.first()?;
        let claimed = Claimed {
            relation: self.claim.relation,
            magnitude: false,
            level: self.claim.level,
            estimates: steps.len(),
            critical: critical(
                self.experiment,
                self.claim.level,
                self.seed,
                steps.len(),
                || changes.into_iter().map(|(sample, _)| sample).collect(),
            ),
        };
        let judgement = judge(claimed, &judged);
        let (from, to) = steps[judgement.deciding];
        let place = format!("the step from {} to {}", self.place(from), self.place(to));
        Some(result::Claim {
            claim: self.claim.text.clone(),
            place: None,
            verdict: judgement.verdict,
            contrast: self.experiment.contrasts[self.claim.contrast].name.clone(),
            outcome: self.experiment.outcomes[self.claim.outcome].name.clone(),
            level: self.claim.level,
            method: format!(
                "of the steps between neighbours: {}",
                in_steps(&claim::method(
                    steps.len(),
                    steps.len(),
                    claimed.critical,
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
        if let Some(sequence) = looked_at(self.experiment) {
            return self.peak_at_every_look(&series, axis, inside, sequence);
        }
        let level = 1.0 - (1.0 - self.claim.level) / series.len().max(1) as f64;
        let peaks: Vec<Peak> = series
            .iter()
            .map(|points| {
                // In the order of the axis as it is written, which may hold names.
                let line = Line {
                    x: (0..points.len()).map(|i| i as f64).collect(),
                    values: points.iter().map(|&p| self.values(p)).collect(),
                };
                let allowed = |at: usize| inside[self.experiment.points[points[at]].at[axis]];
                Peak::of(&line, level, self.seed, allowed)
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
            place: None,
            verdict,
            contrast: self.experiment.contrasts[self.claim.contrast].name.clone(),
            outcome: self.experiment.outcomes[self.claim.outcome].name.clone(),
            level: self.claim.level,
            method: match series.len() {
                1 => format!(
                    "place of the maximum in {} resamples",
                    words::count(along::DRAWS)
                ),
                n => format!(
                    "place of the maximum in {} resamples, {} curves at once (Bonferroni)",
                    words::count(along::DRAWS),
                    words::count(n)
                ),
            },
            points: self.claim.points.len(),
            reason: format!(
                "the greatest mean is at {}; {} of {} resamples of the backgrounds have it {held}, and {} have it where the claim says",
                self.place(points[peak.best]),
                words::percent((peak.held * 1e4).round() / 1e4),
                words::count(along::DRAWS),
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

impl Curves<'_> {
    /// The same where the numbers are looked at again and again: the greatest mean within the bounds is compared with every one
    /// outside of them, and the greatest outside with every one within, by intervals that hold for all pairs at every look.
    fn peak_at_every_look(
        &self,
        series: &[Vec<usize>],
        axis: usize,
        inside: &[bool],
        sequence: Sequence,
    ) -> Option<result::Claim> {
        let mut worst: Option<(Verdict, result::Deciding, String)> = None;
        for points in series {
            let values: Vec<Vec<f64>> = points.iter().map(|&p| self.values(p)).collect();
            let means: Vec<f64> = values.iter().map(|v| Estimate::of(v).mean).collect();
            let is_inside = |at: &usize| inside[self.experiment.points[points[*at]].at[axis]];
            let (within, outside): (Vec<usize>, Vec<usize>) =
                (0..points.len()).partition(is_inside);
            let greatest = |among: &[usize]| {
                let best = among
                    .iter()
                    .max_by(|a, b| means[**a].total_cmp(&means[**b]));
                best.copied()
            };
            let (Some(best), Some(rival)) = (greatest(&within), greatest(&outside)) else {
                continue;
            };
            let pairs = within.len() * outside.len() * series.len();
            let alpha = (1.0 - self.claim.level) / pairs as f64;
            let interval = |a: usize, b: usize| {
                let differences = values[a].iter().zip(&values[b]).map(|(a, b)| a - b);
                let estimate = Estimate::of(&differences.collect::<Vec<_>>());
                let ends = estimate.interval(sequence.critical(estimate.n, alpha));
                (
                    estimate.mean,
                    ends.unwrap_or((f64::NEG_INFINITY, f64::INFINITY)),
                )
            };
            let against_best = outside.iter().map(|&other| (other, interval(best, other)));
            let (other, (mean, ends)) =
                against_best.min_by(|(_, (_, a)), (_, (_, b))| a.0.total_cmp(&b.0))?;
            let beaten = within.iter().all(|&one| interval(one, rival).1.1 < 0.0);
            let verdict = match (ends.0 > 0.0, beaten) {
                (true, _) => Verdict::Supported,
                (_, true) => Verdict::Refuted,
                _ => Verdict::Undecided,
            };
            let (one, other, (mean, ends)) = match verdict {
                Verdict::Refuted => (best, rival, interval(best, rival)),
                _ => (best, other, (mean, ends)),
            };
            let reason = format!(
                "from {} within the bounds to {} outside of them the difference of means has the {} interval {}, of {} pairs at once",
                self.place(points[one]),
                self.place(points[other]),
                words::percent(self.claim.level),
                words::interval(ends.0, ends.1, 0.0),
                words::count(pairs),
            );
            let deciding = result::Deciding {
                at: self.places[points[one]].clone(),
                mean,
                low: Some(ends.0).filter(|x| x.is_finite()),
                high: Some(ends.1).filter(|x| x.is_finite()),
                threshold: 0.0,
            };
            let rank = |verdict: Verdict| match verdict {
                Verdict::Refuted => 0,
                Verdict::Undecided => 1,
                Verdict::Supported => 2,
            };
            if worst
                .as_ref()
                .is_none_or(|(known, ..)| rank(verdict) < rank(*known))
            {
                worst = Some((verdict, deciding, reason));
            }
        }
        let (verdict, deciding, reason) = worst?;
        let method =
            "place of the maximum, by paired confidence sequences of all pairs (Bonferroni)";
        Some(self.judged(verdict, method.to_string(), reason, deciding))
    }

    /// Whether the strongest period of the contrast lies where the claim says.
    ///
    /// Supported where the wave within the bounds is stronger than chance makes it, and resamples of the backgrounds have the
    /// strongest period there; refuted where the strongest is stronger than chance makes any, and resamples do not have it there.
    pub fn periodic(&self, axis: usize, bounds: (f64, f64)) -> Option<result::Claim> {
        let series: Vec<Vec<usize>> = self.series(axis);
        let alpha = (1.0 - self.claim.level) / series.len().max(1) as f64;
        let unit = match self.experiment.axes[axis].values.first() {
            Some(hir::AxisValue::Number(_)) => "",
            _ => " bp",
        };
        let mut worst: Option<(Verdict, usize, along::Claimed)> = None;
        for (number, points) in series.iter().enumerate() {
            if points.len() < hir::Along::FEWEST_OF_A_PERIOD {
                return Some(self.judged(
                    Verdict::Undecided,
                    "spectrum beside a parabola".to_string(),
                    format!(
                        "the condition leaves {} places, and a period is told from at least {}",
                        points.len(),
                        hir::Along::FEWEST_OF_A_PERIOD
                    ),
                    self.nothing(points[0]),
                ));
            }
            let line = self.line(points, axis);
            if line.is_flat() {
                return Some(self.judged(
                    Verdict::Refuted,
                    "spectrum beside a parabola".to_string(),
                    "the contrast is the same at every place of the axis".to_string(),
                    self.nothing(points[0]),
                ));
            }
            let Some(found) = Spectrum::of(&line).claimed(&line, bounds, self.seed) else {
                return Some(self.judged(
                    Verdict::Undecided,
                    "spectrum beside a parabola".to_string(),
                    "no period between these bounds can be told at the places that the condition leaves".to_string(),
                    self.nothing(points[0]),
                ));
            };
            let verdict = if found.within_by_chance <= alpha && found.share >= 1.0 - alpha {
                Verdict::Supported
            } else if found.any_by_chance <= alpha && found.share <= alpha {
                Verdict::Refuted
            } else {
                Verdict::Undecided
            };
            let against = |verdict: Verdict, share: f64| match verdict {
                Verdict::Refuted => share,
                Verdict::Undecided => 1.0 + share,
                Verdict::Supported => 2.0 + share,
            };
            if worst.as_ref().is_none_or(|(known, _, claimed)| {
                against(verdict, found.share) < against(*known, claimed.share)
            }) {
                worst = Some((verdict, number, found));
            }
        }
        let (verdict, number, found) = worst?;
        let reason = format!(
            "the strongest period is {}{unit}, and {} of {} resamples of the backgrounds have it where the claim says; places in \
             random order give a wave as strong there with p = {}, and one as strong as the strongest at any period with p = {}",
            words::number(found.strongest, 3),
            words::percent((found.share * 1e4).round() / 1e4),
            words::count(along::DRAWS),
            words::plain(found.within_by_chance),
            words::plain(found.any_by_chance),
        );
        let several = match series.len() {
            1 => String::new(),
            n => format!(", {} curves at once (Bonferroni)", words::count(n)),
        };
        let method = format!(
            "spectrum beside a parabola, {} orders of places, {} resamples{several}",
            words::count(along::ORDERS),
            words::count(along::DRAWS)
        );
        let mut deciding = self.nothing(series[number][0]);
        deciding.mean = found.share;
        deciding.threshold = 1.0 - alpha;
        Some(self.judged(verdict, method, reason, deciding))
    }

    /// Where a curve is, and nothing of its numbers.
    fn nothing(&self, point: usize) -> result::Deciding {
        result::Deciding {
            at: self.places[point].clone(),
            mean: 0.0,
            low: None,
            high: None,
            threshold: 0.0,
        }
    }

    fn judged(
        &self,
        verdict: Verdict,
        method: String,
        reason: String,
        deciding: result::Deciding,
    ) -> result::Claim {
        result::Claim {
            claim: self.claim.text.clone(),
            place: None,
            verdict,
            contrast: self.experiment.contrasts[self.claim.contrast].name.clone(),
            outcome: self.experiment.outcomes[self.claim.outcome].name.clone(),
            level: self.claim.level,
            method,
            points: self.claim.points.len(),
            reason,
            deciding,
        }
    }
}

/// What is said of grid points, said of steps.
fn in_steps(text: &str) -> String {
    text.replace("grid point", "step")
}
