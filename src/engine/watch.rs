//! Looks at an experiment's numbers while its passes go on, so that whoever waits sees how wide its interval is.
//!
//! Invariant: nothing that is predicted or stated depends on it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::filling::Filling;
use super::{JobOutcomes, Outcomes};
use gia_base::diag::Outcome;
use gia_plan::{Job, Plan};

/// Analyses the outputs of an experiment so far, by its number in the plan, and reports the width of its interval to
/// the progress.
pub(super) type Look<'l> = &'l dyn Fn(&Plan, &Outcomes, usize) -> Outcome<bool>;

/// Minimum time between two interim analyses.
const PAUSE: Duration = Duration::from_secs(1);
/// Minimum pause after an interim analysis, as a multiple of its duration.
const REST: u32 = 20;
/// Minimum number of backgrounds for an interim analysis.
const FEWEST: usize = 20;
/// Maximum number of bytes of outputs that are copied for an interim analysis.
const MOST: u64 = 64 << 20;
/// Maximum number of grid points of an interim analysis.
const MOST_POINTS: usize = 20_000;

/// Schedules interim analyses of a running job.
pub(super) struct Watch<'l> {
    look: Option<Look<'l>>,
    last: Instant,
    pause: Duration,
}

impl<'l> Watch<'l> {
    /// Without a function for it, no analysis is made.
    pub fn new(look: Option<Look<'l>>) -> Watch<'l> {
        Watch {
            look,
            last: Instant::now(),
            pause: PAUSE,
        }
    }

    /// Analyses the first unfinished experiment, if an analysis is due. `finished` are the jobs before this one, and
    /// `values` the outputs of its variants so far.
    pub fn see(
        &mut self,
        plan: &Plan,
        finished: &[JobOutcomes],
        job: &Job,
        values: &HashMap<usize, Filling>,
    ) {
        let Some(look) = self.look else {
            return;
        };
        if self.last.elapsed() < self.pause || plan.kept() > MOST {
            return;
        }
        let points = plan.experiments.iter().map(|e| e.points.len());
        if points.sum::<usize>() > MOST_POINTS {
            return;
        }
        let started = Instant::now();
        let current = finished.len();
        let known = |number: usize, variant: usize| match finished.get(number) {
            Some(job) => job.known(variant),
            None if number == current => values.get(&variant).map_or(0, Filling::end),
            None => 0,
        };
        let sizes = plan.known(&known);
        let counts = plan.experiments.iter().map(|experiment| {
            let counts = experiment.points.iter().map(|point| point.count);
            counts.max().unwrap_or(0)
        });
        let mut on_its_way = sizes.iter().zip(counts);
        let seen = on_its_way.position(|(known, count)| (FEWEST..count).contains(known));
        if let Some(number) = seen {
            let so_far = values.iter();
            let so_far = so_far.map(|(variant, filling)| (*variant, filling.so_far().to_vec()));
            let mut outcomes = Outcomes {
                jobs: finished.to_vec(),
                ..Outcomes::default()
            };
            outcomes.jobs.push(JobOutcomes {
                values: so_far.collect(),
                ..JobOutcomes::nothing(job.readings.clone())
            });
            // What is wrong with the numbers is said at the end.
            let _ = look(&plan.with_at_most(&sizes), &outcomes, number);
        }
        self.last = Instant::now();
        self.pause = PAUSE.max(started.elapsed() * REST);
    }
}
