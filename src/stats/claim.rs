//! Verdicts on claims.
//!
//! A kind of claim is a file here and an arm in [`ClaimContext::verdict`].

mod curve;
mod error_rate;
mod judge;
mod level;
mod peak;
mod periodic;
mod quantity;
mod rank;
mod reason;
mod single_value;
mod steps;
mod weakness;

pub use error_rate::error_rate_of_intervals;
pub use judge::{
    ClaimAssertion, Judgement, ThresholdedEstimate, ThresholdedInterval, decide, judge,
};
pub use reason::Wording;
pub use weakness::explain_weakness;

pub use super::simultaneous_method::FamilyMember;

use super::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use gia_design::ClaimKind;
use gia_plan::Experiment;
use gia_study::{GridPoint, Verdict};
use quantity::Quantity;

/// A claim with everything that its verdict depends on.
pub struct ClaimContext<'a> {
    pub trial: &'a ContrastEvaluator<'a>,
    pub experiment: &'a Experiment,
    pub claim: &'a gia_design::Claim,
    /// Estimates of arms and contrasts at each grid point of the experiment.
    pub measured: &'a [PointEstimates],
    /// The grid points as reported.
    pub grid_points: &'a [GridPoint],
    pub seed: u64,
}

impl ClaimContext<'_> {
    /// Judges the claim.
    pub fn verdict(&self) -> gia_study::Claim {
        let of_curve = match &self.claim.kind {
            ClaimKind::Level => None,
            ClaimKind::Quantile(of) => Some(self.judge_quantity(Quantity::Quantile(*of))),
            ClaimKind::Share => Some(self.judge_quantity(Quantity::Share)),
            ClaimKind::AcrossModels => Some(self.judge_quantity(Quantity::AcrossModels)),
            ClaimKind::SingleValue => Some(self.judge_single_value()),
            ClaimKind::Beyond { null } => Some(self.judge_rank(*null)),
            ClaimKind::Steps { axis } => self.judge_steps(*axis),
            ClaimKind::Peak { axis, allowed } => self.judge_peak(*axis, allowed),
            ClaimKind::Periodic { axis, period } => self.judge_periodic(*axis, *period),
        };
        // The condition of a claim may leave no grid point of a curve.
        of_curve.unwrap_or_else(|| self.judge_level())
    }

    /// The claim with a verdict, the error rate of the verdict, and its reason.
    fn with_verdict(
        &self,
        verdict: Verdict,
        p: Option<f64>,
        method: String,
        reason: String,
        deciding: gia_study::DecidingPoint,
    ) -> gia_study::Claim {
        gia_study::Claim {
            claim: self.claim.text.clone(),
            place: None,
            verdict,
            alone: None,
            p,
            family_p: None,
            contrast: self.experiment.design.contrasts[self.claim.contrast]
                .name
                .clone(),
            outcome: self.experiment.design.outcomes[self.claim.outcome]
                .name
                .clone(),
            level: self.claim.level,
            method,
            points: self.claim.points.len(),
            reason,
            deciding,
        }
    }
}
