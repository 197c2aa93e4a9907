//! Backgrounds that are made by asking a model: what they are is found out before anything else is predicted.

mod sieve;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use super::crew::Crew;
use super::{Options, Progress};
use crate::diag::Outcome;
use crate::domain::Made;
use crate::plan::{By, Plan};
use crate::result::{Filter, Walk};

/// What the selections of a plan came down to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled {
    pub filters: Vec<Filter>,
    pub walks: Vec<Walk>,
}

/// Finds out what the selections of a plan are, and puts them into it.
///
/// Fails where too few backgrounds come through a filter, and as [`super::run`] does.
pub fn settle(
    mut plan: Plan,
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<(Plan, Settled)> {
    let mut settled = Settled::default();
    let selections = std::mem::take(&mut plan.selections);
    if selections.is_empty() {
        return Ok((plan, settled));
    }
    let jobs = selections.iter().flat_map(|selection| &selection.jobs);
    let mut crew = Crew::open(&plan, jobs, options, progress)?;
    progress.phase("settling");
    let passes = selections.iter().map(|selection| match selection.by {
        By::Between { .. } => selection.count,
        By::Walk { steps } => selection.count * (steps + 1) * selection.jobs.len(),
    });
    progress.total(passes.map(|passes| passes as u64).sum());
    let mut made = HashMap::new();
    for selection in &selections {
        let found = match selection.by {
            By::Between { low, high } => {
                let (indices, passed) =
                    sieve::sieve(&plan, selection, (low, high), &mut crew, progress)?;
                settled.filters.push(passed);
                Made::Picked(Arc::from(indices))
            }
            By::Walk { steps } => {
                let (sequences, walked) = walk::walk(&plan, selection, steps, &mut crew, progress)?;
                settled.walks.push(walked);
                Made::Walked(Arc::from(sequences))
            }
        };
        made.insert(selection.key, found);
    }
    crew.rest();
    for planned in &mut plan.populations {
        planned.population = planned.population.settled(&made);
    }
    Ok((plan, settled))
}
