//! Claims about a peak in an experiment with `sample until`.

use std::sync::Arc;

use crate::Moments;
use crate::claim::ClaimContext;
use crate::claim::error_rate::SMALLEST;
use crate::confidence_sequence::ConfidenceSequence;
use crate::estimate::Estimate;
use crate::number_format;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Judges a claim about the location of the maximum under repeated looks.
    ///
    /// The greatest mean within the bounds is compared with every mean outside, and the greatest outside with every mean within, by
    /// intervals that hold for all pairs at every look.
    pub(super) fn judge_peak_sequentially(
        &self,
        series: &[Vec<usize>],
        axis: usize,
        inside: &[bool],
        sequence: ConfidenceSequence,
    ) -> Option<gia_study::Claim> {
        let mut worst: Option<(Verdict, gia_study::DecidingPoint, String)> = None;
        // Error rates over all curves: of the claim, and of the surest curve that refutes it.
        let (mut supported_p, mut refuted_p) = (SMALLEST, 1.0f64);
        for points in series {
            let design = self
                .trial
                .cluster_design(&self.experiment.points[points[0]]);
            let design = design.map(Arc::as_ref);
            let values: Vec<Vec<f64>> = points.iter().map(|&p| self.contrast_values(p)).collect();
            let means: Vec<f64> = values.iter().map(|v| Moments::of(v).mean).collect();
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
                let estimate = Estimate::of(&differences.collect::<Vec<_>>(), design);
                let p = estimate.sequential_p_value(sequence).unwrap_or(1.0);
                let ends = estimate.interval(sequence.critical_value(estimate.sources, alpha));
                (
                    estimate.mean,
                    ends.unwrap_or((f64::NEG_INFINITY, f64::INFINITY)),
                    (p * pairs as f64).clamp(SMALLEST, 1.0 - self.claim.level),
                )
            };
            let against_best = outside.iter().map(|&other| (other, interval(best, other)));
            let against_best: Vec<_> = against_best.collect();
            let least_p = against_best.iter().map(|(_, (_, _, p))| *p);
            let p_within = least_p.fold(SMALLEST, f64::max);
            let (other, (mean, ends, _)) = against_best
                .into_iter()
                .min_by(|(_, (_, a, _)), (_, (_, b, _))| a.0.total_cmp(&b.0))?;
            let against_rival = within.iter().map(|&one| interval(one, rival));
            let against_rival: Vec<_> = against_rival.collect();
            let beaten = against_rival.iter().all(|(_, ends, _)| ends.1 < 0.0);
            let p_outside = against_rival.iter().map(|(.., p)| *p);
            let p_outside = p_outside.fold(SMALLEST, f64::max);
            let verdict = match (ends.0 > 0.0, beaten) {
                (true, _) => Verdict::Supported,
                (_, true) => Verdict::Refuted,
                _ => Verdict::Undecided,
            };
            let (one, other, (mean, ends, _)) = match verdict {
                Verdict::Refuted => (best, rival, interval(best, rival)),
                Verdict::Supported | Verdict::Undecided => (best, other, (mean, ends, p_within)),
            };
            supported_p = supported_p.max(p_within);
            if verdict == Verdict::Refuted {
                refuted_p = refuted_p.min(p_outside);
            }
            let reason = format!(
                "from {} (within the bounds) to {} (outside), the {} interval of the difference of means is {}, simultaneous over {} pairs",
                self.describe_point(points[one]),
                self.describe_point(points[other]),
                number_format::percent(self.claim.level),
                number_format::interval(ends.0, ends.1, 0.0),
                number_format::count(pairs),
            );
            let deciding = gia_study::DecidingPoint {
                at: self.grid_points[points[one]].clone(),
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
        let p = match verdict {
            Verdict::Supported => Some(supported_p),
            Verdict::Refuted => Some(refuted_p),
            Verdict::Undecided => None,
        };
        let method =
            "location of the maximum, paired confidence sequences of all pairs (Bonferroni)";
        Some(self.with_verdict(verdict, p, method.to_string(), reason, deciding))
    }
}
