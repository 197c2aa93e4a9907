//! Backgrounds that are made by asking a model: what they are is found out before anything else is predicted.

mod metropolis;
mod rejection_filter;

use std::sync::Arc;

use super::crew::Crew;
use super::{Options, Progress};
use gia_base::diag::Outcome;
use gia_domain::Made;
use gia_plan::{By, Plan, ResolvedPlan};
use gia_study::{Filter, Walk};

/// Statistics of how the selections of a plan were resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResolvedSelections {
    /// How many backgrounds passed each filter, in the order of `Plan::selections`.
    pub filters: Vec<Filter>,
    /// Acceptance and progress of each Metropolis walk, in the order of `Plan::selections`.
    pub walks: Vec<Walk>,
}

/// Resolves the selections of a plan: finds the backgrounds that meet their conditions and puts them into the plan.
///
/// # Errors
/// If too few backgrounds pass a filter, and as [`super::run()`].
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
    let mut crew = Crew::open(&plan, jobs, options, progress)?;
    progress.phase("settling");
    let passes = plan.selections.iter().map(|selection| match selection.by {
        By::Between { .. } => selection.count,
        By::Walk { steps } => selection.count * (steps + 1) * selection.jobs.len(),
    });
    progress.total(passes.map(|passes| passes as u64).sum());
    let plan = plan.resolve(|plan, selection| match selection.by {
        By::Between { low, high } => {
            let bounds = (low, high);
            let (indices, filter) =
                rejection_filter::filter(plan, selection, bounds, &mut crew, progress)?;
            resolved.filters.push(filter);
            Ok(Made::Picked(Arc::from(indices)))
        }
        By::Walk { steps } => {
            let (sequences, walk) = metropolis::walk(plan, selection, steps, &mut crew, progress)?;
            resolved.walks.push(walk);
            Ok(Made::Walked(Arc::from(sequences)))
        }
    })?;
    crew.rest();
    Ok((plan, resolved))
}
