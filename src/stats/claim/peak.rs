//! `peak(effect over gap) between 8bp and 12bp`: where along an axis a contrast is greatest.

mod sequential;

use super::ClaimContext;
use super::error_rate::SMALLEST;
use crate::curve_summary::{Comparison, ContrastCurve, PeakTests};
use crate::number_format;
use crate::simultaneous_method::confidence_sequence;
use gia_study::Verdict;

/// What the tests say of one curve.
struct CurveVerdict {
    verdict: Verdict,
    /// Grid point with the greatest mean.
    greatest: usize,
    /// The place that decides, with its strongest rival on the other side of the bounds and the critical value; none if no comparison says
    /// anything.
    deciding: Option<(Comparison, f64)>,
    /// Lower end of the interval of their difference.
    low: Option<f64>,
    /// Number of places that were compared with their rivals.
    compared: usize,
    /// The error rate of the verdict; none if it is undecided.
    p: Option<f64>,
}

impl ClaimContext<'_> {
    /// Judges a claim about the location of the maximum. It is supported if every place outside the bounds has a significantly smaller mean
    /// than some place within, and refuted if every place within has a significantly smaller mean than some place outside.
    pub(super) fn judge_peak(&self, axis: usize, inside: &[bool]) -> Option<gia_study::Claim> {
        let series = self.curves(axis);
        if let Some(sequence) = confidence_sequence(self.experiment) {
            return self.judge_peak_sequentially(&series, axis, inside, sequence);
        }
        let level = 1.0 - (1.0 - self.claim.level) / series.len().max(1) as f64;
        let found: Vec<CurveVerdict> = series
            .iter()
            .map(|points| self.judge_curve(points, axis, inside, level))
            .collect();
        let rank = |of: &CurveVerdict| match of.verdict {
            Verdict::Refuted => 0,
            Verdict::Undecided => 1,
            Verdict::Supported => 2,
        };
        let margin = |of: &CurveVerdict| {
            let margin = of.deciding.map(|(found, critical)| found.t - critical);
            margin.unwrap_or(f64::NEG_INFINITY)
        };
        let (number, worst) = found.iter().enumerate().min_by(|(_, a), (_, b)| {
            let by_margin = margin(a).total_cmp(&margin(b));
            rank(a).cmp(&rank(b)).then(by_margin)
        })?;
        let most = 1.0 - self.claim.level;
        let p = match worst.verdict {
            Verdict::Undecided => None,
            Verdict::Supported => {
                let all = found.iter().filter_map(|of| of.p);
                Some(all.fold(SMALLEST, f64::max).min(most))
            }
            Verdict::Refuted => {
                let refuted = found.iter().filter(|of| of.verdict == Verdict::Refuted);
                let least = refuted.filter_map(|of| of.p).fold(1.0, f64::min);
                Some((least * series.len() as f64).clamp(SMALLEST, most))
            }
        };
        let several = match series.len() {
            1 => String::new(),
            n => format!(", {} curves at once (Bonferroni)", number_format::count(n)),
        };
        let method = format!(
            "location of the maximum, largest paired t over the places on the other side of the bounds (sign draws){several}"
        );
        let points = &series[number];
        let greatest = self.describe_point(points[worst.greatest]);
        let Some((found, critical)) = worst.deciding else {
            let reason = format!(
                "the maximum is at {greatest}; {}",
                match worst.verdict {
                    Verdict::Refuted => "the condition leaves no place within the bounds",
                    Verdict::Supported => "the condition leaves no place outside the bounds",
                    Verdict::Undecided =>
                        "the places within and outside the bounds do not vary enough to be compared",
                }
            );
            let deciding = self.point_without_numbers(points[worst.greatest]);
            return Some(self.with_verdict(worst.verdict, p, method, reason, deciding));
        };
        let place = self.describe_point(points[found.place]);
        let rival = self.describe_point(points[found.rival]);
        let t = number_format::significant_digits(found.t, 3);
        let limit = number_format::significant_digits(critical, 3);
        let numbers = format!("t = {t}, critical value {limit}");
        let reason = match worst.verdict {
            Verdict::Supported | Verdict::Refuted => {
                let (side, other) = match worst.verdict {
                    Verdict::Supported => ("outside the bounds", "within"),
                    _ => ("within the bounds", "outside"),
                };
                match worst.compared {
                    1 => format!(
                        "{place}, the place {side}, has a smaller mean than {rival} ({numbers})"
                    ),
                    n => format!(
                        "each of the {} places {side} has a smaller mean than some place {other}; the least sure, {place}, than {rival} ({numbers})",
                        number_format::count(n)
                    ),
                }
            }
            Verdict::Undecided => format!(
                "the mean at {place}, outside the bounds, is not significantly smaller than that of any place within (largest t = {t}, at {rival}; critical value {limit})"
            ),
        };
        let reason = format!("the maximum is at {greatest}; {reason}");
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[points[found.rival]].clone(),
            mean: found.difference,
            low: worst.low,
            high: None,
            threshold: 0.0,
        };
        Some(self.with_verdict(worst.verdict, p, method, reason, deciding))
    }

    fn judge_curve(
        &self,
        points: &[usize],
        axis: usize,
        inside: &[bool],
        level: f64,
    ) -> CurveVerdict {
        // In the order of the axis as it is written, which may hold names.
        let line = ContrastCurve {
            x: (0..points.len()).map(|i| i as f64).collect(),
            values: points.iter().map(|&p| self.contrast_values(p)).collect(),
            design: points.first().and_then(|&point| {
                let point = &self.experiment.points[point];
                self.trial.cluster_design(point).cloned()
            }),
        };
        let is_weak = |a: usize, b: usize| self.is_weak_difference(points[a], points[b]);
        let interval_method = self.experiment.design.interval;
        let tests = PeakTests::new(&line, level, self.seed, interval_method, &is_weak);
        let is_inside = |at: &usize| inside[self.experiment.points[points[*at]].at[axis]];
        let (within, outside): (Vec<usize>, Vec<usize>) = (0..points.len()).partition(is_inside);
        let all_outside = tests.compare_all(&outside, &within);
        let all_within = tests.compare_all(&within, &outside);
        let (verdict, compared, places) = match (all_outside.all_beaten, all_within.all_beaten) {
            (true, _) => (Verdict::Supported, all_outside, outside.len()),
            (false, true) => (Verdict::Refuted, all_within, within.len()),
            (false, false) => (Verdict::Undecided, all_outside, outside.len()),
        };
        let p = match verdict {
            Verdict::Undecided => None,
            Verdict::Supported | Verdict::Refuted => {
                let rivals = points.len() - places;
                let p = compared
                    .least_sure
                    .map(|(found, _)| tests.p_value(&found, rivals));
                Some(p.unwrap_or(SMALLEST))
            }
        };
        CurveVerdict {
            verdict,
            p,
            greatest: tests.greatest(),
            deciding: compared.least_sure,
            low: compared
                .least_sure
                .map(|(found, critical)| tests.lower_end(&found, critical)),
            compared: places,
        }
    }
}
