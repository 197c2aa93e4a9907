//! Resolves selections: finds the backgrounds that meet a condition on the predictions of a model, before anything else is
//! predicted.

mod metropolis;
mod rejection_filter;

use std::sync::Arc;

use super::worker_pool::WorkerPool;
use super::{Options, Progress};
use gia_base::diag::Outcome;
use gia_domain::ConditionedBackgrounds;
use gia_plan::{Plan, ResolvedPlan, SelectionMethod};
use gia_study::{MetropolisStats, RejectionStats};

/// Statistics of how the selections of a plan were resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResolvedSelections {
    /// Acceptance counts of each rejection filter, in the order of `Plan::selections`.
    pub filters: Vec<RejectionStats>,
    /// Statistics of each Metropolis sampling, in the order of `Plan::selections`.
    pub walks: Vec<MetropolisStats>,
}

/// Resolves the selections of a plan: finds the backgrounds that meet their conditions and puts them into the plan.
///
/// # Errors
/// If a filter accepts too few backgrounds, and as [`super::run()`].
pub fn resolve_selections(
    plan: Plan,
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<(ResolvedPlan, ResolvedSelections)> {
    let mut resolved = ResolvedSelections::default();
    let plan = match ResolvedPlan::new(plan) {
        Ok(plan) => return Ok((plan, resolved)),
        Err(plan) => plan,
    };
    let jobs = plan.selections.iter().flat_map(|selection| &selection.jobs);
    let mut pool = WorkerPool::open(&plan, jobs, options, progress)?;
    progress.begin_phase("selecting backgrounds");
    let passes = plan
        .selections
        .iter()
        .map(|selection| match selection.method {
            SelectionMethod::Rejection { .. } => selection.count,
            SelectionMethod::Metropolis { steps } => {
                selection.count * (steps + 1) * selection.jobs.len()
            }
        });
    progress.set_total(passes.map(|passes| passes as u64).sum());
    let plan = plan.resolve(|plan, selection| match selection.method {
        SelectionMethod::Rejection { low, high } => {
            let bounds = (low, high);
            let (indices, filter) =
                rejection_filter::filter(plan, selection, bounds, &mut pool, progress)?;
            resolved.filters.push(filter);
            Ok(ConditionedBackgrounds::Accepted(Arc::from(indices)))
        }
        SelectionMethod::Metropolis { steps } => {
            let (sequences, walk) =
                metropolis::sample(plan, selection, steps, &mut pool, progress)?;
            resolved.walks.push(walk);
            Ok(ConditionedBackgrounds::Sampled(Arc::from(sequences)))
        }
    })?;
    pool.release();
    Ok((plan, resolved))
}
