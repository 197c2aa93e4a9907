//! Runs a plan, with a fixed number of backgrounds or with stopping rules.

use std::time::Instant;

use super::interval_monitor::{InterimAnalysis, IntervalMonitor};
use super::job::run_job;
use super::joint::{self, HeldColumns};
use super::non_finite::{NonFiniteOutputs, NonFiniteReport};
use super::progress::{cancelled, check_cancelled};
use super::worker_pool::WorkerPool;
use super::{JobOutcomes, Options, Outcomes, Progress};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_plan::{Job, Plan, ResolvedPlan, Stopping};

/// Predicts everything that a plan asks for. Nothing is predicted before all model files are checked.
///
/// # Errors
/// If a model file is not the one that its declaration describes, if the worker or the device fails, if a model gives a
/// non-finite output, and if the run is cancelled.
pub fn run(plan: &ResolvedPlan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    let outcomes = run_until_cancelled(plan, options, progress, None)?;
    if let Some(diagnostic) = NonFiniteReport::of(plan, non_finite(&outcomes)).first() {
        return Err(Box::new(diagnostic));
    }
    check_cancelled(progress)?;
    Ok(outcomes)
}

/// As [`run`]; if the run is cancelled, returns what has been predicted until then.
fn run_until_cancelled(
    plan: &ResolvedPlan,
    options: &Options,
    progress: &dyn Progress,
    analysis: Option<InterimAnalysis>,
) -> Outcome<Outcomes> {
    let mut outcomes = Outcomes {
        device: options.device.to_string(),
        ..Outcomes::default()
    };
    if plan.jobs.is_empty() {
        return Ok(outcomes);
    }
    let mut pool = WorkerPool::open(plan, &plan.jobs, options, progress)?;
    progress.begin_phase("predicting");
    progress.set_total(plan.passes());
    let analysis = analysis.filter(|_| progress.wants_interval_width());
    extend(plan, &mut outcomes, &mut pool, progress, analysis)?;
    pool.record_provenance(&mut outcomes);
    Ok(outcomes)
}

/// Predicts what a plan asks for, with no more backgrounds than its experiments need to satisfy their stopping rules.
/// Returns the plan with the backgrounds that were used, and their outputs.
///
/// `is_settled` decides whether an experiment may stop, from its outputs so far. It is called at the numbers of
/// backgrounds that [`Stopping::next_analysis`](gia_design::Stopping::next_analysis) states, whatever the batches are. For
/// plans without stopping rules it is called for the progress display only, and the result is ignored.
///
/// If the run is cancelled, the result holds the experiments that were finished until then, and names the others. If a
/// model gives a non-finite output, experiments that do not read it are finished, and the others are left out.
///
/// # Errors
/// As [`run`] and `is_settled`, and if the run is cancelled before any experiment is finished.
pub fn run_until(
    plan: ResolvedPlan,
    options: &Options,
    progress: &dyn Progress,
    is_settled: &dyn Fn(&Plan, &Outcomes, usize) -> Outcome<bool>,
) -> Outcome<(Plan, Outcomes)> {
    if plan.experiments.iter().all(|e| e.design.stopping.is_none()) {
        let outcomes = run_until_cancelled(&plan, options, progress, Some(is_settled))?;
        return finished(plan.into_plan(), outcomes, progress, &|_| true);
    }
    let mut outcomes = Outcomes::default();
    let mut pool = WorkerPool::open(&plan, &plan.jobs, options, progress)?;
    progress.begin_phase("predicting");
    progress.set_total(plan.passes());
    let analysis = |stopping: &Stopping| stopping.next_analysis(0);
    let sizes = plan.experiments.iter();
    let mut sizes: Vec<usize> = sizes
        .map(|e| e.design.stopping.as_ref().map_or(usize::MAX, analysis))
        .collect();
    let mut is_done: Vec<bool> = plan
        .experiments
        .iter()
        .map(|e| e.design.stopping.is_none())
        .collect();
    loop {
        let known = |job: usize, variant: usize| {
            outcomes
                .jobs
                .get(job)
                .map_or(0, |known| known.num_backgrounds(variant))
        };
        let part = plan.with_at_most(&sizes).without(&known);
        extend(&part, &mut outcomes, &mut pool, progress, None)?;
        if progress.is_stopped() {
            pool.record_provenance(&mut outcomes);
            return finished(
                plan.with_at_most(&sizes).into_plan(),
                outcomes,
                progress,
                &|i| is_done[i],
            );
        }
        for (number, experiment) in part.experiments.iter().enumerate() {
            let Some(stopping) = &experiment.design.stopping else {
                continue;
            };
            let seen = sizes[number];
            let broken = NonFiniteReport::of(&part, non_finite(&outcomes));
            is_done[number] = is_done[number]
                || seen >= stopping.max
                || broken.experiment(experiment).is_some()
                || non_finite_counts_as_settled(is_settled(&part, &outcomes, number))?;
            if !is_done[number] {
                sizes[number] = stopping.next_analysis(seen);
            }
        }
        if is_done.iter().all(|done| *done) {
            pool.record_provenance(&mut outcomes);
            return finished(
                plan.with_at_most(&sizes).into_plan(),
                outcomes,
                progress,
                &|_| true,
            );
        }
    }
}

