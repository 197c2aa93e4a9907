//! `periodic(effect over gap) between 10bp and 11bp`: a contrast that comes and goes along an axis.

use super::ClaimContext;
use crate::along::{self, Spectrum};
use crate::display;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Whether the strongest period of the contrast lies where the claim says.
    ///
    /// Supported where the wave within the bounds is stronger than chance makes it, and resamples of the backgrounds have the
    /// strongest period there; refuted where the strongest is stronger than chance makes any, and resamples do not have it there.
    pub(super) fn periodic(&self, axis: usize, bounds: (f64, f64)) -> Option<gia_study::Claim> {
        let series: Vec<Vec<usize>> = self.series(axis);
        let alpha = (1.0 - self.claim.level) / series.len().max(1) as f64;
        let unit = match self.experiment.design.axes[axis].values.first() {
            Some(gia_design::AxisValue::Number(_)) => "",
            _ => " bp",
        };
        let mut worst: Option<(Verdict, usize, along::PeriodEvidence)> = None;
        for (number, points) in series.iter().enumerate() {
            if points.len() < gia_design::CurveStatistic::MIN_VALUES_FOR_PERIOD {
                return Some(self.judged(
                    Verdict::Undecided,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    format!(
                        "the condition leaves {} axis values; a period needs at least {}",
                        points.len(),
                        gia_design::CurveStatistic::MIN_VALUES_FOR_PERIOD
                    ),
                    self.nothing(points[0]),
                ));
            }
            let line = self.line(points, axis);
            if line.is_flat() {
                return Some(self.judged(
                    Verdict::Refuted,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    "the contrast is constant along the axis".to_string(),
                    self.nothing(points[0]),
                ));
            }
            let Some(found) = Spectrum::of(&line).claimed(&line, bounds, self.seed) else {
                return Some(self.judged(
                    Verdict::Undecided,
                    "Lomb-Scargle periodogram with a quadratic trend".to_string(),
                    "the axis values that the condition leaves cannot resolve a period between these bounds".to_string(),
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
            "the strongest period is {}{unit}, and {} of {} bootstrap resamples have it where the claim says; permutation test \
             p = {} for a period there, and p = {} for any period",
            display::number(found.strongest, 3),
            display::percent((found.share * 1e4).round() / 1e4),
            display::count(along::DRAWS),
            display::plain(found.within_by_chance),
            display::plain(found.any_by_chance),
        );
        let several = match series.len() {
            1 => String::new(),
            n => format!(", {} curves at once (Bonferroni)", display::count(n)),
        };
        let method = format!(
            "Lomb-Scargle periodogram with a quadratic trend, {} permutations, {} bootstrap resamples{several}",
            display::count(along::PERMUTATIONS),
            display::count(along::DRAWS)
        );
        let mut deciding = self.nothing(series[number][0]);
        deciding.mean = found.share;
        deciding.threshold = 1.0 - alpha;
        Some(self.judged(verdict, method, reason, deciding))
    }
}
