//! Plans whose backgrounds are all known, so that passes can run.

use std::collections::HashMap;
use std::ops::Deref;

use super::{Plan, Selection};
use gia_base::diag::Outcome;
use gia_domain::Made;

/// A plan without selections: every background is known before a model is asked about it.
///
/// Dereferences to the [`Plan`] that it holds, and never changes it in place.
#[derive(Debug, Clone)]
pub struct ResolvedPlan(Plan);

impl Deref for ResolvedPlan {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.0
    }
}

impl ResolvedPlan {
    /// A plan that has no selections.
    ///
    /// # Errors
    /// The plan itself, where it has some.
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

    /// The plan without work that is done: `known` gives the number of leading backgrounds that a job, by index, has answered
    /// for a variant.
    pub fn without(mut self, known: &dyn Fn(usize, usize) -> usize) -> ResolvedPlan {
        for (number, job) in self.0.jobs.iter_mut().enumerate() {
            for task in &mut job.tasks {
                task.done = task.done.max(known(number, task.variant));
            }
        }
        self
    }

    /// As [`Plan::part`].
    pub fn part(&self, number: usize, of: usize) -> ResolvedPlan {
        ResolvedPlan(self.0.part(number, of))
    }
}

impl Plan {
    /// Resolves the plan: `make` finds the backgrounds of each selection.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn resolve(
        mut self,
        mut make: impl FnMut(&Plan, &Selection) -> Outcome<Made>,
    ) -> Outcome<ResolvedPlan> {
        let mut made = HashMap::new();
        for selection in std::mem::take(&mut self.selections) {
            made.insert(selection.key, make(&self, &selection)?);
        }
        for planned in &mut self.populations {
            planned.population = planned.population.settled(&made);
        }
        Ok(ResolvedPlan(self))
    }
}