/// Treats an experiment with non-finite numbers as settled: more backgrounds do not help, and the error is reported at the end.
fn non_finite_counts_as_settled(found: Outcome<bool>) -> Outcome<bool> {
    match found {
        Err(diagnostic) if diagnostic.code == Code::NonFinite => Ok(true),
        found => found,
    }
}

fn non_finite(outcomes: &Outcomes) -> impl Iterator<Item = &NonFiniteOutputs> {
    outcomes.jobs.iter().map(|job| &job.non_finite)
}

/// The plan with its outcomes. After a cancellation or non-finite outputs, the finished part: `is_complete` tells which
/// experiments need no more backgrounds.
fn finished(
    plan: Plan,
    mut outcomes: Outcomes,
    progress: &dyn Progress,
    is_complete: &dyn Fn(usize) -> bool,
) -> Outcome<(Plan, Outcomes)> {
    let broken = NonFiniteReport::of(&plan, non_finite(&outcomes));
    if !progress.is_stopped() && broken.is_none() {
        return Ok((plan, outcomes));
    }
    let of_experiments = plan.experiments.iter().map(|e| broken.experiment(e));
    let of_experiments: Vec<Option<Diagnostic>> = of_experiments.collect();
    let of_evaluations = plan.evaluations.iter().map(|e| broken.evaluation(e));
    let of_evaluations: Vec<Option<Diagnostic>> = of_evaluations.collect();
    let mut sound = plan.clone();
    let mut is_sound = of_evaluations.iter().map(Option::is_none);
    sound
        .evaluations
        .retain(|_| is_sound.next().unwrap_or(true));
    let is_complete = |number: usize| is_complete(number) && of_experiments[number].is_none();
    let known = |job: usize, variant: usize| outcomes.jobs[job].num_backgrounds(variant);
    let (whole, left_out) = sound.completed_part(&known, &is_complete);
    let problems = of_experiments.iter().chain(&of_evaluations);
    outcomes.problems = problems.flatten().cloned().collect();
    if left_out.is_empty() && whole.evaluations.len() == plan.evaluations.len() {
        // Cancelled after the last prediction.
        return Ok((plan, outcomes));
    }
    if whole.experiments.is_empty() && whole.evaluations.is_empty() {
        let problem = outcomes.problems.into_iter().next();
        return Err(problem.map_or_else(cancelled, Box::new));
    }
    outcomes.left_out = Some(left_out);
    Ok((whole, outcomes))
}

/// Predicts the open tasks and adds the outputs to the outcomes; if the run is cancelled, those predicted until then.
fn extend(
    plan: &ResolvedPlan,
    outcomes: &mut Outcomes,
    pool: &mut WorkerPool,
    progress: &dyn Progress,
    analysis: Option<InterimAnalysis>,
) -> Outcome<()> {
    let predicting = Instant::now();
    let holds = plan.jobs.iter().any(|job| !job.held.is_empty());
    // Joint readings are known at the end of each range of backgrounds alone.
    let mut monitor = IntervalMonitor::new(analysis.filter(|_| !holds));
    for (number, window) in plan.windows(&plan.jobs).iter().enumerate() {
        let is_first = number == 0;
        let jobs = plan.jobs.iter().map(|job| match job.held.is_empty() {
            // What is not held is predicted at once.
            true if is_first => job.clone(),
            true => job.within(&(0..0)),
            false => job.within(window),
        });
        let jobs: Vec<Job> = jobs.collect();
        let mut held = Vec::with_capacity(jobs.len());
        for (number, job) in jobs.iter().enumerate() {
            progress.set_workers(&pool.pids());
            let broken = NonFiniteReport::of(plan, non_finite(outcomes));
            let is_needed = (is_first || job.tasks.iter().any(|task| task.passes() > 0))
                && !progress.is_stopped()
                && (broken.is_none() || !broken.is_all());
            let (found, columns) = match is_needed {
                false => (
                    JobOutcomes::empty(job.readings.clone()),
                    HeldColumns::default(),
                ),
                true => {
                    let is_over = |non_finite: &NonFiniteOutputs| {
                        let before = outcomes.jobs.iter().take(number).map(|job| &job.non_finite);
                        NonFiniteReport::of(plan, before.chain([non_finite])).is_all()
                    };
                    run_job(plan, job, pool, progress, &is_over, &mut |values| {
                        monitor.analyse_if_due(plan, &outcomes.jobs, job, values);
                    })?
                }
            };
            held.push(columns);
            match outcomes.jobs.get_mut(number) {
                Some(known) => known.extend(found),
                None => outcomes.jobs.push(found),
            }
        }
        if holds {
            joint::fill(plan, &jobs, &held, &mut outcomes.jobs);
        }
    }
    pool.timing.passes += predicting.elapsed().as_secs_f64();
    Ok(())
}
