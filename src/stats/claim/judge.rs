//! Verdicts on means against thresholds, by simultaneous intervals over all grid points.

use crate::estimate::{Estimate, EstimateMethod, Weakness};
use crate::simultaneous_method::SimultaneousMethod;
use gia_design::Relation;
use gia_study::Verdict;

/// Largest number of backgrounds that a verdict suggests to draw.
const MAX_BACKGROUNDS: f64 = 1e9;

/// An estimate and the threshold that a claim compares it with, at one grid point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdedEstimate {
    /// Estimate of the mean.
    pub estimate: Estimate,
    /// Number that the claim compares the mean with, in the same unit.
    pub threshold: f64,
}

/// A quantity and its interval at one grid point, simultaneous over those of the claim, and the threshold that the claim compares it
/// with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdedInterval {
    /// Estimate of the quantity.
    pub value: f64,
    /// Its interval; none if the sample gives none.
    pub interval: Option<(f64, f64)>,
    /// Why the sample decides nothing, whatever the interval; none if it can.
    pub weakness: Option<Weakness>,
    /// Number that the claim compares the quantity with, in the same unit.
    pub threshold: f64,
    /// Estimate of the mean of the same sample.
    pub estimate: Estimate,
}

/// The assertion of a claim about its estimates: relation, level, and how intervals are made simultaneous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClaimAssertion {
    /// Relation that the claim asserts between mean and threshold.
    pub relation: Relation,
    /// Whether the claim is about the absolute value of each mean, as in `abs(effect) < 0.1`.
    pub is_absolute: bool,
    /// Confidence level at which all intervals hold at once.
    pub level: f64,
    /// Number of different estimates among the grid points. Grid points repeat an estimate if an axis makes no difference to the
    /// contrast; it holds or fails once.
    pub distinct_estimates: usize,
    /// How the intervals are made simultaneous.
    pub simultaneous_method: SimultaneousMethod,
}

/// A verdict and its grounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// What the intervals say of the claim.
    pub verdict: Verdict,
    /// Index of the grid point that decides the verdict or, while it is undecided, would settle it.
    pub deciding: usize,
    /// The mean, or other quantity, at the deciding grid point; its absolute value if the claim is about that.
    pub mean: f64,
    /// Ends of the interval of `mean`, simultaneous over all grid points; none for a single background.
    pub interval: Option<(f64, f64)>,
    /// Why the deciding estimate decides nothing, whatever its interval; none if it can.
    pub weakness: Option<Weakness>,
    /// Approximate number of independent backgrounds, or of their sources, that would settle an undecided claim if the deciding estimate stayed the same; none if
    /// the claim is decided or no reasonable number would.
    pub backgrounds: Option<u64>,
    /// Number of grid points that the verdict ranges over.
    pub points: usize,
    /// Number of grid points at which the claim is refuted.
    pub refuted_at: usize,
    /// The estimate of the mean at the deciding grid point.
    pub estimate: Estimate,
}

/// Distances of an interval from its threshold, signed so that the claimed side is positive.
struct IntervalPosition {
    /// Signed distance from the threshold to the end of the interval that is farther from the claimed side.
    near: f64,
    /// Signed distance from the threshold to the other end.
    far: f64,
    /// Signed distance from the threshold to the estimate.
    centre: f64,
    /// Distance from the estimate to the end of the interval that is nearer to the threshold.
    half_width: f64,
    mean: f64,
    interval: Option<(f64, f64)>,
    weakness: Option<Weakness>,
    verdict: Verdict,
}

/// Judges `mean RELATION threshold` at all `points` together; there must be at least one.
///
/// Intervals hold at once with probability `level`: those of [`crate::simultaneous_critical()`], or Student's or a confidence
/// sequence's at `1 - (1 - level) / k` over k different estimates (Bonferroni). An estimate with a [weakness](Estimate::weakness)
/// decides nothing. The claim is supported if every interval lies on
/// the claimed side, refuted if some interval lies on the other side, and else undecided. A claim about absolute values uses the
/// intervals of the absolute values.
pub fn judge(claimed: ClaimAssertion, points: &[ThresholdedEstimate]) -> Judgement {
    let alpha = (1.0 - claimed.level) / claimed.distinct_estimates as f64;
    let mut known = ((0, 0), 0.0);
    let intervals = points.iter().map(|point| {
        let estimate = point.estimate;
        let key = (estimate.sources, estimate.freedom.to_bits());
        if key != known.0 && estimate.method() == EstimateMethod::Student {
            known = (
                key,
                claimed.simultaneous_method.critical_value(&estimate, alpha),
            );
        }
        ThresholdedInterval {
            value: estimate.mean,
            interval: estimate.interval(known.1),
            weakness: estimate.weakness(),
            threshold: point.threshold,
            estimate,
        }
    });
    decide(
        claimed.relation,
        claimed.is_absolute,
        &intervals.collect::<Vec<_>>(),
    )
}

