//! `peak(effect over gap) between 8bp and 12bp`: where along an axis a contrast is greatest.

mod sequential;

use super::ClaimContext;
use crate::curve_summary::{self, ContrastCurve, Peak};
use crate::number_format;
use crate::simultaneous_method::confidence_sequence;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Judges a claim about the location of the maximum, by its frequency in bootstrap resamples of the backgrounds.
    pub(super) fn judge_peak(&self, axis: usize, inside: &[bool]) -> Option<gia_study::Claim> {
        let series = self.curves(axis);
        if let Some(sequence) = confidence_sequence(self.experiment) {
            return self.judge_peak_sequentially(&series, axis, inside, sequence);
        }
        let level = 1.0 - (1.0 - self.claim.level) / series.len().max(1) as f64;
        let peaks: Vec<Peak> = series
            .iter()
            .map(|points| {
                // In the order of the axis as it is written, which may hold names.
                let line = ContrastCurve {
                    x: (0..points.len()).map(|i| i as f64).collect(),
                    values: points.iter().map(|&p| self.contrast_values(p)).collect(),
                };
                let allowed = |at: usize| inside[self.experiment.points[points[at]].at[axis]];
                Peak::locate(&line, level, self.seed, allowed)
            })
            .collect();
        let verdict = if peaks
            .iter()
            .any(|peak| peak.allowed_fraction <= 1.0 - level)
        {
            Verdict::Refuted
        } else if peaks.iter().all(|peak| peak.allowed_fraction >= level) {
            Verdict::Supported
        } else {
            Verdict::Undecided
        };
        // The curve with the strongest evidence against the claim.
        let (number, peak) = peaks
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.allowed_fraction.total_cmp(&b.allowed_fraction))?;
        let points = &series[number];
        let names: Vec<String> = peak
            .confidence_set
            .iter()
            .map(|&at| self.describe_point(points[at]))
            .collect();
        let held = match names.as_slice() {
            [one] => format!("at {one}"),
            [first, .., last] if names.len() > 3 => {
                format!(
                    "at {} places from {first} to {last}",
                    number_format::count(names.len())
                )
            }
            several => format!("at {}", several.join(" or ")),
        };
        let method = match series.len() {
            1 => format!(
                "location of the maximum in {} bootstrap resamples",
                number_format::count(curve_summary::BOOTSTRAP_RESAMPLES)
            ),
            n => format!(
                "location of the maximum in {} bootstrap resamples, {} curves at once (Bonferroni)",
                number_format::count(curve_summary::BOOTSTRAP_RESAMPLES),
                number_format::count(n)
            ),
        };
        let reason = format!(
            "the maximum is at {}; {} of {} bootstrap resamples have it {held}, and {} have it where the claim says",
            self.describe_point(points[peak.index]),
            number_format::percent((peak.confidence_set_fraction * 1e4).round() / 1e4),
            number_format::count(curve_summary::BOOTSTRAP_RESAMPLES),
            number_format::percent((peak.allowed_fraction * 1e4).round() / 1e4),
        );
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[points[peak.index]].clone(),
            mean: peak.allowed_fraction,
            low: None,
            high: None,
            threshold: level,
        };
        Some(self.with_verdict(verdict, method, reason, deciding))
    }
}
