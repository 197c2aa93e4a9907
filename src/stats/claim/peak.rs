//! `peak(effect over gap) between 8bp and 12bp`: where along an axis a contrast is greatest.

mod sequential;

use super::ClaimContext;
use crate::along::{self, Line, Peak};
use crate::critical::confidence_sequence;
use crate::display;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Whether the contrast is greatest where the claim says: how often it is so in resamples of the backgrounds.
    pub(super) fn peak(&self, axis: usize, inside: &[bool]) -> Option<gia_study::Claim> {
        let series = self.series(axis);
        if let Some(sequence) = confidence_sequence(self.experiment) {
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
                    display::count(names.len())
                )
            }
            several => format!("at {}", several.join(" or ")),
        };
        let method = match series.len() {
            1 => format!(
                "location of the maximum in {} bootstrap resamples",
                display::count(along::DRAWS)
            ),
            n => format!(
                "location of the maximum in {} bootstrap resamples, {} curves at once (Bonferroni)",
                display::count(along::DRAWS),
                display::count(n)
            ),
        };
        let reason = format!(
            "the maximum is at {}; {} of {} bootstrap resamples have it {held}, and {} have it where the claim says",
            self.place(points[peak.best]),
            display::percent((peak.held * 1e4).round() / 1e4),
            display::count(along::DRAWS),
            display::percent((peak.share * 1e4).round() / 1e4),
        );
        let deciding = gia_study::DecidingPoint {
            at: self.places[points[peak.best]].clone(),
            mean: peak.share,
            low: None,
            high: None,
            threshold: level,
        };
        Some(self.judged(verdict, method, reason, deciding))
    }
}
