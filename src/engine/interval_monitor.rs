//! Interim analyses for the progress display, which shows the width of an interval while an experiment runs.
//!
//! Invariant: no prediction and no result depends on it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::result_buffer::ResultBuffer;
use super::{JobOutcomes, Outcomes};
use gia_base::diag::Outcome;
use gia_plan::{Job, Plan};

/// Analyses the outputs of an experiment so far (by its index in the plan), and reports the width of its interval to the
/// progress display.
pub(super) type InterimAnalysis<'l> = &'l dyn Fn(&Plan, &Outcomes, usize) -> Outcome<bool>;

/// Minimum time between two interim analyses.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// Minimum pause after an interim analysis, as a multiple of its duration.
const PAUSE_FACTOR: u32 = 20;
/// Minimum number of backgrounds for an interim analysis.
const MIN_BACKGROUNDS: usize = 20;
/// Maximum size of the outputs, which are copied for each interim analysis.
const MAX_COPIED_BYTES: u64 = 64 << 20;
/// Maximum number of grid points of an interim analysis.
const MAX_GRID_POINTS: usize = 20_000;

/// Schedules interim analyses of a running job.
pub(super) struct IntervalMonitor<'l> {
    analysis: Option<InterimAnalysis<'l>>,
    last: Instant,
    pause: Duration,
}

impl<'l> IntervalMonitor<'l> {
    /// Without an analysis, the monitor does nothing.
    pub fn new(analysis: Option<InterimAnalysis<'l>>) -> IntervalMonitor<'l> {
        IntervalMonitor {
            analysis,
            last: Instant::now(),
            pause: MIN_PAUSE,
        }
    }

    /// Analyses the first unfinished experiment, if an analysis is due. `finished` are the jobs before this one, and
    /// `values` the outputs of its variants so far.
    pub fn analyse_if_due(
        &mut self,
        plan: &Plan,
        finished: &[JobOutcomes],
        job: &Job,
        values: &HashMap<usize, ResultBuffer>,
    ) {
        let Some(analysis) = self.analysis else {
            return;
        };
        if self.last.elapsed() < self.pause || plan.output_bytes() > MAX_COPIED_BYTES {
            return;
        }
        let points = plan.experiments.iter().map(|e| e.points.len());
        if points.sum::<usize>() > MAX_GRID_POINTS {
            return;
        }
        let started = Instant::now();
        let current = finished.len();
        let known = |number: usize, variant: usize| match finished.get(number) {
            Some(job) => job.num_backgrounds(variant),
            None if number == current => values.get(&variant).map_or(0, ResultBuffer::end),
            None => 0,
        };
        let sizes = plan.predicted_backgrounds(&known);
        let counts = plan.experiments.iter().map(|experiment| {
            let counts = experiment.points.iter().map(|point| point.count);
            counts.max().unwrap_or(0)
        });
        let mut progress = sizes.iter().zip(counts);
        let seen = progress.position(|(known, count)| (MIN_BACKGROUNDS..count).contains(known));
        if let Some(number) = seen {
            let so_far = values.iter();
            let so_far =
                so_far.map(|(variant, buffer)| (*variant, buffer.contiguous_values().to_vec()));
            let mut outcomes = Outcomes {
                jobs: finished.to_vec(),
                ..Outcomes::default()
            };
            outcomes.jobs.push(JobOutcomes {
                values: so_far.collect(),
                ..JobOutcomes::empty(job.readings.clone())
            });
            // Errors in the numbers are reported at the end of the run.
            let _ = analysis(&plan.with_at_most(&sizes), &outcomes, number);
        }
        self.last = Instant::now();
        self.pause = MIN_PAUSE.max(started.elapsed() * PAUSE_FACTOR);
    }
}
