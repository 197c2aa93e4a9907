//! Pilot runs: few backgrounds of each experiment, from which the power of the claims is estimated.

use std::sync::Arc;

use super::Script;
use gia_base::diag::Outcome;
use gia_engine::{Options, Progress};
use gia_study::{ClaimPower, PowerStudy};

/// Fewest backgrounds of a pilot: two have a standard deviation.
pub const MIN_PILOT_BACKGROUNDS: usize = 2;

/// Runs the experiments that make claims with `pilot` backgrounds at each grid point, or as many as a file has of them, under another seed than the script's, and
/// estimates the power of each claim. `target` is the power that is asked for, between 0 and 1.
///
/// # Errors
/// A failure of a model, a device or a file, an outcome that is not finite, or a stop by the user.
pub fn power(
    script: &Script,
    pilot: usize,
    target: f64,
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<PowerStudy> {
    let mut program = script.program.clone();
    let combined = std::mem::take(&mut program.claims);
    let experiments = program.experiments.iter();
    let wanted: Vec<bool> = experiments
        .map(|experiment| !experiment.claims.is_empty())
        .collect();
    program.retain_experiments(&wanted);
    program.shows.clear();
    program.evaluations.clear();
    let full = program.experiments.clone();
    for experiment in &mut program.experiments {
        let experiment = Arc::make_mut(experiment);
        experiment.stopping = None;
        experiment.reference = None;
        for point in &mut experiment.points {
            // A null model has more backgrounds than the script draws, a file has not.
            point.count = match point.population.size() {
                Some(_) => point.count.min(pilot),
                None => pilot,
            };
        }
    }
    let seed = super::seeds::pilot_seed(program.settings.seed);
    program.settings.seed = seed;
    let plan = gia_plan::lower(&program);
    gia_engine::refuse_too_large(&plan, options)?;
    script.data_records()?;
    let (plan, _) = gia_engine::resolve_selections(plan, options, progress)?;
    let outcomes = gia_engine::run(&plan, options, progress)?;
    let mut claims = gia_stats::power::claim_powers(&plan, &outcomes, &full, target)?;
    claims.extend(combined.iter().map(|claim| ClaimPower {
        experiment: String::new(),
        claim: claim.text.clone(),
        power: Err("none is given for a claim about several experiments".to_string()),
    }));
    Ok(PowerStudy {
        target,
        pilot,
        seed,
        claims,
    })
}
