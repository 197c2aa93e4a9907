//! Plans without open selections, which can be run.

use std::collections::HashMap;
use std::ops::Deref;

use super::{Plan, Selection};
use gia_base::diag::Outcome;
use gia_domain::ConditionedBackgrounds;

/// A plan whose selections are resolved, so that all of its backgrounds are known before the run.
///
/// It dereferences to the [`Plan`], which is never changed in place.
#[derive(Debug, Clone)]
pub struct ResolvedPlan(Plan);

impl Deref for ResolvedPlan {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.0
    }
}

impl ResolvedPlan {
    /// Wraps a plan without selections.
    ///
    /// # Errors
    /// If the plan has selections, the plan itself.
    pub fn new(plan: Plan) -> Result<ResolvedPlan, Box<Plan>> {
        match plan.selections.is_empty() {
            true => Ok(ResolvedPlan(plan)),
            false => Err(Box::new(plan)),
        }
    }

    /// The plan itself.
    pub fn into_plan(self) -> Plan {
        self.0
    }

    /// As [`Plan::with_at_most`].
    pub fn with_at_most(&self, sizes: &[usize]) -> ResolvedPlan {
        ResolvedPlan(self.0.with_at_most(sizes))
    }

    /// The plan without predictions that exist already: `predicted(job, variant)` is the number of leading backgrounds that are
    /// predicted for a variant of a job (by index).
    pub fn without(mut self, predicted: &dyn Fn(usize, usize) -> usize) -> ResolvedPlan {
        for (number, job) in self.0.jobs.iter_mut().enumerate() {
            for task in &mut job.tasks {
                task.done = task.done.max(predicted(number, task.variant));
            }
        }
        self
    }

    /// As [`Plan::part`].
    pub fn part(&self, number: usize, count: usize) -> ResolvedPlan {
        ResolvedPlan(self.0.part(number, count))
    }
}

impl Plan {
    /// Resolves the selections of the plan in order; `select` finds the backgrounds of each.
    ///
    /// # Errors
    /// Those of `select`.
    pub fn resolve(
        mut self,
        mut select: impl FnMut(&Plan, &Selection) -> Outcome<ConditionedBackgrounds>,
    ) -> Outcome<ResolvedPlan> {
        let mut made = HashMap::new();
        for selection in std::mem::take(&mut self.selections) {
            made.insert(selection.key, select(&self, &selection)?);
        }
        for planned in &mut self.populations {
            planned.population = planned.population.with_conditioned(&made);
        }
        Ok(ResolvedPlan(self))
    }
}