/// Judges `quantity RELATION threshold` at all `points` together by their simultaneous intervals; there must be at least one. With
/// `is_absolute` the claim is about absolute values.
pub fn decide(relation: Relation, is_absolute: bool, points: &[ThresholdedInterval]) -> Judgement {
    let positions: Vec<IntervalPosition> = points
        .iter()
        .map(|point| interval_position(relation, is_absolute, point))
        .collect();
    let refuted_at = positions
        .iter()
        .filter(|p| p.verdict == Verdict::Refuted)
        .count();
    let verdict = if refuted_at > 0 {
        Verdict::Refuted
    } else if positions.iter().all(|p| p.verdict == Verdict::Supported) {
        Verdict::Supported
    } else {
        Verdict::Undecided
    };
    let least = |of: &dyn Fn(&IntervalPosition) -> f64,
                 among: &dyn Fn(&IntervalPosition) -> bool| {
        let candidates = positions.iter().enumerate().filter(|(_, p)| among(p));
        candidates
            .min_by(|(_, a), (_, b)| of(a).total_cmp(&of(b)))
            .map(|(i, _)| i)
    };
    let factor = |p: &IntervalPosition| (p.half_width / p.centre).powi(2);
    let undecided = |p: &IntervalPosition| p.verdict == Verdict::Undecided;
    let deciding = match verdict {
        Verdict::Supported => least(&|p| p.near, &|_| true),
        Verdict::Refuted => least(&|p| p.far, &|_| true),
        // One refuted point refutes the claim, so the point that needs the fewest backgrounds decides. Otherwise every point must be
        // supported, so the one that needs the most does.
        Verdict::Undecided => least(&|_| 0.0, &|p| p.weakness.is_some())
            .or_else(|| least(&factor, &|p| undecided(p) && p.centre < 0.0))
            .or_else(|| least(&|p| -factor(p), &undecided)),
    }
    .unwrap_or(0);
    let position = positions.get(deciding);
    let backgrounds = position
        .filter(|p| verdict == Verdict::Undecided && p.weakness.is_none())
        .map(|p| points[deciding].estimate.sources as f64 * factor(p))
        .filter(|n| *n <= MAX_BACKGROUNDS)
        .map(round_up_to_two_digits);
    Judgement {
        verdict,
        deciding,
        mean: position.map_or(f64::NAN, |p| p.mean),
        interval: position.and_then(|p| p.interval),
        backgrounds,
        points: points.len(),
        refuted_at,
        weakness: position.and_then(|p| p.weakness),
        estimate: points[deciding].estimate,
    }
}

fn interval_position(
    relation: Relation,
    is_absolute: bool,
    point: &ThresholdedInterval,
) -> IntervalPosition {
    let up = claims_greater(relation);
    let distance = |x: f64| {
        if up {
            x - point.threshold
        } else {
            point.threshold - x
        }
    };
    let weakness = point.weakness;
    let (mean, interval) = if is_absolute {
        (point.value.abs(), point.interval.map(absolute_interval))
    } else {
        (point.value, point.interval)
    };
    let (low, high) = interval.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let (near, far) = if up {
        (distance(low), distance(high))
    } else {
        (distance(high), distance(low))
    };
    let centre = distance(mean);
    let (supported, refuted) = match relation {
        Relation::Greater | Relation::Less => (near > 0.0, far <= 0.0),
        Relation::GreaterEqual | Relation::LessEqual => (near >= 0.0, far < 0.0),
    };
    IntervalPosition {
        near,
        far,
        centre,
        // The interval may reach farther to one side.
        half_width: match centre >= 0.0 {
            true => centre - near,
            false => far - centre,
        },
        mean,
        interval,
        weakness,
        verdict: match (weakness, supported, refuted) {
            (Some(_), _, _) => Verdict::Undecided,
            (None, true, _) => Verdict::Supported,
            (None, _, true) => Verdict::Refuted,
            (None, false, false) => Verdict::Undecided,
        },
    }
}

/// The image of an interval under the absolute value.
fn absolute_interval((low, high): (f64, f64)) -> (f64, f64) {
    if low >= 0.0 {
        (low, high)
    } else if high <= 0.0 {
        (-high, -low)
    } else {
        (0.0, high.max(-low))
    }
}

/// Whether the relation claims that the mean is greater than the threshold.
pub(super) fn claims_greater(relation: Relation) -> bool {
    matches!(relation, Relation::Greater | Relation::GreaterEqual)
}

/// Rounds up to two significant digits.
fn round_up_to_two_digits(n: f64) -> u64 {
    let unit = 10f64.powf((n.log10().floor() - 1.0).max(0.0));
    ((n / unit).ceil() * unit) as u64
}
