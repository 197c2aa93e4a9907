//! Jobs whose predictions a joint fold needs together: they predict the same backgrounds of the same variants.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::reading::joint_fold;
use super::{Job, Plan, PlannedFold, Reading, Task};
use gia_domain::Strand;

/// Maximum number of bytes of held columns, unless a single background needs more.
const MAX_HELD_BYTES: usize = 32 << 20;

/// The groups of jobs that joint folds tie together. A job that no joint fold reads is in no group.
pub struct JobGroups(Vec<Vec<usize>>);

impl JobGroups {
    /// The groups of jobs with these readings and folds: indices into `jobs`, ascending.
    pub fn new(jobs: &[Job], readings: &[Reading], folds: &[Arc<PlannedFold>]) -> JobGroups {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for job in jobs {
            for &reading in &job.readings {
                let Some(fold) = joint_fold(readings, folds, reading) else {
                    continue;
                };
                let is_source = |(_, other): &(usize, &Job)| {
                    other.population == job.population && fold.sources.contains(&source_of(other))
                };
                let sources = jobs.iter().enumerate().filter(is_source);
                let mut group: Vec<usize> = sources.map(|(number, _)| number).collect();
                groups.retain(|known| {
                    let meets = known.iter().any(|number| group.contains(number));
                    if meets {
                        group.extend(known);
                    }
                    !meets
                });
                group.sort_unstable();
                group.dedup();
                groups.push(group);
            }
        }
        JobGroups(groups)
    }

    /// Makes the jobs of each group predict the same: every variant that one of them predicts, on as many backgrounds.
    pub fn tie(&self, jobs: &mut [Job]) {
        for group in &self.0 {
            let mut counts: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for task in group.iter().flat_map(|&number| &jobs[number].tasks) {
                let known = counts
                    .entry(task.variant)
                    .or_insert((task.done, task.count));
                known.0 = known.0.min(task.done);
                known.1 = known.1.max(task.count);
            }
            for &number in group {
                let tasks = counts.iter();
                let tasks = tasks.map(|(&variant, &(done, count))| Task {
                    variant,
                    done,
                    count,
                });
                jobs[number].tasks = tasks.collect();
            }
        }
    }
}

/// The model of a job, with its strand.
fn source_of(job: &Job) -> (usize, Strand) {
    (job.model, job.strand)
}

impl Plan {
    /// The groups of jobs that joint folds tie together.
    pub fn job_groups(&self) -> JobGroups {
        JobGroups::new(&self.jobs, &self.readings, &self.folds)
    }

    /// The fold of a reading that needs several predictions of a background; none for any other reading.
    pub fn joint_fold(&self, reading: usize) -> Option<&PlannedFold> {
        joint_fold(&self.readings, &self.folds, reading)
    }

    /// The models whose predictions a reading needs, each with its strand.
    pub fn sources_of(&self, reading: usize) -> Vec<(usize, Strand)> {
        match self.joint_fold(reading) {
            Some(fold) => fold.sources.clone(),
            None => {
                let of = &self.readings[reading];
                vec![(of.model, of.strand)]
            }
        }
    }

    /// Ranges of backgrounds to predict one after another, so that held columns take little memory; one range of all without
    /// such columns.
    pub fn windows(&self, jobs: &[Job]) -> Vec<Range<usize>> {
        let holding: Vec<&Job> = jobs.iter().filter(|job| !job.held.is_empty()).collect();
        let tasks = || holding.iter().flat_map(|job| &job.tasks);
        let open = || tasks().filter(|task| task.done < task.count);
        let first = open().map(|task| task.done).min();
        let last = open().map(|task| task.count).max();
        let step = window_backgrounds(&holding);
        let all = first.unwrap_or(0)..last.unwrap_or(0);
        let mut ends: Vec<usize> = all.step_by(step).skip(1).collect();
        // What is not held may lie before and behind.
        ends.push(usize::MAX);
        let mut start = 0;
        let window = |end| std::mem::replace(&mut start, end)..end;
        ends.into_iter().map(window).collect()
    }

    /// Bytes of the columns that are held at once.
    pub fn held_bytes(&self) -> u64 {
        let holding: Vec<&Job> = self
            .jobs
            .iter()
            .filter(|job| !job.held.is_empty())
            .collect();
        let tasks = holding.iter().flat_map(|job| &job.tasks);
        let most = tasks.map(|task| task.count).max().unwrap_or(0);
        (background_bytes(&holding) * most.min(window_backgrounds(&holding))) as u64
    }
}

/// Number of backgrounds whose held columns fit in [`MAX_HELD_BYTES`]; at least one.
fn window_backgrounds(holding: &[&Job]) -> usize {
    (MAX_HELD_BYTES / background_bytes(holding).max(1)).max(1)
}

/// Bytes of the held columns of one background under every variant.
fn background_bytes(holding: &[&Job]) -> usize {
    let numbers = holding
        .iter()
        .map(|job| job.held.len() * job.tasks.len().max(1));
    numbers.sum::<usize>() * size_of::<f32>()
}

impl Job {
    /// The job with the backgrounds of a range alone.
    pub fn within(&self, range: &Range<usize>) -> Job {
        let tasks = self.tasks.iter().map(|task| {
            let done = task.done.max(range.start).min(task.count.max(task.done));
            Task {
                variant: task.variant,
                done,
                count: task.count.min(range.end).max(done),
            }
        });
        Job {
            tasks: tasks.collect(),
            ..self.clone()
        }
    }
}
