//! `periodic(effect over gap) between 10bp and 11bp`: a contrast with a period along an axis.

use super::ClaimContext;
use crate::curve_summary::{self, Periodogram};
use crate::number_format;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Judges a claim that the strongest period of a contrast lies within bounds.
    ///
    /// Supported if the sinusoid within the bounds is more than chance gives and bootstrap resamples have their strongest period
    /// there. Refuted if the strongest sinusoid of all is more than chance gives and resamples have their strongest period elsewhere.
    pub(super) fn judge_periodic(
        &self,
        axis: usize,
        bounds: (f64, f64),
    ) -> Option<gia_study::Claim> {
        let series: Vec<Vec<usize>> = self.curves(axis);
        let alpha = (1.0 - self.claim.level) / series.len().max(1) as f64;
        let unit = match self.experiment.design.axes[axis].values.first() {
            Some(gia_design::AxisValue::Number(_)) => "",
            _ => " bp",
        };
        let mut worst: Option<(Verdict, usize, curve_summary::PeriodEvidence)> = None;
        // Error rates of the curves: that the period lies within the bounds, and that it lies elsewhere.
        let (mut within, mut elsewhere) = (0.0f64, 1.0f64);
        for (number, points) in series.iter().enumerate() {
            if points.len() < gia_design::CurveStatistic::MIN_VALUES_FOR_PERIOD {
                return Some(self.with_verdict(
                    Verdict::Undecided,
                    None,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    format!(
                        "the condition leaves {} axis values; a period needs at least {}",
                        points.len(),
                        gia_design::CurveStatistic::MIN_VALUES_FOR_PERIOD
                    ),
                    self.point_without_numbers(points[0]),
                ));
            }
            let sorted = self.sort_along_axis(points, axis);
            let line = self.contrast_curve(&sorted, axis);
            if line.is_constant() {
                return Some(self.with_verdict(
                    Verdict::Undecided,
                    None,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    "every background of the sample has a constant curve, and other backgrounds may have another".to_string(),
                    self.point_without_numbers(points[0]),
                ));
            }
            if (1..sorted.len()).all(|place| self.is_weak_difference(sorted[0], sorted[place])) {
                return Some(self.with_verdict(
                    Verdict::Undecided,
                    None,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    "almost all backgrounds have the same curve, so nothing says how other backgrounds may differ".to_string(),
                    self.point_without_numbers(points[0]),
                ));
            }
            if line.sources() < curve_summary::MIN_SOURCES {
                return Some(self.with_verdict(
                    Verdict::Undecided,
                    None,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    format!(
                        "a period needs at least {} independent backgrounds",
                        curve_summary::MIN_SOURCES
                    ),
                    self.point_without_numbers(points[0]),
                ));
            }
            let Some(found) = Periodogram::new(&line).evidence_within(&line, bounds, self.seed)
            else {
                return Some(self.with_verdict(
                    Verdict::Undecided,
                    None,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    "the axis values that the condition leaves cannot resolve a period between these bounds".to_string(),
                    self.point_without_numbers(points[0]),
                ));
            };
            let verdict =
                if found.p_within_bounds <= alpha && found.fraction_within_bounds >= 1.0 - alpha {
                    Verdict::Supported
                } else if found.p_any_period <= alpha && found.fraction_elsewhere >= 1.0 - alpha {
                    Verdict::Refuted
                } else {
                    Verdict::Undecided
                };
            within = within.max(
                found
                    .p_within_bounds
                    .max(1.0 - found.fraction_within_bounds),
            );
            elsewhere = elsewhere.min(found.p_any_period.max(1.0 - found.fraction_elsewhere));
            let against = |verdict: Verdict, share: f64| match verdict {
                Verdict::Refuted => share,
                Verdict::Undecided => 1.0 + share,
                Verdict::Supported => 2.0 + share,
            };
            if worst.as_ref().is_none_or(|(known, _, claimed)| {
                against(verdict, found.fraction_within_bounds)
                    < against(*known, claimed.fraction_within_bounds)
            }) {
                worst = Some((verdict, number, found));
            }
        }
        let (verdict, number, found) = worst?;
        let reason = format!(
            "the strongest period is {}{unit}{}, and {} of {} bootstrap resamples have it where the claim says; chance gives \
             as strong a sinusoid there with p = {} and anywhere with p = {}",
            number_format::significant_digits(found.strongest_period, 3),
            match found.is_at_end {
                true => " (an end of the range searched, so it need not be a period)",
                false => "",
            },
            number_format::percent((found.fraction_within_bounds * 1e4).round() / 1e4),
            number_format::count(curve_summary::BOOTSTRAP_RESAMPLES),
            number_format::shortest(found.p_within_bounds),
            number_format::shortest(found.p_any_period),
        );
        let several = match series.len() {
            1 => String::new(),
            n => format!(", {} curves at once (Bonferroni)", number_format::count(n)),
        };
        let method = format!(
            "Lomb-Scargle periodogram with a quadratic trend, {} random signs and orders, {} bootstrap resamples{several}",
            number_format::count(curve_summary::CHANCE_DRAWS),
            number_format::count(curve_summary::BOOTSTRAP_RESAMPLES)
        );
        let mut deciding = self.point_without_numbers(series[number][0]);
        deciding.mean = found.fraction_within_bounds;
        deciding.threshold = 1.0 - alpha;
        let most = 1.0 - self.claim.level;
        let p = match verdict {
            Verdict::Supported => Some(within.min(most)),
            Verdict::Refuted => Some((elsewhere * series.len() as f64).min(most)),
            Verdict::Undecided => None,
        };
        Some(self.with_verdict(verdict, p, method, reason, deciding))
    }
}
