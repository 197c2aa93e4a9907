//! `effect < -0.5` of one sequence: its number, compared with the one of the claim.

use super::ClaimContext;
use crate::number_format;
use crate::series::ContrastSeries;
use gia_design::Relation;
use gia_study::Verdict;

impl ClaimContext<'_> {
    /// Whether the number of the one sequence lies on the claimed side at every grid point. Nothing is estimated, so nothing is undecided, and
    /// the verdict has no p.
    pub(super) fn judge_single_value(&self) -> gia_study::Claim {
        let (experiment, claim) = (self.experiment, self.claim);
        let series = ContrastSeries {
            experiment,
            outcome: claim.outcome,
            contrast: claim.contrast,
        };
        let estimates = series.estimates(self.measured);
        let up = matches!(claim.relation, Relation::Greater | Relation::GreaterEqual);
        let or_equal = matches!(claim.relation, Relation::LessEqual | Relation::GreaterEqual);
        let value = |point: usize| match claim.magnitude {
            true => estimates[point].mean.abs(),
            false => estimates[point].mean,
        };
        // Signed distance from the threshold, positive on the claimed side.
        let distance = |(point, threshold): (usize, f64)| match up {
            true => value(point) - threshold,
            false => threshold - value(point),
        };
        let compared = claim
            .points
            .iter()
            .copied()
            .zip(claim.thresholds.iter().copied());
        let nearest = compared.min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        let (point, threshold) = nearest.unwrap_or((claim.points[0], claim.thresholds[0]));
        let distance = distance((point, threshold));
        let holds = distance > 0.0 || (or_equal && distance == 0.0);
        let verdict = match holds {
            true => Verdict::Supported,
            false => Verdict::Refuted,
        };
        let place = self.describe_point(point);
        let at = match place.as_str() {
            "" => String::new(),
            place => format!("at {place} "),
        };
        let is = number_format::significant_digits(value(point), 3);
        let limit = number_format::shortest(threshold);
        let side = match (up == holds, distance == 0.0) {
            (_, true) => "equal to",
            (true, false) => "above",
            (false, false) => "below",
        };
        let reason =
            format!("{at}the number of the one sequence is {is}, {side} {limit}; no replication");
        let deciding = gia_study::DecidingPoint {
            at: self.grid_points[point].clone(),
            mean: value(point),
            low: None,
            high: None,
            threshold,
        };
        let method = "the number of one sequence, without replication".to_string();
        self.with_verdict(verdict, None, method, reason, deciding)
    }
}
