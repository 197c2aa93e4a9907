//! `periodic(effect over gap) between 10bp and 11bp`: a contrast that comes and goes along an axis.

use super::Judging;
use crate::along::{self, Spectrum};
use crate::words;
use gia_study::Verdict;

impl Judging<'_> {
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
        let mut worst: Option<(Verdict, usize, along::Claimed)> = None;
        for (number, points) in series.iter().enumerate() {
            if points.len() < gia_design::Along::FEWEST_OF_A_PERIOD {
                return Some(self.judged(
                    Verdict::Undecided,
                    "spectrum beside a parabola".to_string(),
                    format!(
                        "the condition leaves {} places, and a period is told from at least {}",
                        points.len(),
                        gia_design::Along::FEWEST_OF_A_PERIOD
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
}
