//! The error rate of a verdict: the smallest error rate at which a claim would still have it.
//!
//! It is the p value of a claim: a claim of level 95 % is decided if it is 0.05 at most. Families of claims correct it for their number.

use super::judge::{ClaimAssertion, Judgement, ThresholdedEstimate, judge};
use crate::simultaneous_method::SimultaneousMethod;
use gia_study::Verdict;

/// Error rates below this are not told apart.
pub const SMALLEST: f64 = 1e-12;
/// Relative precision of an error rate.
const PRECISION: f64 = 1e-4;

/// The smallest error rate up to `most` at which `holds` is true, which must not become false as the error rate grows. `most` if
/// it is not even true there; 1e-12 if it is true there.
fn smallest_error_rate(most: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(SMALLEST) {
        return SMALLEST;
    }
    let (mut fails, mut succeeds) = (SMALLEST.ln(), most.ln());
    while succeeds - fails > PRECISION {
        let middle = 0.5 * (fails + succeeds);
        match holds(middle.exp()) {
            true => succeeds = middle,
            false => fails = middle,
        }
    }
    succeeds.exp()
}

/// The error rate of a verdict by intervals at `points` different grid points, where `judged` gives the judgement by intervals with an
/// error rate each: of single intervals if the claim is supported, since all must hold (intersection-union: Berger, Technometrics 24:295,
/// 1982); with Bonferroni's correction if it is refuted, which one point does. None if the claim is undecided.
pub fn error_rate_of_intervals(
    most: f64,
    points: usize,
    verdict: Verdict,
    judged: &dyn Fn(f64) -> Judgement,
) -> Option<f64> {
    let shared_by = match verdict {
        Verdict::Supported => 1,
        Verdict::Refuted => points,
        Verdict::Undecided => return None,
    };
    Some(smallest_error_rate(most, |rate| {
        judged(rate / shared_by as f64).verdict == verdict
    }))
}

/// The error rate of a verdict on means, as that of [`error_rate_of_intervals`]; none if the claim is undecided.
pub fn error_rate(
    claimed: ClaimAssertion,
    points: &[ThresholdedEstimate],
    verdict: Verdict,
) -> Option<f64> {
    let simultaneous_method = match claimed.simultaneous_method {
        SimultaneousMethod::MaxT(_) | SimultaneousMethod::Bonferroni => {
            SimultaneousMethod::Bonferroni
        }
        SimultaneousMethod::Sequential(sequence) => SimultaneousMethod::Sequential(sequence),
    };
    let judged = |rate: f64| {
        let claimed = ClaimAssertion {
            level: 1.0 - rate,
            distinct_estimates: 1,
            simultaneous_method,
            ..claimed
        };
        judge(claimed, points)
    };
    let most = 1.0 - claimed.level;
    error_rate_of_intervals(most, claimed.distinct_estimates, verdict, &judged)
}
