//! `effect < 0 beyond shuffled(on) first 200`: the effect, ranked among those of the same edits in other sequences.

use rayon::prelude::*;

use super::ClaimContext;
use crate::number_format;
use crate::ranks::{NullDistribution, group_means};
use gia_design::Relation;
use gia_study::Verdict;

/// A mean beside the null effects of its grid point.
struct Ranked {
    mean: f64,
    threshold: f64,
    nulls: NullDistribution,
    /// Exact p of the claimed side, and of the other.
    p: f64,
    p_opposite: f64,
}

impl Ranked {
    /// Whether the mean lies on the claimed side of the threshold.
    fn is_claimed(&self, relation: Relation) -> bool {
        match relation {
            Relation::Less => self.mean < self.threshold,
            Relation::LessEqual => self.mean <= self.threshold,
            Relation::Greater => self.mean > self.threshold,
            Relation::GreaterEqual => self.mean >= self.threshold,
        }
    }
}

impl ClaimContext<'_> {
    /// Whether the mean lies beyond its threshold and beyond the null effects, at all grid points of the claim.
    ///
    /// Where there are several backgrounds, their mean is ranked among means of as many null effects, one group after another. Each grid
    /// point is tested at half the error rate of the claim, so that both directions together have all of it: all points must pass
    /// (intersection-union) for a claim to be supported; one refutes it, with Bonferroni's correction.
    pub(super) fn judge_rank(&self, null: usize) -> gia_study::Claim {
        let (experiment, claim) = (self.experiment, self.claim);
        let points: Vec<Ranked> = claim
            .points
            .par_iter()
            .zip(&claim.thresholds)
            .map(|(&point, &threshold)| self.ranked(null, point, threshold))
            .collect();
        let count = points.len();
        let rate = (1.0 - claim.level) / 2.0;
        let support = |p: &Ranked| match p.is_claimed(claim.relation) {
            true => p.p,
            false => 1.0,
        };
        let refutation = |p: &Ranked| (p.p_opposite * count as f64).min(1.0);
        let farthest = |of: &dyn Fn(&Ranked) -> f64| {
            let indices = 0..count;
            indices.max_by(|&a, &b| of(&points[a]).total_cmp(&of(&points[b])))
        };
        let worst = farthest(&support).unwrap_or(0);
        let contrary = farthest(&|p| -refutation(p)).unwrap_or(0);
        let (verdict, deciding, p) = if support(&points[worst]) <= rate {
            (Verdict::Supported, worst, Some(2.0 * points[worst].p))
        } else if refutation(&points[contrary]) <= rate
            && !points[contrary].is_claimed(claim.relation)
        {
            (
                Verdict::Refuted,
                contrary,
                Some(2.0 * refutation(&points[contrary])),
            )
        } else {
            (Verdict::Undecided, worst, None)
        };
        let decided = &points[deciding];
        let point = claim.points[deciding];
        let method = format!(
            "exact rank among {} effects of the same edits in {} at each grid point",
            number_format::count(decided.nulls.count()),
            experiment.design.null_effects[null].text,
        );
        let method = match count {
            1 => method.replace(" at each grid point", ""),
            _ => method,
        };
        let reason = self.reason_of_rank(decided, verdict, &self.describe_point(point));
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[point].clone(),
            mean: decided.mean,
            low: None,
            high: None,
            threshold: decided.threshold,
        };
        self.with_verdict(verdict, p, method, reason, deciding)
    }

    fn ranked(&self, null: usize, point: usize, threshold: f64) -> Ranked {
        let (experiment, claim) = (self.experiment, self.claim);
        let of = |point| {
            let values = self
                .trial
                .contrast_values(point, claim.outcome, claim.contrast);
            (values, point.count)
        };
        let (values, n) = of(&experiment.points[point]);
        let (nulls, _) = of(&experiment.null_effects[null][point]);
        let size = |mean: f64| match claim.magnitude {
            true => mean.abs(),
            false => mean,
        };
        let mean = size(values.iter().sum::<f64>() / n as f64);
        let means = group_means(&nulls, n).into_iter().map(size);
        let nulls = NullDistribution::new(means.collect());
        let (above, below) = (nulls.p_above(mean), nulls.p_below(mean));
        let (p, p_opposite) = match claim.relation {
            Relation::Greater | Relation::GreaterEqual => (above, below),
            Relation::Less | Relation::LessEqual => (below, above),
        };
        Ranked {
            mean,
            threshold,
            nulls,
            p,
            p_opposite,
        }
    }

    fn reason_of_rank(&self, of: &Ranked, verdict: Verdict, place: &str) -> String {
        let up = matches!(
            self.claim.relation,
            Relation::Greater | Relation::GreaterEqual
        );
        let at = match place {
            "" => String::new(),
            place => format!("at {place} "),
        };
        let mean = number_format::significant_digits(of.mean, 3);
        let what = match self.claim.magnitude {
            true => format!("{at}the absolute value of the effect is {mean}"),
            false => format!("{at}the effect is {mean}"),
        };
        let total = number_format::count(of.nulls.count());
        let as_far = |up: bool| match up {
            true => (of.nulls.at_least(of.mean), "as large"),
            false => (of.nulls.at_most(of.mean), "as small"),
        };
        let rank = |up: bool, p: f64| {
            let (number, words) = as_far(up);
            let p = number_format::significant_digits(p, 2);
            let number = match number {
                0 => "none".to_string(),
                number => number_format::count(number),
            };
            format!(
                "{number} of {total} null effects {} {words} (p = {p}, one-sided)",
                if number == "1" || number == "none" {
                    "is"
                } else {
                    "are"
                }
            )
        };
        match verdict {
            Verdict::Supported => format!("{what}, and {}", rank(up, of.p)),
            Verdict::Refuted => format!(
                "{what}, on the other side, and {}",
                rank(!up, of.p_opposite)
            ),
            Verdict::Undecided if !of.is_claimed(self.claim.relation) => {
                let limit = number_format::shortest(of.threshold);
                let side = if up { "above" } else { "below" };
                format!("{what}, not {side} {limit}; {}", rank(!up, of.p_opposite))
            }
            Verdict::Undecided => format!("{what}, but {}", rank(up, of.p)),
        }
    }
}
