//! Families of claims: the probability of any wrong verdict among them.
//!
//! Holm's step-down procedure (Scandinavian Journal of Statistics 6:65, 1979) on the error rates of verdicts, once for the supported claims
//! and once for the refuted ones, each among all claims of the family. It holds under any dependence, so it does not matter that
//! experiments share backgrounds. The error rate of a verdict by two-sided intervals spends half of it on each direction, so both
//! together bound the probability of a wrong verdict.

use gia_design::{Claim, ClaimKind, CombinedClaim, Program, Relation};
use gia_plan::Plan;
use gia_study::{ClaimFamily, FamilyScope, Verdict};

/// The family of a script's claims; none without claims.
pub fn claim_family(program: &Program) -> Option<ClaimFamily> {
    let within = program.experiments.iter().flat_map(|e| &e.claims);
    let combined = program.claims.iter();
    let rates = within.map(false_support_rate);
    family(
        program.settings.family,
        program.tested_claim_count,
        rates.chain(combined.map(rate_of_combined)),
    )
}

/// The family of the claims of a plan; a part of a script has the size of the family of the whole.
pub fn claim_family_of_plan(plan: &Plan) -> Option<ClaimFamily> {
    let within = plan.experiments.iter().flat_map(|e| &e.design.claims);
    let combined = plan.claims.iter();
    let rates = within.map(false_support_rate);
    family(
        plan.settings.family,
        plan.tested_claim_count,
        rates.chain(combined.map(rate_of_combined)),
    )
}

fn family(
    scope: gia_design::FamilyScope,
    claims: usize,
    rates: impl Iterator<Item = f64>,
) -> Option<ClaimFamily> {
    if claims == 0 {
        return None;
    }
    let scope = match scope {
        gia_design::FamilyScope::Claim => FamilyScope::Claim,
        gia_design::FamilyScope::Script => FamilyScope::Script,
        gia_design::FamilyScope::Suite => FamilyScope::Suite,
    };
    Some(ClaimFamily {
        scope,
        claims,
        expected_false_supports: match scope {
            FamilyScope::Claim => rates.sum(),
            FamilyScope::Script | FamilyScope::Suite => rates.fold(0.0, f64::max),
        },
    })
}

/// How often chance supports a claim that is false by the least, at most.
fn false_support_rate(claim: &Claim) -> f64 {
    match claim.kind {
        ClaimKind::SingleValue => 0.0,
        ClaimKind::Level
        | ClaimKind::Quantile(_)
        | ClaimKind::Share
        | ClaimKind::AcrossModels
        | ClaimKind::Beyond { .. }
        | ClaimKind::Steps { .. } => {
            rate_of_intervals(claim.level, claim.magnitude, claim.relation)
        }
        ClaimKind::Peak { .. } | ClaimKind::Periodic { .. } => 1.0 - claim.level,
    }
}

fn rate_of_combined(claim: &CombinedClaim) -> f64 {
    rate_of_intervals(claim.level, claim.magnitude, claim.relation)
}

/// The rate of a claim by two-sided intervals: one of their tails, or both where an absolute value may be large on either side.
fn rate_of_intervals(level: f64, is_absolute: bool, relation: Relation) -> f64 {
    let is_large = matches!(relation, Relation::Greater | Relation::GreaterEqual);
    match is_absolute && is_large {
        true => 1.0 - level,
        false => (1.0 - level) / 2.0,
    }
}

/// Judges claims as part of a family of `size` claims, of which some may have no verdict here; those count as undecided. A claim that is
/// decided without p, about the number of one sequence, is in no family.
///
/// A claim that is decided alone stays so if Holm's adjusted error rate is within 1 - level; else it becomes undecided. Judging again
/// with another size starts from the verdicts alone.
pub fn judge_family(claims: &mut [&mut gia_study::Claim], size: usize) {
    for claim in claims.iter_mut() {
        claim.verdict = claim.alone.take().unwrap_or(claim.verdict);
        claim.family_p = None;
    }
    let is_certain =
        |claim: &gia_study::Claim| claim.verdict != Verdict::Undecided && claim.p.is_none();
    let size = size.max(claims.iter().filter(|claim| !is_certain(claim)).count());
    let p = |claim: &gia_study::Claim| claim.p.unwrap_or(1.0);
    for verdict in [Verdict::Supported, Verdict::Refuted] {
        let mut decided: Vec<usize> = (0..claims.len())
            .filter(|&i| claims[i].verdict == verdict && !is_certain(claims[i]))
            .collect();
        decided.sort_by(|&a, &b| p(claims[a]).total_cmp(&p(claims[b])));
        let mut adjusted = 0.0f64;
        for (rank, &i) in decided.iter().enumerate() {
            adjusted = adjusted.max(p(claims[i]) * (size - rank) as f64).min(1.0);
            claims[i].family_p = Some(adjusted);
        }
    }
    for claim in claims.iter_mut() {
        if claim.family_p.is_some_and(|p| p > 1.0 - claim.level) {
            claim.alone = Some(claim.verdict);
            claim.verdict = Verdict::Undecided;
        }
    }
}
